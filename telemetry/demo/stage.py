"""Actors: clients that live by themselves, each a generator of the seconds until it acts again."""

import heapq
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from itertools import count
from random import Random
from threading import Event, Lock

from telemetry.demo.wire import Refused, Sender

__all__ = ["Actor", "Scene", "Stage"]

Actor = Generator[float, None, None]

_LOOK = 0.25


@dataclass(frozen=True, slots=True)
class Scene:
    """What an actor has: a line to the server, dice, a clock, and a stage for others."""

    sender: Sender
    rng: Random
    clock: Callable[[], float]
    """Seconds since 1970."""
    spawn: Callable[[Actor], None]
    say: Callable[[str], None]


class Stage:
    """Has actors act, one at a time, until `stop`; then each may say goodbye.

    One thread and one connection are enough: together they send a few requests a second.
    """

    def __init__(self, stop: Event, say: Callable[[str], None]) -> None:
        self._stop = stop
        self._say = say
        self._lock = Lock()
        self._numbers = count()
        self._waiting: list[tuple[float, int, Actor]] = []

    def add(self, actor: Actor, after: float = 0.0) -> None:
        """Let an actor come in; from any thread."""
        with self._lock:
            due = time.monotonic() + after
            heapq.heappush(self._waiting, (due, next(self._numbers), actor))

    def run(self, *, for_ever: bool = False) -> None:
        """Until all have ended (or, `for_ever`, whoever may still come), or `stop` is set."""
        try:
            while not self._stop.is_set() and (self._waiting or for_ever):
                actor = self._next()
                if actor is not None:
                    self._act(actor)
        finally:
            for _, _, actor in self._waiting:
                self._dismiss(actor)

    def _next(self) -> Actor | None:
        with self._lock:
            wait = self._waiting[0][0] - time.monotonic() if self._waiting else _LOOK
            if wait <= 0:
                return heapq.heappop(self._waiting)[2]
        self._stop.wait(min(wait, _LOOK))
        return None

    def _act(self, actor: Actor) -> None:
        try:
            self.add(actor, next(actor))
        except StopIteration:
            pass
        except Refused as reason:
            if not self._stop.is_set():
                self._say(f"One client less: {reason}")

    def _dismiss(self, actor: Actor) -> None:
        try:
            actor.close()
        except Refused as reason:
            self._say(f"A goodbye was not heard: {reason}")
