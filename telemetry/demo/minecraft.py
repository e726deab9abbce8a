"""mc-coal: a month of a Minecraft server's log, a file for each day.

The lines of a log carry their own time, so they can be sent whenever one likes; here by the
endpoint for whole files, as somebody would who moves to this server.
"""

import gzip
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from telemetry.demo.chance import EVENING, dice, moment, times_in_a_row
from telemetry.demo.minecraft_words import ACHIEVEMENTS, CHAT, DEATHS, PLAYERS, VERSION, ZONE
from telemetry.demo.wire import Request

__all__ = [
    "Gamer",
    "arrival",
    "deed",
    "departure",
    "gamers",
    "history",
    "line",
    "starting",
    "write",
]

DAYS = 30
_DAY = 86_400
# When the server is restarted each night, and how long that takes.
_RESTART, _AWAY = 5 * 3600, 45
# So many days ago, in the evening, it crashed, and was away for so many seconds.
_CRASHED, _DOWN = 11, 240
_MAIN, _AUTH = "Server thread", "User Authenticator #1"

# A line before it is written: second of the day, thread, level, message.
Happening = tuple[int, str, str, str]


@dataclass(slots=True)
class Gamer:
    """A player: how often and from where, and what was achieved so far."""

    name: str
    uuid: str
    address: str
    keen: float
    achieved: int = 0


@dataclass(slots=True)
class _Day:
    """What happens on a day, in no order."""

    happenings: list[Happening] = field(default_factory=list)

    def add(self, second: int, message: str, thread: str = _MAIN, level: str = "INFO") -> None:
        self.happenings.append((second, thread, level, message))


def gamers(seed: int) -> list[Gamer]:
    rng = dice(seed, "gamers")
    found = []
    for place, name in enumerate(PLAYERS):
        digits = f"{rng.getrandbits(128):032x}"
        # Version 4, as accounts have.
        uuid = f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"
        # Addresses that are set aside for examples.
        found.append(Gamer(name, uuid, f"203.0.113.{place + 10}", rng.betavariate(2, 2)))
    return found


def write(at: datetime, message: str, thread: str = _MAIN, level: str = "INFO") -> str:
    """A line as servers write it, which tells only the time of day."""
    return f"[{at:%H:%M:%S}] [{thread}/{level}]: {message}"


def starting() -> list[str]:
    return [
        f"Starting minecraft server version {VERSION}",
        "Loading properties",
        "Default game type: SURVIVAL",
        'Preparing level "world"',
        'Done (11.482s)! For help, type "help"',
    ]


def arrival(gamer: Gamer, rng: Random) -> list[str]:
    port, entity = rng.randrange(49_152, 65_536), rng.randrange(100, 90_000)
    place = ", ".join(f"{rng.gauss(0, 400):.2f}" if axis else "67.0" for axis in (1, 0, 1))
    return [
        f"{gamer.name}[/{gamer.address}:{port}] logged in with entity id {entity} at ({place})",
        f"{gamer.name} joined the game",
    ]


def departure(gamer: Gamer, rng: Random) -> list[str]:
    why = rng.choices(("Disconnected", "Timed out"), (9, 1))[0]
    return [f"{gamer.name} lost connection: {why}", f"{gamer.name} left the game"]


def deed(gamer: Gamer, rng: Random) -> str:
    chance = rng.random()
    if chance < 0.84:
        return f"<{gamer.name}> {rng.choice(CHAT)}"
    if chance < 0.93 or gamer.achieved == len(ACHIEVEMENTS):
        return f"{gamer.name} {rng.choice(DEATHS)}"
    gamer.achieved += 1
    return f"{gamer.name} has made the advancement [{ACHIEVEMENTS[gamer.achieved - 1]}]"


def _plays(
    day: _Day, gamer: Gamer, begins: int, ends: int, rng: Random, *, says_goodbye: bool
) -> None:
    """A stay on the server, with all that happens in it."""
    day.add(begins, f"UUID of player {gamer.name} is {gamer.uuid}", _AUTH)
    for message in arrival(gamer, rng):
        day.add(begins, message)
    at = begins + rng.randrange(20, 400)
    while at < ends - 10:
        day.add(at, deed(gamer, rng))
        at += round(rng.expovariate(1 / 330)) + 5
    if says_goodbye:
        for message in departure(gamer, rng):
            day.add(ends, message)


