"""``/o/analytics``: numbers of 30 days, 7 days and today, as dashboards and countries.

As Countly's servers from 13.06 on had them, each compared with as many days before, except that
users of a country are counted once: there those of several days were counted twice. Where a
`period` is asked for, it is of that alone. What later servers had as well is in ``series``.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sessions_app.counters import Dimension, top_values, usage_counters
from sessions_app.dialects.countly.access import app_to_read, check_parameters
from sessions_app.dialects.countly.asking import Asked, asking
from sessions_app.dialects.countly.series import SERIES
from sessions_app.usage.buckets import day_bucket, month_bucket, week_bucket
from sessions_app.usage.countries import country_name
from sessions_app.usage.documents import UsageRow
from sessions_app.usage.periods import Period, Ranges, day_of, period_of, pieces_of
from telemetry import clock
from telemetry.access import Project
from telemetry.door.http import Problem

__all__ = ["read_analytics"]

_PERIODS = (("30days", "30days"), ("7days", "7days"), ("today", "hour"))
_TOPS = {
    "platforms": Dimension.OS,
    "resolutions": Dimension.RESOLUTION,
    "carriers": Dimension.CARRIER,
}
_MOST_BARS = 3
_MOST_COUNTRIES = 10
_T, _N, _U, _D, _E = range(5)


@asking("/o/analytics")
def read_analytics(asked: Asked, what: str = "") -> Any:
    """Answers ``/o/analytics/…``."""
    check_parameters(asked)
    if what not in _ANSWERS and what not in SERIES:
        raise Problem(400, "Invalid path, must be one of /dashboard or /countries")
    project = app_to_read(asked)
    today = day_of(clock.time(), project.zone)
    asked_for = asked.text("period")
    if what in SERIES:
        return SERIES[what](asked, project, period_of(asked_for, today, project.zone))
    names = [(asked_for, asked_for)] if asked_for not in {"", "30days"} else _PERIODS
    periods = {name: period_of(text, today, project.zone) for name, text in names}
    return _ANSWERS[what](project, today, periods)


class _Counted:
    """Counters by bucket, of one value."""

    def __init__(self) -> None:
        self.by_bucket: dict[int, Sequence[int]] = {}

    def sums(self, first: date, last: date) -> list[int]:
        """Of t, n, u, d, e over these days; of u as far as users can be told from each other."""
        low, high = day_bucket(first), day_bucket(last)
        days = [row for bucket, row in self.by_bucket.items() if low <= bucket <= high]
        sums = [sum(row[place] for row in days) for place in range(5)]
        users = {bucket: row[_U] for bucket, row in self.by_bucket.items()}
        sums[_U] = pieces_of(first, last).users(users)
        return sums


def _counted(rows: Iterable[UsageRow]) -> dict[str, _Counted]:
    found: dict[str, _Counted] = {}
    for _, bucket, value, *counts in rows:
        found.setdefault(value, _Counted()).by_bucket[bucket] = counts
    return found


def _ranges(first: date, last: date) -> Ranges:
    return [
        (month_bucket(first), month_bucket(last)),
        (week_bucket(first), week_bucket(last)),
        (day_bucket(first), day_bucket(last)),
    ]


# The dashboard


def _dashboard(project: Project, today: date, periods: Mapping[str, Period]) -> dict[str, Any]:
    first = min(period.before_first for period in periods.values())
    day = day_bucket(today)
    hours = (day * 100, day * 100 + 23)
    rows = usage_counters(project.pk, [Dimension.SESSIONS], [*_ranges(first, today), hours])
    sessions = _counted(rows).get("", _Counted())
    stretches = [(day_bucket(each.first), day_bucket(each.last)) for each in periods.values()]
    tops = top_values(project.pk, list(_TOPS.values()), stretches)
    now = datetime.fromtimestamp(clock.time(), project.zone)
    found = {}
    for place, (name, period) in enumerate(periods.items()):
        bars = {
            top: _bars([(row[1], row[2 + place] or 0) for row in tops if row[0] == dimension])
            for top, dimension in _TOPS.items()
        }
        is_today = period.first == period.last == today
        users = _users_by_hour(sessions, day) if is_today else _users_by_day(sessions, period)
        found[name] = {
            "dashboard": _numbers(sessions, period, is_estimate=not is_today),
            "top": {**bars, "users": _bars(users)},
            "period": f"00:00 - {now:%H:%M}" if is_today else _dates(period),
        }
    return found


def _numbers(sessions: _Counted, period: Period, *, is_estimate: bool) -> dict[str, Any]:
    now = _Numbers.of(sessions.sums(period.first, period.last))
    before = _Numbers.of(sessions.sums(period.before_first, period.before_last))
    users = _changed(now.users, before.users, now.users)
    return {
        "total_sessions": _changed(now.sessions, before.sessions, now.sessions),
        "total_users": {**users, "is_estimate": is_estimate},
        "new_users": _changed(now.new, before.new, now.new),
        "total_time": _changed(_time(now.minutes), before.minutes, now.minutes),
        "avg_time": _changed(f"{_fixed(now.each)} min", before.each, now.each),
        "avg_requests": _changed(_fixed(now.requests), before.requests, now.requests),
    }


@dataclass(frozen=True, slots=True)
class _Numbers:
    sessions: int
    new: int
    users: int
    minutes: float
    # Minutes for each session, requests for each user.
    each: float
    requests: float

    @classmethod
    def of(cls, sums: Sequence[int]) -> "_Numbers":
        minutes = sums[_D] / 60
        return cls(
            sums[_T],
            sums[_N],
            sums[_U],
            minutes,
            minutes / sums[_T] if sums[_T] else 0,
            sums[_E] / sums[_U] if sums[_U] else 0,
        )


def _changed(total: str | int, before: float, now: float) -> dict[str, Any]:
    if not before:
        return {"total": total, "change": "NA", "trend": "u"}
    if not now:
        return {"total": total, "change": "∞", "trend": "d"}
    percent = _short((now - before) / before * 100)
    return {"total": total, "change": f"{percent}%", "trend": "d" if before > now else "u"}


def _short(amount: float) -> str:
    for least, unit in ((1_000_000, "M"), (10_000, "K")):
        if abs(amount) >= least:
            return f"{_fixed(amount / (1000 if unit == 'K' else least))}{unit}"
    return _fixed(amount)


def _fixed(amount: float) -> str:
    """With one digit after the point, rounded as JavaScript does."""
    return str(Decimal(amount).quantize(Decimal("0.1"), ROUND_HALF_UP))


def _time(minutes: float) -> str:
    if minutes >= 1440:
        return f"{_fixed(minutes / 1440)} days"
    if minutes >= 60:
        return f"{_fixed(minutes / 60)} hours"
    return f"{_fixed(minutes)} min"


def _bars(counts: Iterable[tuple[str, int]]) -> list[dict[str, Any]]:
    """The three largest, with whole percents of these three that are 100 together."""
    largest = sorted((each for each in counts if each[1]), key=lambda each: -each[1])[:_MOST_BARS]
    total = sum(count for _, count in largest)
    percents = [count * 100 // total for _, count in largest]
    if percents:
        percents[-1] += 100 - sum(percents)
    return [
        {"name": name, "percent": percent}
        for (name, _), percent in zip(largest, percents, strict=True)
    ]


def _users_by_hour(sessions: _Counted, day: int) -> list[tuple[str, int]]:
    hours = ((hour, sessions.by_bucket.get(day * 100 + hour)) for hour in range(24))
    return [(f"{hour:02}:00", row[_U]) for hour, row in hours if row]


def _users_by_day(sessions: _Counted, period: Period) -> list[tuple[str, int]]:
    days = ((day, sessions.by_bucket.get(day_bucket(day))) for day in period.days)
    return [(f"{day.day} {day:%b}", row[_U]) for day, row in days if row]


def _dates(period: Period) -> str:
    first, last = period.first, period.last
    year = ", %Y" if first.year != last.year else ""
    return f"{first.day} {first:%b{year}} - {last.day} {last:%b{year}}"


# Countries


def _countries(project: Project, today: date, periods: Mapping[str, Period]) -> dict[str, Any]:
    first = min(period.first for period in periods.values())
    counted = _counted(usage_counters(project.pk, [Dimension.COUNTRY], _ranges(first, today)))
    return {name: _country_list(counted, period) for name, period in periods.items()}


def _country_list(counted: Mapping[str, _Counted], period: Period) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for code, counters in counted.items():
        sums = counters.sums(period.first, period.last)
        if any(sums):
            country = {"country": country_name(code), "code": code.lower()}
            found.append({**country, "t": sums[_T], "u": sums[_U], "n": sums[_N]})
    found.sort(key=lambda each: (-each["n"], -each["t"], each["country"]))
    return found[:_MOST_COUNTRIES]


_ANSWERS = {"dashboard": _dashboard, "countries": _countries}
