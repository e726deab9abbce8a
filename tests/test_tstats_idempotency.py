"""An event that is sent twice, because nobody heard the answer, is stored once."""

import pytest

from tests.tstats_helpers import (
    APP_KEY,
    CLIENT_TIME,
    FORM,
    add_event,
    close,
    default_project,
    events,
    new_project,
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


def keyed(session, event="jump", key="k", type_="", **options):
    return add_event(session, event, type_, idempotency_key=key, **options)


@pytest.mark.parametrize("through", [through_door, through_urls])
def test_the_second_gets_the_first_ones_reply(session, clock, through):
    body = {"clientTime": CLIENT_TIME, "event": {"a": [1, None, "ö"]}}
    path = f"/sessions/{session}/event/t"
    first = send("PUT", path, body, idempotency_key="k", through=through)
    activity = row(session).last_at
    clock.tick(5)
    again = send("PUT", path, body, idempotency_key="k", through=through)
    assert (again.status, again.body) == (201, first.body)
    assert events(session) == [("t", {"a": [1, None, "ö"]})]
    assert row(session).last_at == activity


def test_it_is_the_first_that_counts_whatever_the_second_says(session):
    first = keyed(session, "jump")
    for again in (keyed(session, "fall"), keyed(session, type_="t", event=[1])):
        assert again.json == first.json
    assert events(session) == [("jump", "jump")]


def test_other_keys_and_none_are_other_events(session):
    for key in ("a", "A", "a ", "ä", "1"):
        assert keyed(session, key=key.strip() + "x" * key.count(" ")).status == 201
    for _ in range(2):
        add_event(session)
        keyed(session, key="")
    assert len(events(session)) == 9


def test_the_same_key_in_another_session_is_another_event(session):
    other = open_session()
    foreign = open_session(key=new_project("other").app_key)
    for one in (session, other, foreign):
        assert keyed(one).status == 201
        assert events(one) == [("jump", "jump")]


@pytest.mark.parametrize(
    ("first", "second"),
    [("abc", "abc"), (7, "7"), (7, 7), (1.5, "1.5"), ("ö", "ö"), ("x" * 255, "x" * 255)],
)
def test_the_body_may_say_it_too(session, first, second):
    path = f"/sessions/{session}/event/t"
    one = send("PUT", path, {"eventId": first})
    assert send("PUT", path, {"eventId": second}).body == one.body
    assert len(events(session)) == 1


def test_header_form_and_body_are_one_and_the_header_wins(session):
    path = f"/sessions/{session}/event/t"
    assert send("PUT", path, {"eventId": "a"}).status == 201
    assert send("PUT", path, b"eventId=a", content_type=FORM).status == 201
    assert send("PUT", path, {"eventId": "b"}, idempotency_key="a").status == 201
    assert len(events(session)) == 1
    assert send("PUT", path, {"eventId": "b"}).status == 201
    assert len(events(session)) == 2


@pytest.mark.parametrize("value", [None, ""])
def test_an_empty_one_is_none(session, value):
    for _ in range(2):
        assert send("PUT", f"/sessions/{session}/event/t", {"eventId": value}).status == 201
    assert len(events(session)) == 2


@pytest.mark.parametrize("value", ["x" * 256, "a\0", [], {}, True, False, ["a"]])
def test_what_is_no_key_is_a_400(session, value):
    reply = send("PUT", f"/sessions/{session}/event/t", {"eventId": value})
    problem(reply, 400, "bad_request", "eventId")
    assert events(session) == []


def test_neither_is_half_a_character_nor_a_header_that_is_too_long(session):
    path = f"/sessions/{session}/event/t"
    problem(send("PUT", path, b'{"eventId":"\\ud800"}'), 400, "bad_request", "eventId")
    reply = send("PUT", path, idempotency_key="x" * 256)
    problem(reply, 400, "bad_request", "Idempotency-Key")
    assert events(session) == []


def test_a_retry_after_the_close_is_told_what_was_stored_and_a_new_event_is_not(session):
    first = keyed(session)
    close(session)
    assert keyed(session).body == first.body
    problem(keyed(session, key="other"), 409, "session_closed")
    assert events(session) == [("jump", "jump")]


def test_a_retry_needs_the_same_right_as_the_event(session):
    keyed(session, key="k")
    other = new_project("other")
    problem(keyed(session, x_app_key=other.app_key), 404, "not_found")
    problem(keyed(session, x_app_key="x"), 401, "unauthorized")
    assert keyed(session, x_app_key=APP_KEY).status == 201
    assert len(events(session)) == 1
