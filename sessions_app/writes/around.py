"""What lies around the new lines of a server's log, so far as they may change it.

Every session lies between two stops (or starts) of its server, so what is read reaches no further
than to the next of these.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sessions_app.lines import Kind, parse_line
from sessions_app.timeline import ECHO, INS, STOPS, Entry, Play
from telemetry.ids import first_id
from telemetry.store import Batch

__all__ = [
    "NO_ID",
    "NewLine",
    "Timed",
    "Window",
    "columns",
    "id_at",
    "look_around",
    "players_at_stops",
    "stops_around",
]

NO_ID = UUID(int=0)
_LATEST = UUID(int=(1 << 128) - 1)
_FOR_EVER = datetime(9999, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)


class NewLine(NamedTuple):
    """A line that has come, and what it says; `at` is None if it tells no time.

    `username`: of the player whom it makes known, if it does.
    """

    id: UUID
    kind: Kind
    text: str
    is_cut: bool
    zone: str
    at: datetime | None
    username: str = ""
    version: str = ""
    external_id: str = ""


class Timed(NamedTuple):
    """A new line that tells of a time. `is_late`: its server had told of a later one before,
    or of the same, if it is a stop."""

    id: UUID
    kind: Kind
    at: datetime
    project_id: int
    server_id: int
    player_id: UUID | None
    username: str
    is_late: bool
    in_order: bool


@dataclass(slots=True)
class Window:
    """A player, the stretch of time that new lines tell of, and what was found around it."""

    project_id: int
    server_id: int
    player_id: UUID
    username: str
    first: datetime
    last: datetime
    # Whether the session before is to be looked at, however it ended.
    ends_anew: bool = False
    # From when on logins count, and from when on lines are read.
    begin: datetime = field(init=False)
    since: datetime = field(init=False)
    until: datetime = field(init=False)
    # Whether the player was playing by then.
    playing_at: datetime | None = None
    low: UUID = field(init=False)
    high: UUID = field(init=False)
    # The session that follows; its beginning matters, its end does not.
    after: UUID | None = None
    stored: dict[UUID, Play] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)
    # Those of them that ended by a line that is not stored any more.
    untold: set[UUID] = field(default_factory=set)
    zones: dict[UUID, str] = field(default_factory=dict)
    in_order: set[UUID] = field(default_factory=set)
    # Logouts that ended nothing, and moments that have to be looked at again.
    idle: list[Entry] = field(default_factory=list)
    again: set[datetime] = field(default_factory=set)

    def widen(self, at: datetime) -> None:
        self.first, self.last = min(self.first, at), max(self.last, at)


def columns(rows: Sequence[Sequence[Any]]) -> list[list[Any]]:
    """Rows as columns, for ``unnest``."""
    return list(map(list, zip(*rows, strict=True)))


def id_at(at: datetime) -> UUID:
    """A lower border of the ids of what began at this time or later."""
    return first_id(at.timestamp())


# Whom a stop concerns

_OPEN = b"""
SELECT i.place, s.player_id, s.username
  FROM unnest(%b::int8[], %b::int8[]) WITH ORDINALITY AS i(project_id, server_id, place)
 CROSS JOIN LATERAL (SELECT player_id, username FROM sessions_app_session
                      WHERE project_id = i.project_id AND server_id = i.server_id
                        AND ended_at IS NULL AND player_id IS NOT NULL OFFSET 0) s
"""
_STOPS_AROUND = b"""
SELECT before.at, after.at, after.id, after.kind
  FROM unnest(%b::int8[], %b::int8[], %b::timestamptz[]) WITH ORDINALITY
       AS i(project_id, server_id, at, place)
  LEFT JOIN LATERAL (SELECT at FROM sessions_app_logline
                      WHERE project_id = i.project_id AND server_id = i.server_id AND at < i.at
                        AND kind IN (8, 9, 10) ORDER BY at DESC LIMIT 1) before ON true
  LEFT JOIN LATERAL (SELECT at, id, kind FROM sessions_app_logline
                      WHERE project_id = i.project_id AND server_id = i.server_id AND at > i.at
                        AND kind IN (8, 9, 10) ORDER BY at, kind LIMIT 1) after ON true
 ORDER BY place
