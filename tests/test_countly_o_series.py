"""The rest of ``/o/analytics``: points, values and ranges of a period."""

from datetime import UTC, datetime

import pytest

from sessions_app.models import Dimension
from tests.countly_helpers import make_project, set_clock
from tests.countly_reads import ask, event, usage

pytestmark = pytest.mark.django_db

NOTHING = {"t": 0, "n": 0, "u": 0, "d": 0, "e": 0}


@pytest.fixture
def project(monkeypatch):
    set_clock(monkeypatch, datetime(2014, 9, 17, 17, 3, tzinfo=UTC))
    return make_project()


def read(project, what, **query):
    reply = ask(f"/o/analytics/{what}", app_key=project.app_key, **query)
    assert reply.status == 200, reply
    return reply.json


def test_sessions_of_days_hours_and_months(project):
    one = {"t": 1, "n": 2, "u": 3, "d": 4, "e": 5}
    usage(project, Dimension.SESSIONS, b201409=one, b20140916=one, b2014091707=one)
    week = read(project, "sessions", period="7days")
    assert [each["_id"] for each in week] == [f"2014-9-{day}" for day in range(11, 18)]
    assert week[5] == {"_id": "2014-9-16", **one}
    assert week[6] == {"_id": "2014-9-17", **NOTHING}
    today = read(project, "sessions", period="hour")
    assert len(today) == 24
    assert today[7] == {"_id": "2014-9-17 7:00", **one}
    months = read(project, "sessions", period="month")
    assert len(months) == 9
    assert months[8] == {"_id": "2014-9", **one}
    assert read(project, "sessions", bucket="monthly")[-1] == months[8]
    assert len(read(project, "sessions")) == 30
    assert len(read(project, "sessions", period="hour", bucket="daily")) == 1
    assert len(read(project, "sessions", period="730days")) == 25


def test_events_of_days(project):
    event(project, "a", b20140916={"c": 1, "s": 0.1, "dur": 2})
    event(project, "b", b20140916={"c": 3}, b20140917={"c": 1})
    event(project, "b", "level", "5", b20140916={"c": 1}, b20140917={"c": 2})
    event(project, "b", "level", "6", b20140916={"c": 9}, b20130916={"c": 9})
    days = read(project, "events", event="a", period="7days")
    assert days[5] == {"_id": "2014-9-16", "c": 1, "s": 0.1, "dur": 2}
    assert days[6] == {"_id": "2014-9-17", "c": 0, "s": 0, "dur": 0}
    both = read(project, "events", events='["a","b","x"]', period="7days")
    assert list(both) == ["a", "b", "x"]
    assert (both["a"], both["b"][6]["c"], both["x"][6]["c"]) == (days, 1, 0)
    assert read(project, "events") == {
        "all": [
            {"key": "b", "c": 4, "s": 0, "dur": 0},
            {"key": "a", "c": 1, "s": 0.1, "dur": 2},
        ]
    }
    values = read(project, "events", event="b", segmentation="level")
    assert [(each["_id"], each["c"]) for each in values] == [("6", 9), ("5", 3)]
    assert read(project, "events", event="b", segmentation="no-segment")[-1]["c"] == 1
    assert read(project, "events", event="b", segmentation="x") == []


@pytest.mark.parametrize("events", ["x", "{}", "[1]", "[", '"a"'])
def test_events_that_are_no_list_are_told_so(project, events):
    reply = ask("/o/analytics/events", app_key=project.app_key, events=events)
    assert reply.status == 400
    assert reply.json["result"].startswith("Must provide valid array")


def test_values_of_a_metric(project):
    usage(project, Dimension.OS, "iOS", b20140916={"t": 1, "n": 1, "u": 1}, b2014037={"u": 1})
    usage(project, Dimension.OS, "x", b20140916={"t": 5, "u": 2}, b20140917={"t": 1, "u": 1})
    usage(project, Dimension.OS, "x", b2014037={"u": 2}, b2014038={"u": 1})
    usage(project, Dimension.COUNTRY, "TR", b20140916={"t": 3})
    found = [{"_id": "x", "t": 6, "n": 0, "u": 3}, {"_id": "iOS", "t": 1, "n": 1, "u": 1}]
    assert read(project, "metric", metric="platforms") == found
    assert read(project, "metric", metric="os", period="hour")[0]["t"] == 1
    assert read(project, "metric", metric="unknown") == []
    reply = ask("/o/analytics/metric", app_key=project.app_key)
    assert (reply.status, reply.json) == (400, {"result": "Must provide metric"})
    top = [
        {"name": "x", "value": 6, "percent": 85.7},
        {"name": "iOS", "value": 1, "percent": 14.3},
    ]
    turkey = [{"name": "Turkey", "value": 3, "percent": 100.0}]
    assert read(project, "tops", metric="os") == top
    assert read(project, "tops", metrics='["countries","x",[]]') == {"countries": turkey}
    every = {"platforms": top, "resolutions": [], "carriers": [], "countries": turkey}
    assert read(project, "tops") == every
    assert read(project, "tops", metrics="x") == {}
    assert read(project, "tops", metric="unknown") == []


@pytest.mark.parametrize(
    ("what", "letter", "dimension"),
    [
        ("frequency", "f", Dimension.FREQUENCY),
        ("loyalty", "l", Dimension.LOYALTY),
        ("durations", "ds", Dimension.DURATION),
    ],
)
def test_ranges(project, what, letter, dimension):
    usage(project, dimension, "0", b20140916={"t": 1}, b2014037={"t": 1})
    usage(project, dimension, "5", b20140911={"t": 2}, b2014037={"t": 2})
    usage(project, dimension, "3", b20140916={"t": 0})
    assert read(project, what) == [
        {letter: "5", "t": 2, "percent": "66.7"},
        {letter: "0", "t": 1, "percent": "33.3"},
    ]
    assert read(project, what, period="hour") == []


def test_a_dashboard_of_one_period(project):
    usage(project, Dimension.SESSIONS, b20140916={"t": 1, "u": 1}, b2014037={"u": 1})
    usage(project, Dimension.OS, "iOS", b20140916={"t": 1})
    usage(project, Dimension.COUNTRY, "TR", b20140916={"t": 1})
    found = read(project, "dashboard", period="yesterday")
    assert list(found) == ["yesterday"]
    yesterday = found["yesterday"]
    assert yesterday["dashboard"]["total_sessions"]["total"] == 1
    assert yesterday["top"]["platforms"] == [{"name": "iOS", "percent": 100}]
    assert yesterday["top"]["users"] == [{"name": "16 Sep", "percent": 100}]
    assert list(read(project, "dashboard", period="30days")) == ["30days", "7days", "today"]
    assert list(read(project, "countries", period="hour").values()) == [[]]
    assert read(project, "countries", period="yesterday")["yesterday"][0]["code"] == "tr"
