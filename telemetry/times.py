"""Times and lengths of time as people and programs write them in URLs."""

import re
from datetime import UTC, datetime, timedelta

__all__ = ["parse_duration", "parse_time"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Far enough from the ends of the calendar that rounding stays inside of it.
_YEARS = range(1000, 9000)
_UNIX = re.compile(r"-?\d+(\.\d+)?", re.ASCII)
# An offset's “+” that was not percent-encoded arrives as a space.
_LOST_PLUS = re.compile(r"(T.*) (\d\d:?\d\d)$", re.ASCII)
_DURATION = re.compile(r"(\d{1,9}) ?([smhdw]?)", re.ASCII)
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


def parse_time(raw: str) -> datetime:
    """An instant, in UTC, from ISO 8601 (without an offset: UTC) or seconds since 1970.

    ValueError with a message for people if it is neither.
    """
    text = raw.strip()
    try:
        if _UNIX.fullmatch(text):
            time = _EPOCH + timedelta(seconds=float(text))
        else:
            time = datetime.fromisoformat(_LOST_PLUS.sub(r"\1+\2", text))
            time = time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise ValueError("Give a time such as 2026-01-31T12:00Z or 1769860800.") from None
    if time.year not in _YEARS:
        raise ValueError(f"Give a time from {_YEARS.start} to {_YEARS.stop - 1}.")
    return time


def parse_duration(raw: str) -> int:
    """Seconds, from a number of them or with a unit: 300, 5m, 1h, 7d, 2w. ValueError otherwise."""
    match = _DURATION.fullmatch(raw.strip().lower())
    if match is None:
        raise ValueError("Give seconds, or a length of time such as 1m, 5m, 1h or 1d.")
    return int(match[1]) * _SECONDS[match[2]]
