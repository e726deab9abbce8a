"""Cutting a log into parts that the server dates as we do."""

from codecs import BOM_UTF8
from collections.abc import Iterator, Sequence
from datetime import date
from typing import NamedTuple

from sessions_app.calendar import Calendar
from sessions_app.encodings import decoded
from sessions_app.tail.reading import Read

__all__ = ["MOST_BYTES", "MOST_LINES", "Part", "parts_of", "texts_of"]

MOST_LINES = 5000
MOST_BYTES = 512 * 1024


class Part(NamedTuple):
    """Lines that were all written on `day`, as far as they do not tell it themselves."""

    lines: list[bytes]
    day: date | None
    last: Read
    """The last of them, which may be blank."""
    after: Calendar | None
    """The calendar that goes on after it."""


def parts_of(lines: Sequence[Read], calendar: Calendar | None) -> Iterator[Part]:
    """Parts of one day each. The calendar is None only where no line tells just a time of day."""
    calendar = calendar.copy() if calendar else None
    begin, day = 0, None
    for index, line in enumerate(lines):
        if not line.time or not calendar:
            continue
        before = calendar.day, calendar.last
        on = calendar.day_of(line.time)
        if day and on != day:
            yield Part(texts_of(lines[begin:index]), day, lines[index - 1], Calendar(*before))
            begin = index
        day = on
    if lines:
        yield Part(texts_of(lines[begin:]), day, lines[-1], calendar)


def texts_of(lines: Sequence[Read]) -> list[bytes]:
    """Of these lines, without the blank ones, and without the mark that some files begin with.

    Both the server would take away by itself, but not from each part alike.
    """
    texts = [line.text.removeprefix(BOM_UTF8) for line in lines]
    return [text for text in texts if text and decoded(text).strip()]
