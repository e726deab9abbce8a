"""What the pages and the native API read of counted events: how often, and what they sum up to.

As ``usage_reports``: only counters of the buckets that a period is put together of are read.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from sessions_app.models import Dimension, EventCounter, KnownName
from sessions_app.usage.report import Part, Period, Step, Unit, steps_of
from sessions_app.usage.words import dotted
from telemetry.models import Project

__all__ = [
    "EventReport",
    "EventRow",
    "EventTotals",
    "SegmentRanking",
    "SegmentRow",
    "event_report",
    "event_rows",
    "event_steps",
    "knows_event",
    "segment_ranking",
    "segment_series",
    "segments_of",
]

MOST_EVENTS = 1000
"""As many are listed; the server counts no more than half as many of a project."""
MOST_SEGMENTS = 200

_EVENTS = EventCounter._meta.db_table
_NAMES = KnownName._meta.db_table
_NOW, _BEFORE, _STEPS = 0, 1, 2


@dataclass(frozen=True, slots=True)
class EventTotals:
    """How often something happened, and what it sums up to: as told, and in seconds."""

    count: float = 0.0
    sum: float = 0.0
    seconds: float = 0.0

    @property
    def average(self) -> float:
        return self.sum / self.count if self.count else 0.0


@dataclass(frozen=True, slots=True)
class EventRow:
    """An event in a list; `share` of the counts of all, in per cent."""

    event: str
    totals: EventTotals
    before: EventTotals
    share: float


@dataclass(frozen=True, slots=True)
class EventReport:
    """An event, or a value of one of its segments, in a period and before it, and by steps."""

    totals: EventTotals
    before: EventTotals
    steps: list[Step]
    points: list[EventTotals]
    before_points: list[EventTotals]


@dataclass(frozen=True, slots=True)
class SegmentRow:
    """A value of a segment; `share` of the counts of all values, in per cent."""

    value: str
    label: str
    totals: EventTotals
    before: EventTotals
    share: float


@dataclass(frozen=True, slots=True)
class SegmentRanking:
    """The values that were counted most; `count` and `all` are of all values."""

    rows: list[SegmentRow]
    count: int
    all: float

    @property
    def others(self) -> float:
        return max(0.0, self.all - sum(row.totals.count for row in self.rows))

    @property
    def others_share(self) -> float:
        return 100 * self.others / self.all if self.all else 0.0

    @property
    def others_count(self) -> int:
        return max(0, self.count - len(self.rows))


# Names, in the order in which they were first seen


def knows_event(project: Project, event: str) -> bool:
    """Whether it was ever counted."""
    return bool(_names(project, Dimension.EVENT, event=event).exists())


def segments_of(project: Project, event: str) -> list[str]:
    """What the event can be split by."""
    names = _names(project, Dimension.SEGMENT, event=event).order_by("place")
    return list(names.values_list("segment", flat=True)[:MOST_SEGMENTS])


def _names(project: Project, dimension: Dimension, event: str) -> Any:
    # What no client can have sent, the database would refuse to look for.
    if "\0" in event:
        return KnownName.objects.none()
    return KnownName.objects.filter(project=project, dimension=dimension, event=event)


# Counters


def event_rows(project: Project, period: Period) -> list[EventRow]:
    """The events that were counted in the period or before it, the most frequent first.

    One query.
    """
    groups = [_plain(period.parts()), _plain(period.before.parts())]
    found: dict[str, dict[int, EventTotals]] = {}
    values = [*_columns(groups), project.pk, Dimension.EVENT.value, MOST_EVENTS, project.pk]
    for event, group, *numbers in _rows(_LIST, values):
        found.setdefault(event, {})[group] = EventTotals(*numbers)
    total = sum(each[_NOW].count for each in found.values() if _NOW in each)
    rows = [
        EventRow(
            event=event,
            totals=each.get(_NOW, EventTotals()),
            before=each.get(_BEFORE, EventTotals()),
            share=100 * each[_NOW].count / total if _NOW in each and total else 0.0,
        )
        for event, each in found.items()
    ]
    return sorted(rows, key=lambda row: (-row.totals.count, -row.before.count, row.event))


def event_steps(
    project: Project, events: Sequence[str], steps: Sequence[Step]
) -> dict[str, list[float]]:
    """How often each of these events was counted, step by step. One query."""
    groups = [_plain(step.parts()) for step in steps]
    found = {event: [0.0] * len(steps) for event in events}
    for event, group, count in _rows(_SPARKS, [list(events), *_columns(groups), project.pk]):
        found[event][group] = count
    return found


def event_report(
    project: Project,
    period: Period,
    event: str,
    *,
    unit: Unit | None = None,
    segment: str = "",
    value: str = "",
) -> EventReport:
    """Of an event in all, or of one value of a segment, which has no hours. One query."""
    unit = unit or period.unit
    steps, before_steps = steps_of(period, unit), steps_of(period.before, unit)
    groups = [period.parts(), period.before.parts()]
    groups += [step.parts() for step in (*steps, *before_steps)]
    found = _sums(project, event, segment, groups, [value])
    totals = [found.get((value, index), EventTotals()) for index in range(len(groups))]
    after = _STEPS + len(steps)
    return EventReport(
        totals=totals[_NOW],
        before=totals[_BEFORE],
        steps=steps,
        points=totals[_STEPS:after],
        before_points=totals[after:],
    )


def segment_ranking(
    project: Project, period: Period, event: str, segment: str, limit: int = 20
) -> SegmentRanking:
    """The values of a segment that were counted most in the period. One query."""
    groups = [_plain(period.parts()), _plain(period.before.parts())]
    values = [*_columns(groups), project.pk, event, segment, limit]
    rows = _rows(_RANKED, values)
    total = rows[0][8] if rows else 0.0
    return SegmentRanking(
        [
            SegmentRow(
                value=value,
                label=dotted(value),
                totals=EventTotals(*now),
                before=EventTotals(*before),
                share=100 * now[0] / total if total else 0.0,
            )
            for value, *numbers in rows
            for now, before in [(numbers[:3], numbers[3:6])]
        ],
        count=rows[0][7] if rows else 0,
        all=total,
    )


def segment_series(
    project: Project, steps: Sequence[Step], event: str, segment: str, values: Sequence[str]
) -> dict[str, list[float]]:
    """How often some values of a segment were counted, step by step. One query."""
    found = _sums(project, event, segment, [step.parts() for step in steps], values)
    return {
        value: [found.get((value, index), EventTotals()).count for index in range(len(steps))]
        for value in values
    }


def _plain(parts: Sequence[Part]) -> list[int]:
    """The buckets that are summed: events are not counted by the week."""
    return [part.bucket for part in parts if part.adds]


def _sums(
    project: Project,
    event: str,
    segment: str,
    groups: Sequence[Sequence[Part]],
    values: Sequence[str],
) -> dict[tuple[str, int], EventTotals]:
    """By value and the place of a group of parts."""
    columns = _columns([_plain(group) for group in groups])
    rows = _rows(_SUMS, [*columns, list(values), project.pk, event, segment])
    return {(value, group): EventTotals(*numbers) for value, group, *numbers in rows}


def _columns(groups: Sequence[Sequence[int]]) -> list[list[int]]:
    parts = [(index, bucket) for index, buckets in enumerate(groups) for bucket in buckets]
    return [[index for index, _ in parts], [bucket for _, bucket in parts]]


def _rows(statement: str, values: Sequence[Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())


# Each bucket is looked up for itself: else the planner may look through all that an event has.
_PARTS = "unnest(%s::int4[], %s::int4[]) AS p(period, bucket)"
_LIST = f"""
WITH p AS MATERIALIZED (SELECT * FROM {_PARTS})
SELECT i.event, p.period, sum(c.c), sum(c.s), sum(c.dur)
  FROM (SELECT event FROM {_NAMES} WHERE project_id = %s AND dimension = %s LIMIT %s) AS i
 CROSS JOIN p
 CROSS JOIN LATERAL (SELECT c, s, dur FROM {_EVENTS}
                      WHERE project_id = %s AND event = i.event AND segment = ''
                        AND bucket = p.bucket AND value = '' OFFSET 0) c
 GROUP BY i.event, p.period
