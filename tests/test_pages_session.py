"""A session's page: all that is known of it, and what happened in it in its order."""

from datetime import timedelta
from uuid import uuid4

import pytest

from sessions_app.keys import public_id
from tests.api_helpers import new_project
from tests.page_helpers import check_html, manager, viewer, visitor
from tests.stored_sessions import NOON, add_event, set_clock, tstats

pytestmark = pytest.mark.django_db

SECOND = timedelta(seconds=1)


@pytest.fixture
def project():
    return new_project("p")


@pytest.fixture
def client(project):
    return viewer(project)


def url_of(session, slug="p"):
    return f"/projects/{slug}/sessions/{session.pk}/"


def test_members_and_staff_may_open_it_and_nobody_else(project, client):
    url = url_of(tstats(project))
    for member in (client, manager(project), visitor("root", is_staff=True)):
        assert member.get(url).status_code == 200
    assert visitor("x", new_project("other")).get(url).status_code == 404
    assert visitor().get(url).url == f"/accounts/login/?next={url}"
    assert client.post(url).status_code == 405


def test_another_project_s_session_is_not_found_by_its_id(project, client):
    theirs = tstats(new_project("other"))
    assert client.get(url_of(theirs)).status_code == 404
    assert client.get(f"/projects/p/sessions/{uuid4()}/").status_code == 404
    assert client.get("/projects/p/sessions/1/").status_code == 404


def test_a_game_s_session_tells_its_clocks_and_why_it_ended(project, client):
    session = tstats(
        project,
        NOON,
        lasts=90.5,
        num_events=3,
        client_started_at=NOON - timedelta(minutes=3, seconds=2),
        client_ended_at=NOON + timedelta(seconds=92),
    )
    text = check_html(client.get(url_of(session)))
    assert "2026-03-01 12:00:00.000 UTC" in text
    assert "2026-03-01 12:01:30.500 UTC" in text
    assert "2026-03-01 11:56:58.000 UTC" in text
    assert "3m 2s behind" in text
    assert "1.5s ahead" in text
    assert "1m 30s" in text
    assert "closed" in text
    assert "192.0.2.7" in text
    assert public_id(project.pk, session.pk) in text


def test_an_open_session_tells_how_long_it_has_taken_yet(project, client, monkeypatch):
    set_clock(monkeypatch, NOON + timedelta(days=1, hours=2))
    text = check_html(client.get(url_of(tstats(project, NOON))))
    assert "1d 2h 0m 0s" in text
    assert "so far" in text
    assert "No event has come yet." in text


def test_events_are_in_the_order_in_which_they_came(project, client):
    session = tstats(project, NOON)
    add_event(session, 0.5, "game started")
    add_event(session, 12, "level completed", {"level": 3}, client_at=NOON - SECOND)
    for micro, type_, data in ((9, "jump", "jump"), (3, "say", "line 1\nline 2")):
        add_event(session, 3700.25 + micro / 1e6, type_, data)
    response = client.get(url_of(session))
    text = check_html(response)
    types = [each.event.type for each in response.context["happenings"]]
    assert types == ["game started", "level completed", "say", "jump"]
    for told in ("+500ms", "+12s", "+1h 1m 40s", "{&quot;level&quot;: 3}", "line 1\nline 2"):
        assert told in text
    assert "2026-03-01 11:59:59.000 UTC" in text
    assert text.count(">jump<") == 1  # its data says nothing more


def test_data_is_readable_and_only_text(project, client):
    session = tstats(project)
    bad = "</code><script>alert(1)</script>"
    add_event(session, 1, bad, {"text": bad, "ü": [1.5, None, True]})
    add_event(session, 2, "long", {"numbers": list(range(5000))})
    add_event(session, 3, "false", data=False)
    text = check_html(client.get(url_of(session)))
    assert bad not in text
    assert "&quot;ü&quot;: [" in text
    assert "characters in all)" in text
    assert len(text) < 30_000


def test_events_are_paged_both_ways(project, client, monkeypatch):
    monkeypatch.setattr("sessions_app.views.EVENTS_SIZE", 3)
    session = tstats(project, num_events=7)
    for number in range(7):
        add_event(session, number, f"e{number}")
    url = url_of(session)

    def types(response):
        check_html(response)
        return [each.event.type for each in response.context["happenings"]]

    first = client.get(url)
    assert types(first) == ["e0", "e1", "e2"]
    assert first.context["previous"] == ""
    second = client.get(url + first.context["next"])
    assert types(second) == ["e3", "e4", "e5"]
    third = client.get(url + second.context["next"])
    assert types(third) == ["e6"]
    assert third.context["next"] == ""
    assert types(client.get(url + third.context["previous"])) == ["e3", "e4", "e5"]
    assert types(client.get(f"{url}?after=nonsense")) == ["e0", "e1", "e2"]


def test_another_session_s_events_are_not_on_it(project, client):
    session, other = tstats(project), tstats(project, NOON + SECOND)
    add_event(other, 1, "theirs")
    assert "theirs" not in check_html(client.get(url_of(session)))


def test_it_takes_a_constant_number_of_queries(project, client, django_assert_num_queries):
    session = tstats(project)
    for second in range(30):
        add_event(session, second)
    # session, user, project, the session, events; and 2 for the visit
    with django_assert_num_queries(7):
        client.get(url_of(session))
