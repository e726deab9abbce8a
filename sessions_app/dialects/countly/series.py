"""The rest of ``/o/analytics``, of servers from 15.03 on: points, values and ranges of a period.

All are lists without a document around them; what was not counted is 0 here, not absent.
"""

from collections.abc import Callable, Iterable
from typing import Any

from sessions_app.counters import (
    Dimension,
    event_counters,
    event_totals,
    events_and_segments,
    usage_counters,
)
from sessions_app.dialects.countly.asking import Asked, storable
from sessions_app.usage.buckets import day_bucket, month_bucket
from sessions_app.usage.countries import country_name
from sessions_app.usage.documents import number
from sessions_app.usage.periods import Period, Ranges, pieces_of
from telemetry.access import Project
from telemetry.door.http import Problem

__all__ = ["METRICS", "SERIES", "users_by_value"]

METRICS = {
    "countries": Dimension.COUNTRY,
    "cities": Dimension.CITY,
    "carriers": Dimension.CARRIER,
    "devices": Dimension.DEVICE,
    "os": Dimension.OS,
    "platforms": Dimension.OS,
    "os_versions": Dimension.OS_VERSION,
    "platform_versions": Dimension.OS_VERSION,
    "resolutions": Dimension.RESOLUTION,
    "app_versions": Dimension.APP_VERSION,
}
_TOPS = ("platforms", "resolutions", "carriers", "countries")
_MOST_TOPS = 3
_MOST_DAYS = 366
_MOST_EVENTS = 500

_Series = Callable[[Asked, Project, Period], Any]
_Points = list[tuple[int, str]]


def users_by_value(project: Project, dimension: int, period: Period) -> dict[str, int]:
    """How many users each value had in the period."""
    return _unique(project, dimension, period, place=5)


def _unique(project: Project, dimension: int, period: Period, place: int) -> dict[str, int]:
    pieces = pieces_of(period.first, period.last)
    ranges = [(bucket, bucket) for bucket in pieces.buckets]
    counted: dict[str, dict[int, int]] = {}
    for row in usage_counters(project.pk, [dimension], ranges):
        counted.setdefault(row[2], {})[row[1]] = row[place]  # type: ignore[assignment]
    return {value: pieces.users(counts) for value, counts in counted.items()}


# Points in time


def _points(asked: Asked, period: Period) -> tuple[_Points, Ranges]:
    """The buckets of a period with their names, and the ranges that they are in.

    Hours of a day, months if there are too many days, and what `bucket` asks for.
    """
    bucket = asked.text("bucket")
    if period.first == period.last and not bucket:
        day = day_bucket(period.first)
        name = _day(day)
        return [(day * 100 + hour, f"{name} {hour}:00") for hour in range(24)], [
            (day * 100, day * 100 + 23)
        ]
    is_long = (period.last - period.first).days >= _MOST_DAYS
    if bucket == "monthly" or is_long or asked.text("period") == "month":
        months = dict.fromkeys(month_bucket(day) for day in period.days)
        points = [(month, f"{month // 100}-{month % 100}") for month in months]
    else:
        points = [(day, _day(day)) for day in map(day_bucket, period.days)]
    return points, [(points[0][0], points[-1][0])]


def _day(bucket: int) -> str:
    return f"{bucket // 10_000}-{bucket // 100 % 100}-{bucket % 100}"


def _sessions(asked: Asked, project: Project, period: Period) -> Any:
    points, ranges = _points(asked, period)
    rows = usage_counters(project.pk, [Dimension.SESSIONS], ranges)
    counted = {bucket: counts for _, bucket, _, *counts in rows}
    return [
        {"_id": name, **dict(zip("tnude", counted.get(bucket, (0,) * 5), strict=True))}
        for bucket, name in points
    ]


def _events(asked: Asked, project: Project, period: Period) -> Any:
    """By points of an `event` or of several `events`, by the values of a segment, or of all."""
    event = asked.text("event")
    segment = asked.text("segmentation")
    if event and segment not in {"", "no-segment"}:
        return _values_of_event(project, event, segment, period)
    if not event and not asked.has("events"):
        return {"all": _all_events(project, period)}
    events = [event] if event else asked.document("events")
    if not isinstance(events, list) or not all(isinstance(each, str) for each in events):
        raise Problem(400, "Must provide valid array with event keys as events param.")
    points, ranges = _points(asked, period)
    keys = [storable(each) for each in events[:_MOST_EVENTS]]
    counted = {
        (key, bucket): counts for key, bucket, _, *counts in event_totals(project.pk, keys, ranges)
    }
    found = {
        key: [{"_id": name, **_counts(counted.get((key, bucket)))} for bucket, name in points]
        for key in keys
    }
    return found[event] if event else found


