"""What is in a document and what is not: zeros, names, keys that collide, numbers."""

from datetime import UTC, datetime

import pytest

from sessions_app.models import Dimension
from sessions_app.usage.documents import number
from tests.countly_helpers import make_project, set_clock
from tests.countly_reads import app_id, event, know, o, usage

pytestmark = pytest.mark.django_db

METRICS = ["locations", "carriers", "devices", "device_details", "app_versions", "cities"]


@pytest.fixture
def project(monkeypatch):
    set_clock(monkeypatch, datetime(2014, 9, 17, 16, tzinfo=UTC))
    return make_project()


@pytest.mark.parametrize("method", ["sessions", "users", *METRICS])
@pytest.mark.parametrize("action", ["", "refresh"])
def test_without_any_data_there_is_the_present_year(project, method, action):
    assert o(project, method, action=action) == {"2014": {}}


def test_the_year_is_that_of_the_project(project, monkeypatch):
    set_clock(monkeypatch, datetime(2014, 12, 31, 23, tzinfo=UTC))
    assert o(project, "sessions") == {"2014": {}}
    assert o(make_project(timezone="Asia/Tokyo"), "sessions") == {"2015": {}}


def test_a_request_alone_is_of_no_user(project):
    usage(project, Dimension.SESSIONS, b2014={"e": 1}, b201409={"e": 1})
    found = {"_id": app_id(project), "2014": {"e": 1, "9": {"e": 1}}}
    assert o(project, "sessions") == found
    assert o(project, "users") == o(project, "locations") == {"2014": {}}


def test_zeros_are_never_there(project):
    usage(project, Dimension.SESSIONS, b2014={"t": 1, "d": 0}, b201401={"t": 0})
    # A length that was taken back, since the session went on.
    usage(project, Dimension.DURATION, "3", b2014={"t": 0}, b201409={"t": 0}, b20140917={"t": 0})
    usage(project, Dimension.DURATION, "1", b2014={"t": 2}, b2014038={"t": 2}, b201409={"t": 0})
    assert o(project, "sessions") == {
        "_id": app_id(project),
        "2014": {"t": 1, "ds": {"1": 2}},
        "meta": {"d-ranges": ["1"]},
    }


def test_names_are_in_the_order_in_which_they_were_first_seen(project):
    for value in ("z", "a", "M", "m"):
        usage(project, Dimension.DEVICE, value, b2014={"t": 1})
    know(project, Dimension.DEVICE, value="never counted")
    assert o(project, "devices")["meta"] == {"devices": ["z", "a", "M", "m"]}


def test_a_value_that_looks_like_a_key_is_shown_as_another(project):
    for value in ("0", "5", "31", "32", "05", "w29", "w54", "W1", "2014", "meta", "_id", "t"):
        usage(project, Dimension.DEVICE, value, b2014={"t": 1}, b201405={"t": 1})
    found = o(project, "devices")
    shown = ["[CLY]0", "[CLY]5", "[CLY]31", "32", "05", "[CLY]w29", "w54", "W1", "2014"]
    shown += ["meta", "_id", "t"]
    assert found["meta"] == {"devices": shown}
    assert found["2014"]["5"] == {value: {"t": 1} for value in shown}


def test_a_value_of_two_metrics_is_one_in_a_document_of_both(project):
    usage(project, Dimension.OS, "x", b2014={"t": 1, "u": 1})
    usage(project, Dimension.RESOLUTION, "x", b2014={"t": 2})
    found = o(project, "device_details")
    assert found["2014"] == {"x": {"t": 3, "u": 1}}
    assert found["meta"] == {"os": ["x"], "resolutions": ["x"]}


def test_keys_of_time_have_no_zeros_before_them(project):
    for bucket in ("b2014", "b201401", "b2014001", "b20140102", "b2014010203", "b2014010200"):
        usage(project, Dimension.SESSIONS, **{bucket: {"u": 1}})
    day = {"u": 1, "3": {"u": 1}, "0": {"u": 1}}
    assert o(project, "sessions")["2014"] == {
        "u": 1,
        "w1": {"u": 1},
        "1": {"u": 1, "2": day},
    }


