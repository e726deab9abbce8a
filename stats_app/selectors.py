"""The reads: what was kept of a stat while it was written, as frozen dataclasses.

Everything here reads buckets, so what a call costs depends on the stretch of time that it shows
and never on how much was ever received. All times are aware and in UTC.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import connection
from django.db.models import Q, QuerySet
from django.utils.timezone import now

from stats_app.models import RESOLUTIONS, DayBucket, HourBucket, MinuteBucket, Stat
from telemetry.models import Project

__all__ = [
    "AGGREGATIONS",
    "MAX_BINS",
    "Bin",
    "BucketPage",
    "Latest",
    "StatPage",
    "Summary",
    "aggregation_of",
    "auto_step",
    "bucket_page",
    "latest_values",
    "series",
    "sparklines",
    "stat_page",
    "stats_of",
    "summary",
]

MAX_BINS = 11_000
"""Bins that one series may have: a week of minutes, or more than a year of hours."""

_MAX_ROWS = 60 * MAX_BINS
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_HOUR, _DAY = 3600, 86_400
_STEPS = (
    60, 300, 900, 1800,
    _HOUR, 3 * _HOUR, 6 * _HOUR, 12 * _HOUR,
    _DAY, 7 * _DAY, 28 * _DAY, 91 * _DAY, 364 * _DAY,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Bin:
    """What a stat received from `start` on, for one step. `count` 0: no data, which is not 0.

    `sum` and `sum_squares` are infinite where a float cannot hold them.
    """

    start: datetime
    count: int = 0
    sum: float = 0.0
    min: float | None = None
    max: float | None = None
    sum_squares: float = 0.0

    @property
    def mean(self) -> float | None:
        return self.sum / self.count if self.count else None

    @property
    def spread(self) -> float | None:
        """The population standard deviation; None without data, or if it cannot be known."""
        return _spread(self.count, self.sum, self.sum_squares)


@dataclass(frozen=True, slots=True)
class Summary:
    """A stretch of time in one line. `latest` is what the last bin with data shows."""

    count: int
    sum: float
    mean: float | None
    min: float | None
    max: float | None
    spread: float | None
    latest: float | None
    latest_at: datetime | None


@dataclass(frozen=True, slots=True)
class Latest:
    """What a stat's newest minute shows: its sum for a counter, its mean for a value."""

    at: datetime
    value: float | None


@dataclass(frozen=True, slots=True)
class StatPage:
    """A page of a project's stats in the order of their names.

    `after` and `before` are the names to pass on for the next and the previous page; None where
    there is none.
    """

    stats: list[Stat]
    after: str | None
    before: str | None


@dataclass(frozen=True, slots=True)
class BucketPage:
    """Some of a stat's buckets, newest first. `older` is the `before` of the next page."""

    bins: list[Bin]
    older: datetime | None


def _spread(count: int, total: float, sum_squares: float) -> float | None:
    if not count or not math.isfinite(sum_squares):
        return None
    mean = total / count
    # The difference of two nearly equal numbers may come out a little below zero.
    variance = max(sum_squares / count - mean * mean, 0.0)
    return math.sqrt(variance) if math.isfinite(mean * mean) else None


def _when_any(read: Callable[[Bin], float | None]) -> Callable[[Bin], float | None]:
    def finite(bin_: Bin) -> float | None:
        value = read(bin_) if bin_.count else None
        return value if value is not None and math.isfinite(value) else None

    return finite


AGGREGATIONS: dict[str, Callable[[Bin], float | None]] = {
    "sum": _when_any(lambda bin_: bin_.sum),
    "mean": _when_any(lambda bin_: bin_.mean),
    "count": lambda bin_: bin_.count,
    "min": _when_any(lambda bin_: bin_.min),
    "max": _when_any(lambda bin_: bin_.max),
    "spread": _when_any(lambda bin_: bin_.spread),
}
"""By name, what can be shown of a bin: a finite number, or None where there is no data."""


def aggregation_of(kind: int) -> str:
    """The name of what a stat of this kind shows: a counter its sum, a value its mean."""
    return "sum" if kind == Stat.Kind.COUNTER else "mean"


def auto_step(since: datetime, until: datetime, target: int = 400) -> int:
    """The shortest usual step, in seconds, that divides the time into at most `target` bins."""
    seconds = (until - since).total_seconds()
    return next((step for step in _STEPS if seconds <= step * target), _STEPS[-1])


