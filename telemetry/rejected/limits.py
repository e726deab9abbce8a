"""How much of a flood of bad requests is stored: a little of it, and how much there was.

A client that is wrong is wrong again and again, and somebody may mean it badly. Each process
stores a few rows at once of each mistake, then one now and then; a few each second of each
sender; and so many of all together, whatever keys are made up. What is left out is counted.
"""

import threading
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import TypeVar

from telemetry.rejected.writes import Place

__all__ = ["Group", "Limiter"]

# Rows at once, and then by the second: of one mistake, of one sender, of all that a process has.
_OF_A_MISTAKE = (5, 0.1)
_OF_A_SENDER = (100, 4.0)
_OF_ALL = (300, 40.0)
# Mistakes and senders that are remembered.
_MOST = 1000

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class _Bucket:
    """So many at once, and `rate` a second from then on."""

    __slots__ = ("_left", "_most", "_rate", "_since")

    def __init__(self, most: float, rate: float) -> None:
        self._most = self._left = float(most)
        self._rate = rate
        self._since = 0.0

    def take(self, now: float) -> bool:
        if self._since:
            self._left = min(self._most, self._left + max(0.0, now - self._since) * self._rate)
        self._since = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


@dataclass(slots=True)
class Group:
    """Rejections that are alike: the place of the last that is stored, and `more` that are not."""

    place: Place | None = None
    more: int = 0
    bucket: _Bucket = field(default_factory=lambda: _Bucket(*_OF_A_MISTAKE))


class Limiter:
    """Says what is stored. For any number of threads; remembers so many groups and not more."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._groups: OrderedDict[Hashable, Group] = OrderedDict()
        self._senders: OrderedDict[Hashable, _Bucket] = OrderedDict()
        self._all = _Bucket(*_OF_ALL)

    def admit(self, sender: Hashable, mistake: Hashable, now: float) -> tuple[Group, bool]:
        """The group of a mistake of this sender, and whether it is stored; else it is counted."""
        with self._lock:
            group = _known(self._groups, (sender, mistake), Group())
            bucket = _known(self._senders, sender, _Bucket(*_OF_A_SENDER))
            stored = group.bucket.take(now) and bucket.take(now) and self._all.take(now)
            if not stored:
                group.more += 1
            return group, stored

    def left_out(self, group: Group) -> int:
        """How many of a group were counted before any was stored; they are told with the first."""
        with self._lock:
            if group.place is not None:
                return 0
            more, group.more = group.more, 0
            return more

    def counted(self) -> list[tuple[Place, int]]:
        """What has been counted since, and beside which rows; it is told once."""
        with self._lock:
            found = []
            for group in self._groups.values():
                if group.more and group.place is not None:
                    found.append((group.place, group.more))
                    group.more = 0
            return found


def _known(kept: OrderedDict[Hashable, V], key: Hashable, new: V) -> V:
    found = kept.setdefault(key, new)
    kept.move_to_end(key)
    if len(kept) > _MOST:
        kept.popitem(last=False)
    return found
