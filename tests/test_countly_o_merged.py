"""The shape of Countly 15.03 and later, by ``shape=merged`` or the project's setting."""

from datetime import UTC, datetime

import pytest

from sessions_app.models import Dimension
from tests.countly_helpers import Sender, make_project, set_clock
from tests.countly_reads import event, o, usage

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(monkeypatch):
    set_clock(monkeypatch, datetime(2015, 1, 6, 13, tzinfo=UTC))
    return make_project(merged_shapes=True)


def test_sessions_users_and_locations_are_one_document(project, client):
    send = Sender(client, project)
    send()
    send(begin_session="1")
    own, unknown = {"e": 2, "t": 1, "n": 1, "u": 1}, {"t": 1, "n": 1, "u": 1}
    found = {**own, "f": {"0": 1}, "Unknown": unknown}
    document = {
        "2015": {
            **found,
            "w1": {"u": 1, "f": {"0": 1}, "Unknown": {"u": 1}},
            "1": {**found, "6": {**found, "13": own}},
        },
        "meta": {"countries": ["Unknown"], "f-ranges": ["0"]},
    }
    for method in ("sessions", "users", "locations"):
        assert o(project, method) == document
    refreshed = {"2015": {"u": 1, "Unknown": {"u": 1}, "1": {**document["2015"]["1"]}}}
    month = {"u": 1, "Unknown": {"u": 1}, "6": document["2015"]["1"]["6"]}
    refreshed["2015"]["1"] = month
    assert o(project, "sessions", action="refresh") == {**refreshed, "meta": document["meta"]}


def test_without_any_data_there_is_nothing(project):
    for method in ("sessions", "users", "locations", "devices", "device_details", "cities"):
        assert o(project, method) == o(project, method, action="refresh") == {}
    assert o(project, "events") == o(project, "events", event="x") == {}


def test_a_request_may_ask_for_either_shape(project):
    usage(project, Dimension.DEVICE, "x", b2015={"u": 1}, b201501={"t": 1})
    assert "_id" not in o(project, "devices")
    assert o(project, "devices", shape="classic")["_id"]
    classic = make_project()
    usage(classic, Dimension.DEVICE, "x", b2015={"u": 1}, b201501={"t": 1})
    assert o(classic, "devices")["_id"]
    assert o(classic, "devices", shape="merged") == o(project, "devices")
    assert o(classic, "devices", shape="x")["_id"]


def test_users_of_a_month_are_not_those_of_the_year(project):
    usage(project, Dimension.DEVICE, "x", b2015={"t": 9, "u": 2}, b201501={"u": 3})
    assert o(project, "devices")["2015"] == {"x": {"u": 2}, "1": {"x": {"u": 3}}}
    usage(project, Dimension.DEVICE, "y", b201501={"u": 3})
    assert o(project, "devices")["2015"]["1"] == {"x": {"u": 3}, "y": {"u": 3}}
    assert "y" not in o(project, "devices")["2015"]


def test_lengths_of_sessions_are_there_by_week(project):
    usage(project, Dimension.DURATION, "2", b2015={"t": 1}, b2015001={"t": 1})
    assert o(project, "sessions")["2015"] == {"ds": {"2": 1}, "w1": {"ds": {"2": 1}}}


def test_versions_of_the_app_are_with_the_details_of_devices(project):
    for place, value in enumerate(("Android", "a4:4", "1x2", "1:0")):
        dimension = (Dimension.OS, Dimension.OS_VERSION, Dimension.RESOLUTION)[place:]
        dimension = dimension[0] if dimension else Dimension.APP_VERSION
        usage(project, dimension, value, b2015={"u": 1})
    document = o(project, "app_versions")
    assert o(project, "device_details") == document
    assert document["meta"] == {
        "os": ["Android"],
        "os_versions": ["a4:4"],
        "resolutions": ["1x2"],
        "app_versions": ["1:0"],
    }


def test_only_months_of_the_period_and_the_one_before_are_there(project):
    for month in (201409, 201411, 201412, 201501):
        usage(project, Dimension.SESSIONS, **{f"b{month}": {"t": 1}, f"b{month}06": {"t": 1}})
    usage(project, Dimension.SESSIONS, b2014={"t": 3, "u": 2}, b2015={"t": 1, "u": 1})
    found = o(project, "sessions")
    # What a year has in all are the months that are shown; its users are those of the year.
    assert found["2014"] == {
        "u": 2,
        "t": 2,
        "11": {"t": 1, "6": {"t": 1}},
        "12": {"t": 1, "6": {"t": 1}},
    }
    assert found["2015"] == {"u": 1, "t": 1, "1": {"t": 1, "6": {"t": 1}}}
    assert o(project, "sessions", period="whatever") == found
    assert set(o(project, "sessions", period="hour")) == {"2015"}
    assert set(o(project, "sessions", period="month")["2014"]) == {"u", "t", "9", "11", "12"}
    first, last = (datetime(2014, 9, day, tzinfo=UTC).timestamp() * 1000 for day in (1, 10))
    between = o(project, "sessions", period=f"[{first:.0f},{last:.0f}]")
    assert between == {"2014": {"u": 2, "t": 1, "9": {"t": 1, "6": {"t": 1}}}}


def test_an_event_is_one_document(project):
    event(project, "e", b2015={"c": 9}, b201501={"c": 3, "s": 0.5}, b20150106={"c": 3, "s": 0.5})
    event(project, "e", "level", "5", b2015={"c": 2}, b201501={"c": 2}, b20150106={"c": 2})
    counts = {"c": 3, "s": 0.5}
    meta = {"level": ["[CLY]5"], "segments": ["level"]}
    assert (
        o(project, "events", event="e")
        == o(project, "events")
        == {
            "2015": {**counts, "1": {**counts, "6": counts}},
            "meta": meta,
        }
    )
    value = {"[CLY]5": {"c": 2}}
    assert o(project, "events", segmentation="level") == {
        "2015": {**value, "1": {**value, "6": value}},
        "meta": meta,
    }
    assert o(project, "events", segmentation="unknown") == o(project, "events")
    assert o(project, "events", events='["e"]') == {"2015": o(project, "events")["2015"]}
    assert o(project, "events", action="refresh")["2015"] == {"1": {"6": counts}}
