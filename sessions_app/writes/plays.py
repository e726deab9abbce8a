"""The sessions that follow from the lines of servers' logs, stored.

The sessions of those players whom new lines are about are worked out again (`timeline`), from the
lines and sessions around the new ones (`around`). So it does not matter in which order lines come,
or how often.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sessions_app.keys import play_id
from sessions_app.lines import Kind
from sessions_app.models import Dialect, EndReason
from sessions_app.timeline import INS, OUTS, STOPS, Entry, Play, play_through
from sessions_app.writes.around import (
    NO_ID,
    Timed,
    Window,
    columns,
    id_at,
    look_around,
    players_at_stops,
    stops_around,
)
from telemetry.store import Batch

__all__ = ["TELLING", "rework"]

# A clock may have been put back between a login and its logout; not by more than this.
PUT_BACK = timedelta(days=1)
# What one session ends by may be another's then, and so on; but not for ever.
MOST_TURNS = 1000
_BUSY = frozenset({Kind.CHAT, Kind.DEATH, Kind.ACHIEVEMENT})
TELLING = INS | OUTS | STOPS | _BUSY
"""The kinds of lines that tell something of sessions, in whatever order they come."""


def rework(batch: Batch, lines: Sequence[Timed]) -> None:
    """Store the sessions that these new lines, which are stored, begin, end or change."""
    windows: dict[UUID, Window] = {}
    for new in lines:
        if new.player_id and (new.kind in INS or new.kind in OUTS):
            window = _window(windows, new, new.player_id, new.username)
            if new.in_order:
                window.in_order.add(new.id)
    for new, player, username in players_at_stops(batch, lines):
        _window(windows, new, player, username).ends_anew = True
    found = list(windows.values())
    for _ in range(MOST_TURNS):
        if not found:
            break
        look_around(batch, found)
        changes = [change for window in found for change in _changes(window)]
        _store(batch, changes)
        _give_back(batch, changes)
        _log_out_after_all(batch, found)
        found = [
            Window(w.project_id, w.server_id, w.player_id, w.username, at, at, ends_anew=True)
            for w in found
            for at in sorted(w.again)
        ]
    _move_ends(batch, [new for new in lines if new.is_late and new.kind is not Kind.ASIDE])
    _note_activity(batch, lines)


def _window(windows: dict[UUID, Window], new: Timed, player: UUID, username: str) -> Window:
    """The player's window, which includes the new line."""
    window = windows.get(player)
    if window is None:
        window = windows[player] = Window(
            new.project_id, new.server_id, player, username, new.at, new.at
        )
    window.widen(new.at)
    return window


# What follows from it


class _Change(NamedTuple):
    """A session to be stored; `zone` is that of its login."""

    window: Window
    play: Play
    zone: str


def _changes(window: Window) -> Iterator[_Change]:
    stored = window.stored
    by_line = {play.login_line: play for play in stored.values() if play.login_line}
    entries = [
        replace(entry, stored=by_line.pop(entry.line))
        if entry.kind in INS and entry.line in by_line
        else entry
        for entry in window.entries
    ]
    # Sessions whose login line is gone, or lies outside.
    entries += [
        Entry(Kind.LOGIN, play.started_at, play.login_line, play.address, stored=play)
        for play in stored.values()
        if play.login_line is None or play.login_line in by_line
    ]
    plays, window.idle = play_through(entries, window.playing_at)
    used = {play.logout_line for play in plays if play.logout_line}
    after = stored.get(window.after) if window.after else None
    if after and _is_unsettled(after, plays):
        window.again.add(after.started_at)
    for play in plays:
        old = stored.get(play.id) if play.id else None
        if old:
            _keep_end(play, old, used, is_told=old.id not in window.untold)
        if play.login_line and (old is None or (old.id != window.after and _differs(play, old))):
            if old and old.ended_at and old.logout_line != play.logout_line:
                # That logout may be the one of a session that began in the same moment.
                window.again.add(old.ended_at)
            yield _Change(window, play, window.zones.get(play.login_line, ""))