"""
_SPARKS = f"""
SELECT i.event, p.period, sum(c.c)
  FROM unnest(%s::text[]) AS i(event)
 CROSS JOIN {_PARTS}
 CROSS JOIN LATERAL (SELECT c FROM {_EVENTS}
                      WHERE project_id = %s AND event = i.event AND segment = ''
                        AND bucket = p.bucket AND value = '' OFFSET 0) c
 GROUP BY i.event, p.period
"""
_SUMS = f"""
SELECT i.value, p.period, sum(c.c), sum(c.s), sum(c.dur)
  FROM {_PARTS}
 CROSS JOIN unnest(%s::text[]) AS i(value)
 CROSS JOIN LATERAL (SELECT c, s, dur FROM {_EVENTS}
                      WHERE project_id = %s AND event = %s AND segment = %s
                        AND bucket = p.bucket AND value = i.value OFFSET 0) c
 GROUP BY i.value, p.period
"""
_SUM = "coalesce(sum(c.{column}) FILTER (WHERE p.period = {period}), 0)"
_COLUMNS = ", ".join(
    f"{_SUM.format(column=column, period=period)} AS {column}{period}"
    for period in (_NOW, _BEFORE)
    for column in ("c", "s", "dur")
)
_RANKED = f"""
SELECT value, c0, s0, dur0, c1, s1, dur1, count, total
  FROM (SELECT v.*,
               row_number() OVER (ORDER BY c0 DESC, s0 DESC, value) AS place,
               count(*) FILTER (WHERE c0 <> 0) OVER () AS count,
               sum(c0) OVER () AS total
          FROM (SELECT c.value, {_COLUMNS}
                  FROM {_PARTS}
                 CROSS JOIN LATERAL (SELECT value, c, s, dur FROM {_EVENTS}
                                      WHERE project_id = %s AND event = %s AND segment = %s
                                        AND bucket = p.bucket OFFSET 0) c
                 GROUP BY c.value) AS v
       ) AS ranked
 WHERE place <= %s AND c0 <> 0
 ORDER BY place
"""
