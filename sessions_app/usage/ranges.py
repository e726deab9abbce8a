"""The ranges that sessions are counted in, named by their indexes, as Countly 12.08 has them."""

from bisect import bisect_left, bisect_right

__all__ = [
    "DURATION_LABELS",
    "FREQUENCY_LABELS",
    "LOYALTY_LABELS",
    "duration_range",
    "frequency_range",
    "loyalty_range",
]

# The last second of a range, the first hour of the next one, the last number of a range.
_SECONDS = (10, 30, 60, 180, 600, 1800, 3600)
_HOURS = (1, 24, 48, 72, 96, 120, 144, 168, 192, 360, 744)
_SESSIONS = (1, 2, 5, 9, 19, 49, 99, 499)

DURATION_LABELS = (
    "0-10 s",
    "11-30 s",
    "31-60 s",
    "1-3 min",
    "3-10 min",
    "10-30 min",
    "30-60 min",
    "over 1 h",
)
FREQUENCY_LABELS = (
    "first session",
    "1-24 hours",
    "1 day",
    "2 days",
    "3 days",
    "4 days",
    "5 days",
    "6 days",
    "7 days",
    "8-14 days",
    "15-30 days",
    "over 30 days",
)
LOYALTY_LABELS = ("1", "2", "3-5", "6-9", "10-19", "20-49", "50-99", "100-499", "500 or more")


def duration_range(seconds: int) -> str:
    """Of a session's length: ``ds``."""
    return str(bisect_left(_SECONDS, seconds))


def frequency_range(seconds: float) -> str | None:
    """Of the time since the last session began: ``f``. None if it began later, by its time."""
    return None if seconds < 0 else str(bisect_right(_HOURS, seconds / 3600))


def loyalty_range(sessions: int) -> str:
    """Of a user's number of sessions, with this one: ``l``."""
    return str(bisect_left(_SESSIONS, sessions))