def _is_unsettled(after: Play, plays: Sequence[Play]) -> bool:
    """Whether what the session after ended by is another's now, or what was another's is its own.

    That can be if it ended in the moment in which it began.
    """
    others = {play.logout_line for play in plays if play.id != after.id} - {None}
    ends = {play.logout_line for play in plays if play.id == after.id} - {None, after.logout_line}
    return bool(ends) or after.logout_line in others


def _keep_end(play: Play, old: Play, used: set[UUID], *, is_told: bool) -> None:
    """Leave a session the end that it had, where the lines do not tell of it any more."""
    if old.ended_at is None or old.end_reason == EndReason.RELOGIN:
        return
    if _is_reversed(old):
        keeps = play.ended_at is None and old.logout_line not in used
    else:
        keeps = not is_told and (play.ended_at is None or play.ended_at > old.ended_at)
    if keeps:
        play.ended_at, play.end_reason, play.logout_line = (
            old.ended_at,
            old.end_reason,
            old.logout_line,
        )


def _is_reversed(play: Play) -> bool:
    """Whether it ended before it began: see `_log_out_after_all`."""
    return bool(play.ended_at and play.ended_at < play.started_at)


def _differs(play: Play, old: Play) -> bool:
    return (play.ended_at, play.end_reason, play.logout_line, play.address) != (
        old.ended_at,
        old.end_reason,
        old.logout_line,
        old.address,
    )


_STORE = f"""
INSERT INTO sessions_app_session AS old
       (project_id, id, dialect, server_id, player_id, username, started_at, last_at, ended_at,
        end_reason, address, zone, login_line_id, logout_line_id)
SELECT i.project_id, i.id, {int(Dialect.MCCOAL)}, i.server_id, i.player_id, i.username,
       i.started_at, greatest(i.started_at, i.ended_at), i.ended_at, i.end_reason, i.address,
       i.zone, i.login_line_id, i.logout_line_id
  FROM unnest(%b::int8[], %b::uuid[], %b::int8[], %b::uuid[], %b::text[], %b::timestamptz[],
              %b::timestamptz[], %b::text[], %b::text[], %b::text[], %b::uuid[], %b::uuid[])
       AS i(project_id, id, server_id, player_id, username, started_at, ended_at, end_reason,
            address, zone, login_line_id, logout_line_id)
 ORDER BY 1, 2
ON CONFLICT (project_id, id) DO UPDATE
   SET ended_at = excluded.ended_at, end_reason = excluded.end_reason,
       logout_line_id = excluded.logout_line_id, address = excluded.address, updated_at = now(),
       last_at = CASE WHEN excluded.ended_at IS NULL
                      THEN greatest(old.last_at, excluded.last_at) ELSE excluded.last_at END
RETURNING 1
""".encode()


def _store(batch: Batch, changes: Iterable[_Change]) -> None:
    rows = {
        play.id or play_id(play.started_at, play.login_line): (window, play, zone)
        for window, play, zone in changes
        if play.login_line
    }
    values = [
        (
            *(window.project_id, session_id, window.server_id, window.player_id, window.username),
            *(play.started_at, play.ended_at, play.end_reason, play.address, zone),
            *(play.login_line, play.logout_line),
        )
        for session_id, (window, play, zone) in rows.items()
    ]
    if values:
        batch.execute(_STORE, columns(values))


# Where arrival tells more than times

