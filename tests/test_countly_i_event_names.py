"""Keys of events, and the segments that they are counted by: cleaned as Countly cleans them."""

import pytest

from sessions_app.models import Dimension, Event
from tests.countly_helpers import event_counts, names, set_clock
from tests.countly_writes import NOON, logged, new_app

pytestmark = pytest.mark.django_db


@pytest.fixture
def app(monkeypatch):
    set_clock(monkeypatch, NOON)
    return new_app()


def keys(app):
    return [event for event, _, _ in names(app.project, Dimension.EVENT)]


def by_value(app, segment, key="k"):
    return event_counts(app.project, key, segment).get(2012, {})


@pytest.mark.parametrize(
    ("key", "clean"),
    [
        ("level.done", "level.done"),
        ("$money$", "money"),
        ("system.boot", "boot"),
        ("a..b", "ab"),
        ("a...b", "a.b"),
        ("my system.log", "my log"),
        *((key, key) for key in ("meta", "segments", "_id", "no-segment", "2012", "5", "w29")),
        *((key, key) for key in ("ä ö/ü", "😀", " ", "a:b", "list", "__proto__")),
    ],
)
def test_a_key_is_cleaned(app, key, clean):
    assert app.send(events=[{"key": key, "count": 1}]) == ""
    assert keys(app) == [clean]
    assert event_counts(app.project, clean)[2012] == {"c": 1}


def test_a_key_that_was_cleaned_is_kept_as_it_came_with_the_event(app):
    app.send(events=[{"key": "$a", "count": 1}])
    event = Event.objects.get()
    assert (event.type, event.data["key"]) == ("a", "$a")


def test_a_key_that_is_a_number_is_named_by_it(app):
    app.send(events=[{"key": 7, "count": 1}, {"key": "7", "count": 1}])
    assert event_counts(app.project, "7")[2012] == {"c": 2}


@pytest.mark.parametrize("letter", ["k", "ö", "😀"])
@pytest.mark.parametrize("length", [104, 105, 128])
def test_a_key_may_have_128_characters(app, letter, length):
    assert app.send(events=[{"key": letter * length, "count": 1}]) == ""
    assert keys(app) == [letter * length]


def test_an_event_of_a_longer_key_is_kept_but_not_counted(app):
    long = "k" * 129
    info = app.send(events=[{"key": long, "count": 1}, {"key": "k", "count": 1}])
    assert "its key has more than 128 characters" in info
    assert keys(app) == ["k"]
    event = Event.objects.order_by("id")[0]
    assert (event.type, event.data["key"]) == (long[:128], long)
    assert [row[:2] for row in logged(app)] == [(200, info)]


def test_a_long_key_counts_if_it_is_short_enough_when_cleaned(app):
    assert app.send(events=[{"key": "$" * 100 + "k" * 100, "count": 1}]) == ""
    assert keys(app) == ["k" * 100]


# Values of segments


@pytest.mark.parametrize(
    ("value", "clean"),
    [
        ("Turkey", "Turkey"),
        ("1.0", "1:0"),
        ("$x", "x"),
        ("$$x", "$x"),
        ("a.b.c", "a:b:c"),
        (1.5, "1:5"),
        (5, "5"),
        (5.0, "5"),
        (0, "0"),
        (-0.5, "-0:5"),
        (True, "true"),
        (False, "false"),
        (10**21, "1e+21"),
        *((str(day), str(day)) for day in (0, 1, 12, 31, 32)),
        *((word, word) for word in ("meta", "_id", "w29", "2012", " ", "ö", "[CLY]5")),
    ],
)
def test_a_value_is_cleaned(app, value, clean):
    assert app.send(events=[{"key": "k", "count": 2, "segmentation": {"s": value}}]) == ""
    assert by_value(app, "s") == {clean: {"c": 2}}
    assert names(app.project, Dimension.SEGMENT_VALUE) == [("k", "s", clean)]


@pytest.mark.parametrize("value", ["", None])
def test_a_value_that_is_empty_is_passed_over(app, value):
    event = {"key": "k", "count": 1, "segmentation": {"s": value, "t": "x"}}
    assert app.send(events=[event]) == ""
    assert names(app.project, Dimension.SEGMENT) == [("k", "t", "")]


@pytest.mark.parametrize("value", ["$", [], [1], {}, {"a": "b"}], ids=repr)
def test_a_value_that_is_none_is_told_and_the_event_counts(app, value):
    event = {"key": "k", "count": 1, "segmentation": {"s": value, "t": "x"}}
    assert "segment s" in app.send(events=[event])
    assert event_counts(app.project, "k")[2012] == {"c": 1}
    assert names(app.project, Dimension.SEGMENT) == [("k", "t", "")]