"""
_PLAYING_AT = b"""
SELECT i.place, s.player_id, s.username
  FROM unnest(%b::int8[], %b::int8[], %b::uuid[], %b::uuid[], %b::timestamptz[]) WITH ORDINALITY
       AS i(project_id, server_id, low, high, at, place)
 CROSS JOIN LATERAL (SELECT player_id, username FROM sessions_app_session
                      WHERE project_id = i.project_id AND server_id = i.server_id
                        AND id >= i.low AND id < i.high AND player_id IS NOT NULL
                        AND (ended_at IS NULL OR ended_at >= i.at OR end_reason = 'server start')
                      OFFSET 0) s
"""


def players_at_stops(batch: Batch, lines: Sequence[Timed]) -> Iterator[tuple[Timed, UUID, str]]:
    """The new starts and stops, each with the players whose sessions it may end."""
    stops = [new for new in lines if new.kind in STOPS]
    in_time = [new for new in stops if not new.is_late]
    if in_time:
        rows = [(new.project_id, new.server_id) for new in in_time]
        for place, player, username in batch.execute(_OPEN, columns(rows)):
            yield in_time[place - 1], player, username
    late = [new for new in stops if new.is_late]
    if late:
        around = stops_around(batch, late)
        playing = [
            (
                *(new.project_id, new.server_id, id_at(before) if before else NO_ID),
                *(id_at(new.at + _SECOND), new.at),
            )
            for new, (before, *_) in zip(late, around, strict=True)
        ]
        for place, player, username in batch.execute(_PLAYING_AT, columns(playing)):
            yield late[place - 1], player, username


def stops_around(batch: Batch, lines: Sequence[Timed]) -> list[Any]:
    rows = [(new.project_id, new.server_id, new.at) for new in lines]
    return batch.execute(_STOPS_AROUND, columns(rows))


# What is known of a player around the new lines

_AROUND = b"""
SELECT before.id, before.started_at, coalesce(start.at, before.ended_at), earlier.ended_at,
       after.id, after.started_at, stop.at
  FROM unnest(%b::int8[], %b::int8[], %b::uuid[], %b::uuid[], %b::uuid[], %b::timestamptz[])
       WITH ORDINALITY AS i(project_id, server_id, player_id, low, high, until, place)
  LEFT JOIN LATERAL (SELECT id, started_at, ended_at, end_reason, logout_line_id
                       FROM sessions_app_session
                      WHERE project_id = i.project_id AND player_id = i.player_id AND id < i.low
                      ORDER BY id DESC LIMIT 1) before ON true
  LEFT JOIN LATERAL (SELECT at FROM sessions_app_logline
                      WHERE project_id = i.project_id AND id = before.logout_line_id OFFSET 0) start
            ON before.end_reason = 'server start'
  LEFT JOIN LATERAL (SELECT ended_at FROM sessions_app_session
                      WHERE project_id = i.project_id AND player_id = i.player_id
                        AND id < before.id ORDER BY id DESC LIMIT 1) earlier ON true
  LEFT JOIN LATERAL (SELECT id, started_at FROM sessions_app_session
                      WHERE project_id = i.project_id AND player_id = i.player_id AND id >= i.high
                      ORDER BY id LIMIT 1) after ON true
  LEFT JOIN LATERAL (SELECT at FROM sessions_app_logline
                      WHERE project_id = i.project_id AND server_id = i.server_id
                        AND at > i.until AND kind IN (8, 9, 10)
                      ORDER BY at LIMIT 1) stop ON true
 ORDER BY place
"""
_SESSIONS = b"""
SELECT i.place, s.id, s.started_at, s.login_line_id, s.address, s.ended_at, s.end_reason,
       s.logout_line_id,
       s.ended_at IS NOT NULL AND NOT EXISTS (
           SELECT FROM sessions_app_logline l
            WHERE l.project_id = i.project_id AND l.id = s.logout_line_id)
  FROM unnest(%b::int8[], %b::uuid[], %b::uuid[], %b::uuid[]) WITH ORDINALITY
       AS i(project_id, player_id, low, high, place)
 CROSS JOIN LATERAL (SELECT * FROM sessions_app_session
                      WHERE project_id = i.project_id AND player_id = i.player_id
                        AND id >= i.low AND id <= i.high ORDER BY id OFFSET 0) s
