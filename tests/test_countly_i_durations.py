"""How long a session lasts: what an SDK may say, and in which range it is counted."""

import json

import pytest

from sessions_app.models import AppUser, Dimension, Session
from tests.countly_helpers import set_clock
from tests.countly_writes import JSON, NOON, acknowledged, at, logged, new_app

pytestmark = pytest.mark.django_db


@pytest.fixture
def app(monkeypatch):
    set_clock(monkeypatch, NOON)
    return new_app()


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        *(("1", 1), ("119", 119), ("120", 120), ("121", 120), ("99999", 120), ("9" * 400, 120)),
        *(("30.9", 30), (" 30", 30), ("+30", 30), ("30s", 30), ("007", 7), ("1e2", 1)),
        *(("0", 0), ("0.9", 0), ("-0", 0), ("", 0)),
    ],
)
def test_a_duration_is_read_as_parseint_does_and_120_seconds_are_the_most(app, text, seconds):
    app.send(begin_session="1")
    assert app.send(session_duration=text) == ""
    assert app.year.get("d", 0) == seconds
    assert Session.objects.get().active_seconds == seconds


@pytest.mark.parametrize("text", ["-5", "-" + "9" * 400])
def test_a_duration_below_0_is_told(app, text):
    assert app.send(session_duration=text, begin_session="") == "session_duration is below 0"
    assert app.year == {"e": 1}


@pytest.mark.parametrize("text", ["abc", "NaN", "Infinity", "s30", ".5", "-", "٣٠"])
def test_a_duration_that_is_no_number_is_told(app, text):
    assert app.send(session_duration=text, begin_session="") == "session_duration is no number"
    assert app.year == {"e": 1}
    assert [row[:2] for row in logged(app)] == [(200, "session_duration is no number")]


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        *((30, 30), (30.9, 30), (121, 120), (1e300, 120), (10**400, 120), ("30", 30)),
        *((0, 0), (-5, 0), (-1e300, 0), (None, 0), (True, 0), ([], 0), ({}, 0), ([30], 0)),
    ],
)
def test_a_duration_in_json(app, value, seconds):
    params = {"app_key": app.key, "device_id": "d1", "session_duration": value}
    acknowledged(app.post(json.dumps(params), JSON))
    assert app.year.get("d", 0) == seconds


def test_seconds_are_counted_in_hour_day_month_and_year_of_their_request(app):
    app.send(begin_session="1", timestamp=str(NOON - 10))
    app.send(session_duration="20", timestamp=str(NOON))
    found = {bucket: numbers["d"] for bucket, numbers in app.counts().items() if "d" in numbers}
    assert found == dict.fromkeys((2012, 201207, 20120720, 2012072012), 20)


def test_a_duration_of_an_unknown_device_is_counted_and_makes_no_user(app):
    app.send(session_duration="30")
    assert app.year == {"d": 30, "e": 1}
    assert AppUser.objects.get().num_sessions == 0


@pytest.mark.parametrize(
    ("seconds", "range_"),
    [
        *((1, "0"), (10, "0"), (11, "1"), (30, "1"), (31, "2"), (60, "2"), (61, "3"), (180, "3")),
        *((181, "4"), (600, "4"), (601, "5"), (1800, "5"), (1801, "6"), (3600, "6"), (3601, "7")),
        (100_000, "7"),
    ],
)
def test_a_length_is_in_a_range_of_12_08(app, seconds, range_):
    whole, rest = divmod(seconds, 120)
    lasts = [{"device_id": "d1", "session_duration": 120}] * whole
    app.bulk({"device_id": "d1", "begin_session": 1}, *lasts)
    app.send(end_session="1", session_duration=str(rest))
    assert app.by_value(Dimension.DURATION) == {range_: 1}
    assert Session.objects.get().active_seconds == seconds


def test_a_session_over_midnight_has_its_seconds_on_both_days_and_its_length_at_the_end(app):
    app.send(begin_session="1", timestamp=str(at(7, 18, 23, 59)))
    app.send(session_duration="59", timestamp=str(at(7, 18, 23, 59, 59)))
    app.send(session_duration="60", timestamp=str(at(7, 19, 0, 0, 59)))
    app.send(end_session="1", timestamp=str(at(7, 19, 0, 1)))
    counts = app.counts()
    assert (counts[20120718]["d"], counts[20120719]["d"]) == (59, 60)
    assert app.by_value(Dimension.DURATION, 20120718) == {}
    assert app.by_value(Dimension.DURATION, 20120719) == {"3": 1}
