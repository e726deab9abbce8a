"""What a batch of beats and visits does to the tables: the only place that changes growing tables.

Tokens are looked up by the statement that stores, so one that was replaced is refused by the very
next batch in every process.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from telemetry.store import Batch, Write
from telemetry.store.upsert import Upsert

__all__ = ["SLOT", "CountVisit", "RecordBeat"]

SLOT = os.getpid() % 16
"""The row of `Tally` that this process adds beats to. Those of one server mostly differ, which is
all that is asked: processes with the same one wait for each other, and count right all the same."""
# Visits have rows of their own, after those of beats: so a batch locks all in one order.
_VISITS_FROM = 16


def _choose_slot() -> None:
    global SLOT  # noqa: PLW0603
    SLOT = os.getpid() % 16


os.register_at_fork(after_in_child=_choose_slot)

# A stored time may be ten seconds later than a new beat's without a clock being wrong: processes
# commit in another order than that in which their beats arrived. One that is still later was
# written while a clock was ahead. It gives way to what is the last beat now, in the rows of other
# processes as well; and no absence ends then, because nobody knows when it began. Later ones begin
# at the latest beat before, whichever clock told that.
_NEWEST = (
    "CASE WHEN old.last_beat_at > {0} + interval '10 seconds' THEN {0}"
    " ELSE greatest(old.last_beat_at, {0}) END"
)
_BEFORE = (
    "greatest(CASE WHEN last_beat_at <= {0} THEN last_beat_at END,"
    " CASE WHEN furthest_at <= {0} THEN furthest_at END)"
)
_BEFORE_OF_DEVICE = _BEFORE.format("at")
_BEFORE_OF_PROJECT = _BEFORE.format("p.first + interval '10 seconds'")
_IS_AHEAD = "last_beat_at > p.first + interval '10 seconds'"
_NEWEST_OF_DEVICE = _NEWEST.format("n.last")
_NEWEST_OF_PROJECT = _NEWEST.format("excluded.last_beat_at")
_HOUR = Upsert("devices_app_beathour", ("project_id", "device_id", "start"), add=("count",)).sql(
    "SELECT project_id, device_id, date_trunc('hour', at, 'UTC'), count(*)::int"
    " FROM found WHERE device_id IS NOT NULL GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"
)

_RECORD = f"""
WITH found AS MATERIALIZED (
     SELECT i.place, to_timestamp(i.at) AS at, i.id, d.id AS device_id, d.number, d.project_id,
            d.last_beat_at, d.furthest_at
       FROM unnest(%b::text[], %b::float8[], %b::uuid[]) WITH ORDINALITY
            AS i(token_hash, at, id, place)
       LEFT JOIN LATERAL (SELECT id, number, project_id, last_beat_at, furthest_at
                            FROM devices_app_device
                           WHERE token_hash = i.token_hash OFFSET 0) d ON true),
beat AS (
     INSERT INTO devices_app_beat (project_id, device_id, id, at)
     SELECT project_id, device_id, id, at FROM found WHERE device_id IS NOT NULL
      ORDER BY 1, 2, 3),
device AS MATERIALIZED (
     SELECT project_id, number, device_id, count(*)::int AS beats, min(at) AS first,
            max(at) AS last, max({_BEFORE_OF_DEVICE}) AS before
       FROM found WHERE device_id IS NOT NULL GROUP BY 1, 2, 3 ORDER BY 1, 2),
counted AS (
     UPDATE devices_app_device old
        SET num_beats = old.num_beats + n.beats, last_beat_at = {_NEWEST_OF_DEVICE},
            furthest_at = greatest(old.furthest_at, n.last)
       FROM device n WHERE old.project_id = n.project_id AND old.number = n.number),
hour AS ({_HOUR}),
absence AS (
     INSERT INTO devices_app_absence (project_id, device_id, started_at, ended_at)
     SELECT project_id, device_id, before, first FROM device
      WHERE first - before >= interval '1 hour' ORDER BY 1, 2, 3
     ON CONFLICT DO NOTHING),
project AS MATERIALIZED (
     SELECT p.*, before.at AS before
       FROM (SELECT project_id, sum(beats)::int8 AS beats, min(first) AS first, max(last) AS last
               FROM device GROUP BY 1 ORDER BY 1) p
       LEFT JOIN LATERAL (SELECT CASE WHEN bool_or({_IS_AHEAD}) THEN NULL
                                      ELSE max({_BEFORE_OF_PROJECT}) END AS at
                            FROM devices_app_tally
                           WHERE project_id = p.project_id) before ON true),
tally AS (
     INSERT INTO devices_app_tally AS old (project_id, slot, beats, last_beat_at, furthest_at)
     SELECT project_id, %b::int2, beats, last, last FROM project ORDER BY 1
     ON CONFLICT (project_id, slot) DO UPDATE
        SET beats = old.beats + excluded.beats, last_beat_at = {_NEWEST_OF_PROJECT},
            furthest_at = greatest(old.furthest_at, excluded.furthest_at)),
others AS (
     UPDATE devices_app_tally t SET last_beat_at = p.first FROM project p
      WHERE t.project_id = p.project_id AND t.slot <> %b::int2 AND t.{_IS_AHEAD}),
gap AS (
     SELECT p.project_id, f.at,
            f.at - greatest(lag(f.at) OVER (PARTITION BY p.project_id ORDER BY f.at), p.before)
            AS length
       FROM project p JOIN found f ON f.project_id = p.project_id),
longest AS MATERIALIZED (
     SELECT DISTINCT ON (project_id) project_id, at, length
       FROM gap WHERE length > interval '0' ORDER BY project_id, length DESC),
record AS (
     UPDATE devices_app_fleet f SET longest_absence = g.length, longest_absence_ended_at = g.at
       FROM longest g WHERE f.project_id = g.project_id AND f.longest_absence < g.length)
SELECT device_id IS NOT NULL FROM found ORDER BY place
""".encode()

_VISITS = b"""
INSERT INTO devices_app_tally AS old (project_id, slot, visits)
SELECT p.id, %b::int2, count(*)
  FROM unnest(%b::text[]) AS i(slug)
 CROSS JOIN LATERAL (SELECT id FROM telemetry_project WHERE slug = i.slug
                     UNION ALL
                     SELECT id FROM telemetry_project WHERE is_default AND i.slug = '') p
 GROUP BY 1 ORDER BY 1
ON CONFLICT (project_id, slot) DO UPDATE SET visits = old.visits + excluded.visits
RETURNING 1
"""


@dataclass(slots=True)
class RecordBeat(Write):
    """A beat by the device whose token has this hash, at `at` seconds since 1970.

    Its outcome is whether there is such a device.
    """

    order: ClassVar[int] = 20

    token_hash: str
    at: float
    id: UUID

    @classmethod
    def apply_at_once(cls, batch: Batch, writes: Sequence["RecordBeat"]) -> Sequence[bool]:
        columns = [[w.token_hash for w in writes], [w.at for w in writes], [w.id for w in writes]]
        return [stored for (stored,) in batch.execute(_RECORD, [*columns, SLOT, SLOT])]

    apply = apply_at_once


@dataclass(slots=True)
class CountVisit(Write):
    """A page of the project of this slug was shown to somebody; of the default one, if empty."""

    order: ClassVar[int] = 21

    slug: str

    @classmethod
    def apply_at_once(cls, batch: Batch, writes: Sequence["CountVisit"]) -> Sequence[None]:
        batch.execute(_VISITS, [SLOT + _VISITS_FROM, [write.slug for write in writes]])
        return [None] * len(writes)

    apply = apply_at_once
