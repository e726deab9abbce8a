"""Hours, days, weeks, months and years are those of the project's clock."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from sessions_app.models import Dimension
from tests.countly_helpers import event_counts, set_clock
from tests.countly_writes import new_app

pytestmark = pytest.mark.django_db

NOW = datetime(2030, 1, 1, tzinfo=UTC).timestamp()


@pytest.fixture(autouse=True)
def later(monkeypatch):
    set_clock(monkeypatch, NOW)


def at(zone, *local, fold=0):
    return str(int(datetime(*local, tzinfo=ZoneInfo(zone), fold=fold).timestamp()))


def buckets(app):
    """All buckets but hours, of which there is one; and that one."""
    found = sorted(app.counts())
    return found[:-1], found[-1]


@pytest.mark.parametrize(
    ("zone", "local", "other", "hour"),
    [
        ("UTC", (2012, 7, 20, 14, 59, 59), [2012, 201207, 2012029, 20120720], 2012072014),
        ("Europe/Berlin", (2012, 7, 20, 0, 0, 0), [2012, 201207, 2012029, 20120720], 2012072000),
        ("Asia/Kathmandu", (2013, 1, 1, 0, 0, 0), [2013, 201301, 2013001, 20130101], 2013010100),
        ("Asia/Kathmandu", (2012, 12, 31, 23, 59, 59), [2012, 201212, 2012053, 20121231],
         2012123123),
        ("Australia/Lord_Howe", (2012, 4, 1, 1, 45, 0), [2012, 201204, 2012014, 20120401],
         2012040101),
        ("Asia/Kolkata", (2012, 3, 31, 23, 30, 0), [2012, 201203, 2012013, 20120331], 2012033123),
        ("Pacific/Kiritimati", (2012, 1, 7, 0, 0, 0), [2012, 201201, 2012001, 20120107],
         2012010700),
        ("Pacific/Kiritimati", (2012, 1, 8, 0, 0, 0), [2012, 201201, 2012002, 20120108],
         2012010800),
        ("America/New_York", (2014, 9, 17, 12, 0, 0), [2014, 201409, 2014038, 20140917],
         2014091712),
        ("America/New_York", (2011, 12, 31, 23, 0, 0), [2011, 201112, 2011053, 20111231],
         2011123123),
        ("Pacific/Chatham", (2012, 12, 30, 0, 0, 0), [2012, 201212, 2012053, 20121230],
         2012123000),
        ("UTC", (2011, 12, 30, 0, 0, 0), [2011, 201112, 2011052, 20111230], 2011123000),
        ("UTC", (2012, 12, 29, 0, 0, 0), [2012, 201212, 2012052, 20121229], 2012122900),
        ("UTC", (2012, 2, 29, 9, 0, 0), [2012, 201202, 2012009, 20120229], 2012022909),
    ],
)  # fmt: skip
def test_a_moment_is_in_the_buckets_of_the_projects_clock(zone, local, other, hour):
    app = new_app(timezone=zone)
    app.send(timestamp=at(zone, *local), begin_session="1")
    assert buckets(app) == (sorted(other), hour)


@pytest.mark.parametrize(
    ("one", "other", "shared"),
    [
        ((2012, 7, 20, 13, 59, 59), (2012, 7, 20, 14, 0, 0), [2012, 201207, 2012029, 20120720]),
        ((2012, 7, 18, 23, 59, 59), (2012, 7, 19, 0, 0, 0), [2012, 201207, 2012029]),
        ((2012, 7, 21, 23, 59, 59), (2012, 7, 22, 0, 0, 0), [2012, 201207]),
        ((2012, 7, 31, 23, 59, 59), (2012, 8, 1, 0, 0, 0), [2012, 2012031]),
        ((2012, 12, 31, 23, 59, 59), (2013, 1, 1, 0, 0, 0), []),
    ],
)
@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Kolkata"])
def test_a_user_who_comes_again_is_unique_on_both_sides_of_a_border(zone, one, other, shared):
    app = new_app(timezone=zone)
    for local in (one, other):
        app.send(timestamp=at(zone, *local), begin_session="1")
    users = {bucket: numbers["u"] for bucket, numbers in app.counts().items()}
    assert set(users.values()) == {1}
    assert {bucket for bucket in users if bucket in shared} == set(shared)
    assert len(users) == 10 - len(shared)
    assert sum(numbers.get("n", 0) for numbers in app.counts().values()) == 4


def test_an_hour_that_a_clock_shows_twice_is_one():
    zone = "Europe/Berlin"
    app = new_app(timezone=zone)
    for fold in (0, 1):
        moment = at(zone, 2012, 10, 28, 2, 30, fold=fold)
        app.send(timestamp=moment, begin_session="1", events=[{"key": "k", "count": 1}])
    assert app.counts()[2012102802] == {"t": 2, "n": 1, "u": 1, "e": 2}
    assert event_counts(app.project, "k")[2012102802] == {"c": 2}


def test_half_an_hour_that_a_clock_shows_twice_is_one_hour():
    zone = "Australia/Lord_Howe"
    app = new_app(timezone=zone)
    for fold in (0, 1):
        app.send(timestamp=at(zone, 2012, 4, 1, 1, 40, fold=fold), begin_session="1")
    assert app.counts()[2012040101] == {"t": 2, "n": 1, "u": 1, "e": 2}


def test_an_hour_that_a_clock_leaves_out_is_not_there():
    app = new_app(timezone="Europe/Berlin")
    before = int(at("Europe/Berlin", 2012, 3, 25, 1, 59, 59))
    for second in (0, 1):
        app.send(timestamp=str(before + second), begin_session="1")
    hours = {bucket for bucket in app.counts() if bucket > 10**9}
    assert hours == {2012032501, 2012032503}


def test_a_day_that_a_zone_left_out_is_not_there():
    zone = "Pacific/Apia"  # went over the date line
    app = new_app(timezone=zone)
    last = int(at(zone, 2011, 12, 29, 23, 59, 59))
    for second in (0, 1):
        app.send(timestamp=str(last + second), begin_session="1")
    days = {bucket for bucket in app.counts() if 10**7 < bucket < 10**8}
    assert days == {20111229, 20111231}
    assert app.counts()[2011] == {"t": 2, "n": 1, "u": 1, "e": 2}


def test_what_a_session_is_counted_by_is_in_the_same_days():
    zone = "Asia/Kathmandu"
    app = new_app(timezone=zone)
    app.send(
        timestamp=at(zone, 2013, 1, 1, 0, 0, 0),
        begin_session="1",
        country_code="NP",
        metrics={"_os": "Android"},
    )
    days = {2013, 201301, 2013001, 20130101}
    for dimension in (Dimension.COUNTRY, Dimension.OS, Dimension.FREQUENCY, Dimension.LOYALTY):
        assert app.counts(dimension).keys() == days


def test_two_apps_in_two_zones_count_one_moment_in_their_own_days():
    here, there = new_app(timezone="Pacific/Kiritimati"), new_app(timezone="Pacific/Pago_Pago")
    moment = at("UTC", 2012, 7, 20, 10, 30)
    item = {"device_id": "d1", "begin_session": 1, "timestamp": moment}
    here.bulk(item, {**item, "app_key": there.key})
    assert 2012072100 in here.counts()
    assert 2012071923 in there.counts()
