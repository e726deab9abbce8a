"""The clock that beats are told by. Tests set it: they replace `time`."""

import time as _time
from datetime import UTC, datetime

__all__ = ["now", "time"]


def time() -> float:
    """Seconds since 1970, which count on over every change of zones."""
    return _time.time()


def now() -> datetime:
    """The same as an aware time in UTC."""
    return datetime.fromtimestamp(time(), UTC)