_LOG_OUT = f"""
UPDATE sessions_app_session s
   SET ended_at = i.at, end_reason = '{EndReason.LOGOUT.value}', logout_line_id = i.line_id,
       updated_at = now()
  FROM unnest(%b::int8[], %b::int8[], %b::uuid[], %b::uuid[], %b::timestamptz[])
       AS i(project_id, server_id, player_id, line_id, at)
 WHERE s.project_id = i.project_id AND s.server_id = i.server_id AND s.player_id = i.player_id
   AND s.ended_at IS NULL AND s.started_at > i.at AND s.started_at < i.at + %b
RETURNING 1
""".encode()
_GIVE_BACK = b"""
UPDATE sessions_app_session s
   SET ended_at = NULL, end_reason = '', logout_line_id = NULL, updated_at = now()
  FROM unnest(%b::int8[], %b::int8[], %b::uuid[], %b::uuid[], %b::uuid[], %b::uuid[])
       WITH ORDINALITY AS i(project_id, server_id, player_id, low, high, line_id, place)
 WHERE s.project_id = i.project_id AND s.server_id = i.server_id AND s.player_id = i.player_id
   AND s.id >= i.low AND s.id < i.high AND s.logout_line_id = i.line_id
   AND s.ended_at < s.started_at
RETURNING i.place, s.started_at
"""
_MOVE = b"""
UPDATE sessions_app_session s
   SET ended_at = i.at, last_at = greatest(s.last_at, i.at), updated_at = now()
  FROM unnest(%b::int8[], %b::int8[], %b::uuid[], %b::uuid[], %b::uuid[], %b::timestamptz[])
       AS i(project_id, server_id, low, high, start_id, at)
 WHERE s.project_id = i.project_id AND s.server_id = i.server_id
   AND s.id >= i.low AND s.id < i.high AND s.logout_line_id = i.start_id
   AND s.ended_at < i.at AND s.started_at <= i.at
RETURNING 1
"""
_ACTIVE = b"""
UPDATE sessions_app_session s SET last_at = i.at
  FROM unnest(%b::int8[], %b::int8[], %b::uuid[], %b::timestamptz[])
       AS i(project_id, server_id, player_id, at)
 WHERE s.project_id = i.project_id AND s.server_id = i.server_id AND s.player_id = i.player_id
   AND s.ended_at IS NULL AND s.started_at <= i.at AND s.last_at < i.at
RETURNING 1
"""


def _log_out_after_all(batch: Batch, windows: Iterable[Window]) -> None:
    """Let a logout that came after the login end it, though its time is before the login's.

    That is how it looks when a clock was put back, as each autumn. What ends the session by time,
    should it come, counts more.
    """
    rows = [
        (window.project_id, window.server_id, window.player_id, entry.line, entry.at)
        for window in windows
        for entry in window.idle
        if entry.line in window.in_order
    ]
    if rows:
        batch.execute(_LOG_OUT, [*columns(rows), PUT_BACK])


def _give_back(batch: Batch, changes: Sequence[_Change]) -> None:
    """A logout that has turned out to end an earlier session does not end a later one as well.

    It did if it came before the login of its own session: see `_log_out_after_all`.
    """
    windows, rows = [], []
    for window, play, _ in changes:
        at = play.ended_at
        if at and play.logout_line and play.end_reason == EndReason.LOGOUT:
            low, high = id_at(at), id_at(at + PUT_BACK)
            windows.append(window)
            rows.append(
                (
                    *(window.project_id, window.server_id, window.player_id),
                    low,
                    high,
                    play.logout_line,
                )
            )
    if rows:
        for place, started_at in batch.execute(_GIVE_BACK, columns(rows)):
            windows[place - 1].again.add(started_at)


def _move_ends(batch: Batch, late: Sequence[Timed]) -> None:
    """Sessions that a start has ended went on until the last line before: this one, perhaps."""
    moves: dict[UUID, tuple[Any, ...]] = {}
    if late:
        for new, around in zip(late, stops_around(batch, late), strict=True):
            before_at, after_at, after_id, after_kind = around
            at = new.at
            if after_kind == Kind.START and (after_id not in moves or moves[after_id][-1] < at):
                low = id_at(before_at) if before_at else NO_ID
                row = (new.project_id, new.server_id, low, id_at(after_at), after_id, at)
                moves[after_id] = row
    if moves:
        batch.execute(_MOVE, columns(list(moves.values())))


def _note_activity(batch: Batch, lines: Sequence[Timed]) -> None:
    """A player who chats, dies or achieves something is there."""
    seen: dict[UUID, tuple[Any, ...]] = {}
    for new in lines:
        player = new.player_id
        if player and new.kind in _BUSY and (player not in seen or seen[player][-1] < new.at):
            seen[player] = (new.project_id, new.server_id, player, new.at)
    if seen:
        batch.execute(_ACTIVE, columns(list(seen.values())))
