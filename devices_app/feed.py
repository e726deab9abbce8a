"""Who watches a project's devices, and what they are told each second.

A feed reads one snapshot a second, however many watch, and none while nobody does. Watchers are
not all told at once: each has its own moment within the second, so that thousands of them do not
hold up everything else this process does.
"""

import asyncio
import logging
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Protocol

from django.db import Error, connection

from devices_app.snapshot import Snapshot, read_snapshot
from telemetry.metrics import count_watchers

__all__ = ["Feed", "Watcher", "feed_of"]

logger = logging.getLogger(__name__)

MOMENTS = 20
"""Into how many parts a second is divided. One that watches alone always gets a fresh snapshot."""

# A snapshot is not read again before this many seconds.
_FRESH = 1 - 0.5 / MOMENTS

# One thread, so one connection: feeds are read one after the other.
_reader = ThreadPoolExecutor(1, thread_name_prefix="feed")


class Watcher(Protocol):
    """`numbers`: the devices that are asked for; None for all."""

    numbers: frozenset[int] | None

    def tell(self, snapshot: Snapshot, frame: str) -> None:
        """Called each second, in the event loop; must not wait. `frame` is its JSON."""
        ...

    def gone(self) -> None:
        """The project has been deleted."""
        ...


class Feed:
    """What is told to all watchers of a project in this process; lives in one event loop."""

    def __init__(self, project_id: int) -> None:
        self._project_id = project_id
        self._moments: list[set[Watcher]] = [set() for _ in range(MOMENTS)]
        self._moment = 0
        self._snapshot: Snapshot | None = None
        self._frames: dict[frozenset[int] | None, str] = {}
        self._fresh_until = 0.0
        self._reading: asyncio.Future[None] | None = None
        self._running: asyncio.Task[None] | None = None
        self._away = False

    async def join(self, watcher: Watcher) -> None:
        """Tell this watcher at once, and then every second. Raises ``django.db.Error``."""
        self._moments[self._moment].add(watcher)
        count_watchers(1)
        if self._running is None:
            self._running = asyncio.create_task(self._run())
        try:
            snapshot = await self._current()
            # Nobody may have asked for these devices before, nor in a reading that is under way.
            for _ in range(2):
                if snapshot and not snapshot.covers(watcher.numbers):
                    snapshot = await self._read()
        except BaseException:
            self.leave(watcher)
            raise
        self._tell(watcher, snapshot)

    def leave(self, watcher: Watcher) -> None:
        """Tell this watcher no more; may be called for one that is not here."""
        for watchers in self._moments:
            if watcher in watchers:
                watchers.remove(watcher)
                count_watchers(-1)

    async def _run(self) -> None:
        due = time.monotonic()
        while any(self._moments):
            due = max(
                due + 1 / MOMENTS, time.monotonic() - 0.25
            )  # what was missed longer is not made up
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            self._moment = (self._moment + 1) % MOMENTS
            if self._moments[self._moment]:
                await self._tell_all(list(self._moments[self._moment]))
        self._running = None
        _feeds.pop(self._project_id, None)

    async def _tell_all(self, watchers: Sequence[Watcher]) -> None:
        try:
            snapshot = await self._current()
        except Exception as error:
            if not self._away:  # one line, not one each second
                known = isinstance(error, Error)
                logger.error("What devices do cannot be read: %s", error, exc_info=not known)
            self._away = True
            return
        self._away = False
        for watcher in watchers:
            self._tell(watcher, snapshot)

    def _tell(self, watcher: Watcher, snapshot: Snapshot | None) -> None:
        if snapshot is None:
            watcher.gone()
            return
        numbers = watcher.numbers
        if not snapshot.covers(numbers):
            return
        if numbers not in self._frames:
            self._frames[numbers] = snapshot.json(numbers)
        watcher.tell(snapshot, self._frames[numbers])

    async def _current(self) -> Snapshot | None:
        """The snapshot of this second; None if the project is gone."""
        if time.monotonic() < self._fresh_until:
            return self._snapshot
        return await self._read()

    async def _read(self) -> Snapshot | None:
        if self._reading is None:
            self._reading = asyncio.ensure_future(self._read_now())
        await asyncio.shield(self._reading)
        return self._snapshot

    async def _read_now(self) -> None:
        began = time.monotonic()
        try:
            wanted = [watcher.numbers for watchers in self._moments for watcher in watchers]
            read = partial(_read_in_thread, self._project_id, wanted)
            self._snapshot = await asyncio.get_running_loop().run_in_executor(_reader, read)
            self._frames = {}
            # A database that is slow to answer is not asked without end.
            ended = time.monotonic()
            self._fresh_until = max(began + _FRESH, ended + (ended - began))
        finally:
            self._reading = None


def _read_in_thread(project_id: int, wanted: Sequence[frozenset[int] | None]) -> Snapshot | None:
    some = [numbers for numbers in wanted if numbers is not None]
    everything = len(some) < len(wanted)
    try:
        return read_snapshot(
            project_id,
            numbers=None if everything else set().union(*some),
            apart=bool(some),
        )
    except Exception:
        connection.close()  # the next one tries anew
        raise


_feeds: dict[int, Feed] = {}


def feed_of(project_id: int) -> Feed:
    """The feed of a project in this process."""
    feed = _feeds.get(project_id)
    if feed is None:
        feed = _feeds[project_id] = Feed(project_id)
    return feed
