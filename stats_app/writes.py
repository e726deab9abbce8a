"""What a batch of points does to stats and their buckets: the only place that changes buckets.

Points of one batch are folded in Python first, so that a stat that was posted a hundred times in
a batch costs one row per bucket table. Keys, stats, switches and kinds are looked up inside the
same statement that stores: nothing is cached, so a rotated key is refused by the very next batch
in every process.
"""

import functools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, ClassVar, NamedTuple

from telemetry.keys import new_key
from telemetry.store import Batch, Write
from telemetry.store.upsert import Upsert

COUNTER = 0
VALUE = 1
# From here on a square is stored as infinite: the spread of such numbers is not known.
_HUGE = 1e145


class Point(NamedTuple):
    """A count or value for a stat: in what minute (since 1970) and how much.

    `stat` is a name for EZ and a stat's key for Classic.
    """

    stat: str
    kind: int
    minute: int
    number: float


# Points that are stored together or not at all: one post, one object of a JSON batch. It has more
# than one point when `~` names several stats.
Item = tuple[Point, ...]


class Result(IntEnum):
    """What became of an item."""

    STORED = 0
    INVALID_KEYS = 1
    NO_STAT = 2
    WRONG_KIND = 3


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a write: a result per item, in order, and whether it made new stats.

    `culprits` has, by the index of an item that was not stored, the point that is to blame.
    """

    results: Sequence[Result]
    created: bool = False
    culprits: Mapping[int, Point] = field(default_factory=dict)


_STORED = (Result.STORED,)
STORED = Outcome(_STORED)

# (key, stat, kind, minute), and what a batch holds for it: count, sum, min, max, sum of squares.
_Group = tuple[str, str, int, int]
_Numbers = list[Any]
# What the database says of each group: (project or None, stat or None, the stat's kind or None).
_Rows = dict[_Group, Any]

_DESCRIPTION = {
    "key": ("project_id", "stat_id", "start"),
    "add": ("count", "sum", "sum_squares"),
    "least": ("min",),
    "greatest": ("max",),
}
# In this order, in every process.
_BUCKETS = (
    ("minute", "minute", Upsert("stats_app_minutebucket", **_DESCRIPTION)),
    ("hour", "minute / 60 * 60", Upsert("stats_app_hourbucket", **_DESCRIPTION)),
    ("day", "minute / 1440 * 1440", Upsert("stats_app_daybucket", **_DESCRIPTION)),
)
# LATERAL and OFFSET 0 have both columns of the unique index looked up together. As a plain join, a
# statement planned while there were few stats would go on reading all of a project's for each row;
# so would the update of `seen` by any other columns.
_STAT = (
    " LEFT JOIN LATERAL (SELECT id, kind, last_received_at FROM stats_app_stat"
    " WHERE project_id = p.id AND {} = i.stat OFFSET 0) s ON true"
)
_EZ_KEYS = "LEFT JOIN telemetry_project p ON p.ezkey = i.key AND p.ez_enabled" + _STAT.format(
    "name"
)
_CLASSIC_KEYS = "LEFT JOIN telemetry_project p ON p.ukey = i.key" + _STAT.format("key")
_INPUT = (
    "unnest(%b::text[], %b::text[], %b::smallint[], %b::int8[], %b::int8[], %b::float8[],"
    " %b::float8[], %b::float8[], %b::float8[]) WITH ORDINALITY"
    " AS i(key, stat, kind, minute, count, sum, min, max, sum_squares, place)"
)


# What keeps a statement from storing anything at all, so that the batch can be put right first.
_OBSTACLES = {
    "none": "",
    # a stat has to be made
    "missing": "stat_id IS NULL",
    # that, or a point that would be refused while others of its item are stored
    "any": "stat_kind IS DISTINCT FROM kind",
}


@functools.cache
def _statement(*, by_name: bool, fold: bool, obstacles: str) -> bytes:
    """The statement that stores folded points.

    It returns (project or NULL, stat or NULL, kind of the stat or NULL) for each input row, in
    order. A row is stored if its project and stat are found and the kind is right; none is, while
    there are `obstacles` among the rows of known projects. Without `fold` the input has each stat
    at most once, so that coarser buckets need no adding up.
    """
    keys = _EZ_KEYS if by_name else _CLASSIC_KEYS
    condition = _OBSTACLES[obstacles]
    if condition:
        known = f"project_id IS NOT NULL AND {condition}"
        condition = f" AND NOT EXISTS (SELECT FROM found WHERE {known})"
    column = "name" if by_name else "key"
    parts = [
        "found AS MATERIALIZED (SELECT i.*, p.id AS project_id, s.id AS stat_id,"
        f" s.kind AS stat_kind, s.last_received_at FROM {_INPUT} {keys})",
        f"good AS MATERIALIZED (SELECT * FROM found WHERE stat_kind = kind{condition})",
        "seen AS (UPDATE stats_app_stat s SET last_received_at = now() FROM"
        " (SELECT DISTINCT project_id, stat_id, stat FROM good"
        " WHERE last_received_at IS NULL OR last_received_at < now() - interval '1 second'"
        " ORDER BY project_id, stat_id) g"
        f" WHERE s.project_id = g.project_id AND s.{column} = g.stat)",
    ]
    numbers = (
        "sum(count)::int8, sum(sum), sum(sum_squares), min(min), max(max)"
        if fold
        else "count, sum, sum_squares, min, max"
    )
    group = " GROUP BY 1, 2, 3" if fold else ""
    for name, minute, upsert in _BUCKETS:
        start = f"to_timestamp((({minute}) * 60)::float8)"
        source = f"SELECT project_id, stat_id, {start}, {numbers} FROM good{group} ORDER BY 1, 2, 3"
        parts.append(f"{name} AS ({upsert.sql(source)})")
    return (
        f"WITH {', '.join(parts)} SELECT project_id, stat_id, stat_kind FROM found ORDER BY place"
    ).encode()


_CREATE = b"""
INSERT INTO stats_app_stat (project_id, name, kind, key)
SELECT project_id, name, kind, key
FROM unnest(%b::int8[], %b::text[], %b::smallint[], %b::text[]) AS i(project_id, name, kind, key)
ORDER BY project_id, name
ON CONFLICT (project_id, name) DO NOTHING
RETURNING project_id, name
"""


class _RecordPoints(Write):
    """Common to both ways to name a stat; `key` is a project's, the points name the stats."""

    __slots__ = ()

    key: str
    items: Sequence[Item]
    by_name: ClassVar[bool]

    @property
    def weight(self) -> int:
        return sum(map(len, self.items))

    @classmethod
    def apply_at_once(cls, batch: Batch, writes: Sequence[Any]) -> Sequence[Outcome] | None:
        folded = _fold(writes)
        if folded.joint:
            rows = _run(batch, folded, by_name=cls.by_name, obstacles="any")
            if any(row[0] is not None and row[2] != group[2] for group, row in rows.items()):
                return None
        else:
            obstacles = "missing" if cls.by_name else "none"
            rows = _run(batch, folded, by_name=cls.by_name, obstacles=obstacles)
            if cls.by_name and _missing(writes, rows):
                return None
        return _outcomes(writes, rows, set())

    @classmethod
    def apply(cls, batch: Batch, writes: Sequence[Any]) -> Sequence[Outcome]:
        created: set[tuple[int, str]] = set()
        folded = _fold(writes)
        obstacles = "any" if folded.joint else "missing" if cls.by_name else "none"
        rows = _run(batch, folded, by_name=cls.by_name, obstacles=obstacles)
        while cls.by_name and (missing := _missing(writes, rows)):
            created |= _create(batch, missing)
            rows = _run(batch, folded, by_name=cls.by_name, obstacles=obstacles)
        if folded.joint and any(row[2] != group[2] for group, row in rows.items()):
            # Nothing has been stored. Leave out the items that cannot be stored as a whole.
            _run(batch, _fold(writes, rows), by_name=cls.by_name, obstacles="none")
        return _outcomes(writes, rows, created)


