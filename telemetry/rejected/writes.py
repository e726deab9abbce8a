"""What a batch does to the log of rejected input.

Last in a batch: whatever else is in it goes first, and locks that it may wait for are not held
meanwhile by anything that came before.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from telemetry.rejected.keys import Key, KeyKind
from telemetry.store import Batch, Write

__all__ = ["MOST_KEPT", "TRIM_EVERY", "CountMore", "Place", "RecordRejection"]

MOST_KEPT = 1000
"""Rows of a project that are kept, and about `TRIM_EVERY` more until they are trimmed again."""
TRIM_EVERY = 20

Place = tuple[int, UUID]
"""Where a row is: its project and id."""


@dataclass(frozen=True, slots=True)
class RecordRejection(Write):
    """A row of the log. The outcome is its project; None: there is none, and nothing is stored."""

    order: ClassVar[int] = 90

    id: UUID
    at: datetime
    dialect: str
    status: int
    path: str
    reason: str
    what: str
    more: int
    project: int | None
    key: Key | None

    @classmethod
    def apply(cls, batch: Batch, writes: Sequence["RecordRejection"]) -> Sequence[int | None]:
        known = _projects(batch, writes)
        rows = [
            (
                *(project, write.id, write.at, write.dialect, write.status),
                *(write.path, write.reason, write.what, write.more),
            )
            for write in writes
            if (project := _project(write, known)) is not None
        ]
        if not rows:
            return [None] * len(writes)
        columns = [list(column) for column in zip(*rows, strict=True)]
        stored: dict[UUID, int] = dict(batch.execute(_INSERT, columns))
        # Which rows have others trimmed is as random as ids are: nothing needs to be remembered.
        full = sorted({project for pk, project in stored.items() if pk.int % TRIM_EVERY == 0})
        for project in full:
            batch.execute(_TRIM, [project, project, MOST_KEPT])
        return [stored.get(write.id) for write in writes]


@dataclass(frozen=True, slots=True)
class CountMore(Write):
    """How many were not stored that were like rows that are."""

    order: ClassVar[int] = 91

    more: Sequence[tuple[Place, int]]

    @classmethod
    def apply(cls, batch: Batch, writes: Sequence["CountMore"]) -> Sequence[None]:
        counts: dict[Place, int] = defaultdict(int)
        for write in writes:
            for place, count in write.more:
                counts[place] += count
        rows = [(project, pk, counts[project, pk]) for project, pk in sorted(counts)]
        if rows:
            batch.execute(_COUNT, [list(column) for column in zip(*rows, strict=True)])
        return [None] * len(writes)


# The project is looked at by the statement that stores. Its lock on the table is there before
# what it sees is settled, so who deletes the project waits for it, or it does not see the project.
_INSERT = b"""
INSERT INTO telemetry_rejectedinput
       (project_id, id, at, dialect, status, path, reason, what, more)
SELECT i.* FROM unnest(%b::int8[], %b::uuid[], %b::timestamptz[], %b::text[], %b::int2[],
                       %b::text[], %b::text[], %b::text[], %b::int4[])
       AS i(project_id, id, at, dialect, status, path, reason, what, more)
  JOIN telemetry_project p ON p.id = i.project_id
 ORDER BY i.project_id, i.id
RETURNING id, project_id
"""
# Rows that another process is trimming, or counting at, are left to the next time.
_TRIM = b"""
DELETE FROM telemetry_rejectedinput
 WHERE (project_id, id) IN (
       SELECT project_id, id FROM telemetry_rejectedinput
        WHERE project_id = %b::int8
          AND id <= (SELECT id FROM telemetry_rejectedinput
                      WHERE project_id = %b::int8 ORDER BY id DESC OFFSET %b::int8 LIMIT 1)
        ORDER BY id FOR UPDATE SKIP LOCKED)
RETURNING 1
"""
_COUNT = b"""
UPDATE telemetry_rejectedinput r
   SET more = least(r.more::int8 + i.more, 2147483647)
  FROM unnest(%b::int8[], %b::uuid[], %b::int8[]) AS i(project_id, id, more)
 WHERE r.project_id = i.project_id AND r.id = i.id
RETURNING 1
"""


def _projects(batch: Batch, writes: Sequence[RecordRejection]) -> dict[tuple[KeyKind, str], int]:
    """Whose the keys of these writes are: one look-up for all of a kind."""
    sought: dict[KeyKind, set[str]] = defaultdict(set)
    for write in writes:
        if write.project is None and write.key and write.key.sought:
            sought[write.key.kind].add(write.key.sought)
    return {
        (kind, key): project
        for kind, keys in sought.items()
        for key, project in batch.execute(kind.sql, [sorted(keys)])
    }


def _project(write: RecordRejection, known: dict[tuple[KeyKind, str], int]) -> Any:
    if write.project is not None or write.key is None:
        return write.project
    return known.get((write.key.kind, write.key.sought))
