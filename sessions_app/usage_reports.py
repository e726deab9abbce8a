"""What an app's pages and the native API read: counters of periods, never sessions or events.

Sums are made by the database, of the few buckets that a period is put together of; what a read
costs depends on the values that were counted in them, and not on how much was ever sent.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from sessions_app.models import Dimension, UsageCounter
from sessions_app.usage.report import Part, Period, Step, Unit, are_users_exact, steps_of
from sessions_app.usage.words import METRICS, RANGES, label_of
from telemetry.models import Project

__all__ = [
    "AppReport",
    "Point",
    "Ranked",
    "Ranking",
    "Totals",
    "app_report",
    "has_usage",
    "rankings",
    "usage_series",
    "value_series",
]

_USAGE = UsageCounter._meta.db_table
_NOW, _BEFORE, _STEPS = 0, 1, 2
_NOTHING = (0, 0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Totals:
    """What was counted in some time. `is_exact`: nobody is counted twice among the users."""

    sessions: int = 0
    new: int = 0
    users: int = 0
    seconds: int = 0
    requests: int = 0
    is_exact: bool = True

    @property
    def returning(self) -> int:
        return max(0, self.users - self.new)

    @property
    def seconds_per_session(self) -> float:
        return self.seconds / self.sessions if self.sessions else 0.0

    @property
    def sessions_per_user(self) -> float:
        return self.sessions / self.users if self.users else 0.0


@dataclass(frozen=True, slots=True)
class Point:
    step: Step
    totals: Totals


@dataclass(frozen=True, slots=True)
class Ranked:
    """A value of a dimension, with what was counted of it, and its part of all in per cent."""

    value: str
    label: str
    totals: Totals
    before: Totals
    share: float


@dataclass(frozen=True, slots=True)
class Ranking:
    """The values with most sessions. `all`, `all_before` and `count` are of all values.

    Of ranges `all` are all that were counted, and the values are in their own order.
    """

    dimension: Dimension
    rows: list[Ranked]
    count: int
    all: int
    all_before: int

    @property
    def others(self) -> int:
        """Sessions of those that are not in `rows`."""
        return max(0, self.all - sum(row.totals.sessions for row in self.rows))

    @property
    def others_share(self) -> float:
        return 100 * self.others / self.all if self.all else 0.0

    @property
    def others_count(self) -> int:
        return max(0, self.count - len(self.rows))


@dataclass(frozen=True, slots=True)
class AppReport:
    """An app in a period and before it. `before_points` has what is a whole period earlier."""

    totals: Totals
    before: Totals
    points: list[Point]
    before_points: list[Point]
    ranges: list[Ranking]


def has_usage(project: Project) -> bool:
    """Whether anything was ever counted."""
    years = UsageCounter.objects.filter(
        project=project, dimension=Dimension.SESSIONS, bucket__lt=10_000
    )
    return years.exists()


def app_report(project: Project, period: Period, unit: Unit | None = None) -> AppReport:
    """Two queries."""
    unit = unit or period.unit
    steps, before_steps = steps_of(period, unit), steps_of(period.before, unit)
    groups = [period.parts(), period.before.parts()]
    groups += [step.parts() for step in (*steps, *before_steps)]
    found = _sums(project, [Dimension.SESSIONS], groups)
    totals = [
        _totals(found.get((Dimension.SESSIONS, "", index)), parts)
        for index, parts in enumerate(groups)
    ]
    after = _STEPS + len(steps)
    return AppReport(
        totals=totals[_NOW],
        before=totals[_BEFORE],
        points=list(map(Point, steps, totals[_STEPS:after])),
        before_points=list(map(Point, before_steps, totals[after:])),
        ranges=rankings(project, period, list(RANGES)),
    )


def usage_series(
    project: Project, period: Period, unit: Unit, dimension: Dimension, value: str
) -> tuple[Totals, list[Point]]:
    """What was counted of one value. One query."""
    steps = steps_of(period, unit)
    groups = [period.parts(), *(step.parts() for step in steps)]
    found = _sums(project, [dimension], groups, values=[value])
    totals = [
        _totals(found.get((dimension, value, index)), parts) for index, parts in enumerate(groups)
    ]
    return totals[0], list(map(Point, steps, totals[1:]))


# By values


def rankings(
    project: Project,
    period: Period,
    dimensions: Sequence[Dimension] = tuple(METRICS.values()),
    limit: int = 20,
) -> list[Ranking]:
    """The first values of each dimension, by their sessions in the period. One query."""
    groups = [period.parts(), period.before.parts()]
    exact = [are_users_exact(parts) for parts in groups]
    found: dict[int, list[Any]] = {dimension: [] for dimension in dimensions}
    for dimension, *row in _ranked(project, dimensions, groups, limit):
        found[dimension].append(row)
    return [_ranking(dimension, found[dimension], exact) for dimension in dimensions]


def _ranking(dimension: Dimension, rows: list[Any], exact: Sequence[bool]) -> Ranking:
    if dimension in RANGES:
        return _ranges(dimension, {row[0]: row for row in rows}, exact)
    count, total, before = rows[0][7:10] if rows else (0, 0, 0)
    return Ranking(
        dimension,
        [
            Ranked(
                value=value,
                label=label_of(dimension, value),
                totals=Totals(t, n, u, is_exact=exact[_NOW]),
                before=Totals(t_before, n_before, u_before, is_exact=exact[_BEFORE]),
                share=100 * t / total if total else 0.0,
            )
            for value, t, n, u, t_before, n_before, u_before, *_ in rows
        ],
        count=count,
        all=total,
        all_before=before,
    )


def _ranges(dimension: Dimension, rows: dict[str, Any], exact: Sequence[bool]) -> Ranking:
    """All ranges that there are, in their order. They are counted as users are."""
    known = [str(index) for index in range(len(RANGES[dimension]))]
    now = {value: row[3] for value, row in rows.items()}
    before = {value: row[6] for value, row in rows.items()}
    total = sum(now.values())
    return Ranking(
        dimension,
        [
            Ranked(
                value=value,
                label=label_of(dimension, value),
                totals=Totals(now.get(value, 0), is_exact=exact[_NOW]),
                before=Totals(before.get(value, 0), is_exact=exact[_BEFORE]),
                share=100 * now.get(value, 0) / total if total else 0.0,
            )
            for value in known
        ],
        count=len(known),
        all=total,
        all_before=sum(before.values()),
    )


def value_series(
    project: Project, period: Period, unit: Unit, dimension: Dimension, values: Sequence[str]
) -> tuple[list[Step], dict[str, list[int]]]:
    """The sessions of some values, step by step. One query.

    By the day or the month: hours are not counted by values.
    """
    steps = steps_of(period, unit)
    found = _sums(project, [dimension], [step.parts() for step in steps], values=values)
    return steps, {
        value: [
            _totals(found.get((dimension, value, index)), []).sessions
            for index in range(len(steps))
        ]
        for value in values
    }


# Sums of parts


def _totals(row: Sequence[int] | None, parts: Sequence[Part]) -> Totals:
    sessions, new, users, seconds, requests = row or _NOTHING
    return Totals(sessions, new, users, seconds, requests, are_users_exact(parts))


# Each bucket of each dimension is looked up for itself: else the planner may look through all.
_ROWS = f"""
  FROM unnest(%s::int4[], %s::int4[], %s::int4[], %s::bool[], %s::int2[])
           AS p(period, bucket, piece, adds, users_as)
 CROSS JOIN unnest(%s::int2[]) AS i(dimension)
 CROSS JOIN LATERAL (SELECT value, t, n, d, e,
                            CASE WHEN r.is_range THEN t ELSE u END AS u, r.is_range
                       FROM {_USAGE}, (SELECT i.dimension = ANY(%s) AS is_range) r
                      WHERE project_id = %s AND dimension = i.dimension AND bucket = p.bucket
                        AND (%s::text[] IS NULL OR value = ANY(%s)) OFFSET 0) c
