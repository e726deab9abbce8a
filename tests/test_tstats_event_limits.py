"""How much an event may be, and what cannot be stored."""

import json

import pytest

from sessions_app.models import Event
from tests.tstats_helpers import (
    JSON,
    add_event,
    default_project,
    events,
    open_session,
    problem,
    send,
)
from tests.wire_helpers import through_door, through_urls

KIB_64 = 64 * 1024


@pytest.fixture
def session(db):
    default_project()
    return open_session()


def put(session, text, type_="t", **options):
    """An event by the JSON text of its body."""
    body = text if isinstance(text, bytes) else text.encode()
    return send("PUT", f"/sessions/{session}/event/{type_}", body, content_type=JSON, **options)


def nested(depth, leaf="1"):
    return '{"event":' + "[" * depth + leaf + "]" * depth + "}"


@pytest.mark.parametrize(
    "largest",
    [
        "x" * (KIB_64 - 2),
        "ö" * ((KIB_64 - 2) // 2),
        "\n" * ((KIB_64 - 2) // 2),
        ["x" * (KIB_64 - 4)],
        {"k": "x" * (KIB_64 - 8)},
    ],
    ids=["ascii", "umlauts", "escapes", "list", "object"],
)
def test_an_event_has_at_most_64_kib_as_compact_json(session, largest):
    text = json.dumps(largest, ensure_ascii=False, separators=(",", ":"))
    assert len(text.encode()) == KIB_64
    assert put(session, json.dumps({"event": largest}, indent=4)).status == 201
    assert events(session) == [("t", largest)]
    over = json.dumps({"event": [largest]})
    assert "65536 bytes" in problem(put(session, over), 400, "bad_request", "event")
    assert Event.objects.count() == 1


def test_a_body_over_the_limit_of_all_bodies_is_a_413(session, settings):
    reply = send("PUT", f"/sessions/{session}/event/t", b" " * (settings.BODY_LIMIT + 1))
    problem(reply, 413, "too_large")


@pytest.mark.parametrize("through", [through_door, through_urls])
def test_a_type_has_at_most_128_characters(session, through):
    longest = "ö" * 128
    assert put(session, b"", longest, through=through).status == 201
    problem(put(session, b"", longest + "x", through=through), 400, "bad_request", "event type")
    assert add_event(session, longest, through=through).status == 201
    message = problem(add_event(session, longest + "x"), 400, "bad_request", "event")
    assert "128 characters" in message
    assert events(session) == [(longest, None), (longest, longest)]
    assert add_event(session, longest + "x", "short").status == 201


@pytest.mark.parametrize("kind", ["%20", "%09%20", "%C2%A0"])
def test_a_type_is_not_empty(session, kind):
    problem(put(session, "{}", kind), 400, "bad_request", "event type")
    problem(add_event(session, " "), 400, "bad_request", "event")
    problem(add_event(session, ""), 400, "bad_request", "event")
    assert events(session) == []


@pytest.mark.parametrize(
    "text",
    [
        '{"event":"\\u0000"}',
        '{"event":{"a\\u0000":1}}',
        '{"event":[[{"a":["b",{"c":"d\\u0000e"}]}]]}',
        '{"event":"\\ud800"}',
        '{"event":["\\udfff"]}',
        '{"event":{"\\ud83d":1}}',
        '{"event":1e400}',
        '{"event":[{"a":-1e400}]}',
        '{"event":true}',
        '{"event":false}',
    ],
)
def test_what_cannot_be_stored_is_a_400_that_says_so(session, text):
    problem(put(session, text), 400, "bad_request", "event")
    assert events(session) == []


@pytest.mark.parametrize(
    "text",
    [
        '{"event":NaN}',
        '{"event":[Infinity]}',
        '{"event":%s}' % ("9" * 5000),
        '{"event":"\x00"}',
        b'{"event":"\xff"}',
        b'{"event":"\xed\xa0\x80"}',
        '{"event":"a\nb"}',
        '{"event":1,}',
        nested(200_000),
    ],
    ids=range(9),
)
def test_what_is_no_json_is_a_400(session, text):
    problem(put(session, text), 400, "bad_request")
    assert events(session) == []


@pytest.mark.parametrize("depth", [50, 150, 300, 500, 700, 900, 950, 980, 1000, 1500, 5000])
@pytest.mark.parametrize("leaf", ["1", '"\\u0000"', '"\\\\u0000"'])
def test_nesting_is_stored_or_refused_at_any_depth(session, depth, leaf):
    reply = put(session, nested(depth, leaf))
    assert reply.status == (201 if len(events(session)) else 400), reply.body[:200]
    if depth <= 100:
        assert (reply.status == 201) is (leaf != '"\\u0000"')
    if depth > 100:
        assert "deep" in reply.json["error"]["message"]


@pytest.mark.parametrize(
    "event",
    [1e308, -1e308, 5e-324, 0.1, -0.0, 10**300, -(10**4000), "\\u0000", "\\", "\U0010ffff"],
)
def test_what_looks_difficult_is_stored(session, event):
    reply = add_event(session, event, "t")
    assert (reply.status, reply.json["event"]) == (201, event)
    [(_, found)] = events(session)
    assert found == event or float(found) == event  # large numbers come back as whole ones


@pytest.mark.parametrize("kind", ["%00", "a%00b"])
def test_a_type_has_no_nul(session, kind):
    problem(put(session, b"", kind), 400, "bad_request", "event type")
    problem(add_event(session, "a\0b"), 400, "bad_request", "event")


def test_half_a_character_is_no_type(session):
    problem(put(session, b'{"event":"\\ud800"}', ""), 400, "bad_request", "event")


def test_a_hundred_levels_are_the_most(session):
    assert put(session, nested(100)).status == 201
    assert put(session, nested(101)).status == 400
