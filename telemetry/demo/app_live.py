"""Countly: users of the app who open it now. Each request goes by itself, as SDKs send them."""

import json
from collections.abc import Sequence
from typing import Any

from telemetry.demo.app_users import DAYS, Device, Visit, new_device, said_in
from telemetry.demo.chance import dice
from telemetry.demo.stage import Actor, Scene
from telemetry.demo.wire import Request, form

__all__ = ["arrivals", "visit"]

_BETWEEN = 60.0
# Most who come have come not long ago.
_RECENT = 500
# Of those who come, so many come for the first time.
_NEW = 0.12
_DAY = 86_400


def arrivals(
    scene: Scene, app_key: str, devices: Sequence[Device], began: float, run: str
) -> Actor:
    """Every now and then somebody opens the app. `run` names this start of the demo."""
    here: set[str] = set()
    number = 0
    while True:
        number += 1
        day = DAYS + (scene.clock() - began) / _DAY
        is_new = scene.rng.random() < _NEW
        device = (
            new_device(dice(run, number), int(day))
            if is_new
            else scene.rng.choice(devices[-_RECENT:])
        )
        if device.id not in here:
            here.add(device.id)
            scene.spawn(visit(scene, app_key, device, day, here, is_first=is_new))
        yield scene.rng.expovariate(1 / _BETWEEN) + 1


def visit(
    scene: Scene, app_key: str, device: Device, day: float, here: set[str], *, is_first: bool
) -> Actor:
    """A session, told as it goes; if the demo ends before, so does the session."""
    rng = scene.rng
    seconds = min(600, max(15, round(rng.lognormvariate(4.6, 0.7))))
    level = 1 if is_first else rng.randrange(2, 30)
    now = int(scene.clock())
    told = now
    is_over = False
    try:
        for said in said_in(device, Visit(now, seconds, is_first, day, level, rng)):
            while scene.clock() < said["timestamp"]:
                yield said["timestamp"] - scene.clock()
            scene.sender.send(_sent(said, app_key))
            told, is_over = said["timestamp"], "end_session" in said
    finally:
        here.discard(device.id)
        if not is_over and scene.clock() >= told:
            scene.sender.send(_sent(_goodbye(device, told, int(scene.clock())), app_key))


def _goodbye(device: Device, told: int, now: int) -> dict[str, Any]:
    seconds = {"session_duration": now - told} if now > told else {}
    return {"device_id": device.id, "timestamp": now, "end_session": 1, **seconds}


def _sent(said: dict[str, Any], app_key: str) -> Request:
    """As a form, with JSON in the fields that hold more than a word."""
    fields = {
        name: json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value
        for name, value in said.items()
    }
    return form("/i", {"app_key": app_key, **fields})
