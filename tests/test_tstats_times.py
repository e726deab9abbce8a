"""What clients may send as `clientTime`, and how times are written."""

import json

import pytest

from tests.tstats_helpers import (
    CLIENT_TIME,
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


@pytest.fixture(autouse=True)
def project(db):
    return default_project()


def told(value):
    """What a client that sends this is told as its time."""
    body = f'{{"clientTime":{value if isinstance(value, str) else json.dumps(value)}}}'
    return send("POST", "/sessions", body.encode())


@pytest.mark.parametrize(
    "text",
    [
        "2013-06-30T20:39:25.987Z",
        "2013-06-30T20:39:25.987z",
        "2013-06-30t20:39:25.987Z",
        " 2013-06-30T20:39:25.987Z\n",
        "2013-06-30T20:39:25.987+00:00",
        "2013-06-30T20:39:25.987-00:00",
        "2013-06-30T20:39:25.987",
        "2013-06-30 20:39:25.987",
        "2013-06-30 20:39:25.987Z",
        "2013-06-30T22:39:25.987+02:00",
        "2013-06-30T22:39:25.987+0200",
        "2013-06-30T22:39:25.987+02",
        "2013-06-30T22:39:25.987 02:00",  # a “+” in a form that is not encoded
        "2013-07-01T02:09:25.987+05:30",
        "2013-06-30T13:39:25.987-07:00",
        "20130630T203925.987Z",
        "2013-06-30T20:39:25,987Z",
        "2013-06-30T20:39:25.9870000Z",  # .NET's format “o”
        "2013-06-30T20:39:25.987999Z",
        "1372624765987",
        "1372624765987.9",
    ],
)
def test_a_text_is_iso_8601_or_milliseconds(text):
    reply = told(json.dumps(text))
    assert (reply.status, reply.json["clientTime"]) == (201, CLIENT_TIME)


@pytest.mark.parametrize(
    ("value", "time"),
    [
        (1372624765987, CLIENT_TIME),
        (1372624765987.4, CLIENT_TIME),
        (1.372624765987e12, CLIENT_TIME),
        (0, "1970-01-01T00:00:00.000Z"),
        (-1, "1969-12-31T23:59:59.999Z"),
        ('"2013-06-30T20:39:25Z"', "2013-06-30T20:39:25.000Z"),
        ('"2013-06-30T20:39Z"', "2013-06-30T20:39:00.000Z"),
        ('"2013-06-30T20:39:25.1Z"', "2013-06-30T20:39:25.100Z"),
        ('"2012-02-29T23:59:59.999999Z"', "2012-02-29T23:59:59.999Z"),
        ('"2013-12-31T23:30:00-01:00"', "2014-01-01T00:30:00.000Z"),
        ('"1000-01-01T00:00:00Z"', "1000-01-01T00:00:00.000Z"),
        ('"8999-12-31T23:59:59Z"', "8999-12-31T23:59:59.000Z"),
    ],
)
def test_times_are_told_with_milliseconds_and_z(value, time):
    reply = told(value)
    assert (reply.status, reply.json["clientTime"]) == (201, time)


@pytest.mark.parametrize(
    "value",
    [
        '"soon"',
        '"2013-06-30"',
        '"2013-13-30T20:39:25Z"',
        '"2013-02-29T20:39:25Z"',
        '"2013-06-30T25:39:25Z"',
        '"2013-06-30T20:39:60Z"',
        '"2013-06-30T20:39:25+25:00"',
        '"Sun Jun 30 2013 20:39:25 GMT+0000"',
        '"30.06.2013 20:39:25"',
        '"0999-12-31T23:59:59Z"',
        '"9000-01-01T00:00:00Z"',
        '"0001-01-01T00:00:00+14:00"',
        '"9999-12-31T23:59:59-14:00"',
        '"٢٠١٣-06-30T20:39:25Z"',
        '"2013-06-30T20:39:25\\u0000Z"',
        '"\\ud800"',
        '"1e12"',
        '"NaN"',
        '"9999999999999999999"',
        '"999999999999999999"',
        "1e400",
        "1e308",
        "-1e18",
        str(10**400),
        "true",
        "false",
        "[]",
        "{}",
        '{"$date":1372624765987}',
    ],
)
def test_anything_else_is_a_400_that_names_the_field(value):
    assert "2013-06-30T20:39:25.987Z" in problem(told(value), 400, "bad_request", "clientTime")


def test_it_is_read_in_the_same_way_everywhere():
    session = open_session()
    bad, good = {"clientTime": "x"}, {"clientTime": 1372624765987}
    problem(send("PUT", f"/sessions/{session}/event/a", bad), 400, "bad_request", "clientTime")
    problem(close(session, bad), 400, "bad_request", "clientTime")
    assert events(session) == []
    reply = send("PUT", f"/sessions/{session}/event/a", good)
    assert (reply.status, reply.json["clientTime"]) == (201, CLIENT_TIME)
    close(session, good)
    assert row(session).client_ended_at.isoformat() == "2013-06-30T20:39:25.987000+00:00"


def test_times_of_the_server_are_stored_with_microseconds_and_cut_off(monkeypatch):
    clock = set_clock(monkeypatch, 1_372_624_766.015999)
    reply = send("POST", "/sessions")
    assert reply.json["serverTime"] == "2013-06-30T20:39:26.015Z"
    session = reply.json["_id"]
    assert row(session).started_at.microsecond == 15999
    clock.at = 1_372_624_767.0
    assert add_event(session).json["serverTime"] == "2013-06-30T20:39:27.000Z"
