"""What every method tells of the worked example: one device, one day, and its next session."""

import pytest

from tests.countly_helpers import Sender, make_project, set_clock
from tests.countly_reads import app_id, at, o, send_example

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(client, monkeypatch):
    project = make_project(country="TR")
    send_example(client, project, monkeypatch)
    return project


@pytest.fixture
def next_day(client, project, monkeypatch):
    set_clock(monkeypatch, at(21, 10))
    Sender(client, project)(begin_session="1", country_code="TR")
    return project


def of_values(project, *values, **meta):
    once = {value: {"t": 1, "n": 1, "u": 1} for value in values}
    unique = {value: {"u": 1} for value in values}
    return {
        "_id": app_id(project),
        "2012": {**once, "w29": unique, "7": {**once, "20": once}},
        "meta": meta,
    }


def test_sessions(project):
    counts = {"e": 4, "t": 1, "n": 1, "u": 1, "d": 50}
    with_lengths = {**counts, "ds": {"2": 1}}
    assert o(project, "sessions") == {
        "_id": app_id(project),
        "2012": {
            **with_lengths,
            "w29": {"u": 1},
            "7": {**with_lengths, "20": {**with_lengths, "14": counts}},
        },
        "meta": {"d-ranges": ["2"]},
    }


def test_users(project):
    first = {"f": {"0": 1}, "l": {"0": 1}}
    assert o(project, "users") == {
        "_id": app_id(project),
        "2012": {**first, "w29": first, "7": {**first, "20": first}},
        "meta": {"f-ranges": ["0"], "l-ranges": ["0"]},
    }


def test_locations(project):
    assert o(project, "locations") == of_values(project, "TR", countries=["TR"])


@pytest.mark.parametrize(
    ("method", "value"),
    [("carriers", "Vodafone Tr"), ("devices", "GT-I9100"), ("app_versions", "1:2")],
)
def test_metrics(project, method, value):
    assert o(project, method) == of_values(project, value, **{method: [value]})


def test_device_details(project):
    assert o(project, "device_details") == of_values(
        project,
        "Android",
        "a4:0:4",
        "480x800",
        os=["Android"],
        os_versions=["a4:0:4"],
        resolutions=["480x800"],
    )


def test_an_event_with_segments(project):
    bought = {"c": 3, "s": 2.97}
    in_all = {**bought, "7": {**bought, "20": {**bought, "14": bought}}}

    def by(value):
        return {value: bought, "7": {value: bought, "20": {value: bought}}}

    assert o(project, "events", event="in_app_purchase") == [
        {
            "_id": "no-segment",
            "2012": in_all,
            "meta": {
                "app_version": ["1:0"],
                "country": ["Turkey"],
                "segments": ["app_version", "country"],
            },
        },
        {"_id": "app_version", "2012": by("1:0")},
        {"_id": "country", "2012": by("Turkey")},
    ]


def test_an_event_without_segments_has_neither_meta_nor_sum(project):
    four = {"c": 4}
    only = {"_id": "no-segment", "2012": {**four, "7": {**four, "20": {**four, "14": four}}}}
    assert o(project, "events", event="level_success") == [only]


def test_get_events(project):
    assert o(project, "get_events") == {
        "_id": app_id(project),
        "list": ["level_success", "level_fail", "in_app_purchase"],
        "segments": {"in_app_purchase": ["app_version", "country"]},
    }


def test_the_first_event_is_shown_if_none_is_named(project):
    first = o(project, "events", event="level_success")
    assert o(project, "events") == o(project, "events", event="") == first


def test_sessions_of_the_next_day(next_day):
    found = o(next_day, "sessions")["2012"]
    again = {"e": 1, "t": 1, "u": 1}
    assert found["7"]["21"] == {**again, "10": again}
    month = {"e": 5, "t": 2, "n": 1, "u": 1, "d": 50, "ds": {"2": 1}}
    assert {name: found["7"][name] for name in month} == month
    assert {name: found[name] for name in month} == month
    assert found["w29"] == {"u": 1}


def test_users_of_the_next_day(next_day):
    found = o(next_day, "users")
    first = {"f": {"0": 1}, "l": {"0": 1}}
    later = {"f": {"1": 1}, "l": {"1": 1}}
    assert found["2012"] == {**first, "w29": first, "7": {**first, "20": first, "21": later}}
    assert found["meta"] == {"f-ranges": ["0", "1"], "l-ranges": ["0", "1"]}


def test_locations_of_the_next_day(next_day):
    found = o(next_day, "locations")["2012"]
    assert found["7"]["21"] == {"TR": {"t": 1, "u": 1}}
    assert found["TR"] == found["7"]["TR"] == {"t": 2, "n": 1, "u": 1}


def test_a_refresh_has_the_day_and_meta(next_day):
    again = {"e": 1, "t": 1, "u": 1}
    assert o(next_day, "sessions", action="refresh") == {
        "_id": app_id(next_day),
        "2012": {"7": {"21": {**again, "10": again}}},
        "meta": {"d-ranges": ["2"]},
    }
    assert o(next_day, "locations", action="refresh") == {
        "_id": app_id(next_day),
        "2012": {"7": {"21": {"TR": {"t": 1, "u": 1}}}},
        "meta": {"countries": ["TR"]},
    }


def test_a_refresh_of_a_day_without_data(next_day):
    for method, meta in (("devices", {"devices": ["GT-I9100"]}), ("users", None)):
        found = o(next_day, method, action="refresh", timestamp="1343120400")  # July 24th
        assert found["2012"] == {"7": {}}
        assert found["_id"] == app_id(next_day)
        assert meta is None or found["meta"] == meta
    assert o(next_day, "events", event="level_fail", action="refresh") == [
        {"_id": "no-segment", "2012": {"7": {}}}
    ]


def test_a_refresh_of_an_event(project):
    bought = {"c": 3, "s": 2.97}
    found = o(project, "events", event="in_app_purchase", action="refresh")
    assert [each["2012"] for each in found] == [
        {"7": {"20": {**bought, "14": bought}}},
        {"7": {"20": {"1:0": bought}}},
        {"7": {"20": {"Turkey": bought}}},
    ]
    assert found[0]["meta"]["segments"] == ["app_version", "country"]


def test_get_events_is_the_same_by_refresh(project):
    assert o(project, "get_events", action="refresh") == o(project, "get_events")
