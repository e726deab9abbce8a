"""What a device is, as Countly cleans and counts it: with a begin, once for each value."""

import json

import pytest

from sessions_app.models import AppUser, Dimension, Session
from tests.countly_helpers import names, set_clock
from tests.countly_writes import JSON, NOON, acknowledged, logged, new_app

pytestmark = pytest.mark.django_db

NEW = {"t": 1, "n": 1, "u": 1}
DAY = 86_400
OF = {
    "_os": Dimension.OS,
    "_os_version": Dimension.OS_VERSION,
    "_device": Dimension.DEVICE,
    "_resolution": Dimension.RESOLUTION,
    "_carrier": Dimension.CARRIER,
    "_app_version": Dimension.APP_VERSION,
}
EACH = pytest.mark.parametrize("name", OF)


@pytest.fixture
def app(monkeypatch):
    set_clock(monkeypatch, NOON + 400 * DAY)
    return new_app()


def values(app, dimension):
    return list(app.by_value(dimension))


def begin(app, metrics, day=0):
    return app.send(begin_session="1", metrics=metrics, timestamp=str(NOON + day * DAY))


# How they are cleaned


@pytest.mark.parametrize("name", [name for name in OF if name != "_carrier"])
@pytest.mark.parametrize(
    ("value", "clean"),
    [("x", "x"), ("1.2.3", "1:2:3"), ("$x", "x"), ("$$1.", "$1:"), ("a$b", "a$b"), (" x ", " x ")],
)
def test_a_dollar_at_the_beginning_goes_and_dots_become_colons(app, name, value, clean):
    assert begin(app, {name: value}) == ""
    assert values(app, OF[name]) == [clean]


@pytest.mark.parametrize(
    ("carrier", "clean"),
    [
        ("vodafone TR", "Vodafone Tr"),
        ("AT&T", "At&t"),
        ("T-MOBILE  usa", "T-mobile  Usa"),
        ("3 (hutchison)", "3 (Hutchison)"),
        ("türk telekom", "Türk Telekom"),
        ("O2.de", "O2:de"),
        ("中国移动", "中国移动"),
        ("unknown", "Unknown"),
        ("$free mobile", "Free Mobile"),
        ("a$b", "A$b"),
    ],
)
def test_a_carriers_words_get_capitals(app, carrier, clean):
    assert begin(app, {"_carrier": carrier}) == ""
    assert values(app, Dimension.CARRIER) == [clean]


@pytest.mark.parametrize(
    ("os", "version", "clean"),
    [
        ("Android", "4.0.4", "a4:0:4"),
        ("iOS", "7.1", "i7:1"),
        ("Windows Phone", "8", "w8"),
        ("Ünix", "1", "ü1"),
        ("$os", "4", "4"),
        ("7", "1", "71"),
        (None, "4.4", "4:4"),
        ("", "4.4", "4:4"),
        (7, 4.4, "74:4"),
        ([], "4.4", "4:4"),
    ],
)
def test_a_version_has_the_first_letter_of_its_system(app, os, version, clean):
    metrics = {"_os_version": version} if os is None else {"_os": os, "_os_version": version}
    begin(app, metrics)
    assert values(app, Dimension.OS_VERSION) == [clean]


def test_a_system_without_a_version_has_none(app):
    begin(app, {"_os": "Android"})
    assert values(app, Dimension.OS_VERSION) == []


@EACH
@pytest.mark.parametrize(("value", "text"), [(5, "5"), (2.5, "2:5"), (0, "0"), (True, "true")])
def test_a_value_that_is_a_number_is_its_text(app, name, value, text):
    assert begin(app, {name: value}) == ""
    assert values(app, OF[name]) == [text.title() if name == "_carrier" else text]


@EACH
@pytest.mark.parametrize("value", ["", None])
def test_a_value_that_is_empty_is_passed_over(app, name, value):
    assert begin(app, {name: value}) == ""
    assert values(app, OF[name]) == []
    assert app.year["t"] == 1


@EACH
@pytest.mark.parametrize("value", [[], {}, ["en"], {"a": 1}], ids=repr)
def test_a_value_that_is_none_is_told_and_the_others_count(app, name, value):
    other = "_device" if name != "_device" else "_os"
    info = begin(app, {name: value, other: "x"})
    assert info == f"metrics: {name} is neither text nor a number"
    assert values(app, OF[name]) == []
    assert values(app, OF[other]) == ["x"]
    assert [row[:2] for row in logged(app)] == [(200, info)]


