"""The names that are counted under: how many there may be, and which of a batch are too many.

Names are made up by clients. Without a limit one that puts a number or a time into them would make
documents, which hold them all, grow without end.
"""

import time
from collections.abc import Iterable, Sequence
from typing import Any

from sessions_app.models.usage import Dimension
from sessions_app.usage.state import Changes, Name
from telemetry.store import Batch

__all__ = ["LIMITS", "is_lost", "refuse_too_many", "words_of"]

_EVENT, _SEGMENT, _VALUE = (
    int(Dimension.EVENT),
    int(Dimension.SEGMENT),
    int(Dimension.SEGMENT_VALUE),
)
LIMITS = {_EVENT: 500, _SEGMENT: 100, _VALUE: 1000}
"""Keys of a project's events, segments of an event, values of a segment."""
_MOST_VALUES = 10_000
"""Of devices, carriers and so on."""
# An arbitrary number of ours: whoever holds this advisory lock makes names of a project.
_MAKING = 730_211

# project, dimension, event, segment
Parent = tuple[int, int, str, str]

_COLUMNS = "%b::int8[], %b::int2[], %b::text[], %b::text[], %b::text[]"
_IS_KNOWN = f"""
SELECT i.place - 1
  FROM unnest({_COLUMNS}) WITH ORDINALITY AS i(project_id, dimension, event, segment, value, place)
 CROSS JOIN LATERAL (SELECT FROM sessions_app_knownname
                      WHERE project_id = i.project_id AND dimension = i.dimension
                        AND event = i.event AND segment = i.segment AND value = i.value OFFSET 0) k
""".encode()
_LOCK = b"SELECT pg_advisory_xact_lock((%b::int8 << 32) + i.id) FROM unnest(%b::int8[]) AS i(id)"
_MAKE = f"""
INSERT INTO sessions_app_knownname (project_id, dimension, event, segment, value, place)
SELECT * FROM unnest({_COLUMNS}, %b::int8[]) ON CONFLICT DO NOTHING
""".encode()


def _count_of(*equal: str) -> bytes:
    """How many names there are of each parent. By all of the index's columns that are given."""
    also = "".join(f" AND {column} = i.{column}" for column in equal)
    return f"""
SELECT k.count
  FROM unnest(%b::int8[], %b::int2[], %b::text[], %b::text[]) WITH ORDINALITY
       AS i(project_id, dimension, event, segment, place)
 CROSS JOIN LATERAL (SELECT count(*) FROM sessions_app_knownname
                      WHERE project_id = i.project_id AND dimension = i.dimension{also}) k
 ORDER BY i.place
""".encode()


_COUNT = _count_of()
_COUNTS = {_SEGMENT: _count_of("event"), _VALUE: _count_of("event", "segment")}


def refuse_too_many(batch: Batch, changes: Changes) -> set[Name]:
    """Make the names that are new. Those that are too many are not counted, and are returned."""
    names = list(changes.names)
    known = {place for (place,) in batch.execute(_IS_KNOWN, _transposed(names))}
    if len(known) == len(names):
        return set()
    missing = [name for place, name in enumerate(names) if place not in known]
    batch.execute(_LOCK, [_MAKING, sorted({name[0] for name in missing})])
    # Another process may have made some until it let go of the lock.
    known = {place for (place,) in batch.execute(_IS_KNOWN, _transposed(missing))}
    missing = [name for place, name in enumerate(missing) if place not in known]
    wanted, refused = _within_limits(batch, missing)
    if wanted:
        began = time.time_ns() // 1000
        places = [began + place for place in range(len(wanted))]
        in_order = sorted(zip(wanted, places, strict=True))
        columns = _transposed([name for name, _ in in_order])
        batch.run(_MAKE, [*columns, [place for _, place in in_order]])
    if refused:
        _forget(changes, refused)
    return refused


def _within_limits(batch: Batch, missing: Sequence[Name]) -> tuple[list[Name], set[Name]]:
    counts = _counts(batch, {_parent(name) for name in missing})
    wanted: list[Name] = []
    refused: set[Name] = set()
    for name in missing:
        limit = LIMITS.get(name[1], _MOST_VALUES)
        if is_lost(name, refused) or counts[_parent(name)] >= limit:
            refused.add(name)
        else:
            counts[_parent(name)] += 1
            wanted.append(name)
    return wanted, refused


def is_lost(name: Name, refused: set[Name]) -> bool:
    """Whether a name is refused because its event or its segment is."""
    project, dimension, event, segment, _ = name
    if dimension not in {_SEGMENT, _VALUE}:
        return False
    is_of_lost_segment = dimension == _VALUE and (project, _SEGMENT, event, segment, "") in refused
    return is_of_lost_segment or (project, _EVENT, event, "", "") in refused


def _counts(batch: Batch, parents: set[Parent]) -> dict[Parent, int]:
    counts = {}
    for dimension in sorted({parent[1] for parent in parents}):
        group = [parent for parent in parents if parent[1] == dimension]
        columns = [[parent[place] for parent in group] for place in range(4)]
        found = batch.execute(_COUNTS.get(dimension, _COUNT), columns)
        counts.update({parent: count for parent, (count,) in zip(group, found, strict=True)})
    return counts


def _parent(name: Name) -> Parent:
    """What the limit is for: a project's events, an event's segments, a segment's values."""
    project, dimension, event, segment, _ = name
    if dimension == _SEGMENT:
        return project, dimension, event, ""
    return (
        (project, dimension, event, segment)
        if dimension == _VALUE
        else (project, dimension, "", "")
    )


def _forget(changes: Changes, refused: set[Name]) -> None:
    for day in [*changes.days]:
        project, dimension, _, value = day
        if (project, dimension, "", "", value) in refused:
            del changes.days[day]
    for usage in [*changes.usage]:
        project, dimension, _, value = usage
        if (project, dimension, "", "", value) in refused:
            del changes.usage[usage]
    for hour in [*changes.events]:
        if (hour[0], _EVENT, hour[1], "", "") in refused:
            del changes.events[hour]
    for place in [*changes.segments]:
        project, event, segment, _, value = place
        if (project, _VALUE, event, segment, value) in refused:
            del changes.segments[place]


def words_of(name: Name) -> str:
    """Why a name is not counted, for whoever sent it."""
    _, dimension, event, segment, value = name
    if dimension == _EVENT:
        return f"event {event}: there are {LIMITS[_EVENT]} keys of events already"
    if dimension == _SEGMENT:
        return f"event {event}: segment {segment}: it has {LIMITS[_SEGMENT]} segments already"
    if dimension == _VALUE:
        return (
            f"event {event}: segment {segment}: {value[:40]}: "
            f"it has {LIMITS[_VALUE]:,} values already"
        )
    return f"{Dimension(dimension).label} {value[:40]}: there are {_MOST_VALUES:,} already"


def _transposed(names: Iterable[Name]) -> list[list[Any]]:
    rows = list(names)
    return [[row[place] for row in rows] for place in range(5)]
