"""/api/v1/events/ and /api/v1/sessions/<id>/events/: what happened, newest first."""

from base64 import b64encode
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from sessions_app.models import Event
from tests import tstats_helpers as tstats
from tests.api_helpers import new_project, with_token
from tests.sent_sessions import EVENTS, SESSIONS, game, results, walk

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
NOBODY = "00000000-0000-0000-0000-000000000000"


@pytest.fixture
def lab():
    return new_project("lab")


@pytest.fixture
def reader(lab):
    return with_token(lab, "read")


@pytest.fixture
def clock(monkeypatch):
    return tstats.set_clock(monkeypatch, NOON.timestamp())


def test_an_event_is_shown_with_what_was_sent(reader, lab, clock, settings):
    settings.TIME_ZONE = "Asia/Tokyo"
    session = tstats.open_session(key=lab.app_key)
    body = {"event": {"to": [1, None, "ü"]}, "clientTime": "2026-03-01T11:59:58.5Z"}
    path = f"/sessions/{session}/event/jump"
    tstats.send("PUT", path, body, key=lab.app_key, idempotency_key="once")
    (shown,) = results(reader.get(EVENTS))
    stored = Event.objects.get()
    assert shown == {
        "id": str(stored.id),
        "session": str(stored.session_id),
        "player": None,
        "type": "jump",
        "at": "2026-03-01T12:00:00Z",
        "client_at": "2026-03-01T11:59:58.500000Z",
        "data": {"to": [1, None, "ü"]},
        "idempotency_key": "once",
    }
    assert reader.get(f"{EVENTS}{shown['id']}/").json() == shown
    assert results(reader.get(f"{SESSIONS}{shown['session']}/events/")) == [shown]


def test_an_event_need_have_nothing_but_a_type(reader, lab):
    session = tstats.open_session(key=lab.app_key)
    tstats.send("PUT", f"/sessions/{session}/event/jump", key=lab.app_key)
    (shown,) = results(reader.get(EVENTS))
    assert (shown["data"], shown["client_at"], shown["idempotency_key"]) == (None, None, None)


def test_a_list_takes_the_same_few_queries_however_long(reader, lab, django_assert_num_queries):
    for length in (1, 20):
        session = game(lab, *["jump"] * length)
        with django_assert_num_queries(2):  # the token with its project, the events
            results(reader.get(EVENTS))
        with django_assert_num_queries(3):  # and the session
            shown = results(reader.get(f"{SESSIONS}{session}/events/"))
        assert len(shown) == length
        with django_assert_num_queries(2):
            reader.get(f"{EVENTS}{shown[0]['id']}/")


@pytest.mark.parametrize("of_session", [True, False])
def test_pages_lead_through_all_newest_first(reader, lab, clock, of_session):
    session = game(lab, *"abcde")  # all at one instant
    path = f"{SESSIONS}{session}/events/" if of_session else EVENTS
    pages = walk(reader, path, page_size=2)
    assert [len(page) for page in pages] == [2, 2, 1]
    found = [UUID(each) for page in pages for each in page]
    assert found == sorted(set(Event.objects.values_list("id", flat=True)), reverse=True)


def test_events_are_found_by_what_is_known_of_them(reader, lab, clock):
    other = game(new_project("other"), "jump")
    first = game(lab, "jump", "Jump", " jump ")
    clock.tick(60)
    second = game(lab, "jump", "fall")
    minute = (NOON + timedelta(minutes=1)).isoformat()
    for parameters, types in [
        ({}, ["fall", "jump", " jump ", "Jump", "jump"]),
        ({"type": "jump"}, ["jump", "jump"]),
        ({"type": " jump "}, [" jump "]),
        ({"type": "JUMP"}, []),
        ({"session": first}, [" jump ", "Jump", "jump"]),
        ({"session": first, "type": "jump"}, ["jump"]),
        ({"session": other}, []),
        ({"session": NOBODY}, []),
        ({"session": second.replace("-", "")}, ["fall", "jump"]),
        ({"since": minute}, ["fall", "jump"]),
        ({"until": minute}, [" jump ", "Jump", "jump"]),
        ({"since": minute, "type": "jump"}, ["jump"]),
        ({"since": minute, "session": first}, []),
        ({"since": NOON.isoformat(), "until": minute, "type": "jump", "session": first}, ["jump"]),
        ({"since": "", "until": "", "type": "", "session": ""}, [
            "fall", "jump", " jump ", "Jump", "jump"
        ]),
    ]:  # fmt: skip
        shown = [row["type"] for row in results(reader.get(EVENTS, parameters))]
        # Of one millisecond they are in any order.
        assert sorted(shown) == sorted(types), parameters


def test_the_events_of_a_session_are_narrowed_down(reader, lab, clock):
    session = game(lab, "a", "b")
    path = f"{SESSIONS}{session}/events/"
    assert [row["type"] for row in results(reader.get(path, {"type": "a"}))] == ["a"]
    assert results(reader.get(path, {"until": NOON.isoformat()})) == []
    assert len(results(reader.get(path, {"since": NOON.isoformat()}))) == 2
    # The filters of sessions are none here, and the session is in the path.
    assert len(results(reader.get(path, {"open": "x", "session": NOBODY}))) == 2


def test_an_event_is_found_by_the_very_time_that_is_shown_of_it(reader, lab, monkeypatch):
    tstats.set_clock(monkeypatch, NOON.timestamp() + 0.4999998)
    game(lab, "a")
    (shown,) = results(reader.get(EVENTS))
    assert results(reader.get(EVENTS, {"since": shown["at"]})) == [shown]
    assert results(reader.get(EVENTS, {"until": shown["at"]})) == []


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("session", "x"),
        ("session", "a\0b"),
        ("type", "a\0b"),
        ("type", "x" * 129),
        ("since", "yesterday"),
        ("until", "nan"),
    ],
)
def test_a_parameter_that_makes_no_sense_is_refused_by_name(reader, field, value):
    response = reader.get(EVENTS, {field: value})
    assert (response.status_code, list(response.json())) == (400, [field])


@pytest.mark.parametrize("text", [b"p=x", b"p=2026-03-01", b"x=1", b"p=a%00b"])
def test_a_cursor_that_is_none_is_refused(reader, lab, text):
    cursor = b64encode(text).decode()
    for path in (EVENTS, f"{SESSIONS}{game(lab)}/events/"):
        response = reader.get(path, {"cursor": cursor})
        assert (response.status_code, list(response.json())) == (400, ["cursor"])


def test_there_is_no_such_event_and_none_can_be_changed(lab, reader):
    session = game(lab, "a")
    event = Event.objects.get().id
    for pk in (session, "x", "1", NOBODY):
        assert reader.get(f"{EVENTS}{pk}/").status_code == 404
    manager = with_token(lab, "manage")
    for path in (EVENTS, f"{EVENTS}{event}/"):
        for method in (manager.post, manager.put, manager.patch, manager.delete):
            assert method(path, {"type": "b"}).status_code == 405
