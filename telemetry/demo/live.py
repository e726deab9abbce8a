"""From now on: all clients at a gentle rate, a few requests a second, on one stage."""

from collections.abc import Callable
from random import Random
from threading import Event, Thread
from time import time

from telemetry.demo import app_live, app_users, loads, minecraft_live, rounds
from telemetry.demo.chance import dice
from telemetry.demo.history import Keys
from telemetry.demo.household import HOUSEHOLD, beats, registration
from telemetry.demo.stage import Scene, Stage
from telemetry.demo.state import State
from telemetry.demo.wire import Connection

__all__ = ["Live", "introduce"]


def introduce(url: str, state: State, stop: Event) -> None:
    """Devices and a Minecraft server are registered before they can send; once."""
    connection = Connection(url, stop)
    for appliance in HOUSEHOLD:
        if appliance.name not in state.devices:
            device = connection.send(registration(appliance, state.secret_key))
            state.devices[appliance.name] = device["token"]
    if not state.server_key:
        server = connection.send(minecraft_live.new_server(state.manage_token))
        state.server_key = server["key"]
        state.client_id = server["agent"]["client_id"]
        state.client_secret = server["agent"]["client_secret"]
    connection.close()


class Live:
    """A thread in which clients live until `stop` is set, and then say goodbye."""

    def __init__(
        self, url: str, state: State, keys: Keys, stop: Event, say: Callable[[str], None]
    ) -> None:
        self._connection = Connection(url, stop)
        self._state = state
        self._keys = keys
        self._say = say
        self._stage = Stage(stop, say)
        self._run = f"{state.seed}:{time():.0f}"
        self._thread = Thread(target=self._work, name="live")

    def start(self) -> None:
        """Begin with the household, whose beats cannot be told afterwards."""
        for place, appliance in enumerate(HOUSEHOLD):
            token = self._state.devices[appliance.name]
            scene = self._scene("beats", appliance.name)
            self._stage.add(beats(scene, appliance, token), after=place * 0.7)
        self._thread.start()

    def go_on(self) -> None:
        """Everybody else, when the history has been sent."""
        state, stage = self._state, self._stage
        stage.add(loads.machines(self._scene("loads"), state.began, self._keys.ezkey))
        stage.add(rounds.arrivals(self._scene("rounds"), self._keys.app_key), after=1)
        devices = app_users.population(state.seed, state.began, state.scale)
        scene = self._scene("app")
        users = app_live.arrivals(scene, self._keys.app_key, devices, state.began, self._run)
        stage.add(users, after=2)
        scene = self._scene("minecraft")
        agent = (state.client_id, state.client_secret)
        stage.add(minecraft_live.server(scene, state.seed, *agent), after=3)

    def join(self) -> None:
        self._thread.join()

    def is_alive(self) -> bool:
        return self._thread.is_alive()

    def _scene(self, *names: str) -> Scene:
        rng: Random = dice(self._run, *names)
        return Scene(self._connection, rng, time, self._stage.add, self._say)

    def _work(self) -> None:
        self._stage.run(for_ever=True)
        self._connection.close()