@pytest.mark.parametrize("letter", ["v", "ö", "😀"])
def test_a_value_may_have_256_characters(app, letter):
    event = {"key": "k", "count": 1, "segmentation": {"s": letter * 256}}
    assert app.send(events=[event]) == ""
    event["segmentation"] = {"s": letter * 257}
    assert "segment s: a value has more than 256 characters" in app.send(events=[event])
    assert by_value(app, "s") == {letter * 256: {"c": 1}}
    assert event_counts(app.project, "k")[2012] == {"c": 2}
    kept = [kept["segmentation"] for kept in Event.objects.values_list("data", flat=True)]
    assert event["segmentation"] in kept


# Names of segments


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("a.b", "ab"),
        ("$a", "a"),
        ("$a$", "a$"),
        *((name, name) for name in ("no-segment", "meta", "segments", "_id", "5", "ö", " ")),
        ("x" * 128, "x" * 128),
        ("." * 50 + "x" * 128, "x" * 128),
    ],
)
def test_a_segments_name_is_cleaned(app, name, clean):
    assert app.send(events=[{"key": "k", "count": 1, "segmentation": {name: "v"}}]) == ""
    assert by_value(app, clean) == {"v": {"c": 1}}
    assert event_counts(app.project, "k")[2012] == {"c": 1}


@pytest.mark.parametrize("name", ["", "$", "...", "x" * 129])
def test_a_segment_without_a_usable_name_is_told(app, name):
    event = {"key": "k", "count": 1, "segmentation": {name: "v", "t": "x"}}
    assert "event k: segment " in app.send(events=[event])
    assert names(app.project, Dimension.SEGMENT) == [("k", "t", "")]


@pytest.mark.parametrize("segmentation", [[], [1], "x", 5, True], ids=repr)
def test_a_segmentation_that_is_no_object_is_told_unless_it_is_empty(app, segmentation):
    info = app.send(events=[{"key": "k", "count": 1, "segmentation": segmentation}])
    assert info == ("event k: segmentation is no object" if segmentation else "")
    assert event_counts(app.project, "k")[2012] == {"c": 1}


def test_no_segmentation_is_nothing_to_tell(app):
    assert app.send(events=[{"key": "k", "count": 1, "segmentation": None}]) == ""
    assert app.send(events=[{"key": "k", "count": 1, "segmentation": {}}]) == ""


def test_the_old_pair_of_segment_and_value_counts_where_there_is_no_segmentation(app):
    app.send(events=[{"key": "k", "count": 1, "seg_key": "s.", "seg_val": "$v"}])
    assert by_value(app, "s") == {"v": {"c": 1}}
    event = {"key": "k", "count": 1, "segmentation": {"t": "x"}, "seg_key": "s", "seg_val": "w"}
    app.send(events=[event])
    assert by_value(app, "s") == {"v": {"c": 1}}
    assert by_value(app, "t") == {"x": {"c": 1}}


@pytest.mark.parametrize(
    "pair", [{"seg_key": "s"}, {"seg_val": "v"}, {"seg_key": [], "seg_val": 1}]
)
def test_half_of_an_old_pair_is_passed_over(app, pair):
    assert app.send(events=[{"key": "k", "count": 1, **pair}]) == ""
    assert names(app.project, Dimension.SEGMENT) == []


def test_values_count_with_sum_and_duration_at_day_month_and_year(app):
    segmentation = {"s": "v", "t": 7}
    event = {"key": "k", "count": 2, "sum": 1.5, "dur": 4, "segmentation": segmentation}
    app.send(events=[event, {**event, "segmentation": {"s": "w"}}])
    one = {"c": 2, "s": 1.5, "dur": 4}
    found = event_counts(app.project, "k", "s")
    assert found == {bucket: {"v": one, "w": one} for bucket in (2012, 201207, 20120720)}
    assert by_value(app, "t") == {"7": one}
    assert event_counts(app.project, "k")[2012] == {"c": 4, "s": 3, "dur": 8}


def test_equal_names_of_segments_and_values_of_two_events_are_their_own(app):
    events = [{"key": key, "count": 1, "segmentation": {"s": "v"}} for key in "ab"]
    app.send(events=events)
    assert by_value(app, "s", "a") == by_value(app, "s", "b") == {"v": {"c": 1}}
