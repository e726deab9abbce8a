"""Clocks that are wrong for a while: nothing negative, nothing lost, nobody absent who was not."""

from datetime import UTC, datetime

import pytest

from devices_app import writes
from devices_app.models import Absence, Beat
from tests.heartbeat_helpers import (
    DAY,
    HOUR,
    START,
    YEAR,
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


def test_a_clock_that_goes_back_an_hour_and_forth_again_makes_no_absence(clock, laptop, phone):
    minutes = [(60, laptop), (60, phone)]
    beat_after(clock, *minutes * 2)
    ahead = clock.at
    clock.tick(-HOUR)
    assert seen() == (ahead, 0, 60)
    for wait in minutes * 2:
        beat_after(clock, wait)
        assert seen() == (clock.at, 0, 60)
        assert clock.at in [device["last_beat"] for device in stats().json["devices"]]
    clock.tick(HOUR)
    beat_after(clock, *minutes)
    assert seen()[:2] == (clock.at, 0)
    # The neighbour, by what the clocks told, is the last beat before the first change.
    assert 60 <= seen()[2] <= 300
    assert not Absence.objects.exists()
    assert stats().json["total_beats"] == Beat.objects.count() == 10


def test_a_clock_that_was_years_ahead_is_believed_no_more(clock, laptop, phone):
    beat_after(clock, (60, laptop), (60, phone))
    clock.tick(4 * YEAR)
    beat_after(clock, (60, laptop), (60, phone))
    clock.tick(-4 * YEAR)
    found = stats().json
    assert min(found["last_seen_relative"], found["uptime"], found["longest_absence"]) >= 0
    for token in (phone, laptop):
        beat_after(clock, (60, token))
        assert stats().json["last_seen"] == clock.at
    found = stats().json
    assert [device["last_beat"] for device in found["devices"]] == [clock.at, clock.at - 60]
    assert (found["total_beats"], Beat.objects.count()) == (6, 6)
    clock.tick(100)
    assert seen()[:2] == (clock.at - 100, 100)


def test_a_process_that_was_ahead_and_is_gone_hides_no_absence(monkeypatch, clock, laptop):
    clock.tick(4 * YEAR)
    monkeypatch.setattr(writes, "SLOT", 0)
    beat_after(clock, (0, laptop))
    clock.tick(-4 * YEAR)
    monkeypatch.setattr(writes, "SLOT", 1)
    beat_after(clock, (60, laptop), (300, laptop), (60, laptop))
    assert seen() == (clock.at, 0, 300)


def test_an_absence_that_only_a_wrong_clock_saw_is_over_when_it_is_put_right(clock, laptop):
    beat_after(clock, (0, laptop), (60, laptop))
    clock.tick(YEAR)
    assert seen() == (START + 60, YEAR, YEAR)
    clock.tick(-YEAR)
    assert seen() == (START + 60, 0, 60)


def test_a_clock_before_the_server_was_set_up_makes_no_negative_number(clock, laptop):
    clock.tick(-DAY)
    beat(laptop)
    found = stats().json
    assert (found["uptime"], *seen()) == (0, START - DAY, 0, 0)


@pytest.mark.parametrize("back", [12, 30, 120, HOUR])
def test_what_a_process_of_before_has_stored_begins_no_absence(monkeypatch, clock, laptop, back):
    """Its row is old, and that of the present one is ahead."""
    monkeypatch.setattr(writes, "SLOT", 3)
    beat_after(clock, (60, laptop))
    monkeypatch.setattr(writes, "SLOT", 5)
    beat_after(clock, *[(60, laptop)] * 200)
    clock.tick(-back)
    assert seen()[1:] == (0, 60)
    for slot in (5, 3, 5, 4):
        monkeypatch.setattr(writes, "SLOT", slot)
        beat_after(clock, (1, laptop))
        assert seen() == (clock.at, 0, 60)
    beat_after(clock, (61, laptop))
    assert seen()[2] in {61, 60}


def test_a_row_that_is_ahead_is_put_right_by_any_process(monkeypatch, clock, laptop):
    monkeypatch.setattr(writes, "SLOT", 3)
    clock.tick(YEAR)
    beat_after(clock, (60, laptop))
    clock.tick(-YEAR)
    monkeypatch.setattr(writes, "SLOT", 4)
    beat_after(clock, (60, laptop), (70, laptop), (80, laptop))
    assert seen() == (clock.at, 0, 80)
