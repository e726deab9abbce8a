"""Periods of an app's pages, those that they are compared with, and how numbers have changed.

A period is some days on the clocks of the project's zone. What it had is put together of the
largest buckets that fit into it; see ``usage.periods`` for why users cannot be summed.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import IntEnum, StrEnum
from typing import NamedTuple

from sessions_app.usage.buckets import (
    day_bucket,
    is_day,
    is_month,
    is_week,
    month_bucket,
    week_bucket,
)
from sessions_app.usage.periods import pieces_of

__all__ = [
    "DEFAULT_PERIOD",
    "PERIODS",
    "Change",
    "Part",
    "Period",
    "Step",
    "Unit",
    "UsersAs",
    "are_users_exact",
    "change",
    "period_of",
    "steps_of",
]

PERIODS = {
    "today": "Today",
    "yesterday": "Yesterday",
    "7d": "7 days",
    "30d": "30 days",
    "90d": "90 days",
    "month": "This month",
    "year": "This year",
}
"""What a period can be named by, and how people read it."""
DEFAULT_PERIOD = "30d"
MOST_DAYS = 3660
"""Of a period with its own beginning and end."""
MOST_DAILY = 92
"""Days that are shown one by one; more than these are shown by the month."""
EARLIEST = date(1900, 1, 1)

_DAY = timedelta(days=1)
_LAST_DAYS = re.compile(r"(\d+)d", re.ASCII)


class Unit(StrEnum):
    """What a step of a series is."""

    HOUR = "hour"
    DAY = "day"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Period:
    """Days, the first and the last included. `name` is empty if it has just these two.

    `today`: so that one can tell whether it is over.
    """

    name: str
    first: date
    last: date
    today: date

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def is_running(self) -> bool:
        return self.last >= self.today

    @property
    def unit(self) -> Unit:
        """The steps that it is best shown in."""
        if self.days == 1:
            return Unit.HOUR
        return Unit.DAY if self.days <= MOST_DAILY else Unit.MONTH

    @property
    def before(self) -> "Period":
        """As many days before it; of this month and this year, the same days of the last one."""
        first, last = self.first - timedelta(days=self.days), self.first - _DAY
        if self.name in {"month", "year"}:
            first = _back(self.first, self.name)
            last = _back(self.last, self.name)
        return Period("", first, last, self.today)

    @property
    def label(self) -> str:
        """Its days, as people read them."""
        if self.first == self.last:
            return _day_text(self.last)
        same_year = self.first.year == self.last.year
        first = f"{self.first.day} {self.first:%b}" if same_year else _day_text(self.first)
        return f"{first} – {_day_text(self.last)}"  # noqa: RUF001 - from, to

    def parts(self) -> "list[Part]":
        """The buckets that it is put together of."""
        return _parts_of(self.first, self.last, self.today)

    def parameters(self) -> dict[str, str]:
        """Of a URL whose page is about the same period."""
        if self.name:
            return {} if self.name == DEFAULT_PERIOD else {"period": self.name}
        return {"from": self.first.isoformat(), "to": self.last.isoformat()}


def _day_text(day: date) -> str:
    return f"{day.day} {day:%b %Y}"


def _back(day: date, name: str) -> date:
    """The same day of the last month or year, or the last one that it had before that."""
    year, month = (day.year - 1, day.month)
    if name == "month":
        year, month = (day.year, day.month - 1) if day.month > 1 else (day.year - 1, 12)
    end = (date(year, month, 28) + 4 * _DAY).replace(day=1) - _DAY
    return end.replace(day=min(day.day, end.day))


def period_of(parameters: Mapping[str, str], today: date) -> Period:
    """The period that a query string asks for. ValueError, with words for people, if bad."""
    since, until = parameters.get("from", ""), parameters.get("to", "")
    if since or until:
        return _custom(since, until, today)
    name = parameters.get("period") or DEFAULT_PERIOD
    if name not in PERIODS:
        raise ValueError(f"The period must be one of {', '.join(PERIODS)}.")
    first = last = today
    if match := _LAST_DAYS.fullmatch(name):
        first = today - timedelta(days=int(match[1]) - 1)
    elif name == "yesterday":
        first = last = today - _DAY
    elif name == "month":
        first = today.replace(day=1)
    elif name == "year":
        first = today.replace(month=1, day=1)
    return Period(name, first, last, today)


def _custom(since: str, until: str, today: date) -> Period:
    if not since:
        raise ValueError("Give the first day of the period, too: “from”.")
    first = _date(since)
    last = _date(until) if until else today
    if last < first:
        raise ValueError("The last day must not be before the first one.")
    if first > today:
        raise ValueError("This period lies in the future.")
    last = min(last, today)
    if (last - first).days >= MOST_DAYS:
        raise ValueError("A period has at most ten years.")
    return Period("", first, last, today)


def _date(text: str) -> date:
    try:
        found = date.fromisoformat(text.strip())
    except ValueError:
        raise ValueError("Give days such as 2026-01-31.") from None
    if found < EARLIEST:
        raise ValueError(f"Give days from {EARLIEST.year} on.")
    return found


# What a period is put together of


class UsersAs(IntEnum):
    """How the users of a bucket count among those of a period."""

    NOT = 0
    WHOLE = 1
    # The users of a part of a week: those of its days together, or of the week if they are fewer.
    WEEK = 2
    DAY_OF_WEEK = 3
    # Of all months and of all years that the period touches: it has no more users than these.
    MONTH_AROUND = 4
    YEAR_AROUND = 5


class Part(NamedTuple):
    """A bucket of a period. `piece`: what belongs to one week; `adds`: its sums count."""

    bucket: int
    piece: int
    adds: bool
    users_as: UsersAs


def _parts_of(first: date, last: date, today: date) -> list[Part]:
    """The buckets that these days are put together of, users and all.

    As nothing is counted in the future, what goes on until today may go on to the end of its
    year: then this month is a month, and not some weeks and days.
    """
    if last >= today > first:
        last = last.replace(month=12, day=31)
    pieces = pieces_of(first, last)
    found: list[Part] = []
    piece = 0
    for bucket in pieces.whole:
        piece += 1
        found.append(Part(bucket, piece, not is_week(bucket), UsersAs.WHOLE))
        if is_week(bucket):  # in which nothing but users and ranges is counted
            found += [Part(day, piece, True, UsersAs.NOT) for day in _days_of_week(bucket)]
    for week, days in pieces.parts:
        piece += 1
        found.append(Part(week, piece, False, UsersAs.WEEK))
        found += [Part(day, piece, True, UsersAs.DAY_OF_WEEK) for day in days]
    found = [part for part in found if not _is_after(part.bucket, today)]
    return found if are_users_exact(found) else [*found, *_around(first, min(last, today))]


def _around(first: date, last: date) -> Iterable[Part]:
    for year in range(first.year, last.year + 1):
        yield Part(year, 0, False, UsersAs.YEAR_AROUND)
        begin = first.month if year == first.year else 1
        end = last.month if year == last.year else 12
        for month in range(begin, end + 1):
            yield Part(year * 100 + month, 0, False, UsersAs.MONTH_AROUND)


def _is_after(bucket: int, today: date) -> bool:
    if is_day(bucket):
        return bucket > day_bucket(today)
    if is_week(bucket):
        return bucket > week_bucket(today)
    return is_month(bucket) and bucket > month_bucket(today)


def are_users_exact(parts: Sequence[Part]) -> bool:
    """Whether these are one day, week, month or year, and so nobody is counted twice."""
    counted = {UsersAs.WHOLE, UsersAs.DAY_OF_WEEK}
    return len([part for part in parts if part.users_as in counted]) <= 1


def _days_of_week(week: int) -> list[int]:
    year, count = divmod(week, 1000)
    first = date(year, 1, 1) + timedelta(days=7 * (count - 1))
    days = [first + timedelta(days=offset) for offset in range(7)]
    return [day_bucket(day) for day in days if day.year == year]


@dataclass(frozen=True, slots=True)
class Step:
    """A bar of a chart: an hour, or some days. `short`: its label where there is little room."""

    label: str
    short: str
    first: date
    last: date
    today: date
    hour: int | None = None

    def parts(self) -> list[Part]:
        if self.hour is not None:
            return [Part(day_bucket(self.first) * 100 + self.hour, 1, True, UsersAs.WHOLE)]
        if self.first == self.last:
            return [Part(day_bucket(self.first), 1, True, UsersAs.WHOLE)]
        return _parts_of(self.first, self.last, self.today)

    @property
    def key(self) -> str:
        """When it begins, as programs read it: 2026-11-20T14 or 2026-11-20."""
        if self.hour is not None:
            return f"{self.first.isoformat()}T{self.hour:02}"
        return self.first.isoformat()


def steps_of(period: Period, unit: Unit) -> list[Step]:
    """The period step by step. Months at its ends may be cut short."""
    days = [period.first + timedelta(days=count) for count in range(period.days)]
    if unit is Unit.HOUR:
        return [
            Step(f"{_day_text(day)}, {hour:02}:00", f"{hour:02}:00", day, day, period.today, hour)
            for day in days
            for hour in range(24)
        ]
    if unit is Unit.DAY:
        return [
            Step(f"{day:%a} {_day_text(day)}", f"{day.day} {day:%b}", day, day, period.today)
            for day in days
        ]
    months: dict[int, list[date]] = {}
    for day in days:
        months.setdefault(month_bucket(day), []).append(day)
    return [
        Step(f"{each[0]:%b %Y}", f"{each[0]:%b %Y}", each[0], each[-1], period.today)
        for each in months.values()
    ]


# Comparing


@dataclass(frozen=True, slots=True)
class Change:
    """What a number has become since the period before. `text` is empty if there is nothing."""

    text: str = ""
    direction: str = ""  # "up", "down" or "same"


def change(now: float, before: float) -> Change:
    """In per cent, or “new” where there was nothing to compare with."""
    if not before:
        return Change("new", "up") if now else Change()
    if now >= 10 * before > 0:  # what a per cent of next to nothing is says nothing
        return Change(f"×{now / before:,.0f}", "up")  # noqa: RUF001 - times
    per_cent = (now - before) / abs(before) * 100
    rounded = round(per_cent, 1 if abs(per_cent) < 10 else 0)
    if not rounded:
        return Change("±0 %", "same")
    sign, direction = ("+", "up") if rounded > 0 else ("−", "down")  # noqa: RUF001 - a minus
    return Change(f"{sign}{abs(rounded):,.{1 if abs(rounded) < 10 else 0}f} %", direction)
