"""Beats and time: absences, hours, days that the calendar makes longer or shorter."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from devices_app.models import Absence, Beat, BeatHour
from devices_app.services import delete_devices
from telemetry.models import Project
from tests.heartbeat_helpers import (
    DAY,
    HOUR,
    START,
    beat,
    beat_after,
    default_project,
    register,
    seen,
    set_clock,
    stats,
)


@pytest.fixture
def clock(monkeypatch):
    return set_clock(monkeypatch)


@pytest.fixture
def project(db, clock):
    return default_project(created_at=datetime.fromtimestamp(START, UTC))


@pytest.fixture
def laptop(project):
    return register("Laptop")["token"]


@pytest.fixture
def phone(laptop):
    return register("Phone")["token"]


def utc(*when):
    return datetime(*when, tzinfo=UTC)


def set_zone_of_session(zone):
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('TimeZone', %s, true)", [zone])


def absences():
    rows = Absence.objects.order_by("device__number", "started_at")
    found = rows.values_list("device__name", "started_at", "ended_at")
    return [(name, int(start.timestamp()), int(end.timestamp())) for name, start, end in found]


def hours():
    rows = BeatHour.objects.order_by("device__number", "start")
    return list(rows.values_list("device__name", "start", "count"))


def test_the_longest_absence_is_between_neighbouring_beats_of_any_devices(clock, laptop, phone):
    beat_after(clock, (0, laptop), (100, phone), (300, laptop), (50, laptop), (200, phone))
    assert seen() == (clock.at, 0, 300)  # the phone alone was silent for 550 seconds


def test_the_running_absence_counts_once_it_is_the_longest(clock, laptop):
    beat_after(clock, (0, laptop), (100, laptop))
    last = clock.at
    for silent, longest in ((0, 100), (99.875, 100), (100, 100), (100.875, 100), (101, 101)):
        clock.at = last + silent
        assert seen() == (last, int(silent), longest)
    beat_after(clock, (399, laptop), (1, laptop))
    assert seen() == (clock.at, 0, 500)


def test_the_longest_absence_never_decreases_whatever_happens(project, clock, laptop, phone):
    longest = 0
    for turn in range(12):
        clock.tick(turn * 500 % 3700)
        if turn % 3:
            beat(phone if turn % 2 else laptop)
        if turn == 7:
            delete_devices(project=project, numbers=[0])
            laptop = register("Laptop")["token"]
        assert seen()[2] >= longest
        longest = seen()[2]
    assert longest > HOUR


def test_the_wait_for_the_first_beat_is_no_absence(clock, laptop, phone):
    beat_after(clock, (30 * DAY, laptop), (60, phone))
    assert seen() == (clock.at, 0, 60)
    assert absences() == []


def test_an_absence_of_a_device_is_kept_from_an_hour_on(clock, laptop, phone):
    waits = (0, laptop), (0, phone), (HOUR - 0.125, laptop), (HOUR, laptop), (HOUR + 0.125, laptop)
    beat_after(clock, *waits, (DAY, phone))
    one, two, three = (START + HOUR * turn - 0.125 for turn in (1, 2, 3))
    last = three + 0.125 + DAY
    assert absences() == [
        ("Laptop", int(one), int(two)),
        ("Laptop", int(two), int(three + 0.125)),
        ("Phone", START, int(last)),
    ]
    assert Absence.objects.filter(ended_at__lte=utc(2023, 11, 2)).count() == 0


def test_beats_are_counted_by_hours_of_utc(clock, laptop, phone):
    clock.at = utc(2023, 11, 2, 23, 59, 59).timestamp()
    beat_after(clock, (0, laptop), (0.875, laptop), (0.125, laptop), (1, phone), (HOUR, laptop))
    assert hours() == [
        ("Laptop", utc(2023, 11, 2, 23), 2),
        ("Laptop", utc(2023, 11, 3), 1),
        ("Laptop", utc(2023, 11, 3, 1), 1),
        ("Phone", utc(2023, 11, 3), 1),
    ]


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "Asia/Kolkata", "America/St_Johns"])
@pytest.mark.parametrize(
    "when",
    [
        (2026, 3, 29, 0, 59, 30),  # Berlin goes from 2:00 to 3:00
        (2026, 10, 25, 0, 59, 30),  # and from 3:00 back to 2:00
        (2026, 11, 1, 4, 29, 30),
        (2028, 2, 28, 23, 59, 30),
        (2028, 2, 29, 23, 59, 30),
        (2026, 12, 31, 23, 59, 30),
    ],
)
def test_no_change_of_the_calendar_makes_an_absence(clock, project, laptop, zone, when):
    Project.objects.update(timezone=zone)
    set_zone_of_session(zone)
    clock.at = utc(*when).timestamp()
    beat_after(clock, (0, laptop), (60, laptop))
    assert seen() == (clock.at, 0, 60)
    beat_after(clock, (DAY, laptop))
    assert seen() == (clock.at, 0, DAY)
    set_zone_of_session("UTC")  # Django reads times as if it were
    first, second = utc(*when).replace(second=0), utc(*when) + timedelta(minutes=1)
    starts = {first.replace(minute=0), second.replace(minute=0, second=0)}
    assert {start for _, start, _ in hours()} >= starts
    assert absences() == [("Laptop", int(clock.at) - DAY, int(clock.at))]


@pytest.mark.parametrize("apart", [0, 0.125])
def test_two_beats_of_a_device_in_one_second_are_two(clock, laptop, apart):
    beat_after(clock, (0, laptop), (apart, laptop))
    found = stats().json
    assert (found["total_beats"], found["devices"][0]["num_beats"]) == (2, 2)
    assert (Beat.objects.count(), [count for *_, count in hours()]) == (2, [2])
    assert seen() == (START, 0, 0)
