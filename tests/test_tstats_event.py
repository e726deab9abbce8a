"""PUT sessions/:id/event and …/event/[event type]: something happens in a session."""

import json
from uuid import UUID

import pytest

from sessions_app.models import Event
from tests.tstats_helpers import (
    CLIENT_TIME,
    FORM,
    JSON,
    OCTETS,
    SERVER_TIME,
    add_event,
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


@pytest.fixture
def session(clock):
    return open_session()


def test_the_seeds_example(session):
    body = {"clientTime": CLIENT_TIME, "event": "Level started"}
    reply = send("PUT", f"/sessions/{session}/event/tutorial", body)
    found = json.loads(reply.body)
    assert (reply.status, found | {"_id": ""}) == (
        201,
        {
            "_id": "",
            "sessionId": session,
            "type": "tutorial",
            "event": "Level started",
            "clientTime": CLIENT_TIME,
            "serverTime": SERVER_TIME,
        },
    )
    assert list(found) == ["_id", "sessionId", "type", "event", "clientTime", "serverTime"]
    assert b'"event":"Level started"' in reply.body  # compact, in the order above
    assert reply.headers["access-control-allow-origin"] == "*"
    event = Event.objects.get(project_id=row(session).project_id, pk=UUID(found["_id"]))
    assert (event.session_id, event.type, event.data) == (
        *(row(session).pk, "tutorial", "Level started"),
    )
    assert event.at.isoformat() == "2013-06-30T20:39:26.015000+00:00"
    assert event.client_at.isoformat() == "2013-06-30T20:39:25.987000+00:00"


def test_it_counts_for_its_session_and_is_its_last_activity(session, clock):
    before = row(session)
    clock.tick(90)
    assert add_event(session).status == 201
    after = row(session)
    assert (before.num_events, after.num_events) == (0, 1)
    assert (after.last_at - before.last_at).total_seconds() == 90
    assert (after.started_at, after.ended_at) == (before.started_at, None)


@pytest.mark.parametrize("method", ["PUT", "POST"])
@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/sessions/{}/event", "jump"),
        ("/sessions/{}/event/", "jump"),
        ("//sessions/{}/event", "jump"),
        ("//sessions/{}/event/", "jump"),
        ("/sessions/{}/event/a", "a"),
        ("/sessions/{}/event/a/", "a"),
        ("//sessions/{}/event/Game%20started/", "Game started"),
        ("/sessions/{}/event/Game+started", "Game+started"),
        ("/sessions/{}/event/fps/low", "fps/low"),
        ("/sessions/{}/event/close", "close"),
        ("/sessions/{}/event/gr%C3%B6%C3%9Fe", "größe"),
        ("/sessions/{}/event?a=b", "jump"),
    ],
)
@pytest.mark.parametrize("through", [through_door, through_urls])
def test_the_type_is_that_of_the_path_else_the_event_itself(session, method, path, kind, through):
    reply = send(method, path.format(session), {"event": "jump"}, through=through)
    assert (reply.status, reply.json["type"], events(session)) == (201, kind, [(kind, "jump")])


@pytest.mark.parametrize(
    "event", [0, 1.5, -3, 12345678901234567890, {}, [], {"a": [1, {"b": None}]}, [True, "x", ""]]
)
def test_an_event_that_is_no_string_has_the_type_event(session, event):
    reply = add_event(session, event)
    assert (reply.status, reply.json["type"], reply.json["event"]) == (201, "event", event)
    assert events(session) == [("event", event)]


@pytest.mark.parametrize("body", [b"", b"{}", b'{"event":null}', b"clientTime=1"])
def test_with_a_type_in_the_path_no_event_is_needed(session, body):
    reply = send("PUT", f"/sessions/{session}/event/pause", body)
    assert (reply.status, reply.json["event"], events(session)) == (201, None, [("pause", None)])


@pytest.mark.parametrize("body", [b"", b"{}", b'{"event":null}', b'{"Event":"x"}'])
def test_an_event_without_anything_is_a_400(session, body):
    reply = send("PUT", f"/sessions/{session}/event", body)
    assert "missing" in problem(reply, 400, "bad_request", "event")
    assert events(session) == []


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b'{"event":"jump"}', OCTETS),
        (b'{"event":"jump"}', FORM),
        (b'{"event":"jump"}', ""),
        (b"event=jump", FORM),
        (b"event=jump&event=other", ""),
        (b"%7b%22event%22%3a%22jump%22%7d", FORM),
        (
            b'--b\r\nContent-Disposition: form-data; name="event"\r\n\r\njump\r\n--b--',
            "multipart/form-data; boundary=b",
        ),
    ],
)
def test_bodies_as_engines_send_them(session, body, content_type):
    reply = send("PUT", f"/sessions/{session}/event", body, content_type=content_type)
    assert (reply.status, events(session)) == (201, [("jump", "jump")])


@pytest.mark.parametrize("event", ["1.5", "{}", "null", "[1]"])
def test_what_comes_in_a_form_is_a_string(session, event):
    send("PUT", f"/sessions/{session}/event/t", f"event={event}".encode(), content_type=FORM)
    assert events(session) == [("t", event)]


def test_what_the_seed_shows_as_a_body_is_no_json_and_a_400(session):
    body = b"{\n  clientTime: time, \n  event: [event string]\n}"
    problem(send("PUT", f"/sessions/{session}/event/x", body), 400, "bad_request")


def test_events_of_a_moment_keep_their_order(session, clock):
    names = [f"event {number}" for number in range(50)]
    for name in names:
        add_event(session, name)
        clock.tick(0.001)
    assert [kind for kind, _ in events(session)] == names


@pytest.mark.parametrize("content_type", [JSON, OCTETS])
def test_words_of_all_languages_come_back_as_they_went(session, content_type):
    event = {"größe": "日本語 🎮", "quote": '"\\/\b\f\n\r\t', "key\x7f": "\u2028\ufffe\x01"}
    body = json.dumps({"event": event}, ensure_ascii=False).encode()
    reply = send("PUT", f"/sessions/{session}/event/日本 語%F0%9F%8E%AE", body,
                 content_type=content_type)  # fmt: skip
    assert (reply.status, reply.json["event"], reply.json["type"]) == (201, event, "日本 語🎮")
    assert events(session) == [("日本 語🎮", event)]