"""
# Users of a piece: of the one bucket that it is, or of a part of a week. Pieces that are all one
# bucket have none of the others.
# Who is in a range is so when they first come in each bucket, and may be in others later: so of
# ranges nothing can be bounded by a larger bucket, but whole weeks and months are taken as such.
_PIECES = f"""
SELECT i.dimension, c.value, p.period,
       coalesce(sum(c.t) FILTER (WHERE p.adds), 0) AS t,
       coalesce(sum(c.n) FILTER (WHERE p.adds), 0) AS n,
       coalesce(sum(c.d) FILTER (WHERE p.adds), 0) AS d,
       coalesce(sum(c.e) FILTER (WHERE p.adds), 0) AS e,
       coalesce(sum(c.u) FILTER (WHERE p.users_as = 1), 0)
       + least(sum(c.u) FILTER (WHERE p.users_as = 2 AND NOT c.is_range),
               coalesce(sum(c.u) FILTER (WHERE p.users_as = 3), 0)) AS u,
       sum(c.u) FILTER (WHERE p.users_as = 4 AND NOT c.is_range) AS u_months,
       sum(c.u) FILTER (WHERE p.users_as = 5 AND NOT c.is_range) AS u_years
{_ROWS}
 GROUP BY i.dimension, c.value, p.period, p.piece
