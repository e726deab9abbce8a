"""How many lines of Minecraft servers' logs are stored a second, sent as whole files."""

import gzip
import json
import random
import threading
import time
import urllib.request
from datetime import datetime, timedelta
from typing import Any

import psycopg

from tests.bench.load import database_of
from tests.server import ServerProcess

PART = 5000
_BEGIN = datetime(2024, 1, 1)  # noqa: DTZ001 - as a log has it
_TABLE = "CREATE TABLE bench_line (id uuid PRIMARY KEY, at timestamptz, line text)"


def measure(server: ServerProcess, lines: int) -> dict[str, Any]:
    """Lines per second: one file after another, two servers' at once, and sent a second time.

    The floor is PostgreSQL's COPY of the same lines into a table with a primary key, and no
    sessions: the ratio says what understanding them costs.
    """
    keys = server.create_project("Logs")
    log = _log(lines)
    floor = _copy(server, log)
    one = _Upload(server, keys, log)
    alone = one.run()
    again = one.run()
    two = [_Upload(server, keys, log) for _ in range(2)]
    both = _at_once(two)
    sessions, stored = _counts(server, keys["id"])
    assert stored == 3 * len(log), f"{3 * len(log)} lines sent, {stored} stored"
    return {
        "lines": len(log),
        "lines_per_second": alone,
        "lines_per_second_by_two": both,
        "known_lines_per_second": again,
        "sessions": sessions,
        "floor_copy_lines_per_second": floor,
        "of_copy": round(alone / floor, 3),
    }


def _log(lines: int) -> list[str]:
    """A day after another of a server with a hundred players, who chat and die."""
    chance = random.Random(5)
    log: list[str] = []
    online: list[int] = []
    now = _BEGIN
    while len(log) < lines:
        now += timedelta(seconds=chance.randrange(4))
        stamp = f"{now:%Y-%m-%d %H:%M:%S} [INFO] "
        what = chance.random()
        if what < 0.06 and len(online) < 100:
            player = chance.choice([n for n in range(200) if n not in online])
            online.append(player)
            at = "(12.5, 64.0, -3.25)"
            address = f"10.0.0.{player}:{chance.randrange(65536)}"
            log.append(
                f"{stamp}player{player}[/{address}] logged in with entity id {player} at {at}"
            )
            log.append(f"{stamp}player{player} joined the game")
        elif what < 0.11 and online:
            player = online.pop(chance.randrange(len(online)))
            log.append(f"{stamp}player{player} lost connection: Disconnected")
            log.append(f"{stamp}player{player} left the game")
        elif what < 0.6 and online:
            log.append(f"{stamp}<player{chance.choice(online)}> hello number {len(log)}")
        else:
            log.append(f"{stamp}Saving chunks for level 'world' ({len(log)})")
    return log


class _Upload:
    """A server's log file, sent in parts over one connection after the other."""

    def __init__(self, server: ServerProcess, keys: dict[str, Any], log: list[str]) -> None:
        request = urllib.request.Request(
            f"{server.url}/api/v1/servers",
            b'{"name": "Bench"}',
            {"Content-Type": "application/json", "Authorization": f"Bearer {keys['manage_token']}"},
        )
        with urllib.request.urlopen(request) as reply:
            key = json.load(reply)["key"]
        self._url = f"{server.url}/api/v1/agents/loglines?server_key={key}&zone=UTC"
        self._headers = {"Authorization": f"Bearer {keys['manage_token']}"}
        self._parts = [
            gzip.compress("\n".join(log[first : first + PART]).encode())
            for first in range(0, len(log), PART)
        ]
        self._lines = len(log)

    def run(self) -> int:
        began = time.perf_counter()
        for part in self._parts:
            request = urllib.request.Request(self._url, part, self._headers)
            with urllib.request.urlopen(request) as reply:
                assert reply.status == 200
        return round(self._lines / (time.perf_counter() - began))


def _at_once(uploads: list[_Upload]) -> int:
    rates: list[int] = []
    threads = [threading.Thread(target=lambda u=u: rates.append(u.run())) for u in uploads]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(rates) == len(uploads)
    return sum(rates)


def _copy(server: ServerProcess, log: list[str]) -> int:
    info = database_of(server).connection
    with psycopg.connect(
        host=info.host, port=info.port, user=info.user, dbname=info.dbname, autocommit=True
    ) as connection:
        connection.execute(_TABLE)
        began = time.perf_counter()
        for first in range(0, len(log), PART):
            with connection.cursor().copy("COPY bench_line FROM STDIN") as copy:
                for place, line in enumerate(log[first : first + PART], first):
                    copy.write_row((f"{place:032x}", _BEGIN, line))
        return round(len(log) / (time.perf_counter() - began))


def _counts(server: ServerProcess, project: int) -> tuple[int, int]:
    [(sessions,)] = server.query(
        "SELECT count(*) FROM sessions_app_session WHERE project_id = %s", project
    )
    [(lines,)] = server.query(
        "SELECT count(*) FROM sessions_app_logline WHERE project_id = %s", project
    )
    return sessions, lines
