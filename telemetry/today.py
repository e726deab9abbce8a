"""Today against yesterday up to the same time, and what arrived last: parts of a project's page.

Each app says for itself what it has received (``overview.py``), and the page brings it together.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta, tzinfo

__all__ = ["MOST_SHOWN", "Arrival", "DayCount", "Days", "Received", "Window", "days_until"]

MOST_SHOWN = 3
"""Arrivals of each kind that may be among the last ones."""
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Window:
    """[since, until)."""

    since: datetime
    until: datetime

    @property
    def hours(self) -> tuple[datetime, datetime]:
        """The whole hours in it, as those of rollups begin: in UTC."""
        first, last = _hour_from(self.since), _hour_of(self.until)
        return (first, last) if first < last else (first, first)

    @property
    def edges(self) -> list[tuple[datetime, datetime]]:
        """What is left of it before and after its whole hours."""
        first, last = self.hours
        if first == last:
            return [(self.since, self.until)]
        return [(self.since, first), (last, self.until)]


def _hour_of(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)


def _hour_from(at: datetime) -> datetime:
    begun = _hour_of(at)
    return begun if begun == at else begun + _HOUR


@dataclass(frozen=True, slots=True)
class Days:
    """Today so far, and as much of yesterday by the clock."""

    today: Window
    yesterday: Window

    def parts(self) -> Iterable[tuple[bool, Window]]:
        """Whether it is today, and which part of a day it is."""
        return ((True, self.today), (False, self.yesterday))


def days_until(now: datetime, zone: tzinfo) -> Days:
    """Of the days on the clocks of this zone. All times are in UTC."""
    local = now.astimezone(zone)
    yesterday = local.date() - timedelta(days=1)
    began = datetime.combine(yesterday, time(), zone)
    then = datetime.combine(yesterday, local.time(), zone)
    today = datetime.combine(local.date(), time(), zone)
    utc = now.tzinfo
    return Days(
        today=Window(today.astimezone(utc), now),
        yesterday=Window(began.astimezone(utc), max(began, then).astimezone(utc)),
    )


@dataclass(frozen=True, slots=True)
class DayCount:
    """How much came. None: that would take too long to count. What reaches `most` may be more."""

    label: str
    url: str
    today: int | None
    yesterday: int | None
    most: int | None = None

    @property
    def many_today(self) -> bool:
        return self.most is not None and (self.today or 0) >= self.most

    @property
    def many_yesterday(self) -> bool:
        return self.most is not None and (self.yesterday or 0) >= self.most


@dataclass(frozen=True, slots=True)
class Arrival:
    """Something that came: what it is, its name, when, and the page that shows it."""

    what: str
    name: str
    at: datetime
    url: str


@dataclass(frozen=True, slots=True)
class Received:
    """What an app has received."""

    counts: list[DayCount] = field(default_factory=list)
    arrivals: list[Arrival] = field(default_factory=list)
