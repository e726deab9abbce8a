"""Lines of Minecraft servers' logs: each is stored once, and makes players known.

The sessions that follow from the lines are worked out in `plays`. Lines of one server wait for
each other: its row is locked.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, NamedTuple
from uuid import UUID

from sessions_app.keys import player_id
from sessions_app.lines import Kind
from sessions_app.lines.addresses import with_shown_addresses
from sessions_app.timeline import INS, STOPS
from sessions_app.writes.around import NewLine, Timed, columns
from sessions_app.writes.plays import TELLING, rework
from telemetry.store import Batch, Write

__all__ = ["RecordLines"]


@dataclass(slots=True)
class RecordLines(Write):
    """Lines of one server. The outcome says of each whether it is new; None: no such server.

    `in_order`: they come one by one as they are written, so a logout that tells of an earlier time
    than the login is a logout nevertheless.
    """

    # Before stats and devices: a project that is deleted locks its servers first.
    order: ClassVar[int] = 5

    server_id: int
    lines: Sequence[NewLine]
    in_order: bool = False

    @property
    def weight(self) -> int:
        return len(self.lines) or 1

    @classmethod
    def apply(
        cls, batch: Batch, writes: Sequence["RecordLines"]
    ) -> Sequence[Sequence[bool] | None]:
        ids = sorted({write.server_id for write in writes})
        servers = {row[0]: _Server(*row) for row in batch.execute(_LOCK, [ids])}
        fresh: dict[UUID, _Fresh] = {}
        firsts: list[Sequence[bool] | None] = []
        for write in writes:
            server = servers.get(write.server_id)
            if server is None:
                firsts.append(None)
                continue
            is_first = []
            for line in write.lines:
                is_first.append(line.id not in fresh)
                if is_first[-1]:
                    fresh[line.id] = _fresh(server, line, in_order=write.in_order)
            firsts.append(is_first)
        stored = _store_lines(batch, list(fresh.values()))
        new = [each for line_id, each in fresh.items() if line_id in stored]
        if new:
            _store_players(batch, new)
            rework(batch, [timed for each in new if (timed := _timed(each))])
            _update_servers(batch, new)
        return [
            is_first
            and [
                first and line.id in stored
                for first, line in zip(is_first, write.lines, strict=True)
            ]
            for is_first, write in zip(firsts, writes, strict=True)
        ]


class _Server(NamedTuple):
    id: int
    project_id: int
    last_line_at: datetime | None
    address_policy: str


class _Fresh(NamedTuple):
    """A line that is to be stored, and where it belongs."""

    line: NewLine
    server: _Server
    player_id: UUID | None
    in_order: bool


_LOCK = b"""
SELECT s.id, s.project_id, s.last_line_at, p.address_policy
  FROM sessions_app_server s JOIN telemetry_project p ON p.id = s.project_id
 WHERE s.id = ANY(%b::int8[]) ORDER BY s.id FOR UPDATE OF s
"""
_LINES = b"""
INSERT INTO sessions_app_logline
       (project_id, id, server_id, player_id, kind, line, is_cut, zone, at)
SELECT * FROM unnest(%b::int8[], %b::uuid[], %b::int8[], %b::uuid[], %b::int2[], %b::text[],
                     %b::bool[], %b::text[], %b::timestamptz[])
 ORDER BY 1, 2
ON CONFLICT DO NOTHING
RETURNING id
"""
# A row is written only if that changes it; most lines are by players who are known.
_PLAYERS = b"""
INSERT INTO sessions_app_player AS old
       (project_id, id, server_id, name, external_id, last_login_at)
SELECT * FROM unnest(%b::int8[], %b::uuid[], %b::int8[], %b::text[], %b::text[], %b::timestamptz[])
 ORDER BY 1, 2
ON CONFLICT (project_id, id) DO UPDATE
   SET last_login_at = greatest(old.last_login_at, excluded.last_login_at),
       external_id = CASE excluded.external_id WHEN '' THEN old.external_id
                                               ELSE excluded.external_id END
 WHERE excluded.last_login_at > coalesce(old.last_login_at, '-infinity')
    OR excluded.external_id NOT IN ('', old.external_id)
RETURNING 1
"""
_SERVERS = b"""
UPDATE sessions_app_server s
   SET last_line_at = greatest(s.last_line_at, i.last_line_at),
       running_version = coalesce(i.version, s.running_version),
       status = coalesce(i.status, s.status),
       updated_at = CASE WHEN i.status IS NULL THEN s.updated_at ELSE now() END
  FROM unnest(%b::int8[], %b::timestamptz[], %b::text[], %b::text[])
       AS i(id, last_line_at, version, status)
 WHERE s.id = i.id
RETURNING 1
"""


def _fresh(server: _Server, line: NewLine, *, in_order: bool) -> _Fresh:
    player = player_id(server.id, line.username) if line.username else None
    return _Fresh(line, server, player, in_order)


def _timed(fresh: _Fresh) -> Timed | None:
    """The line, if it may change a session."""
    line, server = fresh.line, fresh.server
    if line.at is None:
        return None
    last = server.last_line_at
    # What a stop tells may change what a line of the same second has told.
    is_late = last is not None and (line.at < last or (line.at == last and line.kind in STOPS))
    if line.kind not in TELLING and not is_late:
        return None
    return Timed(
        id=line.id,
        kind=line.kind,
        at=line.at,
        project_id=server.project_id,
        server_id=server.id,
        player_id=fresh.player_id,
        username=line.username,
        is_late=is_late,
        in_order=fresh.in_order,
    )


def _store_lines(batch: Batch, fresh: Sequence[_Fresh]) -> set[UUID]:
    rows = [
        (
            *(server.project_id, line.id, server.id, player, int(line.kind)),
            # What is read from it later, such as a session's address, follows. The line's id does
            # not: sent again, it is the same line, whatever the policy was then.
            with_shown_addresses(server.address_policy, line.text),
            *(line.is_cut, line.zone, line.at),
        )
        for line, server, player, _ in fresh
    ]
    return {row[0] for row in batch.execute(_LINES, columns(rows))} if rows else set()


def _store_players(batch: Batch, fresh: Sequence[_Fresh]) -> None:
    rows: dict[UUID, list[Any]] = {}
    for line, server, player, _ in fresh:
        if player is None:
            continue
        known = [server.project_id, player, server.id, line.username, "", None]
        row = rows.setdefault(player, known)
        row[4] = line.external_id or row[4]
        if line.kind in INS and line.at:
            row[5] = max(row[5] or line.at, line.at)
    if rows:
        batch.execute(_PLAYERS, columns(list(rows.values())))


def _update_servers(batch: Batch, fresh: Sequence[_Fresh]) -> None:
    """What the newest lines say about their servers."""
    news: dict[int, list[Any]] = {}
    for line, server, _, _ in fresh:
        if line.at is None:
            continue
        row = news.setdefault(server.id, [server.id, server.last_line_at, None, None])
        if row[1] is None or line.at >= row[1]:
            row[1] = line.at
            if line.kind is Kind.START:
                row[2:] = [line.version[:255], "RUNNING"]
            elif line.kind in STOPS:
                row[3] = "STOPPED"
    if news:
        batch.execute(_SERVERS, columns([news[server_id] for server_id in sorted(news)]))
