"""Simulated clients without a server: a clock that goes on by hand, and replies made up."""

from random import Random
from typing import Any

from telemetry.demo.stage import Actor, Scene
from telemetry.demo.wire import Refused, Request

NOW = 1_790_000_000.0
KEY = "the-app-key"


class Recorder:
    """Stands for the server: notes what is sent, and answers what clients need."""

    def __init__(self) -> None:
        self.sent: list[Request] = []
        # By a part of the path: the statuses of the next requests; 0 is taken.
        self.refusals: dict[str, list[int]] = {}

    def send(self, request: Request) -> Any:
        self.sent.append(request)
        for part, statuses in self.refusals.items():
            if part in request.path and statuses and (status := statuses.pop(0)):
                raise Refused("no", status)
        return {"_id": "S1", "access_token": f"token{len(self.sent)}"}

    @property
    def paths(self) -> list[str]:
        return [request.path for request in self.sent]


class Play:
    """Has one actor act, in a time that passes only as it waits."""

    def __init__(self, seed: int = 1) -> None:
        self.server = Recorder()
        self.now = NOW
        self.spawned: list[Actor] = []
        self.said: list[str] = []
        self.scene = Scene(
            self.server, Random(seed), lambda: self.now, self.spawned.append, self.said.append
        )

    def go(self, actor: Actor, seconds: float = float("inf")) -> None:
        """Until it ends, or so many seconds have passed."""
        until = self.now + seconds
        for wait in actor:
            self.now += wait
            if self.now >= until:
                return
