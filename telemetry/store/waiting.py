"""The bounded line of writes that wait for the writer thread."""

import asyncio
import concurrent.futures
import threading
import time
from collections.abc import Iterable
from typing import Any

from telemetry.store.errors import StoreError, StoreOverloaded, StoreUnavailable
from telemetry.store.write import Write

AnyFuture = asyncio.Future[Any] | concurrent.futures.Future[Any]


class Waiting:
    """One write in line, and who waits for it. `loop` is None for a thread that waits."""

    __slots__ = ("future", "loop", "since", "weight", "write")

    def __init__(
        self, write: Write, future: AnyFuture, loop: asyncio.AbstractEventLoop | None, weight: int
    ) -> None:
        self.write = write
        self.future = future
        self.loop = loop
        self.weight = weight
        self.since = time.monotonic()


class Line:
    """Writes in order of arrival. What waits and what is being written counts against `limit`."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._lock = threading.Lock()
        self._arrived = threading.Event()
        self._items: list[Waiting] = []
        self._weight = 0
        self._closed = False

    def add(self, item: Waiting) -> None:
        """Raises ``StoreOverloaded`` if the line is full, ``StoreUnavailable`` if it is closed."""
        with self._lock:
            if self._closed:
                raise StoreUnavailable("the server is stopping, try again later")
            # A single write heavier than the limit is let in when nothing else waits.
            if self._weight and self._weight + item.weight > self._limit:
                raise StoreOverloaded
            self._weight += item.weight
            self._items.append(item)
        if not self._arrived.is_set():
            self._arrived.set()

    def take(self, most: int, timeout: float | None) -> list[Waiting]:
        """All that waits, up to a weight of about `most`; empty after `timeout` seconds."""
        if not self._arrived.wait(timeout):
            return []
        with self._lock:
            self._arrived.clear()
            batch = self._items
            weight = 0
            for count, item in enumerate(batch, 1):
                weight += item.weight
                if weight >= most and count < len(batch):
                    batch, self._items = batch[:count], batch[count:]
                    self._arrived.set()
                    return batch
            self._items = []
            if self._closed:
                self._arrived.set()
        return batch

    def take_overdue(self, before: float) -> list[Waiting]:
        """Take out those that came before the monotonic time `before`."""
        with self._lock:
            overdue = [item for item in self._items if item.since < before]
            if overdue:
                self._items = [item for item in self._items if item.since >= before]
        return overdue

    def done(self, items: Iterable[Waiting]) -> None:
        """Their memory is free again."""
        freed = sum(item.weight for item in items)
        with self._lock:
            self._weight -= freed

    def close(self) -> None:
        """Let nobody else in; what waits can still be taken."""
        with self._lock:
            self._closed = True
        self._arrived.set()

    @property
    def finished(self) -> bool:
        """Closed, and nobody waits any more."""
        with self._lock:
            return self._closed and not self._items

    @property
    def weight(self) -> int:
        return self._weight


def answer(items: list[Waiting], outcomes: Iterable[Any]) -> None:
    """Give each waiter its outcome; an exception is raised in the waiter. Callable from any thread.

    An event loop is woken once for all its waiters, however many there are.
    """
    by_loop: dict[asyncio.AbstractEventLoop | None, list[tuple[AnyFuture, Any]]] = {}
    for item, outcome in zip(items, outcomes, strict=True):
        pairs = by_loop.get(item.loop)
        if pairs is None:
            by_loop[item.loop] = pairs = []
        pairs.append((item.future, outcome))
    for loop, pairs in by_loop.items():
        if loop is None:
            _resolve(pairs)
        else:
            try:
                loop.call_soon_threadsafe(_resolve, pairs)
            except RuntimeError:  # that loop has been closed: nobody waits any more
                continue


def _resolve(pairs: list[tuple[AnyFuture, Any]]) -> None:
    for future, outcome in pairs:
        if future.done():  # given up by its waiter, or refused when its time was over
            continue
        if isinstance(outcome, StoreError):
            future.set_exception(outcome)
        else:
            future.set_result(outcome)
