"""Periods as Countly's tools name them, and how users are counted over one.

Users cannot be summed from days: who comes on two of them is one user. So a stretch of days is put
together of the largest pieces whose users were counted: years, months, weeks, and days. What is
left of a week has as many users as its days together, or as the whole week, whichever is less.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from typing import Any

from sessions_app.usage.buckets import (
    EARLIEST,
    LATEST,
    day_bucket,
    month_bucket,
    week_bucket,
)
from telemetry import wire_json

__all__ = ["Period", "Pieces", "Ranges", "period_of", "pieces_of", "ranges_of"]

Ranges = list[tuple[int, int]]

_DAY = timedelta(days=1)
_USUAL_DAYS = 30
_DAYS = re.compile(r"([0-9]{1,4})days", re.ASCII).fullmatch
# What a client's clock may say in a period; there is as much time before it as after it.
_EARLIEST = 365 * 86_400


@dataclass(frozen=True, slots=True)
class Period:
    """Days, the first and the last included; and those that they are compared with."""

    first: date
    last: date
    before_first: date
    before_last: date

    @property
    def days(self) -> list[date]:
        return _days(self.first, self.last)


@dataclass(frozen=True, slots=True)
class Pieces:
    """Buckets whose users add up; and what is left of weeks, each with its days."""

    whole: list[int]
    parts: list[tuple[int, list[int]]]

    @property
    def buckets(self) -> list[int]:
        return [*self.whole, *(bucket for week, days in self.parts for bucket in (week, *days))]

    def users(self, counted: Mapping[int, int]) -> int:
        """How many users there were, by the users of each bucket."""
        return sum(counted.get(bucket, 0) for bucket in self.whole) + sum(
            min(counted.get(week, 0), sum(counted.get(day, 0) for day in days))
            for week, days in self.parts
        )


def period_of(text: str, today: date, zone: tzinfo) -> Period:
    """The period of this name: as Countly has it, “month” is this year, “day” is this month.

    Also ``hour`` (today), ``yesterday``, ``7days``, and ``[from,to]`` in milliseconds since 1970,
    of which the days on the clocks of `zone` count. 30 days for anything else.
    """
    if text == "month":
        first = today.replace(month=1, day=1)
        return Period(first, today, first.replace(year=first.year - 1), first - _DAY)
    if text == "day":
        first = today.replace(day=1)
        return Period(first, today, (first - _DAY).replace(day=1), first - _DAY)
    if text == "hour":
        return _days_until(today, 1)
    if text == "yesterday":
        return _days_until(today - _DAY, 1)
    between = _between(text, zone)
    if between:
        return _days_until(between[1], (between[1] - between[0]).days + 1)
    match = _DAYS(text)
    return _days_until(today, max(int(match[1]), 1) if match else _USUAL_DAYS)


def _days_until(last: date, count: int) -> Period:
    first = last - timedelta(days=count - 1)
    return Period(first, last, first - timedelta(days=count), first - _DAY)


def _between(text: str, zone: tzinfo) -> tuple[date, date] | None:
    try:
        found: Any = wire_json.load(text.encode()) if text.startswith("[") else None
    except (ValueError, RecursionError):
        return None
    if not (isinstance(found, list) and len(found) == 2):
        return None
    if not all(type(each) in {int, float} for each in found):
        return None
    times = sorted(min(max(each, _EARLIEST * 1000), LATEST * 1000) for each in found)
    first, last = (datetime.fromtimestamp(each / 1000, zone).date() for each in times)
    return first, last


def day_of(seconds: float, zone: tzinfo) -> date:
    """The day of a time since 1970 on the clocks of this zone."""
    return datetime.fromtimestamp(min(max(seconds, EARLIEST), LATEST), zone).date()


def pieces_of(first: date, last: date) -> Pieces:
    """The pieces that these days are put together of."""
    whole: list[int] = []
    weeks: dict[int, list[int]] = {}
    day = first
    while day <= last:
        end = _end_of_year(day)
        if day.timetuple().tm_yday == 1 and end <= last:
            whole.append(day.year)
            day = end + _DAY
            continue
        end = _end_of_month(day)
        if day.day == 1 and end <= last:
            whole.append(month_bucket(day))
            day = end + _DAY
            continue
        weeks.setdefault(week_bucket(day), []).append(day_bucket(day))
        day += _DAY
    parts = []
    for week, days in weeks.items():
        if len(days) == _days_of_week(week):
            whole.append(week)
        else:
            parts.append((week, days))
    return Pieces(whole, parts)


def ranges_of(first: date, last: date) -> Ranges:
    """Buckets from and to that hold all that Countly tells of these days.

    Their years, weeks, months with all days, and hours.
    """
    low = first.replace(day=1)
    high = _end_of_month(last)
    return [
        (low.year, high.year),
        (month_bucket(low), month_bucket(high)),
        (week_bucket(low.replace(month=1)), week_bucket(_end_of_year(high))),
        (day_bucket(low), day_bucket(high)),
        (day_bucket(low) * 100, day_bucket(high) * 100 + 23),
    ]


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=count) for count in range((last - first).days + 1)]


def _end_of_month(day: date) -> date:
    return (day.replace(day=28) + 4 * _DAY).replace(day=1) - _DAY


def _end_of_year(day: date) -> date:
    return day.replace(month=12, day=31)


def _days_of_week(week: int) -> int:
    """7, but of the 53rd only what is left of its year."""
    year, count = divmod(week, 1000)
    return 7 if count < 53 else date(year, 12, 31).timetuple().tm_yday - 364
