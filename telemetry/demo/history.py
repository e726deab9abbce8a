"""Everything that is told of the past, sent side by side by a handful of senders."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice
from threading import Event, Thread, current_thread
from time import time

from telemetry.demo import app_users, loads, minecraft, rounds
from telemetry.demo.chance import dice
from telemetry.demo.stage import Scene, Stage
from telemetry.demo.state import State
from telemetry.demo.wire import Connection, Refused, Request

__all__ = ["History", "Keys", "Lane", "lanes"]

# More than two would only wait for each other; each device keeps to one.
APP_LANES = 3
PLAYERS = 20
# They play at so many tables, each with a connection of its own.
TABLES = 4
ROUNDS = 4
# Of the time that a round takes in life.
PACE = 0.06


@dataclass(frozen=True, slots=True)
class Keys:
    """Those of the project that may have been changed since the last start."""

    app_key: str
    ezkey: str


@dataclass(frozen=True, slots=True)
class Lane:
    """Requests that are sent one after the other. `make` makes them, always the same."""

    name: str
    what: str
    make: Callable[[], Iterator[Request]]


def lanes(state: State, keys: Keys) -> list[Lane]:
    """What the history consists of, but for the rounds, which have to be played."""
    seed, began, scale = state.seed, state.began, state.scale

    def of_app(lane: int) -> Callable[[], Iterator[Request]]:
        return lambda: app_users.history(seed, began, scale, keys.app_key, lane, APP_LANES)

    return [
        Lane(
            "mc-coal",
            "log lines",
            lambda: iter(
                minecraft.history(seed, began, scale, state.manage_token, state.server_key)
            ),
        ),
        Lane("StatHat", "points", lambda: loads.history(seed, began, scale, keys.ezkey)),
        *(
            Lane(f"Countly {lane + 1}", "requests of apps", of_app(lane))
            for lane in range(APP_LANES)
        ),
    ]


class History:
    """Sends what has not been sent, in threads. Whoever waits looks at `told` and `problem`."""

    def __init__(self, url: str, state: State, keys: Keys, stop: Event) -> None:
        self._url = url
        self._state = state
        self._keys = keys
        # Set by whoever started us, or by a lane that cannot go on.
        self._stop = stop
        self.problem = ""
        self.counts: dict[str, int] = {}
        self._threads = [
            Thread(target=self._guarded, args=(partial(self._send, lane),), name=lane.name)
            for lane in lanes(state, keys)
        ]
        self._threads += [
            Thread(target=self._guarded, args=(partial(self._play, table),), name="TStats")
            for table in range(TABLES)
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def is_alive(self) -> bool:
        return any(thread.is_alive() for thread in self._threads)

    def join(self) -> None:
        for thread in self._threads:
            thread.join()

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Refused as reason:
            self.problem = self.problem or str(reason)
        except Exception:
            self.problem = f"{current_thread().name} has failed"
            raise

    def _send(self, lane: Lane) -> None:
        connection = Connection(self._url, self._stop)
        sent = self._state.sent
        done = sent.setdefault(lane.name, 0)
        # So that lines of several lanes of one kind add up.
        self.counts.setdefault(lane.what, 0)
        for request in islice(lane.make(), done, None):
            if self._stop.is_set() or self.problem:
                break
            connection.send(request)
            sent[lane.name] += 1
            self.counts[lane.what] += request.holds
        connection.close()

    def _play(self, table: int) -> None:
        """Rounds of several players at once, on a stage of their own."""
        stage = Stage(self._stop, _quiet)
        connection = Connection(self._url, self._stop)
        state = self._state
        self.counts.setdefault("rounds", 0)

        def played(name: str) -> Callable[[], None]:
            def count() -> None:
                state.sent[name] += 1
                self.counts["rounds"] += 1

            return count

        each = max(1, round(ROUNDS * state.scale))
        for number in range(PLAYERS if state.scale >= 1 else TABLES)[table::TABLES]:
            name = f"TStats {number + 1}"
            left = each - state.sent.setdefault(name, 0)
            rng = dice(state.seed, name, each - left)
            scene = Scene(connection, rng, time, stage.add, _quiet)
            stage.add(rounds.player(scene, self._keys.app_key, left, PACE, played(name)))
        stage.run()
        connection.close()


def _quiet(_: str) -> None:
    pass