"""
_PERIODS = f"""
SELECT dimension, value, period, sum(t)::int8 AS t, sum(n)::int8 AS n,
       least(sum(u), sum(u_months), sum(u_years))::int8 AS u, sum(d)::int8 AS d, sum(e)::int8 AS e
  FROM ({_PIECES}) AS pieces
 GROUP BY dimension, value, period
"""
_RANKED = f"""
SELECT dimension, value, t, n, u, t_before, n_before, u_before, count, all_t, all_before
  FROM (SELECT v.*,
               row_number() OVER (PARTITION BY dimension ORDER BY t DESC, u DESC, value) AS place,
               count(*) FILTER (WHERE t > 0 OR u > 0) OVER (PARTITION BY dimension) AS count,
               (sum(t) OVER (PARTITION BY dimension))::int8 AS all_t,
               (sum(t_before) OVER (PARTITION BY dimension))::int8 AS all_before
          FROM (SELECT dimension, value,
                       coalesce(sum(t) FILTER (WHERE period = 0), 0)::int8 AS t,
                       coalesce(sum(n) FILTER (WHERE period = 0), 0)::int8 AS n,
                       coalesce(sum(u) FILTER (WHERE period = 0), 0)::int8 AS u,
                       coalesce(sum(t) FILTER (WHERE period = 1), 0)::int8 AS t_before,
                       coalesce(sum(n) FILTER (WHERE period = 1), 0)::int8 AS n_before,
                       coalesce(sum(u) FILTER (WHERE period = 1), 0)::int8 AS u_before
                  FROM ({_PERIODS}) AS periods
                 GROUP BY dimension, value) AS v
       ) AS ranked
 WHERE place <= %s AND (t > 0 OR u > 0 OR dimension = ANY(%s))
 ORDER BY dimension, place
"""


def _arguments(
    project: Project,
    dimensions: Iterable[Dimension],
    groups: Sequence[Sequence[Part]],
    values: Sequence[str] | None,
) -> list[Any]:
    parts = [(index, *part) for index, group in enumerate(groups) for part in group]
    columns = [list(column) for column in zip(*parts, strict=True)] or [[], [], [], [], []]
    wanted = None if values is None else list(values)
    ranges = [int(dimension) for dimension in RANGES]
    numbers = [int(dimension) for dimension in dimensions]
    return [*columns, numbers, ranges, project.pk, wanted, wanted]


def _sums(
    project: Project,
    dimensions: Iterable[Dimension],
    groups: Sequence[Sequence[Part]],
    values: Sequence[str] | None = None,
) -> dict[tuple[int, str, int], tuple[int, ...]]:
    """By dimension, value and place of a group of parts: t, n, u, d, e."""
    rows = _rows(_PERIODS, _arguments(project, dimensions, groups, values))
    return {(dimension, value, group): tuple(sums) for dimension, value, group, *sums in rows}


def _ranked(
    project: Project,
    dimensions: Sequence[Dimension],
    groups: Sequence[Sequence[Part]],
    limit: int,
) -> list[Any]:
    ranges = [int(dimension) for dimension in RANGES]
    return _rows(_RANKED, [*_arguments(project, dimensions, groups, None), limit, ranges])


def _rows(statement: str, values: Sequence[Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())