def _counts(counts: Iterable[float] | None) -> dict[str, float]:
    amounts = map(number, counts or (0, 0, 0))
    return dict(zip(("c", "s", "dur"), amounts, strict=True))


def _values_of_event(project: Project, event: str, segment: str, period: Period) -> Any:
    days = [(day_bucket(period.first), day_bucket(period.last))]
    sums: dict[str, list[float]] = {}
    for _, value, *counts in event_counters(project.pk, event, [segment], days)[segment]:
        _add(sums.setdefault(value, [0.0] * 3), counts)
    largest = sorted(sums.items(), key=lambda each: -each[1][0])
    return [{"_id": value, **_counts(counts)} for value, counts in largest]


def _all_events(project: Project, period: Period) -> list[dict[str, Any]]:
    events, _ = events_and_segments(project.pk)
    days = [(day_bucket(period.first), day_bucket(period.last))]
    sums: dict[str, list[float]] = {}
    for event, _, _, *counts in event_totals(project.pk, events, days):
        _add(sums.setdefault(event, [0.0] * 3), counts)
    largest = sorted(sums.items(), key=lambda each: -each[1][0])
    return [{"key": event, **_counts(counts)} for event, counts in largest]


def _add(sums: list[float], counts: Iterable[float]) -> None:
    for place, amount in enumerate(counts):
        sums[place] += amount


# Values and ranges


def _metric(asked: Asked, project: Project, period: Period) -> Any:
    if not asked.has("metric"):
        raise Problem(400, "Must provide metric")
    dimension = METRICS.get(asked.text("metric"))
    return [] if dimension is None else _values(project, dimension, period)


def _values(project: Project, dimension: int, period: Period) -> list[dict[str, Any]]:
    days = [(day_bucket(period.first), day_bucket(period.last))]
    found: dict[str, dict[str, Any]] = {}
    for _, _, value, t, n, *_ in usage_counters(project.pk, [dimension], days):
        row = found.setdefault(value, {"_id": value, "t": 0, "n": 0, "u": 0})
        row["t"] += t
        row["n"] += n
    for value, users in users_by_value(project, dimension, period).items():
        if value in found:
            found[value]["u"] = users
    return sorted(found.values(), key=lambda row: (-row["t"], row["_id"]))


def _tops(asked: Asked, project: Project, period: Period) -> Any:
    if asked.has("metric"):
        return _top(project, asked.text("metric"), period)
    metrics = asked.document("metrics") if asked.has("metrics") else list(_TOPS)
    if not isinstance(metrics, list):
        return {}
    known = dict.fromkeys(each for each in metrics if isinstance(each, str) and each in METRICS)
    return {metric: _top(project, metric, period) for metric in known}


def _top(project: Project, metric: str, period: Period) -> list[dict[str, Any]]:
    dimension = METRICS.get(metric)
    if dimension is None:
        return []
    rows = [row for row in _values(project, dimension, period) if row["t"]]
    total = sum(row["t"] for row in rows)
    is_country = dimension == Dimension.COUNTRY
    return [
        {
            "name": country_name(row["_id"]) if is_country else row["_id"],
            "value": row["t"],
            "percent": round(row["t"] * 100 / total, 1),
        }
        for row in rows[:_MOST_TOPS]
    ]


def _ranges_of(dimension: int, letter: str) -> _Series:
    def ranges(asked: Asked, project: Project, period: Period) -> Any:  # noqa: ARG001
        counts = _unique(project, dimension, period, place=3)
        total = sum(counts.values())
        largest = sorted(counts.items(), key=lambda each: (-each[1], int(each[0])))
        return [
            {letter: value, "t": count, "percent": f"{count * 100 / total:.1f}"}
            for value, count in largest
            if count
        ]

    return ranges


SERIES: dict[str, _Series] = {
    "sessions": _sessions,
    "metric": _metric,
    "tops": _tops,
    "events": _events,
    "loyalty": _ranges_of(Dimension.LOYALTY, "l"),
    "frequency": _ranges_of(Dimension.FREQUENCY, "f"),
    "durations": _ranges_of(Dimension.DURATION, "ds"),
}
