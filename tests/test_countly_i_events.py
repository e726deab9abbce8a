"""What counts as an event, and by how much."""

import json

import pytest

from sessions_app.models import Dimension, Event, Session
from tests.countly_helpers import event_counts, names, set_clock
from tests.countly_writes import JSON, NOON, acknowledged, logged, new_app

pytestmark = pytest.mark.django_db


@pytest.fixture
def app(monkeypatch):
    set_clock(monkeypatch, NOON)
    return new_app()


def counted(app, *events, info=""):
    """What is counted of the event “k” when these are sent."""
    found = app.send(events=list(events))
    assert info in found
    assert bool(info) == bool(found)
    return event_counts(app.project, "k").get(2012)


@pytest.mark.parametrize(
    ("count", "c"),
    [(1, 1), (3, 3), (2.5, 2.5), (-2, -2), ("3", 3), ("-1", -1), (" 2.5 ", 2.5), (10**15, 1e15)],
)
def test_a_count_that_is_a_number_is_counted(app, count, c):
    assert counted(app, {"key": "k", "count": count}) == {"c": c}


@pytest.mark.parametrize(
    "count", [0, "0", 0.0, None, "", "x", "3x", "0x3", True, False, [], [1], {}, "1e999", "NaN"]
)
def test_what_is_no_count_is_told_and_its_neighbours_are_counted(app, count):
    k, other = {"key": "k", "count": count, "sum": 5}, {"key": "k", "count": 7}
    assert counted(app, k, other, info="events[0]: count") == {"c": 7}
    assert Event.objects.count() == 1
    ((status, reason, what),) = logged(app)
    assert (status, reason[:17]) == (200, "events[0]: count ")
    assert "sum" in what


def test_an_event_without_a_count_is_told_that_it_is_missing(app):
    assert counted(app, {"key": "k"}, info="events[0]: count is missing") is None
    assert names(app.project, Dimension.EVENT) == []


@pytest.mark.parametrize("key", [None, "", "$", "..", "system.", "$system.$", [], {}, ["k"]])
def test_what_is_no_key_is_told(app, key):
    event = {"count": 1} if key is None else {"key": key, "count": 1}
    assert counted(app, event, {"key": "k", "count": 1}, info="events[0]: key") == {"c": 1}


@pytest.mark.parametrize("raw", [None, 1, "k", [], [{"key": "k", "count": 1}], True])
def test_what_is_no_event_is_told(app, raw):
    info = "events[1]: this is no object"
    assert counted(app, {"key": "k", "count": 1}, raw, info=info) == {"c": 1}


def test_no_events_at_all_are_nothing_to_tell(app):
    assert app.send(events=[]) == ""
    assert app.year == {"e": 1}


@pytest.mark.parametrize(
    ("sum_", "s"),
    [(2.97, 2.97), ("2.5", 2.5), (-4, -4), (1e10, 1e10)],
)
def test_a_sum_that_is_a_number_is_added(app, sum_, s):
    assert counted(app, {"key": "k", "count": 1, "sum": sum_}) == {"c": 1, "s": s}


@pytest.mark.parametrize("sum_", [0, "", None, False, "0"])
def test_a_sum_that_is_nothing_adds_nothing(app, sum_):
    assert counted(app, {"key": "k", "count": 1, "sum": sum_}) == {"c": 1}


@pytest.mark.parametrize("name", ["sum", "dur"])
@pytest.mark.parametrize("sum_", ["x", True, [], {}, 1e301])
def test_a_sum_that_is_no_number_is_told(app, name, sum_):
    told = app.send(events=[{"key": "k", "count": 1, name: sum_}])
    assert told == f"event k: {name} is no number that can be added up"
    assert event_counts(app.project, "k")[2012] == {"c": 1}


@pytest.mark.parametrize(("dur", "total"), [(5, 5), ("2.5", 2.5), (0, None), (None, None)])
def test_a_duration_is_added_as_a_sum_is(app, dur, total):
    expected = {"c": 1} if total is None else {"c": 1, "dur": total}
    assert counted(app, {"key": "k", "count": 1, "dur": dur}) == expected


def test_events_of_one_key_add_up_in_every_bucket(app):
    counted(app, {"key": "k", "count": 1, "sum": 0.1}, {"key": "k", "count": 2, "sum": 0.2})
    counted(app, {"key": "k", "count": -1, "dur": 3})
    found = event_counts(app.project, "k")
    assert found.keys() == {2012, 201207, 20120720, 2012072012}
    for numbers in found.values():
        assert numbers == {"c": 2, "s": pytest.approx(0.3), "dur": 3}


def test_events_are_counted_beside_a_begin_and_belong_to_that_session(app):
    assert app.send(begin_session="1", events=[{"key": "k", "count": 1}]) == ""
    assert app.year == {"t": 1, "n": 1, "u": 1, "e": 1}
    assert event_counts(app.project, "k")[2012] == {"c": 1}
    session = Session.objects.get()
    assert (Event.objects.get().session, session.num_events) == (session, 1)


def test_events_are_counted_beside_an_end_and_belong_to_no_session_afterwards(app, monkeypatch):
    app.send(begin_session="1")
    app.send(end_session="1", session_duration="5", events=[{"key": "k", "count": 1}])
    set_clock(monkeypatch, NOON + 1)
    app.send(events=[{"key": "k", "count": 1}])
    assert event_counts(app.project, "k")[2012] == {"c": 2}
    assert app.by_value(Dimension.DURATION) == {"0": 1}
    session = Session.objects.get()
    first, second = Event.objects.order_by("id")
    assert (first.session, second.session) == (session, None)
    assert first.player_id == second.player_id == session.player_id


def test_the_whole_event_is_kept_as_it_came(app):
    raw = {
        "key": "k",
        "count": "3",
        "sum": "x",
        "dur": 2,
        "segmentation": {"a.b": [1, {"c": None}], "$x": False, "": "y"},
        "hour": 5,
        "dow": 1,
        "ö": "ü",
    }
    app.send(events=[raw])
    event = Event.objects.get()
    assert event.type == "k"
    assert event.data == {name: value for name, value in raw.items() if name != "key"}


def test_an_event_of_more_than_64_kilobytes_is_told(app):
    large = {"key": "k", "count": 1, "text": "x" * 65_536}
    reply = app.post(json.dumps({"app_key": app.key, "device_id": "d", "events": [large]}), JSON)
    assert "events[0]: it has more than 65,536 characters" in acknowledged(reply)
    assert not Event.objects.exists()


@pytest.mark.parametrize("key", ["[CLY]_view", "[CLY]_action", "[CLY]_orientation", "[CLY]_"])
def test_countlys_own_events_are_stored_but_not_counted(app, key):
    event = {"key": key, "count": 1, "segmentation": {"name": "Home", "visit": 1}}
    assert app.send(events=[event, {"key": "k", "count": 1}]) == ""
    assert [e.type for e in Event.objects.order_by("id")] == [key, "k"]
    assert names(app.project, Dimension.EVENT) == [("k", "", "")]
    assert names(app.project, Dimension.SEGMENT) == []
    assert event_counts(app.project, key) == {}


def test_a_hundred_events_in_one_request_keep_their_order(app):
    app.send(events=[{"key": f"k{place}", "count": 1} for place in range(100)])
    assert [e.type for e in Event.objects.order_by("id")] == [f"k{place}" for place in range(100)]
    assert names(app.project, Dimension.EVENT)[:2] == [("k0", "", ""), ("k1", "", "")]
