"""Countly: the users of an app, a year of them, and what their devices send of each visit."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import exp
from random import Random
from typing import Any

from telemetry.demo.app_world import (
    COUNTRIES,
    RELEASES,
    Country,
    Model,
    app_version,
    chosen_model,
    os_version,
)
from telemetry.demo.chance import AWAKE, dice, moment, times_in_a_row
from telemetry.demo.wire import Request, json_body

__all__ = ["DAYS", "Device", "Said", "Visit", "history", "metrics_of", "new_device", "population"]

DAYS = 365
DEVICES = 3200
MAX_BULK = 250
# What SDKs tell at most at once of the time that a session has taken.
MAX_SECONDS = 120
_DAY = 86_400
_SDK = {"sdk_name": "native-demo", "sdk_version": "24.7.1"}

Said = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Device:
    """A device and the habits of who has it."""

    id: str
    country: Country
    city: str
    model: Model
    carrier: str
    nickname: str
    installed: int
    """The day of the history on which the app is first used."""
    keen: float
    """How likely a visit is on the day after."""
    leaves: int
    """The day after which it never comes again."""
    patience: float
    update_wait: float


@dataclass(frozen=True, slots=True)
class Visit:
    """A session: when it begins, how long it takes, and the dice for what happens in it."""

    at: int
    seconds: int
    is_first: bool
    day: float
    level: int
    rng: Random


def population(seed: int, began: float, scale: float) -> list[Device]:
    """Everybody who has installed the app by the time at which the history ends."""
    first = datetime.fromtimestamp(began, UTC) - timedelta(days=DAYS)
    weights = []
    released = {day for _, day in RELEASES}
    for day in range(DAYS):
        weekend = 1.35 if (first + timedelta(days=day)).weekday() >= 5 else 1.0
        # A release is written about, for a few days.
        news = sum(1.6 * exp(-(day - came) / 3) for came in released if 0 <= day - came < 12)
        weights.append(exp(1.5 * day / DAYS) * weekend * (1 + news))
    rng = dice(seed, "installs")
    days = rng.choices(range(DAYS), weights, k=max(8, round(DEVICES * scale)))
    return [new_device(dice(seed, "device", number), day) for number, day in enumerate(days)]


def new_device(rng: Random, day: int) -> Device:
    """Somebody who installs the app on this day."""
    country = rng.choices(COUNTRIES, [each.share for each in COUNTRIES])[0]
    is_apple = rng.random() < country.apple
    carriers = country.carriers
    keen = rng.betavariate(1.3, 3.2)
    stays = rng.choices((0, 4, 30, 150, 2 * DAYS), (30, 24, 20, 16, 10))[0]
    number = rng.getrandbits(128)
    nickname = f"{rng.choice(_NAMES)}{rng.randrange(10, 99)}" if rng.random() < 0.15 else ""
    return Device(
        # Apple's devices are known by a UUID, Android's by 16 digits.
        id=_uuid(number) if is_apple else f"{number >> 64:016x}",
        country=country,
        city=rng.choices(country.cities, range(len(country.cities), 0, -1))[0],
        model=chosen_model(rng, is_apple),
        carrier=rng.choices(carriers, range(len(carriers) + 1, 1, -1))[0],
        nickname=nickname,
        installed=day,
        keen=keen,
        leaves=day + (round(stays * rng.uniform(0.5, 1.5)) if stays else 0),
        patience=rng.random(),
        update_wait=rng.expovariate(1 / 12) if rng.random() < 0.93 else 2 * DAYS,
    )


_NAMES = ("Ayla", "Bruno", "Chloe", "Deniz", "Emil", "Haru", "Ines", "Kofi", "Lena", "Ravi")


def _uuid(number: int) -> str:
    digits = f"{number:032X}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def visits(device: Device, seed: int, began: float) -> Iterator[Visit]:
    """All visits of a device in the year that ends at `began`, one after the other."""
    rng = dice(seed, "visits", device.id)
    zone = device.country.zone
    today = datetime.fromtimestamp(began, zone).replace(hour=0, minute=0, second=0, microsecond=0)
    free_from, level, is_first = 0, 1, True
    for day in range(device.installed, min(DAYS, device.leaves) + 1):
        local = today - timedelta(days=DAYS - day)
        age = day - device.installed
        weekend = 1.3 if local.weekday() >= 5 else 1.0
        if age and rng.random() > device.keen * age**-0.25 * weekend:
            continue
        count = 1 + times_in_a_row(rng, 0.25 + 0.3 * device.keen, 5)
        for second in sorted(moment(rng, AWAKE) for _ in range(count)):
            # By the clock on the wall, also on days of 23 and 25 hours.
            wall = local + timedelta(seconds=second)
            at = max(int(wall.timestamp()), free_from)
            seconds = min(2700, max(6, round(rng.lognormvariate(5.0, 0.95))))
            if at < began:
                yield Visit(at, seconds, is_first, day + second / _DAY, level, rng)
            free_from, is_first = at + seconds + 30, False
            level += times_in_a_row(rng, 0.5, 4)


def metrics_of(device: Device, day: float) -> dict[str, str]:
    model = device.model
    return {
        "_os": model.os,
        "_os_version": os_version(model.os, device.patience, day),
        "_device": model.name,
        "_resolution": model.resolution,
        "_carrier": device.carrier,
        "_app_version": _version(device, day),
        "_locale": f"en_{device.country.code}",
    }


def _version(device: Device, day: float) -> str:
    # A store has the newest version only, whatever the device does about updates afterwards.
    return max(
        app_version(device.update_wait, day), app_version(0, device.installed + 1), key=_newness
    )


def _newness(version: str) -> int:
    return [name for name, _ in RELEASES].index(version)


def said_in(device: Device, visit: Visit) -> Iterator[Said]:
    """The requests of a visit, in order."""
    about = {"device_id": device.id}
    begin: Said = {**about, "timestamp": visit.at, "begin_session": 1, **_SDK}
    begin |= {"metrics": metrics_of(device, visit.day)}
    begin |= {"country_code": device.country.code, "city": device.city}
    if visit.is_first and device.nickname:
        begin["user_details"] = {"username": device.nickname}
    yield begin
    told = 0
    while told < visit.seconds:
        part = min(MAX_SECONDS, visit.seconds - told)
        events = _events(device, visit, told, part)
        told += part
        request: Said = {**about, "timestamp": visit.at + told, "session_duration": part}
        if events:
            request["events"] = events
        if told == visit.seconds:
            request["end_session"] = 1
        yield request


def _events(device: Device, visit: Visit, since: int, seconds: int) -> list[Said]:
    rng = visit.rng
    if visit.is_first and not since:
        found = [_event(visit.at + 5, "tutorial", {"step": "finished"})]
    else:
        found = []
    at = since + rng.randrange(20, 60)
    while at < since + seconds:
        found.append(_deed(device, visit, visit.at + at))
        at += rng.randrange(30, 110)
    return found


def _deed(device: Device, visit: Visit, at: int) -> Said:
    rng = visit.rng
    chance = rng.random()
    difficulty = ("easy", "normal", "hard")[min(2, visit.level // 8)]
    level = {"level": f"Level {min(40, visit.level)}", "difficulty": difficulty}
    if chance < 0.60:
        return _event(at, "level_success", level)
    if chance < 0.90:
        return _event(at, "level_fail", level)
    if chance < 0.935:
        item, price = rng.choices(_ITEMS, (6, 3, 1))[0]
        return _event(at, "in_app_purchase", {"item": item, "country": device.country.code}, price)
    if chance < 0.985:
        return _event(at, "share", {"network": rng.choice(("Messages", "Instagram", "X"))})
    version = _version(device, visit.day)
    # The first version of each series was not its best one.
    if version not in {"2.0", "2.3"} and rng.random() < 0.6:
        return _event(at, "level_success", level)
    return _event(at, "crash", {"app_version": version, "screen": rng.choice(("Map", "Shop"))})


_ITEMS = (("100 coins", 0.99), ("No advertisements", 3.99), ("Season pass", 9.99))


def _event(at: int, key: str, segmentation: dict[str, str], price: float = 0) -> Said:
    event: Said = {"key": key, "count": 1, "timestamp": at, "segmentation": segmentation}
    return event | {"sum": price} if price else event


def history(
    seed: int, began: float, scale: float, app_key: str, lane: int, lanes: int
) -> Iterator[Request]:
    """What this lane's share of the devices sends, in bulks, in the order of time.

    Countly counts a request in the time that it tells, so a year can be sent at once. A device
    keeps to one lane, so its requests come in order.
    """
    said = [
        request
        for device in population(seed, began, scale)[lane::lanes]
        for visit in visits(device, seed, began)
        for request in said_in(device, visit)
        if request["timestamp"] < began
    ]
    said.sort(key=lambda request: int(request["timestamp"]))
    for place in range(0, len(said), MAX_BULK):
        requests = said[place : place + MAX_BULK]
        document = {"app_key": app_key, "requests": requests}
        yield json_body("POST", "/i/bulk", document, holds=len(requests))
