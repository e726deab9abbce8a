"""Of names that clients make up there may be so many; what is beyond is kept, but not counted."""

import pytest

from sessions_app.models import Dimension, Event
from sessions_app.writes.usage import names as limits
from tests.countly_helpers import event_counts, names, set_clock
from tests.countly_writes import NOON, logged, new_app, one_batch, write_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def app(monkeypatch):
    set_clock(monkeypatch, NOON)
    monkeypatch.setitem(limits.LIMITS, Dimension.EVENT, 3)
    monkeypatch.setitem(limits.LIMITS, Dimension.SEGMENT, 2)
    monkeypatch.setitem(limits.LIMITS, Dimension.SEGMENT_VALUE, 4)
    monkeypatch.setattr(limits, "_MOST_VALUES", 5)
    return new_app()


def event(key="k", **segmentation):
    return {"key": key, "count": 1, "segmentation": segmentation}


def keys(app):
    return [key for key, _, _ in names(app.project, Dimension.EVENT)]


def test_the_limits_are_those_that_are_documented():
    documented = {Dimension.EVENT: 500, Dimension.SEGMENT: 100, Dimension.SEGMENT_VALUE: 1000}
    assert documented == limits.LIMITS


# Keys of events


def test_so_many_keys_are_counted_and_one_more_is_told(app):
    assert app.send(events=[event(key) for key in "abc"]) == ""
    info = app.send(events=[event("a"), event("d", s="v"), event("c")])
    assert info.startswith("event d: there are 3 keys of events already")
    assert keys(app) == ["a", "b", "c"]
    assert event_counts(app.project, "a")[2012] == {"c": 2}
    assert event_counts(app.project, "d") == event_counts(app.project, "d", "s") == {}
    assert names(app.project, Dimension.SEGMENT) == []
    assert [row[:2] for row in logged(app)] == [(200, info)]


def test_the_first_of_one_request_are_the_ones_that_are_counted(app):
    app.send(events=[event(key) for key in "zyxwv"])
    assert keys(app) == ["z", "y", "x"]


def test_what_is_not_counted_is_kept(app):
    app.send(events=[event(key, s=key) for key in "abcd"])
    kept = {row.type: row.data["segmentation"] for row in Event.objects.all()}
    assert kept == {key: {"s": key} for key in "abcd"}


def test_it_is_told_again_each_time(app):
    app.send(events=[event(key) for key in "abc"])
    for _ in range(3):
        assert "there are 3 keys" in app.send(events=[event("d")])
    assert keys(app) == ["a", "b", "c"]


def test_another_app_has_its_own(app):
    app.send(events=[event(key) for key in "abc"])
    other = new_app()
    assert other.send(events=[event(key) for key in "def"]) == ""
    assert keys(other) == ["d", "e", "f"]


# Segments and values


def test_so_many_segments_of_an_event_are_counted(app):
    info = app.send(events=[event(a="1", b="1", c="1")])
    assert info.startswith("event k: segment c: it has 2 segments already")
    assert event_counts(app.project, "k")[2012] == {"c": 1}
    assert [segment for _, segment, _ in names(app.project, Dimension.SEGMENT)] == ["a", "b"]
    assert event_counts(app.project, "k", "c") == {}
    assert app.send(events=[event("other", c="1", d="1")]) == ""


def test_so_many_values_of_a_segment_are_counted(app):
    assert app.send(events=[event(s=str(number)) for number in range(4)]) == ""
    info = app.send(events=[event(s="4"), event(s="0"), event(t="4")])
    assert info == "event k: segment s: 4: it has 4 values already"
    assert event_counts(app.project, "k")[2012] == {"c": 7}
    found = event_counts(app.project, "k", "s")[2012]
    assert found == {"0": {"c": 2}, "1": {"c": 1}, "2": {"c": 1}, "3": {"c": 1}}
    assert event_counts(app.project, "k", "t")[2012] == {"4": {"c": 1}}


# Values of devices and places


@pytest.mark.parametrize("name", ["_device", "_carrier", "_os", "_app_version", "_resolution"])
def test_so_many_values_of_a_metric_are_counted(app, name):
    for number in range(5):
        assert app.send(f"d{number}", begin_session="1", metrics={name: f"V{number}"}) == ""
    info = app.send("d9", begin_session="1", metrics={name: "V9"})
    assert info.endswith("V9: there are 5 already")
    assert app.send("d8", begin_session="1", metrics={name: "V0"}) == ""
    assert app.year["t"] == 7
    dimension = {
        "_device": Dimension.DEVICE,
        "_carrier": Dimension.CARRIER,
        "_os": Dimension.OS,
        "_app_version": Dimension.APP_VERSION,
        "_resolution": Dimension.RESOLUTION,
    }[name]
    found = app.by_value(dimension)
    assert found.keys() == {f"V{number}" for number in range(5)}
    assert found["V0"] == {"t": 2, "n": 2, "u": 2}


def test_so_many_cities_are_counted(app):
    for number in range(5):
        assert app.send(f"d{number}", begin_session="1", country_code="TR", city=str(number)) == ""
    info = app.send("d9", begin_session="1", country_code="TR", city="X")
    assert info == "city X: there are 5 already"
    assert app.by_value(Dimension.CITY).keys() == set("01234")
    assert app.by_value(Dimension.COUNTRY) == {"TR": {"t": 6, "n": 6, "u": 6}}


# Of several requests


def test_each_request_of_a_batch_is_told_of_its_own(app):
    writes = [
        write_of(app, f"d{number}", events=[event(key)]) for number, key in enumerate("abcdca")
    ]
    problems = [len(outcome.problems) for outcome in one_batch(writes)]
    assert problems == [0, 0, 0, 1, 0, 0]
    assert keys(app) == ["a", "b", "c"]


def test_each_item_of_a_bulk_is_told_of_its_own(app):
    info = app.bulk(*({"device_id": "d1", "events": [event(key)]} for key in "abcde"))
    assert info == (
        "requests[3]: event d: there are 3 keys of events already; "
        "requests[4]: event e: there are 3 keys of events already"
    )
    # Both were noted at one moment of the clock, which stands still.
    assert sorted(row[1] for row in logged(app)) == info.split("; ")


def test_what_was_refused_for_a_limit_is_a_repetition_when_it_is_sent_again(app):
    params = {"timestamp": str(NOON), "events": [event(key) for key in "abcd"]}
    assert "event d" in app.send(**params)
    assert app.send(**params) == "Request ignored: Duplicate request"
    assert event_counts(app.project, "a")[2012] == {"c": 1}
    assert Event.objects.count() == 4


def test_what_is_wrong_and_what_is_too_much_are_told_together(app):
    app.send(events=[event(key) for key in "abc"])
    info = app.send(events=[event("d"), {"key": "x"}], metrics="{")
    for part in ("events[1]: count is missing", "metrics: this is not JSON", "event d: there are"):
        assert part in info