def test_cities_and_countries(project):
    usage(project, Dimension.CITY, "Ankara", b2014={"t": 1})
    usage(project, Dimension.COUNTRY, "TR", b2014={"t": 1})
    assert o(project, "cities")["meta"] == {"cities": ["Ankara"]}
    assert o(project, "countries") == o(project, "locations")


# Events


def test_an_event_that_there_is_not(project):
    assert o(project, "events") == o(project, "get_events") == {}
    assert o(project, "events", event="x") == {"2014": {}}
    event(project, "y", b2014={"c": 1})
    assert o(project, "events", event="x") == {"2014": {}}
    assert o(project, "get_events") == {"_id": app_id(project), "list": ["y"]}


def test_the_first_event_is_that_which_was_seen_first(project):
    event(project, "z", b2014={"c": 2})
    event(project, "a", b2014={"c": 1})
    assert o(project, "events") == o(project, "events", event="z")
    assert o(project, "get_events")["list"] == ["z", "a"]


def test_numbers_of_events_are_as_they_were_sent(project):
    event(project, "e", b2014={"c": 3.0, "s": 0.1 + 0.2, "dur": 1.5}, b201401={"c": 0.0})
    [found] = o(project, "events")
    assert found["2014"] == {"c": 3, "s": 0.3, "dur": 1.5}
    assert isinstance(found["2014"]["c"], int)


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        (2.9699999999999998, "2.97"),
        (3.0, "3"),
        (-1.0, "-1"),
        (0.1 + 0.2, "0.3"),
        (1e15, "1000000000000000"),
        (123456789012345680.0, "123456789012346000"),
        (1e300, "1e+300"),
        (1.7976931348623157e308, "1.7976931348623157e+308"),
        (5e-324, "5e-324"),
    ],
)
def test_a_sum_of_decimals_has_no_noise(amount, shown):
    assert str(number(amount)) == shown


def test_segments_that_look_like_keys_are_shown_as_others(project):
    event(project, "e", b2014={"c": 1})
    event(project, "e", "level", "5", b2014={"c": 1}, b201405={"c": 1})
    event(project, "e", "level", "w5", b2014={"c": 1})
    event(project, "e", "segments", "x", b2014={"c": 1})
    event(project, "e", "no-segment", "y", b2014={"c": 1})
    found = o(project, "events")
    assert found[0]["meta"] == {
        "level": ["[CLY]5", "w5"],
        "[CLY]segments": ["x"],
        "[CLY]no-segment": ["y"],
        "segments": ["level", "[CLY]segments", "[CLY]no-segment"],
    }
    assert [each["_id"] for each in found] == [
        *("no-segment", "level", "[CLY]segments", "[CLY]no-segment"),
    ]
    assert found[1]["2014"] == {
        "[CLY]5": {"c": 1},
        "w5": {"c": 1},
        "5": {"[CLY]5": {"c": 1}},
    }


@pytest.mark.parametrize(
    "key", ["", "meta", "_id", "segments", "2014", "5", "a b", "é💥", "__proto__"]
)
def test_events_may_be_called_anything(project, key):
    key = key or "no-segment"
    event(project, key, b2014={"c": 1})
    assert o(project, "events", event=key) == [{"_id": "no-segment", "2014": {"c": 1}}]
    assert o(project, "get_events")["list"] == [key]


def test_events_are_added_up(project):
    event(project, "a", b2014={"c": 1, "s": 0.1}, b201409={"c": 1}, b2014091716={"c": 1})
    event(project, "b", b2014={"c": 2, "s": 0.2}, b20140917={"c": 4})
    event(project, "b", "segment", "value", b2014={"c": 2})
    together = {"2014": {"c": 3, "s": 0.3, "9": {"c": 1, "17": {"c": 4, "16": {"c": 1}}}}}
    assert o(project, "events", events='["a","b"]') == together
    assert o(project, "events", events='["a","b","a","unknown"]') == together
    assert o(project, "events", events='["a"]')["2014"]["c"] == 1
    assert o(project, "events", events='["a","b"]', action="refresh") == together
    for wrong in ("[]", "{}", "x", "[1]", '["unknown"]', "null", "[" * 5000, '["\\u0000\\ud800"]'):
        assert o(project, "events", events=wrong) == {}