@dataclass(slots=True)
class RecordByName(_RecordPoints):
    """Points for stats named under an EZ key; stats that do not exist are created."""

    order: ClassVar[int] = 10
    by_name: ClassVar[bool] = True

    key: str
    items: Sequence[Item]


@dataclass(slots=True)
class RecordByKey(_RecordPoints):
    """Points for stats named by their own keys under a user key (StatHat Classic)."""

    order: ClassVar[int] = 11
    by_name: ClassVar[bool] = False

    key: str
    items: Sequence[Item]


@dataclass(slots=True)
class _Folded:
    """The points of a batch, added up by group; `joint`: some item has more than one point."""

    groups: dict[_Group, _Numbers] = field(default_factory=dict)
    joint: bool = False


def _fold(writes: Sequence[_RecordPoints], known: _Rows | None = None) -> _Folded:
    """Add up all points, in order of first appearance.

    With `known` rows only the points of items are taken that can be stored as a whole.
    """
    folded = _Folded()
    groups = folded.groups
    for write in writes:
        key = write.key
        for item in write.items:
            if len(item) > 1:
                folded.joint = True
            if known is not None and _culprit(key, item, known):
                continue
            for stat, kind, minute, number in item:
                group = (key, stat, kind, minute)
                # So no sum of squares can overflow, which PostgreSQL would refuse.
                square = number * number if -_HUGE < number < _HUGE else math.inf
                numbers = groups.get(group)
                if numbers is None:
                    groups[group] = [1, number, number, number, square]
                else:
                    numbers[0] += 1
                    numbers[1] += number
                    if number < numbers[2]:
                        numbers[2] = number
                    elif number > numbers[3]:
                        numbers[3] = number
                    numbers[4] += square
    return folded


