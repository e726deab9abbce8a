"""The days of lines that tell only the time of day, counted on from line to line."""

from dataclasses import dataclass
from datetime import date, time, timedelta

__all__ = ["Calendar"]

_DAY = timedelta(days=1)
# The most seconds that a clock goes back in one day: an hour when summer ends, and some disorder.
_BACK = 2 * 3600
# How many seconds late a line of another thread may come that was written before midnight.
_LATE = 60


@dataclass(slots=True)
class Calendar:
    """The day that a log has come to, and the last time of day that was seen on it."""

    day: date
    last: time | None = None

    def day_of(self, at: time) -> date:
        """The day of the next line."""
        if self.last is None:
            self.last = at
            return self.day
        step = _since_midnight(at) - _since_midnight(self.last)
        if step > 86_400 - _LATE:
            return self.day - _DAY
        if step < -_BACK:
            self.day += _DAY
        self.last = at
        return self.day

    def copy(self) -> "Calendar":
        return Calendar(self.day, self.last)


def _since_midnight(at: time) -> int:
    return at.hour * 3600 + at.minute * 60 + at.second
