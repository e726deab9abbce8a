"""When somebody played, from what a server's log says: a function of the lines, in any order.

A login begins a session. It ends with what comes first after it: a logout, another login of the
same player, a stop or crash of the server, or a start, which tells that the server had stopped
without saying so; then at the last line before that start.

Servers print several lines for one login or logout ("logged in with entity id" and "joined the
game", "lost connection" and "left the game"): of each sort one belongs to the other if they are at
most ten seconds apart. Times are mostly whole seconds; within one, a player who is playing logs
out before logging in, and else logs in before logging out.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from operator import attrgetter
from uuid import UUID

from sessions_app.lines import Kind
from sessions_app.models import EndReason

__all__ = ["ECHO", "INS", "OUTS", "STOPS", "Entry", "Play", "play_through"]

ECHO = timedelta(seconds=10)
INS = frozenset({Kind.LOGIN, Kind.JOIN})
OUTS = frozenset({Kind.LOST, Kind.LEFT, Kind.KICK, Kind.BAN})
STOPS = frozenset({Kind.START, Kind.STOP, Kind.CRASH})


@dataclass(frozen=True, slots=True)
class Entry:
    """A line that begins or ends sessions. `before`: of a start, when the line before it was."""

    kind: Kind
    at: datetime
    line: UUID | None = None
    address: str = ""
    before: datetime | None = None
    # The session that is stored for this login.
    stored: "Play | None" = None


@dataclass(slots=True)
class Play:
    """A session of a player; `id` is None until it is stored."""

    started_at: datetime
    login_line: UUID | None
    id: UUID | None = None
    address: str = ""
    ended_at: datetime | None = None
    end_reason: str = ""
    logout_line: UUID | None = None
    kinds: set[Kind] = field(default_factory=set)

    def end(self, at: datetime, reason: EndReason, line: UUID | None) -> None:
        self.ended_at, self.end_reason, self.logout_line = at, reason.value, line


@dataclass(slots=True)
class _Player:
    """What is known of a player at a moment."""

    plays: list[Play] = field(default_factory=list)
    open: Play | None = None
    # The last logout, and the kinds of lines that have told of it.
    out_at: datetime | None = None
    out_kinds: set[Kind] = field(default_factory=set)
    idle: list[Entry] = field(default_factory=list)

    def is_echo(self, entry: Entry) -> bool:
        """Whether this login is another line of the one that has begun the open session."""
        play = self.open
        if play is None or entry.kind in play.kinds:
            return False
        return entry.at - play.started_at <= ECHO

    def log_in(self, entry: Entry) -> None:
        play = self.open
        if play and self.is_echo(entry):
            play.kinds.add(entry.kind)
            play.address = play.address or entry.address
            if entry.stored and play.id is None:
                _adopt(play, entry.stored)
            return
        if play:
            play.end(entry.at, EndReason.RELOGIN, entry.line)
        play = Play(entry.at, entry.line, address=entry.address, kinds={entry.kind})
        if entry.stored:
            _adopt(play, entry.stored)
        self.plays.append(play)
        self.open = play

    def repeats_logout(self, entry: Entry) -> bool:
        """Whether this is another line of the last logout. After a login since, none comes."""
        return (
            self.out_at is not None
            and entry.at - self.out_at <= ECHO
            and entry.kind not in self.out_kinds
            and not (self.open and self.open.started_at < entry.at)
        )

    def log_out(self, entry: Entry) -> None:
        if self.repeats_logout(entry):
            self.out_kinds.add(entry.kind)
            return
        self.out_at, self.out_kinds = entry.at, {entry.kind}
        if self.open:
            self.close(entry.at, EndReason.LOGOUT, entry.line)
        else:
            self.idle.append(entry)

    def close(self, at: datetime, reason: EndReason, line: UUID | None) -> None:
        if self.open:
            self.open.end(max(at, self.open.started_at), reason, line)
            self.open = None


def _adopt(play: Play, stored: Play) -> None:
    """What is stored keeps its id and beginning, whatever earlier line turns up."""
    play.id, play.started_at, play.login_line = stored.id, stored.started_at, stored.login_line
    play.address = stored.address or play.address


def play_through(
    entries: Iterable[Entry], playing_at: datetime | None = None
) -> tuple[list[Play], list[Entry]]:
    """The sessions of one player that these lines make, and the logouts that ended nothing.

    `playing_at`: a time at which the player was playing already, in a session of no further
    interest.
    """
    player = _Player()
    at = attrgetter("at")
    for moment, same_time in groupby(sorted(entries, key=at), key=at):
        if playing_at and moment >= playing_at:
            player.open = Play(playing_at, None, kinds=set(INS))
            playing_at = None
        _play_moment(player, list(same_time))
    return player.plays, player.idle


def _play_moment(player: _Player, entries: Sequence[Entry]) -> None:
    """All that is told of one time, which is mostly a second."""
    ins = sorted((e for e in entries if e.kind in INS), key=attrgetter("kind"))
    outs = sorted((e for e in entries if e.kind in OUTS), key=attrgetter("kind"))
    for entry in entries:
        if entry.kind is Kind.START:
            player.close(entry.before or entry.at, EndReason.SERVER_START, entry.line)
    while ins:
        if player.open and not player.is_echo(ins[0]):
            outs = _take_one_of_each(player, outs)
        ins = _log_in_once(player, ins)
    for entry in entries:
        if entry.kind in STOPS and entry.kind is not Kind.START:
            player.close(entry.at, EndReason.SERVER_STOP, entry.line)
    for entry in outs:
        player.log_out(entry)


def _take_one_of_each(player: _Player, outs: list[Entry]) -> list[Entry]:
    """Have one logout take place, which may have a line of each kind; returns the other lines."""
    taken: set[Kind] = set()
    left = []
    for entry in outs:
        if entry.kind in taken:
            left.append(entry)
        else:
            taken.add(entry.kind)
            player.log_out(entry)
    return left


def _log_in_once(player: _Player, ins: list[Entry]) -> list[Entry]:
    """Have one login take place, as `_take_one_of_each`."""
    taken: set[Kind] = set()
    left = []
    for entry in ins:
        if entry.kind in taken:
            left.append(entry)
        else:
            taken.add(entry.kind)
            player.log_in(entry)
    return left
