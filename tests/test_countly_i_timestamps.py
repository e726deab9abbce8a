"""When a request happened: by its ``timestamp``, or when it came."""

import json

import pytest

from sessions_app.models import AppUser, Session
from tests.countly_helpers import set_clock
from tests.countly_writes import JSON, NOON, acknowledged, at, logged, new_app

pytestmark = pytest.mark.django_db

YESTERDAY = at(7, 19, 8)


@pytest.fixture
def app(monkeypatch):
    set_clock(monkeypatch, NOON)
    return new_app()


def hours(app):
    return {bucket for bucket in app.counts() if bucket > 10**9}


@pytest.mark.parametrize(
    "time",
    [
        *(str(YESTERDAY), f"{YESTERDAY}000", f"{YESTERDAY}.25", f"{YESTERDAY}250.75"),
        *(f" {YESTERDAY} ", f"+{YESTERDAY}", "1.342684800e9"),
    ],
)
def test_seconds_and_milliseconds_as_text(app, time):
    assert app.send(timestamp=time, begin_session="1") == ""
    assert hours(app) == {2012071908}
    assert int(Session.objects.get().started_at.timestamp()) == YESTERDAY


@pytest.mark.parametrize("time", [YESTERDAY, YESTERDAY * 1000, YESTERDAY + 0.5, YESTERDAY * 1e3])
def test_seconds_and_milliseconds_as_a_number(app, time):
    params = {"app_key": app.key, "device_id": "d1", "timestamp": time}
    assert acknowledged(app.post(json.dumps(params), JSON)) == ""
    assert app.bulk({"device_id": "d2", "timestamp": time}) == ""
    assert hours(app) == {2012071908}


def test_milliseconds_are_kept(app):
    app.send(timestamp=f"{YESTERDAY}789", begin_session="1")
    assert AppUser.objects.get().last_seen_at.timestamp() == YESTERDAY + 0.789


@pytest.mark.parametrize(
    "time",
    [
        *(
            "x",
            "2012-07-19T08:00:00Z",
            "now",
            "-",
            "NaN",
            "Infinity",
            "0x50000000",
            "1_342_684_800",
        ),
        *("1", "134268480", "13426848000", "134268480000", "13426848000000", "1" * 400),
        *(f"-{YESTERDAY}", "-62135596800", "-1", "1e400", "٢٠١٢١٢١٢١٢"),
    ],
)
def test_what_is_no_time_is_told_and_taken_as_now(app, time):
    info = app.send(timestamp=time, begin_session="1")
    assert info == "timestamp has neither 10 nor 13 digits: it was taken as now"
    assert hours(app) == {2012072012}
    assert [row[:2] for row in logged(app)] == [(200, info)]


@pytest.mark.parametrize("time", [True, [], {}, [YESTERDAY], -1, 10**400, 1e300], ids=repr)
def test_json_that_is_no_time_is_taken_as_now(app, time):
    params = {"app_key": app.key, "device_id": "d1", "timestamp": time}
    acknowledged(app.post(json.dumps(params), JSON))
    assert hours(app) == {2012072012}


@pytest.mark.parametrize("time", ["", None, 0])
def test_no_time_is_now_and_nothing_to_tell(app, time):
    params = {"app_key": app.key, "device_id": "d1", "timestamp": time}
    assert acknowledged(app.post(json.dumps(params), JSON)) == ""
    assert hours(app) == {2012072012}


@pytest.mark.parametrize("time", [NOON + 1, NOON + 10**7, 9_999_999_999, (NOON + 60) * 1000])
def test_the_future_is_now(app, time):
    assert app.send(timestamp=str(time), begin_session="1") == ""
    assert hours(app) == {2012072012}
    assert Session.objects.get().started_at.timestamp() == NOON


@pytest.mark.parametrize(
    ("time", "bucket"), [(10**9, 2001090901), (10**12, 2001090901), (1_100_000_000, 2004110911)]
)
def test_the_past_is_counted_where_it_was(app, time, bucket):
    assert app.send(timestamp=str(time), begin_session="1") == ""
    assert hours(app) == {bucket}
    assert app.counts()[bucket // 1_000_000] == {"t": 1, "n": 1, "u": 1, "e": 1}


def test_the_latest_time_there_is_does_not_break_the_calendar(app, monkeypatch):
    set_clock(monkeypatch, 2**40)  # a server whose clock is far off
    assert app.send(timestamp="9999999999", begin_session="1") == ""
    assert {bucket for bucket in app.counts() if bucket < 10_000} == {2146}
