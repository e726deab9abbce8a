"""What `/api/stats` and its websocket tell: read by one query, written out as the seed's JSON.

The list of devices is made into JSON by PostgreSQL, because a project may have a hundred thousand.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection

from telemetry import clock
from telemetry.models import Project

__all__ = ["Snapshot", "read_snapshot"]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A project's devices at a time. All times are seconds since 1970, all lengths whole seconds.

    `listed` is the JSON of all devices together, or `pieces` has it by their numbers: of the
    devices `asked` for, or of all.
    """

    at: float
    open: bool
    status_page: bool
    last_seen: float | None
    longest_absence: int
    num_visits: int
    total_beats: int
    since: float
    listed: str | None
    pieces: Mapping[int, str]
    asked: frozenset[int] | None

    def covers(self, numbers: Collection[int] | None) -> bool:
        """Whether ``json(numbers)`` can be told."""
        if self.listed is not None:
            return numbers is None
        return self.asked is None or (numbers is not None and self.asked.issuperset(numbers))

    def json(self, numbers: Collection[int] | None = None) -> str:
        """The document of the seed; with `numbers` it lists only those devices."""
        if numbers is not None:
            listed = ",".join(self.pieces[n] for n in sorted(numbers) if n in self.pieces)
        else:
            listed = ",".join(self.pieces.values()) if self.listed is None else self.listed
        relative = 0 if self.last_seen is None else max(0, int(self.at - self.last_seen))
        return (
            f'{{"last_seen":{"null" if self.last_seen is None else int(self.last_seen)},'
            f'"last_seen_relative":{relative},'
            f'"longest_absence":{max(self.longest_absence, relative)},'
            f'"num_visits":{self.num_visits},"total_beats":{self.total_beats},'
            f'"devices":[{listed}],"uptime":{max(0, int(self.at - self.since))}}}'
        )


_PIECE = (
    """'{"id":' || number || ',"name":' || to_json(name) || ',"last_beat":'"""
    """ || coalesce(floor(date_part('epoch', last_beat_at))::int8::text, 'null')"""
    """ || ',"num_beats":' || num_beats || '}'"""
)
_DEVICES = {
    "all": f"SELECT string_agg({_PIECE}, ',' ORDER BY number), NULL::int[], NULL::text[]",
    "some": f"SELECT NULL, array_agg(number ORDER BY number), array_agg({_PIECE} ORDER BY number)",
}
_SNAPSHOT = """
SELECT p.read_policy, coalesce(f.status_page, false), date_part('epoch', p.created_at),
       coalesce(date_part('epoch', f.longest_absence), 0), t.beats, t.visits, t.last, d.*
  FROM telemetry_project p
  LEFT JOIN devices_app_fleet f ON f.project_id = p.id
 CROSS JOIN LATERAL (
       SELECT coalesce(sum(beats), 0)::int8 AS beats, coalesce(sum(visits), 0)::int8 AS visits,
              date_part('epoch', max(last_beat_at)) AS last
         FROM devices_app_tally WHERE project_id = p.id) t
 CROSS JOIN LATERAL ({} FROM devices_app_device WHERE project_id = p.id {}) d
 WHERE p.id = %(project)s
"""
_ALL = _SNAPSHOT.format(_DEVICES["all"], "")
_EACH = _SNAPSHOT.format(_DEVICES["some"], "")
_SOME = _SNAPSHOT.format(_DEVICES["some"], "AND number = ANY(%(numbers)s)")


def read_snapshot(
    project_id: int, *, numbers: Collection[int] | None = None, apart: bool = False
) -> Snapshot | None:
    """The snapshot of now, by one query; None if the project is gone.

    `numbers`: only these devices. `apart`: all, but so that ``json`` can list only some of them.
    """
    now = clock.time()
    params: dict[str, Any] = {"project": project_id}
    sql = _EACH if apart else _ALL
    if numbers is not None:
        sql, params["numbers"] = _SOME, sorted(numbers)
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        row = cursor.fetchone()
    if row is None:
        return None
    policy, status_page, since, longest, beats, visits, last, listed, found, pieces = row
    return Snapshot(
        at=now,
        open=policy == Project.ReadPolicy.OPEN,
        status_page=status_page,
        last_seen=last,
        longest_absence=int(longest),
        num_visits=visits,
        total_beats=beats,
        since=since,
        listed=None if apart or numbers is not None else listed or "",
        pieces=dict(zip(found or (), pieces or (), strict=True)),
        asked=None if numbers is None else frozenset(numbers),
    )