def series(*, stat: Stat, since: datetime, until: datetime, step: int) -> list[Bin]:
    """The bins of `step` seconds that cover [`since`, `until`), oldest first, none left out.

    Bins begin at multiples of `step` since 1970 (UTC) and are whole: `since` is rounded down to
    such a border, and `until` up. ValueError, with a message for people, if that cannot be done.
    """
    buckets = _coarsest(step)
    try:
        stride = timedelta(seconds=step)
        begin = _EPOCH + (since - _EPOCH) // stride * stride
        size = -((begin - until) // stride)
        end = begin + size * stride
    except OverflowError:
        raise ValueError("That time is too far away.") from None
    if until <= since:
        raise ValueError("The end must be after the beginning.")
    if size > MAX_BINS:
        raise ValueError(f"That would be {size:,} steps of at most {MAX_BINS:,}: take longer ones.")
    if size * step // buckets.seconds > _MAX_ROWS:
        raise ValueError("That is too much: take a step of whole hours, or better of whole days.")
    bins = [Bin(begin + index * stride) for index in range(size)]
    most = size * step // buckets.seconds
    with connection.cursor() as cursor:
        cursor.execute(
            _SERIES[buckets],
            [begin.timestamp(), step, stat.project_id, stat.pk, begin, end, most],
        )
        for index, *row in cursor.fetchall():
            bins[index] = Bin(bins[index].start, *row)
    return bins


def _coarsest(step: int) -> type[MinuteBucket] | type[HourBucket] | type[DayBucket]:
    for buckets in reversed(RESOLUTIONS):
        if step > 0 and step % buckets.seconds == 0:
            return buckets
    raise ValueError("A step must be a whole number of minutes.")


# Where a bucket's sum is near the end of what a float can hold it counts as infinite, because
# PostgreSQL refuses to add two finite floats to an infinite one.
_TOTAL = "sum(CASE WHEN abs({0}) < 1e300 THEN {0} ELSE sign({0}) * float8 'Infinity' END)"
# The limit takes no row away. It tells the planner how few there are, who else takes a busy stat
# that was busy in this time for very much, and reads the whole table.
_SERIES = {
    buckets: f"""
    SELECT (date_part('epoch', start)::bigint - %s::bigint) / %s AS bin,
           sum(count)::bigint, {_TOTAL.format("sum")}, min(min), max(max),
           {_TOTAL.format("sum_squares")}
      FROM (SELECT start, count, sum, min, max, sum_squares
              FROM {buckets._meta.db_table}
             WHERE project_id = %s AND stat_id = %s AND start >= %s AND start < %s
             ORDER BY start
             LIMIT %s) AS bucket
     GROUP BY bin
    """
    for buckets in RESOLUTIONS
}


def summary(bins: Sequence[Bin], kind: int) -> Summary:
    """All bins of a series in one."""
    filled = [bin_ for bin_ in bins if bin_.count]
    count = sum(bin_.count for bin_ in filled)
    total = sum(bin_.sum for bin_ in filled)
    last = filled[-1] if filled else None
    return Summary(
        count=count,
        sum=total,
        mean=total / count if count else None,
        min=min((bin_.min for bin_ in filled if bin_.min is not None), default=None),
        max=max((bin_.max for bin_ in filled if bin_.max is not None), default=None),
        spread=_spread(count, total, sum(bin_.sum_squares for bin_ in filled)),
        latest=AGGREGATIONS[aggregation_of(kind)](last) if last else None,
        latest_at=last.start if last else None,
    )


def latest_values(stats: Sequence[Stat]) -> dict[int, Latest]:
    """By the id of each of these stats of one project, its newest minute, if it has any.

    One query, which reads one row per stat from the end of its part of the primary key.
    """
    if not stats:
        return {}
    shows = {stat.pk: AGGREGATIONS[aggregation_of(stat.kind)] for stat in stats}
    with connection.cursor() as cursor:
        cursor.execute(_LATEST, [list(shows), _project_of(stats)])
        return {
            stat_id: Latest(at=row[0], value=shows[stat_id](Bin(*row)))
            for stat_id, *row in cursor.fetchall()
        }


_LATEST = f"""
    SELECT wanted.id, newest.*
      FROM unnest(%s::bigint[]) AS wanted (id)
     CROSS JOIN LATERAL (
           SELECT start, count, sum, min, max, sum_squares
             FROM {MinuteBucket._meta.db_table}
            WHERE project_id = %s AND stat_id = wanted.id
            ORDER BY start DESC
            LIMIT 1
           ) AS newest
    """


def sparklines(
    stats: Sequence[Stat], *, hours: int = 24, until: datetime | None = None
) -> dict[int, list[float | None]]:
    """By the id of each of these stats of one project, what its last `hours` showed, oldest first.

    The last of them is the hour of `until` (now, if not given). None: no data. One query.
    """
    if not stats:
        return {}
    hour = timedelta(hours=1)
    end = _EPOCH + ((until or now()) - _EPOCH) // hour * hour + hour
    begin = end - hours * hour
    lines: dict[int, list[float | None]] = {stat.pk: [None] * hours for stat in stats}
    shows = {stat.pk: AGGREGATIONS[aggregation_of(stat.kind)] for stat in stats}
    with connection.cursor() as cursor:
        cursor.execute(_SPARKLINES, [begin, list(lines), _project_of(stats), begin, end, hours])
        for stat_id, place, *row in cursor.fetchall():
            lines[stat_id][place] = shows[stat_id](Bin(begin, *row))
    return lines


# Look up each stat, as above, whatever the planner thinks of how many rows there are.
_SPARKLINES = f"""
    SELECT wanted.id, date_part('epoch', bucket.start - %s)::bigint / 3600,
           bucket.count, bucket.sum, bucket.min, bucket.max, bucket.sum_squares
      FROM unnest(%s::bigint[]) AS wanted (id)
     CROSS JOIN LATERAL (
           SELECT start, count, sum, min, max, sum_squares
             FROM {HourBucket._meta.db_table}
            WHERE project_id = %s AND stat_id = wanted.id AND start >= %s AND start < %s
            ORDER BY start
            LIMIT %s
           ) AS bucket
    """


def _project_of(stats: Sequence[Stat]) -> int:
    projects = {stat.project_id for stat in stats}
    if len(projects) != 1:
        raise ValueError("These stats are not of one project.")
    return projects.pop()


def stats_of(
    project: Project,
    *,
    name: str = "",
    kind: int | None = None,
    active_since: datetime | None = None,
    inactive_since: datetime | None = None,
) -> QuerySet[Stat]:
    """The project's stats by name, which is also the order of an index.

    `name`: a part of the name, in any case. `active_since`: received something then or later.
    `inactive_since`: received nothing since then, or never anything.
    """
    stats = Stat.objects.filter(project=project).order_by("name")
    if "\0" in name:  # which PostgreSQL refuses to look for
        return stats.none()
    if name:
        stats = stats.filter(name__icontains=name)
    if kind is not None:
        stats = stats.filter(kind=kind)
    if active_since:
        stats = stats.filter(last_received_at__gte=active_since)
    if inactive_since:
        stats = stats.filter(Q(last_received_at=None) | Q(last_received_at__lt=inactive_since))
    return stats


def stat_page(
    stats: QuerySet[Stat], *, size: int = 50, after: str | None = None, before: str | None = None
) -> StatPage:
    """The page of `stats_of(…)` that follows the name `after`, or that precedes `before`."""
    after, before = (name.replace("\0", "") if name else None for name in (after, before))
    backwards = before is not None
    if before is not None:
        found = list(stats.filter(name__lt=before).order_by("-name")[: size + 1])
    else:
        found = list((stats.filter(name__gt=after) if after else stats)[: size + 1])
    more, page = len(found) > size, found[:size]
    if backwards:
        page.reverse()
    follows, precedes = (True, more) if backwards else (more, bool(after))
    return StatPage(
        stats=page,
        after=page[-1].name if page and follows else None,
        before=page[0].name if page and precedes else None,
    )


def bucket_page(
    *,
    stat: Stat,
    buckets: type[MinuteBucket] | type[HourBucket] | type[DayBucket],
    before: datetime | None = None,
    size: int = 100,
) -> BucketPage:
    """The newest buckets of a stat that begin before `before`, as they are stored."""
    rows = buckets.objects.filter(project_id=stat.project_id, stat_id=stat.pk)
    if before is not None:
        rows = rows.filter(start__lt=before)
    columns = rows.order_by("-start").values_list(
        "start", "count", "sum", "min", "max", "sum_squares"
    )
    found = [Bin(*row) for row in columns[: size + 1]]
    bins = found[:size]
    return BucketPage(bins=bins, older=bins[-1].start if len(found) > size else None)
