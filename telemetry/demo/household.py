"""heartbeat: the devices of a household.

A beat is of the moment in which it arrives: nothing can be sent of the past, and an absence takes
as long as it takes. So two outages happen while the demo runs, a short one and one of an hour.
"""

from dataclasses import dataclass
from random import Random

from telemetry.demo.stage import Actor, Scene
from telemetry.demo.wire import Request, json_body

__all__ = ["HOUSEHOLD", "Appliance", "Outage", "beats", "registration"]

_MINUTE = 60.0


@dataclass(frozen=True, slots=True)
class Outage:
    """Silence: begins so many minutes after the demo has, and lasts so many; then again."""

    after: float
    lasts: float
    every: float
    why: str


@dataclass(frozen=True, slots=True)
class Appliance:
    """A device that beats every minute: always, or while somebody uses it (in minutes)."""

    name: str
    used: tuple[float, float] | None = None
    unused: tuple[float, float] = (0, 0)
    outage: Outage | None = None


HOUSEHOLD = (
    Appliance("Phone", used=(3, 15), unused=(4, 25)),
    Appliance("Laptop", used=(15, 60), unused=(7, 30)),
    Appliance("Tablet", used=(5, 20), unused=(20, 90)),
    Appliance("NAS", outage=Outage(20, 65, 240, "a power cut of an hour, which is an absence")),
    Appliance(
        "Weather station", outage=Outage(3, 8, 60, "its battery is changed; away after 5 minutes")
    ),
    Appliance("Doorbell"),
    Appliance("Heating"),
    Appliance("Router"),
)


def registration(appliance: Appliance, secret_key: str) -> Request:
    """Answered by the device's number and token."""
    document = {"name": appliance.name}
    return json_body("POST", "/api/devices", document, {"Authorization": secret_key})


def beats(scene: Scene, appliance: Appliance, token: str) -> Actor:
    """Beats of one device, for ever."""
    beat = Request("POST", "/api/beat", headers={"Authorization": token})
    began = scene.clock()
    outage = appliance.outage
    begins = began + outage.after * _MINUTE if outage else float("inf")
    until = began + _use(scene.rng, appliance)
    while True:
        scene.sender.send(beat)
        yield _MINUTE * scene.rng.uniform(0.95, 1.0)
        now = scene.clock()
        if outage and now >= begins:
            scene.say(f"{appliance.name} falls silent for {outage.lasts:.0f} min: {outage.why}.")
            yield outage.lasts * _MINUTE
            scene.say(f"{appliance.name} is back.")
            begins += outage.every * _MINUTE
        elif now >= until:
            yield scene.rng.uniform(*appliance.unused) * _MINUTE
            until = scene.clock() + _use(scene.rng, appliance)


def _use(rng: Random, appliance: Appliance) -> float:
    return rng.uniform(*appliance.used) * _MINUTE if appliance.used else float("inf")