@EACH
def test_a_value_may_have_256_characters(app, name):
    assert begin(app, {name: "Ö" + "ö" * 255}) == ""
    assert begin(app, {name: "x" * 257}, 1) == f"metrics: {name} has more than 256 characters"
    assert values(app, OF[name]) == ["Ö" + "ö" * 255]
    assert app.year["t"] == 2


def test_other_metrics_are_kept_with_the_session_but_not_counted(app):
    metrics = {"_locale": ["en", "tr"], "_density": 2.5, "_ua": "x", "_store": None, "mine": {}}
    assert begin(app, {**metrics, "_os": "x"}) == ""
    assert Session.objects.get().data["metrics"] == {**metrics, "_os": "x"}
    for dimension in OF.values():
        assert values(app, dimension) == (["x"] if dimension == Dimension.OS else [])


def test_metrics_in_a_bulk_may_be_text_or_an_object(app):
    app.bulk(
        {"device_id": "d1", "begin_session": 1, "metrics": {"_os": "a"}},
        {"device_id": "d2", "begin_session": 1, "metrics": '{"_os": "a"}'},
    )
    assert app.by_value(Dimension.OS, 2013) == {"a": {"t": 2, "n": 2, "u": 2}}


# How they are counted


@EACH
def test_a_new_users_value_counts_in_year_month_week_and_day(app, name):
    begin(app, {name: "X"})
    assert app.counts(OF[name]) == {
        2012: {"X": NEW},
        201207: {"X": NEW},
        20120720: {"X": NEW},
        2012029: {"X": {"u": 1}},
    }
    assert names(app.project, OF[name]) == [("", "", "X")]


@EACH
def test_a_returning_users_equal_value_is_unique_only_where_the_user_is(app, name):
    begin(app, {name: "X"})
    begin(app, {name: "X"}, 1)
    assert app.by_value(OF[name]) == {"X": {"t": 2, "n": 1, "u": 1}}
    assert app.by_value(OF[name], 20120721) == {"X": {"t": 1, "u": 1}}
    assert app.by_value(OF[name], 2012029) == {"X": {"u": 1}}


@EACH
def test_a_returning_users_changed_value_is_unique_everywhere_but_a_resolution(app, name):
    begin(app, {name: "X"})
    begin(app, {name: "Y"}, 1)
    unique = {} if name == "_resolution" else {"u": 1}
    for bucket in (2012, 201207):
        assert app.by_value(OF[name], bucket) == {"X": NEW, "Y": {"t": 1, **unique}}
    assert app.by_value(OF[name], 20120721) == {"Y": {"t": 1, "u": 1}}
    week = {"X": {"u": 1}} if name == "_resolution" else {"X": {"u": 1}, "Y": {"u": 1}}
    assert app.by_value(OF[name], 2012029) == week


def test_a_changed_value_of_the_same_day_is_unique_on_that_day_too(app):
    begin(app, {"_app_version": "1"})
    begin(app, {"_app_version": "2"}, 0.01)
    assert app.by_value(Dimension.APP_VERSION, 20120720) == {"1": NEW, "2": {"t": 1, "u": 1}}


def test_what_was_told_without_a_begin_is_what_is_compared_with(app):
    begin(app, {"_app_version": "1"})
    app.send(metrics={"_app_version": "2"}, timestamp=str(NOON + 60))
    assert values(app, Dimension.APP_VERSION) == ["1"]
    begin(app, {"_app_version": "2"}, 1)
    assert app.by_value(Dimension.APP_VERSION)["2"] == {"t": 1}
    assert app.by_value(Dimension.APP_VERSION, 20120721) == {"2": {"t": 1, "u": 1}}


def test_what_a_device_does_not_tell_again_stays_known(app):
    begin(app, {"_os": "a", "_device": "x"})
    begin(app, {"_os": "b"}, 1)
    known = AppUser.objects.get().metrics
    assert known == {str(Dimension.OS.value): "b", str(Dimension.DEVICE.value): "x"}


def test_metrics_as_an_object_in_a_json_body(app):
    metrics = {"_os": "Android", "_os_version": 4}
    params = {"app_key": app.key, "device_id": "d1", "begin_session": 1, "metrics": metrics}
    assert acknowledged(app.post(json.dumps(params), JSON)) == ""
    assert app.by_value(Dimension.OS_VERSION, 2013) == {"a4": NEW}
