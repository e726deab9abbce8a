"""How often a user comes, and how long after the last time; who is new, and who is unique where."""

import random
from datetime import UTC, datetime

import pytest

from sessions_app.models import AppUser, Dimension
from tests.countly_helpers import set_clock
from tests.countly_writes import NOON, at, new_app

pytestmark = pytest.mark.django_db

HOUR, DAY = 3600, 86_400


@pytest.fixture
def app(monkeypatch):
    set_clock(monkeypatch, NOON + 400 * DAY)
    return new_app()


def begin(app, *times, device="d1"):
    app.bulk(*({"device_id": device, "begin_session": 1, "timestamp": time} for time in times))


def users(app):
    """Unique users by bucket."""
    return {bucket: numbers["u"] for bucket, numbers in app.counts().items() if "u" in numbers}


# Ranges


@pytest.mark.parametrize(
    ("hours", "range_"),
    [
        *((1, "1"), (24, "2"), (48, "3"), (72, "4"), (96, "5"), (120, "6"), (144, "7")),
        *((168, "8"), (192, "9"), (360, "10"), (744, "11"), (5000, "11")),
    ],
)
def test_the_hours_since_the_last_session_are_in_ranges_of_12_08(app, hours, range_):
    # On the day before another begins, so that an hour later it is another day.
    begin(app, at(7, 20, 23, 59, 59), at(7, 20, 23, 59, 59) + hours * HOUR)
    assert app.by_value(Dimension.FREQUENCY)["0"] == 1
    days = {
        value
        for bucket, values in app.counts(Dimension.FREQUENCY).items()
        if bucket > 10**7 and bucket != 20120720
        for value in values
    }
    assert days == {range_}


@pytest.mark.parametrize(
    ("seconds", "range_"),
    [(HOUR - 1, "0"), (24 * HOUR - 1, "1"), (48 * HOUR - 1, "2"), (744 * HOUR - 1, "10")],
)
def test_a_second_less_is_the_range_before(app, seconds, range_):
    first = at(7, 20, 23, 30)
    begin(app, first, first + seconds)
    found = app.counts(Dimension.FREQUENCY)
    (day,) = [bucket for bucket in found if bucket > 10**7 and bucket != 20120720]
    assert found[day] == {range_: {"t": 1}}


def test_the_number_of_sessions_is_in_ranges_of_12_08(app):
    first = at(1, 1)
    borders = {1: "0", 2: "1", 3: "2", 5: "2", 6: "3", 9: "3", 10: "4", 19: "4", 20: "5", 49: "5"}
    borders |= {50: "6", 99: "6", 100: "7", 120: "7"}
    begin(app, *(first + number * DAY for number in range(120)))
    found = app.counts(Dimension.LOYALTY)
    for number, range_ in borders.items():
        moment = datetime.fromtimestamp(first + (number - 1) * DAY, UTC)
        assert found[int(f"{moment:%Y%m%d}")] == {range_: {"t": 1}}, number


@pytest.mark.parametrize(("before", "range_"), [(498, "7"), (499, "8"), (5000, "8")])
def test_the_five_hundredth_session_is_in_the_last_range(app, before, range_):
    begin(app, NOON)
    AppUser.objects.update(num_sessions=before)
    begin(app, NOON + DAY)
    assert app.by_value(Dimension.LOYALTY, 20120721) == {range_: 1}


def test_a_second_session_in_the_same_day_counts_no_ranges(app):
    begin(app, NOON, NOON + 2 * HOUR)
    assert app.by_value(Dimension.FREQUENCY) == app.by_value(Dimension.LOYALTY) == {"0": 1}


def test_ranges_count_only_where_the_user_was_not_seen_before(app):
    begin(app, at(7, 20), at(7, 21))  # one week
    found = app.counts(Dimension.FREQUENCY)
    assert found[20120721] == {"2": {"t": 1}}
    assert found[2012] == found[201207] == found[2012029] == {"0": {"t": 1}}


# Unique users


def test_a_user_is_unique_once_in_each_bucket(app):
    begin(app, NOON, NOON + 60, NOON + HOUR, NOON + DAY, NOON + 7 * DAY, NOON + 31 * DAY)
    found = users(app)
    assert set(found.values()) == {1}
    assert {bucket for bucket in found if bucket < 10**7} == {
        *(2012, 201207, 201208),
        *(2012029, 2012030, 2012034),
    }
    assert app.year == {"t": 6, "n": 1, "u": 1, "e": 6}


def test_a_user_of_last_year_is_unique_in_this_one_and_in_its_first_week(app):
    begin(app, at(12, 31, 23), at(12, 31, 23) + 2 * HOUR)
    assert users(app)[2013] == users(app)[2013001] == users(app)[2012053] == 1
    assert app.counts()[2013] == {"t": 1, "u": 1, "e": 1}


def test_a_year_of_weeks_has_the_user_once_in_each(app):
    begin(app, *(at(1, 1) + day * DAY for day in (*range(0, 366, 3), 365)))
    found = users(app)
    assert {bucket: u for bucket, u in found.items() if 2 * 10**6 < bucket < 3 * 10**6} == {
        2012000 + week: 1 for week in range(1, 54)
    }
    assert {u for bucket, u in found.items() if bucket < 10**6} == {1}


@pytest.mark.parametrize("seed", range(4))
def test_sessions_that_are_reported_late_and_in_any_order_make_a_user_unique_once(app, seed):
    chance = random.Random(seed)
    times = [NOON + chance.randrange(-100 * DAY, 300 * DAY) // 1800 * 1800 for _ in range(40)]
    times += [time + chance.randrange(2 * HOUR) for time in times[:10]]
    while times:
        size = chance.randint(1, 8)
        begin(app, *times[:size])
        times = times[size:]
    assert set(users(app).values()) == {1}
    assert sum(n["t"] for bucket, n in app.counts().items() if bucket < 10**4 and "t" in n) == 50


def test_a_late_session_counts_no_time_since_the_last_but_the_number(app):
    begin(app, NOON, NOON - 10 * DAY)
    assert app.by_value(Dimension.FREQUENCY, 20120710) == {}
    assert app.by_value(Dimension.LOYALTY, 20120710) == {"1": 1}
    assert users(app)[20120710] == 1
    assert app.counts()[20120710] == {"t": 1, "u": 1, "e": 1}


def test_devices_are_different_users(app):
    for device in ("d1", "d2", "D1", "d1 "):
        begin(app, NOON, NOON + HOUR, device=device)
    assert app.year == {"t": 8, "n": 4, "u": 4, "e": 8}
    assert app.counts()[2012072013] == {"t": 4, "u": 4, "e": 4}
