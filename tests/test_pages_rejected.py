"""The page of a project's rejected input, and what the project's own page says of it."""

from datetime import timedelta

import pytest

from telemetry.models import RejectedInput
from telemetry.rejected.selectors import rejected_facts
from tests.api_helpers import new_project
from tests.page_helpers import check_html, manager, viewer, visitor
from tests.rejected_helpers import new_row, rows

pytestmark = pytest.mark.django_db

URL = "/projects/weather/rejected/"
CLEAR = f"{URL}clear/"


@pytest.fixture
def project():
    return new_project("weather")


def shown(response):
    return [row.reason for row in response.context["rows"]]


def test_it_shows_what_came_why_and_by_which_dialect(project):
    new_row(project, status=200, what="<b>&\n" + "x" * 1900, more=7)
    new_row(new_project("other"), reason="not theirs")
    text = check_html(viewer(project).get(URL))
    for part in ("StatHat", "POST /ez", "count must be a number", "&lt;b&gt;&amp;", "just now"):
        assert part in text
    assert "and 7 more like this" in text
    assert "not theirs" not in text


def test_what_came_is_shown_as_it_was_meant(project):
    form = "events=%5B%7B%22key%22%3A%22%3Cb%3Ea+b%22%7D%5D&app_key=abcd…"
    new_row(project, what="?device_id=d%261&x=1\n" + form)
    new_row(project, what='{"a": "b+c=%20&d"}')
    text = check_html(viewer(project).get(URL))
    assert "?device_id=d&amp;1\nx=1\nevents=[{&quot;key&quot;:&quot;&lt;b&gt;a b" in text
    assert "{&quot;a&quot;: &quot;b+c=%20&amp;d&quot;}" in text


def test_pages_are_read_from_one_place_newest_first(project, django_assert_num_queries):
    rows(project, 120)
    client, seen, query = viewer(project), [], ""
    for count in (50, 50, 20):
        with django_assert_num_queries(7):  # session, user, project, rows, role; the visit's two
            response = client.get(URL + query)
        check_html(response)
        assert len(shown(response)) == count
        seen += shown(response)
        query = response.context["next"]
    assert seen == [f"reason {n}" for n in reversed(range(120))]
    assert query == ""
    back = client.get(URL + response.context["previous"])
    assert shown(back) == [f"reason {n}" for n in reversed(range(20, 70))]
    assert back.context["next"]
    assert back.context["previous"]
    first = client.get(URL + back.context["previous"])
    assert shown(first)[0] == "reason 119"
    assert first.context["previous"] == ""


def test_it_can_be_narrowed_to_a_dialect(project):
    new_row(project, dialect="tstats", reason="a game's")
    rows(project, 51)
    client = viewer(project)
    assert shown(client.get(f"{URL}?dialect=tstats")) == ["a game's"]
    assert "dialect=stathat" in client.get(f"{URL}?dialect=stathat").context["next"]
    assert "Nothing of this dialect" in check_html(client.get(f"{URL}?dialect=countly"))


@pytest.mark.parametrize("query", ["?dialect=x", "?after=x", "?before=%00", "?after=" + "f" * 32])
def test_nonsense_in_the_url_does_no_harm(project, query):
    new_row(project)
    assert len(shown(viewer(project).get(URL + query))) == 1


def test_the_end_of_the_list_leads_back(project):
    last = new_row(project).pk.hex
    assert "Show the newest" in check_html(viewer(project).get(f"{URL}?after={last}"))


def test_when_there_is_nothing_it_says_what_would_be_there(project):
    text = check_html(viewer(project).get(URL))
    assert "Nothing was rejected" in text
    assert "<form" not in text.partition("<main")[2]


def test_managers_clear_it(project):
    new_row(project)
    kept = new_row(new_project("other"))
    client = manager(project)
    assert CLEAR in check_html(client.get(URL))
    text = check_html(client.post(CLEAR, follow=True))
    assert "is empty now" in text
    assert list(RejectedInput.objects.all()) == [kept]


def test_viewers_strangers_and_links_do_not_clear_it(project):
    new_row(project)
    client = viewer(project)
    assert CLEAR not in check_html(client.get(URL))
    assert client.post(CLEAR).status_code == 403
    assert visitor().post(CLEAR).url.startswith("/accounts/login/")
    assert visitor("stranger", new_project("other")).post(CLEAR).status_code == 404
    assert manager(project).get(CLEAR).status_code == 405
    assert RejectedInput.objects.count() == 1


def test_strangers_do_not_see_it(project):
    assert visitor("stranger", new_project("other")).get(URL).status_code == 404
    assert visitor().get(URL).url == f"/accounts/login/?next={URL}"


def test_the_projects_page_tells_of_the_last_day(project):
    new_row(project, ago=timedelta(hours=25), reason="old")
    text = check_html(viewer(project).get("/projects/weather/"))
    assert "StatHat: old" in text
    assert rejected_facts(project).today == 0
    new_row(project, more=4, reason="new")
    facts = rejected_facts(project)
    assert (facts.today, facts.many, facts.last.reason) == (5, False, "new")
    assert URL in check_html(manager(project).get("/projects/weather/"))