def _run(batch: Batch, folded: _Folded, *, by_name: bool, obstacles: str) -> _Rows:
    groups = folded.groups
    if not groups:
        return {}
    fold = len({group[:3] for group in groups}) != len(groups)
    columns = [
        *map(list, zip(*groups, strict=True)),
        *map(list, zip(*groups.values(), strict=True)),
    ]
    statement = _statement(by_name=by_name, fold=fold, obstacles=obstacles)
    return dict(zip(groups, batch.execute(statement, columns), strict=True))


def _missing(writes: Sequence[_RecordPoints], rows: _Rows) -> dict[tuple[int, str], int]:
    """(project, name) of stats that are yet to be made, with the kind of their first point.

    An item that another of its points keeps from being stored brings no stat into being.
    """
    if all(project is None or stat is not None for project, stat, _ in rows.values()):
        return {}
    missing: dict[tuple[int, str], int] = {}
    for write in writes:
        for item in write.items:
            culprit = _culprit(write.key, item, rows)
            if culprit and culprit[1] is Result.NO_STAT:
                for point in item:
                    project, stat, _ = rows[(write.key, point.stat, point.kind, point.minute)]
                    if stat is None:
                        missing.setdefault((project, point.stat), point.kind)
    return missing


def _create(batch: Batch, missing: dict[tuple[int, str], int]) -> set[tuple[int, str]]:
    """Make the missing stats; returns those that nobody else made in the meantime."""
    projects, names = map(list, zip(*missing, strict=True))
    keys = [new_key() for _ in names]
    made = batch.execute(_CREATE, [projects, names, list(missing.values()), keys])
    return set(made)


def _outcomes(
    writes: Sequence[_RecordPoints], rows: _Rows, created: set[tuple[int, str]]
) -> list[Outcome]:
    if not created and all(row[2] == group[2] for group, row in rows.items()):
        return [
            STORED if len(write.items) == 1 else Outcome(_STORED * len(write.items))
            for write in writes
        ]
    return [_outcome(write, rows, created) for write in writes]


def _outcome(write: _RecordPoints, rows: _Rows, created: set[tuple[int, str]]) -> Outcome:
    results = []
    culprits = {}
    made = False
    for index, item in enumerate(write.items):
        culprit = _culprit(write.key, item, rows)
        if culprit:
            point, result = culprit
            culprits[index] = point
            results.append(result)
        else:
            results.append(Result.STORED)
        for point in item:
            project = rows[(write.key, point.stat, point.kind, point.minute)][0]
            made = made or (project, point.stat) in created
    return Outcome(results, made, culprits)


def _culprit(key: str, item: Item, rows: _Rows) -> tuple[Point, Result] | None:
    """The point that keeps an item from being stored, and why; that a stat is absent comes last."""
    absent = None
    for point in item:
        project, stat, kind = rows[(key, point.stat, point.kind, point.minute)]
        if project is None:
            return point, Result.INVALID_KEYS
        if stat is None:
            absent = absent or (point, Result.NO_STAT)
        elif kind != point.kind:
            return point, Result.WRONG_KIND
    return absent
