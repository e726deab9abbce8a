"""An event's own time moves what it is counted in, and nothing else."""

import pytest

from sessions_app.models import Dimension, Event
from tests.countly_helpers import event_counts, set_clock
from tests.countly_writes import NOON, at, new_app

pytestmark = pytest.mark.django_db

YESTERDAY = at(7, 19, 8)
HOURS = {"yesterday": 2012071908, "now": 2012072012}


@pytest.fixture
def app(monkeypatch):
    set_clock(monkeypatch, NOON)
    return new_app()


def hours(app, key="k"):
    found = event_counts(app.project, key)
    return {bucket: numbers["c"] for bucket, numbers in found.items() if bucket > 10**9}


@pytest.mark.parametrize(
    "time",
    [
        *(YESTERDAY, str(YESTERDAY), YESTERDAY * 1000, str(YESTERDAY * 1000)),
        *(YESTERDAY + 0.5, f"{YESTERDAY}.5", YESTERDAY * 1000 + 0.5),
    ],
)
def test_seconds_and_milliseconds_as_number_or_text(app, time):
    assert app.send(events=[{"key": "k", "count": 1, "timestamp": time}]) == ""
    assert hours(app) == {HOURS["yesterday"]: 1}
    assert int(Event.objects.get().at.timestamp()) == YESTERDAY


@pytest.mark.parametrize(
    "time", [None, "", 0, -1, 5, 10**9 - 1, 10**11, 10**14, "x", "2012-07-19", True, [], {}, "NaN"]
)
def test_what_is_no_time_is_that_of_the_request(app, time):
    app.send(timestamp=str(YESTERDAY), events=[{"key": "k", "count": 1, "timestamp": time}])
    assert hours(app) == {HOURS["yesterday"]: 1}


@pytest.mark.parametrize("time", [NOON + 1, NOON + 86_400, (NOON + 10**8) * 1000, 9_999_999_999])
def test_the_future_is_now(app, time):
    app.send(events=[{"key": "k", "count": 1, "timestamp": time}])
    assert hours(app) == {HOURS["now"]: 1}


def test_it_may_be_later_than_its_request(app):
    app.send(timestamp=str(YESTERDAY), events=[{"key": "k", "count": 1, "timestamp": NOON}])
    assert hours(app) == {HOURS["now"]: 1}
    assert app.counts()[2012071908] == {"e": 1}


def test_it_does_not_leak_to_the_next_event(app):
    app.send(
        events=[
            {"key": "a", "count": 1, "timestamp": YESTERDAY},
            {"key": "b", "count": 1},
            {"key": "c", "count": 1, "timestamp": YESTERDAY * 1000},
            {"key": "d", "count": 1, "timestamp": "x"},
        ]
    )
    assert [hours(app, key) for key in "abcd"] == [
        {HOURS["yesterday"]: 1},
        {HOURS["now"]: 1},
        {HOURS["yesterday"]: 1},
        {HOURS["now"]: 1},
    ]


def test_it_does_not_move_the_request_nor_its_session(app):
    events = [{"key": "k", "count": 1, "timestamp": YESTERDAY}]
    app.send(begin_session="1", events=events)
    assert app.counts()[2012072012] == {"t": 1, "n": 1, "u": 1, "e": 1}
    assert 20120719 not in app.counts()
    assert app.by_value(Dimension.COUNTRY, 20120720) == {"Unknown": {"t": 1, "n": 1, "u": 1}}


def test_its_segments_move_with_it(app):
    event = {"key": "k", "count": 1, "timestamp": YESTERDAY, "segmentation": {"s": "v"}}
    app.send(events=[event])
    assert event_counts(app.project, "k", "s").keys() == {2012, 201207, 20120719}
