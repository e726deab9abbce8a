"""StatHat: what machines of a small shop tell of themselves, ninety days of it and from now on."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from typing import Any

from telemetry.demo.chance import OFFICE, dice, share_of_hour
from telemetry.demo.stage import Actor, Scene
from telemetry.demo.wire import Request, form, json_body

__all__ = ["history", "machines", "points_at"]

DAYS = 90
MAX_BATCH = 2000
_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
# Of the past day every minute is told, of all that was before every half hour.
_COARSE = 1800
# Twelve days ago a release of theirs was slow, from noon until it was taken back.
_INCIDENT_AGO, _INCIDENT = 12, (12 * _HOUR, 15 * _HOUR)

Point = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Moment:
    """A stretch of time and how it is: `busy` is 0 to about 1, `ill` is 1 in the incident."""

    minutes: float
    busy: float
    ill: float
    grown: float


def _moment(at: float, seconds: float, began: float) -> _Moment:
    day = datetime.fromtimestamp(at, UTC)
    weekend = 0.55 if day.weekday() >= 5 else 1.0
    is_that_day = at // _DAY == began // _DAY - _INCIDENT_AGO
    ill = 1.0 if is_that_day and _INCIDENT[0] <= at % _DAY < _INCIDENT[1] else 0.0
    # No day is as the one before.
    weekend *= dice("day", at // _DAY).gauss(1, 0.07)
    # A shop that grows by a third in these three months, and goes on to.
    grown = 1 + 0.33 * (at - began + DAYS * _DAY) / (DAYS * _DAY)
    return _Moment(seconds / _MINUTE, share_of_hour(OFFICE, day) * weekend, ill, grown)


def _many(rng: Random, mean: float) -> int:
    """A count that is `mean` on average, and scatters as counts do."""
    if mean > 50:
        return max(0, round(rng.gauss(mean, math.sqrt(mean))))
    left, count = math.exp(-mean), 0
    chance = rng.random()
    while chance > left:
        chance *= rng.random()
        count += 1
    return count


def _visits(machine: float) -> Callable[[Random, _Moment], float]:
    def count(rng: Random, now: _Moment) -> float:
        return _many(rng, machine * now.minutes * (6 + 240 * now.busy * now.grown))

    return count


_COUNTS: dict[str, Callable[[Random, _Moment], float]] = {
    # Each post feeds two stats: all requests, and those of the machine.
    "requests~total,web1": _visits(0.55),
    "requests~total,web2": _visits(0.45),
    "signups": lambda rng, now: _many(rng, 0.6 * now.minutes * now.busy * now.grown),
    "orders": lambda rng, now: _many(rng, 0.25 * now.minutes * now.busy * now.grown),
    "errors": lambda rng, now: _many(rng, now.minutes * (0.02 + 0.4 * now.busy + 9 * now.ill)),
}
_VALUES: dict[str, Callable[[Random, _Moment], float]] = {
    "web1: load average": lambda rng, now: rng.gauss(0.25 + 1.9 * now.busy + 3 * now.ill, 0.12),
    "web2: load average": lambda rng, now: rng.gauss(0.2 + 1.6 * now.busy + 2.4 * now.ill, 0.12),
    "web1: memory used, percent": lambda rng, now: rng.gauss(44 + 17 * now.busy, 1.2),
    "db: connections": lambda rng, now: round(rng.gauss(9 + 46 * now.busy + 40 * now.ill, 2)),
    "db: disk used, GB": lambda rng, now: rng.gauss(118 * now.grown, 0.05),
    "response time, ms": lambda rng, now: rng.lognormvariate(
        math.log(48 + 70 * now.busy + 420 * now.ill), 0.12
    ),
}


def points_at(rng: Random, at: float, seconds: float, began: float) -> Iterator[Point]:
    """What is posted at a time for the `seconds` before it. `began`: when the history ends."""
    now = _moment(at, seconds, began)
    when = int(at)
    for stat, count_of in _COUNTS.items():
        count = count_of(rng, now)
        if count:
            yield {"stat": stat, "count": count, "t": when}
    for stat, value_of in _VALUES.items():
        yield {"stat": stat, "value": round(max(0.0, value_of(rng, now)), 3), "t": when}


def _backup(rng: Random, at: float, began: float) -> Point:
    """Once a night, longer as there is more."""
    seconds = rng.gauss(310, 12) * _moment(at, _DAY, began).grown
    return {"stat": "backup, seconds", "value": round(seconds), "t": int(at)}


def _points(seed: int, began: float, scale: float) -> Iterator[Point]:
    rng = dice(seed, "stathat")
    end = int(began) // _MINUTE * _MINUTE
    fine = end - max(_HOUR, int(_DAY * min(1.0, scale)) // _MINUTE * _MINUTE)
    start = fine - max(1, round(DAYS * min(1.0, scale))) * _DAY
    start -= start % _COARSE
    for at in range(start, fine - _COARSE, _COARSE):
        if at % _DAY == 3 * _HOUR:
            yield _backup(rng, at, began)
        yield from points_at(rng, at, _COARSE, began)
    for at in range(fine, end, _MINUTE):
        if at % _DAY == 3 * _HOUR:
            yield _backup(rng, at, began)
        yield from points_at(rng, at, _MINUTE, began)


def history(seed: int, began: float, scale: float, ezkey: str) -> Iterator[Request]:
    """Batches of points with their times: StatHat takes any of the past."""
    batch: list[Point] = []
    for point in _points(seed, began, scale):
        batch.append(point)
        if len(batch) == MAX_BATCH:
            yield _posted(batch, ezkey)
            batch = []
    if batch:
        yield _posted(batch, ezkey)


def _posted(batch: list[Point], ezkey: str) -> Request:
    return json_body("POST", "/ez", {"ezkey": ezkey, "data": batch}, holds=len(batch))


def machines(scene: Scene, began: float, ezkey: str) -> Actor:
    """What the machines post every ten seconds: each stat by itself, as StatHat's libraries do."""
    every = 10
    while True:
        for point in list(points_at(scene.rng, scene.clock(), every, began)):
            del point["t"]  # it is of now, which the server knows
            scene.sender.send(form("/ez", {"ezkey": ezkey, **point}))
            yield 0.4
        yield every - 0.4 * (len(_COUNTS) + len(_VALUES))
