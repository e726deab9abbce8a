"""mc-coal: the agent beside the Minecraft server, and who plays there now."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from telemetry.demo.minecraft import (
    Gamer,
    arrival,
    deed,
    departure,
    gamers,
    line,
    starting,
    write,
)
from telemetry.demo.minecraft_words import ZONE
from telemetry.demo.stage import Actor, Scene
from telemetry.demo.wire import Refused, Request, form

__all__ = ["new_server", "server"]

_MOST = 9
_PING_EVERY = 10
_TICKS_OF_A_DAY = 24_000


def new_server(manage_token: str) -> Request:
    """Makes a server; the answer has its key and its agent's credentials."""
    headers = {"Authorization": f"Bearer {manage_token}"}
    return form("/api/v1/servers", {"name": "Survival"}, headers)


def _token_request(client_id: str, client_secret: str) -> Request:
    """By which the original agent gets its token."""
    fields = {
        "grant_type": "authorization_code",
        "client_id": client_id,
        "client_secret": client_secret,
        "code": client_secret,
        "redirect_uri": "/",
        "scope": "agent",
    }
    return form("/oauth/v1/token", fields)


class _Agent:
    """Sends lines of now, and how the server is; asks for a new token when told 401."""

    def __init__(self, scene: Scene, client_id: str, client_secret: str) -> None:
        self._scene = scene
        self._wanted = _token_request(client_id, client_secret)
        self._zone = ZoneInfo(ZONE)
        self._token = ""

    def write(self, *messages: str) -> None:
        for message in messages:
            at = datetime.fromtimestamp(self._scene.clock(), self._zone)
            self._send("/api/v1/agents/logline", line(write(at, message), at))

    def ping(self, seconds: float, *, is_running: bool) -> None:
        self._send("/api/v1/agents/ping", _how_it_is(seconds, is_running=is_running))

    def _send(self, path: str, fields: dict[str, Any]) -> None:
        if self._token:
            try:
                self._scene.sender.send(form(path, fields, self._authorization()))
            except Refused as reason:
                if reason.status != 401:
                    raise
            else:
                return
        self._token = self._scene.sender.send(self._wanted)["access_token"]
        self._scene.sender.send(form(path, fields, self._authorization()))

    def _authorization(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._token}"}


def server(scene: Scene, seed: int, client_id: str, client_secret: str) -> Actor:
    """A server that starts, has players come and go, and is stopped when the demo ends."""
    agent = _Agent(scene, client_id, client_secret)
    waiting = gamers(seed)
    for gamer in waiting:
        gamer.achieved = 12  # in the month before
    least = len(waiting) - _MOST
    agent.write(*starting())
    began = scene.clock()
    pinged = 0.0
    try:
        while True:
            if scene.clock() - pinged >= _PING_EVERY:
                pinged = scene.clock()
                agent.ping(pinged - began, is_running=True)
            if len(waiting) > least and scene.rng.random() < 0.35:
                gamer = waiting.pop(scene.rng.randrange(len(waiting)))
                scene.spawn(_stay(scene, agent, gamer, waiting))
            yield scene.rng.uniform(3, 9)
    finally:
        agent.write("Stopping server")
        agent.ping(scene.clock() - began, is_running=False)


def _stay(scene: Scene, agent: _Agent, gamer: Gamer, waiting: list[Gamer]) -> Actor:
    """A player comes, stays for some minutes, and goes; at the end of the demo with the server."""
    agent.write(*arrival(gamer, scene.rng))
    until = scene.clock() + scene.rng.lognormvariate(5.6, 0.6)
    while True:
        yield scene.rng.uniform(8, 60)
        if scene.clock() >= until:
            break
        agent.write(deed(gamer, scene.rng))
    agent.write(*departure(gamer, scene.rng))
    waiting.append(gamer)


def _how_it_is(seconds: float, *, is_running: bool) -> dict[str, Any]:
    ticks = int(seconds * 20)
    return {
        "server_name": "Survival",
        "is_server_running": is_running,
        "server_day": 412 + ticks // _TICKS_OF_A_DAY,
        "server_time": ticks % _TICKS_OF_A_DAY,
        "is_raining": ticks // 12_000 % 5 == 3,
        "is_thundering": False,
        "num_overloads": 0,
        "address": "mc.example.org",
    }
