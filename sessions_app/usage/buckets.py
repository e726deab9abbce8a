"""Buckets: the year, month, week, day and hour of a moment on a project's clock, as numbers.

A number tells by its digits what it is: 2012, 201207, 2012029 (the 29th week), 20120720,
2012072014. An hour that a clock shows twice, when summer time ends, is one bucket. Weeks are
Countly's: the first seven days of a year are its first week, the last one or two its 53rd.
"""

from datetime import UTC, date, datetime, tzinfo
from typing import NamedTuple

__all__ = [
    "Buckets",
    "buckets_at",
    "buckets_of_hour",
    "day_bucket",
    "is_day",
    "is_hour",
    "is_month",
    "is_week",
    "is_year",
    "month_bucket",
    "week_bucket",
]

# Whatever a client's clock shows: so that it can be moved to any zone, and numbers keep their
# digits within 32 bits.
EARLIEST = datetime(1000, 1, 2, tzinfo=UTC).timestamp()
LATEST = datetime(2146, 1, 1, tzinfo=UTC).timestamp()


class Buckets(NamedTuple):
    """All buckets that hold one moment."""

    year: int
    month: int
    week: int
    day: int
    hour: int


def buckets_at(seconds: float, zone: tzinfo) -> Buckets:
    """The buckets of a time since 1970 on the clocks of this zone."""
    at = datetime.fromtimestamp(min(max(seconds, EARLIEST), LATEST), zone)
    day = (at.year * 100 + at.month) * 100 + at.day
    return Buckets(at.year, day // 100, week_bucket(at), day, day * 100 + at.hour)


def buckets_of_hour(hour: int) -> Buckets:
    """The same, of the bucket of an hour."""
    day = hour // 100
    on = date(day // 10_000, day // 100 % 100, day % 100)
    return Buckets(on.year, day // 100, week_bucket(on), day, hour)


def day_bucket(on: date) -> int:
    return (on.year * 100 + on.month) * 100 + on.day


def month_bucket(on: date) -> int:
    return on.year * 100 + on.month


def week_bucket(on: date) -> int:
    """Of `w` + ceil(day of the year / 7)."""
    return on.year * 1000 + (on.timetuple().tm_yday + 6) // 7


def is_year(bucket: int) -> bool:
    return bucket < 10_000


def is_month(bucket: int) -> bool:
    return 100_000 <= bucket < 1_000_000


def is_week(bucket: int) -> bool:
    return 1_000_000 <= bucket < 10_000_000


def is_day(bucket: int) -> bool:
    return 10_000_000 <= bucket < 100_000_000


def is_hour(bucket: int) -> bool:
    return bucket >= 1_000_000_000
