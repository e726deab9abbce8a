"""An app's audience: rankings of countries, systems, devices and so on, and over time."""

import pytest

from sessions_app.usage.words import label_of
from tests.app_helpers import app_project, day, use
from tests.page_helpers import check_html, viewer

pytestmark = pytest.mark.django_db

URL = "/projects/p/app/audience/"


@pytest.fixture
def project(monkeypatch):
    return app_project(monkeypatch)


@pytest.fixture
def client(project):
    return viewer(project)


def devices(project, *names, ago=1):
    for number, name in enumerate(names):
        use(project, f"{name}{number}", day(ago), metrics={"_device": name})


def ranking(response):
    check_html(response)
    found = response.context["ranking"]
    return [(row.label, row.totals.sessions, row.totals.users) for row in found.rows]


def test_all_that_devices_tell_is_ranked(project, client):
    use(project, "a", day(1), country="TR")
    use(project, "b", day(1), country="TR", metrics={"_os": "iOS", "_os_version": "17.0.3"})
    response = client.get(URL)
    text = check_html(response)
    cards = {title: ranking for title, _, _, ranking in response.context["cards"]}
    assert list(cards) == ["Countries", "Systems", "System versions", "Devices", "App versions"]
    (turkey,) = cards["Countries"].rows
    assert (turkey.label, turkey.totals.sessions, turkey.share) == ("Turkey", 2, 100)
    assert "i17.0.3" in text
    assert "Nothing was told in this period of cities, resolutions, carriers." in text


def test_values_are_shown_with_dots_again():
    assert label_of(6, "a4:0:4") == "a4.0.4"
    assert label_of(8, "1:2") == "1.2"
    assert label_of(4, "http://x:y") == "http://x.y"
    assert label_of(1, "DE") == "Germany"
    assert label_of(1, "Unknown") == "Unknown"
    assert label_of(11, "2") == "31-60 s"
    assert label_of(11, "99") == "99"


def test_one_of_them_is_shown_at_length_with_others(project, client, monkeypatch):
    monkeypatch.setattr("sessions_app.app_views.TOP", 2)
    devices(project, "x", "x", "x", "y", "y", "z", "q")
    devices(project, "x", ago=40)
    response = client.get(f"{URL}?by=device")
    assert ranking(response) == [("x", 3, 3), ("y", 2, 2)]
    found = response.context["ranking"]
    assert (found.others, found.others_count, found.all) == (2, 2, 7)
    assert found.rows[0].before.sessions == 1
    assert "2 others" in response.content.decode()


def test_the_first_five_are_drawn_over_time_on_one_scale(project, client):
    devices(project, *"aaabbbccdefg")
    response = client.get(f"{URL}?by=device&period=7d")
    drawn = response.context["multiples"]
    assert [chart.title for chart in drawn] == ["a", "b", "c", "d", "e"]
    assert {chart.top for chart in drawn} == {"3"}
    assert {len(chart.bars) for chart in drawn} == {7}
    step, values = response.context["multiple_rows"][1]
    assert (step.key, values) == ("2026-03-17", [3, 3, 2, 1, 1])


def test_of_one_day_there_is_nothing_over_time(project, client):
    devices(project, "a")
    response = client.get(f"{URL}?by=device&period=yesterday")
    assert "multiples" not in response.context
    assert "not counted by the hour" in check_html(response)


def test_a_period_in_which_nobody_came_says_so(project, client):
    devices(project, "a")
    assert "No session of this period" in check_html(client.get(f"{URL}?period=today"))
    assert "No session of this period" in check_html(client.get(f"{URL}?period=today&by=city"))


def test_values_are_as_safe_as_any_text(project, client):
    devices(project, "<script>alert(1)</script>")
    for query in ("", "?by=device"):
        assert "<script>alert" not in check_html(client.get(URL + query))


@pytest.mark.parametrize("by", ["sessions", "loyalty", "x", "\0", "1"])
def test_an_audience_is_looked_at_by_what_it_has(project, client, by):
    assert client.get(URL, {"by": by}).status_code == 404


def test_the_period_is_kept_when_one_looks_at_something_else(project, client):
    devices(project, "a")
    text = check_html(client.get(f"{URL}?by=device&period=7d"))
    assert 'href="?by=country&amp;period=7d"' in text
    assert 'href="?by=device&amp;period=90d"' in text
    assert '<input type="hidden" name="by" value="device">' in text


def test_a_page_takes_the_same_few_queries_whatever_is_stored(
    project, client, django_assert_num_queries
):
    for names in ("a", "abcdefgh"):
        devices(project, *names)
        for period in ("7d", "year"):
            with django_assert_num_queries(6):  # savepoint, session, user, project; rankings
                client.get(f"{URL}?period={period}")
            with django_assert_num_queries(7):  # and over time
                client.get(f"{URL}?period={period}&by=device")
