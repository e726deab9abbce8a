"""On which days the lines of a log were written that tell only the time of day.

Where a line is dated must not depend on when it is sent, or a line that is sent twice would be two
lines. So days are counted on from line to line, and kept with the place in the file. The clock has
its say only about where a count begins, and about days on which nothing was written at all.
"""

import re
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta

from sessions_app.calendar import Calendar
from sessions_app.encodings import decoded
from sessions_app.lines import parse_line

__all__ = ["settle", "time_of"]

_DAY = timedelta(days=1)
# How far ahead of a file's own time a line may be: clocks differ. As for lines without a date.
_AHEAD = timedelta(hours=1)
# No wrong zone explains that; midnight was counted once too often.
_FAR_AHEAD = timedelta(hours=18)
# What nearly all lines begin with; parse_line says the same of them.
_USUAL = re.compile(rb"\[([0-9]{2}:[0-9]{2}:[0-9]{2})\]")


def time_of(line: bytes) -> time | None:
    """The time of day of a line that does not tell its date; None for all others."""
    if found := _USUAL.match(line):
        try:
            return time.fromisoformat(found[1].decode())
        except ValueError:
            return None
    read = parse_line(decoded(line))
    return read.time if read.date is None else None


def settle(
    calendar: Calendar | None,
    times: Iterable[time],
    *,
    written: datetime,
    named: date | None = None,
    is_live: bool = True,
) -> Calendar:
    """The calendar by which to date `times`, all that a file has from here to its end.

    `calendar` is that of the lines before, if there were any; `named` the day that the file's name
    tells; `written` when the file was last changed, by the clock that its lines were written by.
    """
    begin = calendar or Calendar(named or written.date())
    end = begin.copy()
    for at in times:
        end.day_of(at)
    if end.last is None:
        return begin
    last_day = written.date()
    if datetime.combine(last_day, end.last) > written + _AHEAD:
        last_day -= _DAY
    off = last_day - end.day
    if calendar:
        is_too_far = datetime.combine(end.day, end.last) > written + _FAR_AHEAD
        trusted = is_live and (off > timedelta() or is_too_far)
    elif named:
        # The name may tell the day on which the file ended, instead of that on which it began.
        trusted = begin.day - end.day <= off < timedelta()
    else:
        trusted = True
    return Calendar(begin.day + off, begin.last) if trusted else begin
