"""TStats: rounds of a game, played by nobody.

The protocol has the server's clock tell when a session began and ended, so rounds cannot be sent
of the past. They are played while the demo is prepared, many at once and quickly, and then live.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from random import Random
from typing import Any
from urllib.parse import quote

from telemetry.demo.chance import times_in_a_row
from telemetry.demo.stage import Actor, Scene
from telemetry.demo.wire import json_body

__all__ = ["arrivals", "game_round", "player"]

_MAPS = ("Harbour", "Old mill", "Quarry", "Ice cave")
_ENEMIES = ("slime", "bat", "golem", "archer", "dragon")
_WEAPONS = ("sword", "bow", "magic")
_FIRST_WAIT = 2.0
_BETWEEN = 40.0

Deed = tuple[str, dict[str, Any]]


def _deeds(rng: Random) -> Iterator[tuple[float, Deed]]:
    """Seconds to wait, and what then happens, up to the end of the round."""
    level, score = 1, 0
    begins = {"map": rng.choice(_MAPS), "players": rng.choice((1, 1, 2, 4))}
    yield 0.5, ("Game started", begins)
    for _ in range(rng.randint(8, 34)):
        wait = rng.uniform(1.0, 6.0)
        chance = rng.random()
        if chance < 0.45:
            yield wait, ("jump", {"height": round(rng.gauss(1.4, 0.3), 2), "level": level})
        elif chance < 0.78:
            enemy = rng.choices(_ENEMIES, (9, 7, 4, 3, 1))[0]
            score += 10 * (_ENEMIES.index(enemy) + 1)
            yield wait, ("kill", {"enemy": enemy, "weapon": rng.choice(_WEAPONS), "level": level})
        elif chance < 0.9:
            level += 1
            score += 100
            yield wait, ("level_up", {"level": level, "score": score})
        else:
            average = rng.gauss(58, 3)
            fps = {"average": round(average, 1), "low": round(average - rng.uniform(5, 25), 1)}
            yield wait, ("FPS", fps)
    how = "Game completed" if rng.random() < 0.7 else "Game quit"
    yield rng.uniform(0.5, 2.0), (how, {"level": level, "score": score})


def game_round(scene: Scene, app_key: str, pace: float = 1.0) -> Actor:
    """A session from its opening to its close; `pace` makes it shorter. Ends properly if told to.

    Some games crash and close nothing, as in life; such a session ends by the project's timeout.
    """
    crashes = scene.rng.random() < 0.04
    opened = scene.sender.send(_sent(scene, "POST", "/sessions/", {}, {"X-App-Key": app_key}))
    path = f"/sessions/{opened['_id']}"
    is_over = False
    try:
        for place, (wait, (kind, data)) in enumerate(_deeds(scene.rng)):
            yield wait * pace
            if crashes and place > 6:
                is_over = True
                return
            sent = {"event": data, "eventId": str(place)}
            scene.sender.send(_sent(scene, "PUT", f"{path}/event/{quote(kind)}", sent))
    finally:
        if not is_over:
            scene.sender.send(_sent(scene, "PUT", f"{path}/close", {}))


def _sent(
    scene: Scene,
    method: str,
    path: str,
    fields: dict[str, Any],
    headers: dict[str, str] | None = None,
) -> Any:
    now = datetime.fromtimestamp(scene.clock(), UTC).isoformat(timespec="milliseconds")
    return json_body(method, path, {"clientTime": now, **fields}, headers)


def player(
    scene: Scene, app_key: str, rounds: int, pace: float, played: Callable[[], None]
) -> Actor:
    """Plays so many rounds, one after the other; `played` is told of each."""
    yield scene.rng.random() * _FIRST_WAIT
    for _ in range(rounds):
        yield from game_round(scene, app_key, pace)
        played()
        yield scene.rng.random()


def arrivals(scene: Scene, app_key: str) -> Actor:
    """Live: every now and then somebody plays one round, or some."""
    while True:
        rounds = 1 + times_in_a_row(scene.rng, 0.4, 4)
        scene.spawn(player(scene, app_key, rounds, 1.0, _nothing))
        yield scene.rng.expovariate(1 / _BETWEEN) + 4


def _nothing() -> None:
    pass
