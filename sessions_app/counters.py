"""The reads of what Countly's dialect has counted.

Rows come as they are, by ranges of buckets along the primary keys: what a read costs depends on
the buckets that it shows, and not on how much was ever sent.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from django.db import DatabaseError, InterfaceError, connection

from sessions_app.models import Dimension, EventCounter, KnownName, UsageCounter
from sessions_app.usage.documents import EventRow, UsageRow
from sessions_app.usage.periods import Ranges

__all__ = [
    "ALL_BUCKETS",
    "Dimension",
    "EventNames",
    "counted_names",
    "database_answers",
    "event_counters",
    "event_names",
    "event_totals",
    "events_and_segments",
    "first_event",
    "top_values",
    "usage_counters",
]

ALL_BUCKETS: Ranges = []
# Buckets up to here are years.
_LAST_YEAR = 9999
_BY_DAY = frozenset({Dimension.FREQUENCY.value, Dimension.LOYALTY.value})

_USAGE = UsageCounter._meta.db_table
_EVENTS = EventCounter._meta.db_table
_NAMES = KnownName._meta.db_table


def usage_counters(
    project_id: int, dimensions: Sequence[int], ranges: Ranges = ALL_BUCKETS
) -> list[UsageRow]:
    """The counters of these dimensions, in these ranges of buckets or in all."""
    columns = "bucket, value, t, n, u, d, e"
    if not ranges:
        return _rows(
            f"SELECT dimension, {columns} FROM {_USAGE}"
            " WHERE project_id = %s AND dimension = ANY(%s)",
            [project_id, _numbers(dimensions)],
        )
    # Each range of each dimension for itself: else the planner may look through all buckets.
    return _rows(
        f"""
        SELECT i.dimension, c.* FROM unnest(%s::int2[]) AS i(dimension)
         CROSS JOIN unnest(%s::int[], %s::int[]) AS r(low, high)
         CROSS JOIN LATERAL (SELECT {columns} FROM {_USAGE}
                              WHERE project_id = %s AND dimension = i.dimension
                                AND bucket BETWEEN r.low AND r.high OFFSET 0) c
        """,
        [_numbers(dimensions), *_columns(ranges), project_id],
    )


def counted_names(
    project_id: int, dimensions: Sequence[int], years: tuple[int, int] = (0, _LAST_YEAR)
) -> list[tuple[int, str, bool]]:
    """What was counted in any year, or in these: dimension, value, and whether it is a known name.

    In the order in which the names were first seen. Of frequency and loyalty all that were ever
    seen: what a user was on a day, they need not have been in the year.
    """
    by_day = [int(each) for each in dimensions if each in _BY_DAY]
    return _rows(
        f"""
        SELECT dimension, value, place IS NOT NULL
          FROM (SELECT c.dimension, c.value, k.place
                  FROM (SELECT DISTINCT dimension, value FROM {_USAGE}
                         WHERE project_id = %s AND dimension = ANY(%s) AND bucket BETWEEN %s AND %s
                           AND (t <> 0 OR n <> 0 OR u <> 0 OR d <> 0 OR e <> 0)) c
                  LEFT JOIN {_NAMES} k ON k.project_id = %s AND k.dimension = c.dimension
                                      AND k.event = '' AND k.segment = '' AND k.value = c.value
                 UNION
                SELECT dimension, value, place FROM {_NAMES}
                 WHERE project_id = %s AND dimension = ANY(%s)) names
         ORDER BY place, value
        """,
        [project_id, _numbers(dimensions), *years, project_id, project_id, by_day],
    )


def top_values(
    project_id: int, dimensions: Sequence[int], stretches: Ranges
) -> list[tuple[Any, ...]]:
    """The sessions of each value in stretches of days: dimension, value, and a number for each.

    In the order in which the values were first seen.
    """
    sums = ", ".join(["sum(t) FILTER (WHERE bucket BETWEEN %s AND %s)::int8"] * len(stretches))
    low, high = (pick(ends) for pick, ends in zip((min, max), _columns(stretches), strict=True))
    return _rows(
        f"""
        SELECT c.*
          FROM (SELECT dimension, value, {sums} FROM {_USAGE}
                 WHERE project_id = %s AND dimension = ANY(%s) AND bucket BETWEEN %s AND %s
                 GROUP BY dimension, value) c
          LEFT JOIN {_NAMES} k ON k.project_id = %s AND k.dimension = c.dimension
                              AND k.event = '' AND k.segment = '' AND k.value = c.value
         ORDER BY k.place, c.value
        """,
        [
            *(end for stretch in stretches for end in stretch),
            *(project_id, _numbers(dimensions), low, high, project_id),
        ],
    )


# Events


class EventNames(NamedTuple):
    """The segments of an event, each with its values, in the order in which they were first seen.

    `is_known`: there is such an event.
    """

    is_known: bool
    segments: dict[str, list[str]]


def first_event(project_id: int) -> str:
    """The event that was seen first; empty if there is none."""
    rows = _rows(
        f"SELECT event FROM {_NAMES} WHERE project_id = %s AND dimension = %s"
        " ORDER BY place LIMIT 1",
        [project_id, Dimension.EVENT.value],
    )
    return str(rows[0][0]) if rows else ""


def events_and_segments(project_id: int) -> tuple[list[str], dict[str, list[str]]]:
    """All events, and the segments of those that have any."""
    events: list[str] = []
    segments: dict[str, list[str]] = {}
    rows = _rows(
        f"SELECT dimension, event, segment FROM {_NAMES}"
        " WHERE project_id = %s AND dimension = ANY(%s) ORDER BY place",
        [project_id, [Dimension.EVENT.value, Dimension.SEGMENT.value]],
    )
    for dimension, event, segment in rows:
        if dimension == Dimension.EVENT:
            events.append(event)
        else:
            segments.setdefault(event, []).append(segment)
    return events, segments


def event_names(project_id: int, event: str) -> EventNames:
    """Of one event."""
    is_known = False
    segments: dict[str, list[str]] = {}
    rows = _rows(
        f"SELECT dimension, segment, value FROM {_NAMES}"
        " WHERE project_id = %s AND dimension = ANY(%s) AND event = %s ORDER BY place",
        [
            project_id,
            [Dimension.EVENT.value, Dimension.SEGMENT.value, Dimension.SEGMENT_VALUE.value],
            event,
        ],
    )
    for dimension, segment, value in rows:
        if dimension == Dimension.EVENT:
            is_known = True
        else:
            values = segments.setdefault(segment, [])
            if dimension == Dimension.SEGMENT_VALUE:
                values.append(value)
    return EventNames(is_known, segments)


def event_counters(
    project_id: int, event: str, segments: Sequence[str], ranges: Ranges = ALL_BUCKETS
) -> dict[str, list[EventRow]]:
    """The counters of an event by segment (empty: in all), in these ranges of buckets or in all."""
    columns = "bucket, value, c, s, dur"
    if ranges:
        rows = _rows(
            f"""
            SELECT i.segment, c.* FROM unnest(%s::text[]) AS i(segment)
             CROSS JOIN unnest(%s::int[], %s::int[]) AS r(low, high)
             CROSS JOIN LATERAL (SELECT {columns} FROM {_EVENTS}
                                  WHERE project_id = %s AND event = %s AND segment = i.segment
                                    AND bucket BETWEEN r.low AND r.high OFFSET 0) c
            """,
            [list(segments), *_columns(ranges), project_id, event],
        )
    else:
        rows = _rows(
            f"SELECT segment, {columns} FROM {_EVENTS}"
            " WHERE project_id = %s AND event = %s AND segment = ANY(%s)",
            [project_id, event, list(segments)],
        )
    found: dict[str, list[EventRow]] = {segment: [] for segment in segments}
    for segment, *row in rows:
        found[segment].append(tuple(row))
    return found


def event_totals(
    project_id: int, events: Sequence[str], ranges: Ranges = ALL_BUCKETS
) -> list[tuple[Any, ...]]:
    """What was counted of some events in all: event, bucket, value, c, s, dur."""
    columns = "bucket, value, c, s, dur"
    return _rows(
        f"""
        SELECT i.event, c.* FROM unnest(%s::text[]) AS i(event)
         CROSS JOIN unnest(%s::int[], %s::int[]) AS r(low, high)
         CROSS JOIN LATERAL (SELECT {columns} FROM {_EVENTS}
                              WHERE project_id = %s AND event = i.event AND segment = ''
                                AND bucket BETWEEN r.low AND r.high OFFSET 0) c
        """,
        [list(events), *_columns(ranges or [(0, 2**31 - 1)]), project_id],
    )


def database_answers() -> bool:
    try:
        _rows("SELECT 1", [])
    except (DatabaseError, InterfaceError):
        return False
    return True


def _numbers(dimensions: Sequence[int]) -> list[int]:
    return [int(dimension) for dimension in dimensions]


def _columns(ranges: Ranges) -> list[list[int]]:
    return [[low for low, _ in ranges], [high for _, high in ranges]]


def _rows(statement: str, values: Sequence[Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        rows: list[Any] = cursor.fetchall()
    return rows