def _stays(gamer: Gamer, weekend: bool, rng: Random) -> Iterator[tuple[int, int]]:
    """When a player is there on a day: none of the stays touches another, or the restart."""
    if rng.random() > gamer.keen * (1.35 if weekend else 1.0):
        return
    count = 1 + times_in_a_row(rng, 0.35, 2)
    free_from = 0
    for begins in sorted(moment(rng, EVENING) for _ in range(count)):
        ends = begins + min(4 * 3600, max(120, round(rng.lognormvariate(7.9, 0.75))))
        if begins < _RESTART + 120:
            ends = min(ends, _RESTART - 60)
        ends = min(ends, _DAY - 30)
        if begins > free_from and ends > begins + 60:
            yield begins, ends
            free_from = ends + 60


def _crash(day: _Day, at: int) -> None:
    """The server falls over, with everybody on it."""
    day.add(at, "Encountered an unexpected exception", level="ERROR")
    crashed = "This crash report has been saved to: ./crash-reports/crash-server.txt"
    day.add(at + 1, crashed, level="ERROR")
    for message in starting():
        day.add(at + _DOWN - 20, message)


def _day_of(seed: int, number: int, weekend: bool, everybody: list[Gamer]) -> list[Happening]:
    """All that happens on a day, in the order of time."""
    rng = dice(seed, "minecraft", number)
    day = _Day()
    day.add(_RESTART, "Stopping server")
    for message in starting():
        day.add(_RESTART + _AWAY, message)
    crash = 20 * 3600 + rng.randrange(3600) if number == DAYS - _CRASHED else _DAY
    if crash < _DAY:
        _crash(day, crash)
    online: list[tuple[int, int]] = []
    for gamer in everybody:
        for begins, would_end in _stays(gamer, weekend, rng):
            if not crash <= begins < crash + _DOWN:
                falls = begins < crash <= would_end
                ends = crash - 1 if falls else would_end
                _plays(day, gamer, begins, ends, rng, says_goodbye=not falls)
                online.append((begins, ends))
    for second in range(0, _DAY, 300):
        crowd = sum(begins <= second < ends for begins, ends in online)
        if crowd >= 5 and rng.random() < 0.03 * (crowd - 4):
            behind = rng.randrange(2000, 2000 + 900 * crowd)
            said = f"Running {behind}ms or {behind // 50} ticks behind"
            day.add(second + 7, f"Can't keep up! Is the server overloaded? {said}", level="WARN")
    # Lines of the same second keep the order in which they were made.
    return sorted(day.happenings, key=lambda each: each[0])


def history(seed: int, began: float, scale: float, token: str, server_key: str) -> list[Request]:
    """The logs of the days up to now, the oldest first."""
    zone = ZoneInfo(ZONE)
    now = datetime.fromtimestamp(began, zone)
    days = min(DAYS, max(2, round(DAYS * scale)))
    everybody = gamers(seed)
    requests = []
    for number in range(DAYS + 1):
        date = (now - timedelta(days=DAYS - number)).date()
        happenings = _day_of(seed, number, date.weekday() >= 5, everybody)
        if number < DAYS - days:
            continue
        midnight = datetime(date.year, date.month, date.day, tzinfo=zone)
        lines = [
            write(midnight + timedelta(seconds=second), message, thread, level)
            for second, thread, level, message in happenings
            if number < DAYS or midnight + timedelta(seconds=second) < now
        ]
        if lines:
            requests.append(_file(lines, date.isoformat(), token, server_key))
    return requests


def _file(lines: list[str], date: str, token: str, server_key: str) -> Request:
    query = urlencode({"server_key": server_key, "zone": ZONE, "date": date})
    body = gzip.compress("\n".join(lines).encode() + b"\n", mtime=0)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/gzip"}
    path = f"/api/v1/agents/loglines?{query}"
    return Request("POST", path, body, headers, holds=len(lines))


def line(text: str, at: datetime) -> dict[str, str]:
    """One line, as the original agent posts it while it follows a log."""
    return {"line": text, "zone": ZONE, "date": at.date().isoformat()}
