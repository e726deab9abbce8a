"""Periods: what their names mean, and how users are counted over them."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessions_app.models import Dimension
from sessions_app.usage.periods import Period, period_of, pieces_of
from tests.countly_helpers import Sender, make_project, set_clock
from tests.countly_reads import event, o, usage

TODAY = date(2014, 9, 17)


def period(text, today=TODAY, zone=UTC):
    found = period_of(text, today, zone)
    return tuple(map(str, (found.before_first, found.before_last, found.first, found.last)))


@pytest.mark.parametrize(
    ("text", "dates"),
    [
        ("month", ("2013-01-01", "2013-12-31", "2014-01-01", "2014-09-17")),
        ("day", ("2014-08-01", "2014-08-31", "2014-09-01", "2014-09-17")),
        ("hour", ("2014-09-16", "2014-09-16", "2014-09-17", "2014-09-17")),
        ("yesterday", ("2014-09-15", "2014-09-15", "2014-09-16", "2014-09-16")),
        ("7days", ("2014-09-04", "2014-09-10", "2014-09-11", "2014-09-17")),
        ("30days", ("2014-07-20", "2014-08-18", "2014-08-19", "2014-09-17")),
        ("[1410393600000,1410911999999]", ("2014-09-05", "2014-09-10", "2014-09-11", "2014-09-16")),
        ("[1410911999999,1410393600000]", ("2014-09-05", "2014-09-10", "2014-09-11", "2014-09-16")),
    ],
)
def test_names_of_periods(text, dates):
    assert period(text) == dates


def test_days_between_times_are_those_of_the_project():
    evening = int(datetime(2014, 9, 10, 22, 30, tzinfo=UTC).timestamp() * 1000)
    berlin = ZoneInfo("Europe/Berlin")
    assert period(f"[{evening},{evening}]", zone=berlin)[2:] == ("2014-09-11", "2014-09-11")


@pytest.mark.parametrize(
    "text",
    [
        *("", "x", "0.5days", "-3days", "99999days", "٣days", "{}", "null", "[[", "[" * 9000),
        *("[]", "[1]", '["a","b"]', "[1,null]", "[true,1]", "[1,2,3]", "[NaN,1]"),
    ],
)
def test_anything_else_is_30_days(text):
    assert period(text) == period("30days")


@pytest.mark.parametrize("text", ["0days", "9999days", "[-1e300,1e300]", f"[0,{'9' * 4000}]"])
def test_periods_may_be_extreme(text):
    found = period_of(text, TODAY, UTC)
    assert found.before_first <= found.before_last < found.first <= found.last
    pieces_of(found.before_first, found.last)


def test_days_are_put_together_of_the_largest_pieces():
    pieces = pieces_of(date(2013, 12, 30), date(2014, 2, 16))
    # The 53rd week of 2013 has one day; of February the first days are in weeks of January.
    assert pieces.whole == [201401, 2013053, 2014006]
    assert pieces.parts == [
        (2013052, [20131230]),
        (2014005, [20140201, 20140202, 20140203, 20140204]),
        (2014007, [20140212, 20140213, 20140214, 20140215, 20140216]),
    ]
    assert pieces_of(date(2013, 1, 1), date(2014, 1, 31)).whole == [2013, 201401]


@given(st.dates(date(2010, 1, 1), date(2016, 12, 31)), st.integers(0, 900))
def test_every_day_is_in_one_piece(first, count):
    last = date.fromordinal(first.toordinal() + count)
    days = Period(first, last, first, last).days
    pieces = pieces_of(first, last)
    names = {f"{day:%Y%m%d}" for day in days}
    counted = len({day for _, part in pieces.parts for day in part})
    for bucket in pieces.whole:
        text = str(bucket)
        if len(text) == 7:
            year, week = int(text[:4]), int(text[4:])
            counted += sum(
                (day.timetuple().tm_yday + 6) // 7 == week and day.year == year for day in days
            )
        else:
            counted += sum(name.startswith(text) for name in names)
    assert counted == len(days)


# What users are told


@pytest.fixture
def project(monkeypatch):
    set_clock(monkeypatch, datetime(2014, 9, 17, 16, tzinfo=UTC))
    return make_project()


@pytest.mark.django_db
def test_who_came_on_several_days_of_a_week_is_one_user(project, client, monkeypatch):
    send = Sender(client, project)
    for day in (13, 14, 15, 16, 17):
        set_clock(monkeypatch, datetime(2014, 9, day, 16, tzinfo=UTC))
        send(begin_session="1", metrics={"_os": "iOS"}, country_code="TR")
        send(end_session="1")
    one = [{"_id": "users", "u": 1}]
    assert o(project, "total_users", metric="users", period="hour") == one
    # September 17th begins the 38th week.
    assert o(project, "total_users", metric="users", period="7days") == [{"_id": "users", "u": 2}]
    assert o(project, "total_users", metric="users", period="month") == [{"_id": "users", "u": 2}]
    yesterday = o(project, "total_users", metric="countries", period="yesterday")
    assert yesterday == [{"_id": "TR", "u": 1}]


@pytest.mark.django_db
def test_total_users_of_values(project):
    usage(project, Dimension.OS, "iOS", b20140917={"u": 1}, b2014038={"u": 9})
    usage(project, Dimension.OS, "5", b20140917={"u": 3}, b2014038={"u": 9})
    usage(project, Dimension.OS, "old", b20130917={"u": 3}, b2013038={"u": 9})
    found = [{"_id": "[CLY]5", "u": 3}, {"_id": "iOS", "u": 1}]
    assert o(project, "total_users", metric="os") == found
    assert o(project, "total_users", metric="users") == []
    assert o(project, "total_users") == o(project, "total_users", metric="x") == []


@pytest.mark.django_db
def test_top_events(project):
    event(project, "a", b20140917={"c": 1, "s": 0.1, "dur": 2}, b20140717={"c": 50})
    event(project, "b", b20140916={"c": 3, "s": 0.2}, b20140801={"c": 4})
    event(project, "c", b20130917={"c": 5})
    found = o(project, "top_events")
    assert found["data"] == [
        {"name": "b", "count": 3, "sum": 0.2, "duration": 0},
        {"name": "a", "count": 1, "sum": 0.1, "duration": 2},
    ]
    assert (found["period"], found["totalCount"], found["totalSum"]) == ("30days", 4, 0.3)
    assert (found["totalDuration"], found["prevTotalCount"]) == (2, 4)
    assert [each["name"] for each in o(project, "top_events", period="hour")["data"]] == ["a"]
    assert [each["name"] for each in o(project, "top_events", limit="1")["data"]] == ["b"]
    assert o(make_project(), "top_events")["data"] == []