"""
_PLAYER_LINES = b"""
SELECT i.place, l.id, l.kind, l.at, l.line, l.zone
  FROM unnest(%b::int8[], %b::uuid[], %b::timestamptz[], %b::timestamptz[]) WITH ORDINALITY
       AS i(project_id, player_id, since, until, place)
 CROSS JOIN LATERAL (SELECT id, kind, at, line, zone FROM sessions_app_logline
                      WHERE project_id = i.project_id AND player_id = i.player_id
                        AND at >= i.since AND at <= i.until AND kind IN (2, 3, 4, 5, 6, 7)
                      ORDER BY at, id OFFSET 0) l
"""
_SERVER_LINES = b"""
SELECT i.place, l.id, l.kind, l.at, before.at
  FROM unnest(%b::int8[], %b::int8[], %b::timestamptz[], %b::timestamptz[]) WITH ORDINALITY
       AS i(project_id, server_id, since, until, place)
 CROSS JOIN LATERAL (SELECT id, kind, at FROM sessions_app_logline
                      WHERE project_id = i.project_id AND server_id = i.server_id
                        AND at >= i.since AND at <= i.until AND kind IN (8, 9, 10)
                      ORDER BY at OFFSET 0) l
  LEFT JOIN LATERAL (SELECT at FROM sessions_app_logline
                      WHERE project_id = i.project_id AND server_id = i.server_id AND at < l.at
                        AND kind <> 17
                      ORDER BY at DESC, id DESC LIMIT 1) before ON l.kind = 8
"""


def look_around(batch: Batch, windows: Sequence[Window]) -> None:
    """Set each window's borders, and fetch what is within them."""
    rows = [
        (
            *(w.project_id, w.server_id, w.player_id),
            *(id_at(w.first - ECHO), id_at(w.last + ECHO + _SECOND), w.last + ECHO),
        )
        for w in windows
    ]
    for window, row in zip(windows, batch.execute(_AROUND, columns(rows)), strict=True):
        _set_borders(window, *row)
    sought = [(w.project_id, w.player_id, w.low, w.high) for w in windows]
    for place, *session in batch.execute(_SESSIONS, columns(sought)):
        session_id, started_at, login_line, address, *end, is_gone = session
        play = Play(started_at, login_line, session_id, address, *end)
        windows[place - 1].stored[session_id] = play
        if is_gone:
            windows[place - 1].untold.add(session_id)
    of_players = [(w.project_id, w.player_id, w.since, w.until) for w in windows]
    for place, line_id, kind, at, line, zone in batch.execute(_PLAYER_LINES, columns(of_players)):
        if kind in INS and at < windows[place - 1].begin:
            continue
        address = parse_line(line).ip if kind == Kind.LOGIN else ""
        windows[place - 1].entries.append(Entry(Kind(kind), at, line_id, address))
        windows[place - 1].zones[line_id] = zone
    of_servers = [(w.project_id, w.server_id, w.since, w.until) for w in windows]
    for place, line_id, kind, at, before in batch.execute(_SERVER_LINES, columns(of_servers)):
        windows[place - 1].entries.append(Entry(Kind(kind), at, line_id, before=before))


def _set_borders(
    window: Window,
    before: UUID | None,
    before_started_at: datetime | None,
    before_ended_at: datetime | None,
    earlier_ended_at: datetime | None,
    after: UUID | None,
    after_started_at: datetime | None,
    stop_at: datetime | None,
) -> None:
    # A session that was over by then is left as it is; and so are all before. What a start has
    # ended is not over before that start: another line in between may count more.
    window.begin = window.first - ECHO
    window.low = id_at(window.begin)
    window.since = window.begin - ECHO
    is_over = (
        before_started_at
        and before_ended_at
        and before_started_at <= before_ended_at < window.since
    )
    if before and before_started_at and (not is_over or window.ends_anew):
        window.begin, window.low = min(before_started_at, window.begin), before
        window.since = window.begin - ECHO  # whose logouts may have further lines after
        if earlier_ended_at and earlier_ended_at >= before_started_at == window.begin:
            window.playing_at = window.begin
    ends = [at for at in (after_started_at, stop_at) if at]
    window.until = min(ends) if ends else _FOR_EVER
    window.high = after or _LATEST
    if after_started_at and after_started_at <= window.until:
        window.after = after
    elif stop_at:  # nothing that begins after this stop matters
        window.high = id_at(stop_at)
