"""Taking in lines of Minecraft servers' logs, one by one or a whole file."""

import functools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sessions_app.calendar import Calendar
from sessions_app.keys import line_id
from sessions_app.lines import Kind, Line, makes_player, parse_line
from sessions_app.models import Server
from sessions_app.timeline import INS, OUTS
from sessions_app.writes.around import NewLine
from sessions_app.writes.loglines import RecordLines
from telemetry import clock
from telemetry.store import get_store

__all__ = [
    "LINES_AT_ONCE",
    "MAX_LINE",
    "MAX_ZONE",
    "Taken",
    "is_zone",
    "take_line",
    "take_lines",
    "zone_of",
]

MAX_LINE = 8192
"""Characters of a line that are kept."""
MAX_ZONE = 64
# As many take the writer about 25 ms, for which all other writes of this process wait.
LINES_AT_ONCE = 500

_YEARS = range(1970, 9000)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Taken:
    """How many lines came and what became of them; `unknown`: stored, but not understood."""

    lines: int = 0
    new: int = 0
    unknown: int = 0

    @property
    def duplicates(self) -> int:
        return self.lines - self.new


def take_line(*, server: Server, text: str, zone: str, day: date | None = None) -> bool | None:
    """Store a line that an agent has just read; whether it is new. None: the server is gone.

    `day`: when it was written, if it tells only the time of day; by default the last time that the
    server's clock showed this time. Raises ``StoreError``.
    """
    text = _clean(text)
    line = parse_line(text)
    dates = Calendar(day) if day else _calendar_until(clock.now(), zone, [line])
    new = _new_line(server.pk, text, zone, line, dates)
    stored: Sequence[bool] | None = get_store().submit_and_wait(
        RecordLines(server.pk, [new], in_order=True)
    )
    return stored[0] if stored is not None else None


def take_lines(
    *, server: Server, lines: Sequence[str], zone: str, day: date | None = None
) -> Iterator[Taken]:
    """Store the lines of a file, or of a part of one; yields how far it has come, again and again.

    `day` is that of the first line, for lines that tell only the time of day: by default such that
    the last line was written just now. Each part is committed for itself, and taking the same
    lines again is harmless. Ends early if the server is gone. Raises ``StoreError``.
    """
    texts = [_clean(text) for text in lines if text.strip()]
    parsed = list(map(parse_line, texts))
    dates = Calendar(day) if day else _calendar_until(clock.now(), zone, parsed)
    done = Taken()
    pairs = iter(zip(texts, parsed, strict=True))
    while part := list(islice(pairs, LINES_AT_ONCE)):
        new = [_new_line(server.pk, text, zone, line, dates) for text, line in part]
        stored: Sequence[bool] | None = get_store().submit_and_wait(RecordLines(server.pk, new))
        if stored is None:
            return
        done = Taken(
            done.lines + len(part),
            done.new + sum(stored),
            done.unknown + sum(line.kind is Kind.UNKNOWN for line in new),
        )
        yield done
    if not texts:
        yield done


def _calendar_until(now: datetime, zone: str, lines: Iterable[Line]) -> Calendar:
    """Such that the last of the lines was written before `now`, or a little after."""
    here = now.astimezone(zone_of(zone)).replace(tzinfo=None)
    ahead = Calendar(here.date())
    for line in lines:
        if line.date is None and line.time is not None:
            ahead.day_of(line.time)
    day = here.date()
    if ahead.last and datetime.combine(day, ahead.last) > here + timedelta(hours=1):
        day -= _DAY
    return Calendar(day - (ahead.day - here.date()))


def _clean(text: str) -> str:
    """A line as PostgreSQL can store it."""
    text = text.rstrip("\r\n").removeprefix("\ufeff").replace("\0", "\ufffd")
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def _new_line(server_id: int, text: str, zone: str, line: Line, dates: Calendar) -> NewLine:
    local = None
    if line.time is not None:
        try:
            local = datetime.combine(line.date or dates.day_of(line.time), line.time)
        except OverflowError:
            local = None
    if local is not None and local.year not in _YEARS:
        local = None
    plays = line.kind in INS or line.kind in OUTS
    is_player = local and line.username and (plays or makes_player(line.username))
    return NewLine(
        id=line_id(server_id, local, text),
        kind=line.kind if local else Kind.UNKNOWN,
        text=text[:MAX_LINE],
        is_cut=len(text) > MAX_LINE,
        zone=_clean(zone)[:MAX_ZONE],
        at=to_utc(local, zone) if local else None,
        username=line.username if is_player else "",
        version=line.version,
        external_id=line.uuid,
    )


def to_utc(local: datetime, zone: str) -> datetime:
    """The instant of a local time. Where a clock change makes it two, or none: by standard time."""
    quarter = (local.hour << 2) + local.minute // 15
    return local.replace(tzinfo=UTC) - _offset(zone, local.toordinal(), quarter)


@functools.lru_cache(maxsize=10_000)
def _offset(zone: str, day: int, quarter: int) -> timedelta:
    """That of a quarter of an hour: clocks change at none but whole ones."""
    start = datetime.combine(date.fromordinal(day), time(quarter >> 2, (quarter & 3) * 15))
    here = start.replace(tzinfo=zone_of(zone))
    offsets = [here.replace(fold=fold).utcoffset() for fold in (0, 1)]
    return min(offset or timedelta() for offset in offsets)


def is_zone(name: str) -> bool:
    """Whether there is a zone of this name."""
    return name == "UTC" or zone_of(name).key != "UTC"


def zone_of(name: str) -> ZoneInfo:
    """The zone of this name; UTC if there is none, as in the original."""
    return _zone(name) if len(name) <= MAX_ZONE else _zone("UTC")


@functools.lru_cache(maxsize=1000)
def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")
