"""Periods of an app's pages: their days, what they are compared with, and their buckets."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessions_app.usage.buckets import is_month, is_week, is_year
from sessions_app.usage.report import (
    PERIODS,
    Change,
    Period,
    Unit,
    UsersAs,
    are_users_exact,
    change,
    period_of,
    steps_of,
)

TODAY = date(2026, 3, 18)


def between(first, last, today=TODAY):
    return Period("", date.fromisoformat(first), date.fromisoformat(last), today)


@pytest.mark.parametrize(
    ("name", "first", "last", "before"),
    [
        ("today", "2026-03-18", "2026-03-18", "17 Mar 2026"),
        ("yesterday", "2026-03-17", "2026-03-17", "16 Mar 2026"),
        ("7d", "2026-03-12", "2026-03-18", "5 Mar – 11 Mar 2026"),  # noqa: RUF001
        ("30d", "2026-02-17", "2026-03-18", "18 Jan – 16 Feb 2026"),  # noqa: RUF001
        ("90d", "2025-12-19", "2026-03-18", "20 Sep – 18 Dec 2025"),  # noqa: RUF001
        ("month", "2026-03-01", "2026-03-18", "1 Feb – 18 Feb 2026"),  # noqa: RUF001
        ("year", "2026-01-01", "2026-03-18", "1 Jan – 18 Mar 2025"),  # noqa: RUF001
        ("", "2026-02-17", "2026-03-18", "18 Jan – 16 Feb 2026"),  # noqa: RUF001
    ],
)
def test_a_period_has_a_name(name, first, last, before):
    period = period_of({"period": name}, TODAY)
    assert (period.first.isoformat(), period.last.isoformat()) == (first, last)
    assert period.before.label == before


def test_of_a_long_month_the_short_one_before_it_has_all_days():
    period = period_of({"period": "month"}, date(2026, 3, 31))
    assert period.before.label == "1 Feb – 28 Feb 2026"  # noqa: RUF001
    leap = period_of({"period": "year"}, date(2024, 2, 29))
    assert leap.before.label == "1 Jan – 28 Feb 2023"  # noqa: RUF001


def test_a_period_may_have_days_of_its_own():
    period = period_of({"from": "2025-12-30", "to": " 2026-01-02 "}, TODAY)
    assert period.label == "30 Dec 2025 – 2 Jan 2026"  # noqa: RUF001
    assert period.before.label == "26 Dec – 29 Dec 2025"  # noqa: RUF001
    assert period.parameters() == {"from": "2025-12-30", "to": "2026-01-02"}
    assert period_of({"from": "2026-03-01"}, TODAY).last == TODAY
    assert period_of({"from": "2026-03-01", "to": "2030-01-01"}, TODAY).last == TODAY


@pytest.mark.parametrize(
    "parameters",
    [
        {"period": "ages"},
        {"period": "8d"},
        {"from": "yesterday"},
        {"from": "2026-02-30"},
        {"from": "2026-03-10", "to": "2026-03-09"},
        {"from": "2026-03-19"},
        {"to": "2026-03-19"},
        {"from": "1899-12-31"},
        {"from": "0001-01-01"},
        {"from": "1999-01-01"},
        {"from": "2026-03-01", "to": "9" * 99},
        {"from": "a\0b"},
    ],
)
def test_what_is_no_period_is_refused_with_words(parameters):
    with pytest.raises(ValueError, match=r"[.”]$"):
        period_of(parameters, TODAY)


def test_steps_are_hours_days_or_months():
    assert len(steps_of(between("2026-03-17", "2026-03-17"), Unit.HOUR)) == 24
    days = steps_of(between("2026-02-27", "2026-03-01"), Unit.DAY)
    assert [step.key for step in days] == ["2026-02-27", "2026-02-28", "2026-03-01"]
    months = steps_of(between("2025-12-31", "2026-02-01"), Unit.MONTH)
    assert [step.label for step in months] == ["Dec 2025", "Jan 2026", "Feb 2026"]
    assert [step.parts()[0].bucket for step in months][1] == 202601
    units = {name: period_of({"period": name}, TODAY).unit for name in PERIODS}
    assert units["today"] == units["yesterday"] == Unit.HOUR
    assert units["90d"] == Unit.DAY
    assert between("2025-01-01", "2025-12-31").unit == Unit.MONTH


@pytest.mark.parametrize(
    ("first", "last", "is_exact"),
    [
        ("2026-03-17", "2026-03-17", True),
        ("2026-01-01", "2026-01-07", True),  # the first week of the year
        ("2026-02-01", "2026-02-28", True),
        ("2025-01-01", "2025-12-31", True),
        ("2026-03-01", "2026-03-18", True),  # all that there is of this month
        ("2026-01-01", "2026-03-18", True),
        ("2026-03-12", "2026-03-18", True),  # this week is that of 12 March
        ("2026-03-11", "2026-03-18", False),
        ("2026-01-01", "2026-02-28", False),
        ("2026-03-16", "2026-03-17", False),
    ],
)
def test_users_are_exact_of_one_day_week_month_or_year(first, last, is_exact):
    assert are_users_exact(between(first, last).parts()) is is_exact


def days_of(bucket):
    if is_year(bucket):
        return {date(bucket, 1, 1) + timedelta(days=n) for n in range(366)} & years(bucket)
    if is_month(bucket):
        year, month = divmod(bucket, 100)
        return {day for day in years(year) if day.month == month}
    return {date(bucket // 10_000, bucket // 100 % 100, bucket % 100)}


def years(year):
    days = (date(year, 1, 1) + timedelta(days=n) for n in range(366))
    return {day for day in days if day.year == year}


@given(st.dates(date(2020, 1, 1), TODAY), st.integers(0, 800))
def test_what_is_summed_is_every_day_once(last, length):
    period = Period("", last - timedelta(days=length), last, TODAY)
    wanted = {period.first + timedelta(days=n) for n in range(period.days)}
    for group in ([period], steps_of(period, Unit.MONTH), steps_of(period, Unit.DAY)):
        days = [
            day
            for each in group
            for part in each.parts()
            if part.adds
            for day in days_of(part.bucket)
            if day <= TODAY
        ]
        assert len(days) == len(set(days))
        assert set(days) == wanted
    parts = period.parts()
    assert not any(part.adds for part in parts if is_week(part.bucket))
    whole = [part for part in parts if part.users_as is UsersAs.WHOLE]
    assert len({part.piece for part in whole}) == len(whole)


@pytest.mark.parametrize(
    ("now", "before", "text", "direction"),
    [
        (0, 0, "", ""),
        (5, 0, "new", "up"),
        (0, 5, "−100 %", "down"),  # noqa: RUF001
        (5, 5, "±0 %", "same"),
        (110, 100, "+10 %", "up"),
        (1004, 1000, "+0.4 %", "up"),
        (100001, 100000, "±0 %", "same"),
        (3, 2, "+50 %", "up"),
        (9.9, 1, "+890 %", "up"),
        (10, 1, "×10", "up"),  # noqa: RUF001 - times
        (5000, 1, "×5,000", "up"),  # noqa: RUF001 - times
        (-5, -10, "+50 %", "up"),
    ],
)
def test_a_change_is_in_per_cent_of_what_was(now, before, text, direction):
    assert change(now, before) == Change(text, direction)
