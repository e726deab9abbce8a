"""PUT sessions/:id/close: a session ends, once."""

import json

import pytest

from tests.tstats_helpers import (
    CLIENT_TIME,
    FORM,
    SERVER_TIME,
    add_event,
    close,
    default_project,
    events,
    open_session,
    problem,
    row,
    send,
    set_clock,
)
from tests.wire_helpers import through_door, through_urls


@pytest.fixture(autouse=True)
def clock(db, monkeypatch):
    default_project()
    return set_clock(monkeypatch)


def test_it_answers_the_session_with_its_end(clock):
    session = open_session({"clientTime": CLIENT_TIME})
    clock.tick(754.25)
    reply = close(session, {"clientTime": "2013-06-30T20:52:00.1Z"})
    assert (reply.status, json.loads(reply.body)) == (
        200,
        {
            "clientTime": CLIENT_TIME,
            "serverTime": SERVER_TIME,
            "ip": "127.0.0.1",
            "_id": session,
            "closeTime": "2013-06-30T20:52:00.265Z",
            "duration": 754.25,
            "endedBy": "closed",
        },
    )
    stored = row(session)
    assert (stored.end_reason, stored.last_at) == ("closed", stored.ended_at)
    assert stored.client_ended_at.isoformat() == "2013-06-30T20:52:00.100000+00:00"
    assert (stored.ended_at - stored.started_at).total_seconds() == 754.25


@pytest.mark.parametrize("method", ["PUT", "POST"])
@pytest.mark.parametrize(
    "path",
    ["/sessions/{}/close", "/sessions/{}/close/", "//sessions/{}/close", "//sessions/{}/close/"],
)
@pytest.mark.parametrize("through", [through_door, through_urls])
def test_by_either_method_and_with_any_slashes(method, path, through):
    session = open_session()
    assert send(method, path.format(session), through=through).status == 200
    assert row(session).end_reason == "closed"


@pytest.mark.parametrize("body", [b"", b"{}", b'{"clientTime":null}', b"clientTime=", b"x"])
def test_no_client_time_is_needed(body):
    session = open_session()
    assert close(session, body, content_type=FORM).status == 200
    assert row(session).client_ended_at is None


def test_twice_is_once(clock):
    session = open_session()
    clock.tick(5)
    first = close(session, {"clientTime": CLIENT_TIME})
    before = row(session)
    clock.tick(5)
    again = close(session, {"clientTime": "2013-06-30T20:59:59Z"})
    assert (again.status, again.body) == (200, first.body)
    assert row(session).__dict__ | {"_state": 0} == before.__dict__ | {"_state": 0}


def test_a_closed_session_takes_no_event(clock):
    session = open_session()
    add_event(session, "before")
    close(session)
    clock.tick(5)
    message = problem(add_event(session, "after"), 409, "session_closed")
    assert "closed" in message
    assert events(session) == [("before", "before")]
    assert row(session).last_at == row(session).ended_at


def test_what_is_wrong_with_a_close_is_told_and_ends_nothing():
    session = open_session()
    problem(close(session, b"{"), 400, "bad_request")
    problem(close(session, {"clientTime": "soon"}), 400, "bad_request", "clientTime")
    assert row(session).ended_at is None


def test_a_session_ends_no_earlier_than_its_last_event_nor_its_start(clock):
    session = open_session()
    clock.tick(10)
    add_event(session)
    clock.tick(-60)  # the server's clock was put back
    reply = close(session)
    assert (reply.json["duration"], row(session).last_at) == (10.0, row(session).ended_at)
    session = open_session()
    clock.tick(-60)
    assert close(session).json["duration"] == 0.0


def test_a_short_session_has_a_duration_in_milliseconds(clock):
    session = open_session()
    clock.tick(0.0124)
    assert close(session).json["duration"] == 0.012
