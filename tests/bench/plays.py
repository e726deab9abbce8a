"""Does a page of mc-coal's list cost the same among ten thousand sessions and among ten million?"""

import http.client
import json
import statistics
import time
import urllib.request
from typing import Any

import psycopg

from tests.bench.load import database_of
from tests.server import ServerProcess

PAGE = 10
PAGES = 1000

# A session a minute by 500 players, back from now. Ids begin with the time, as the server's do.
_SESSIONS = """
INSERT INTO sessions_app_session
       (project_id, id, dialect, server_id, player_id, username, started_at, last_at, ended_at,
        end_reason, zone)
SELECT %(project)s,
       encode(substring(int8send((extract(epoch FROM at) * 1000)::int8) FROM 3)
              || substring(sha256(('session ' || g)::bytea) FROM 1 FOR 10), 'hex')::uuid,
       2, %(server)s, md5('player ' || g %% 500)::uuid, 'player' || g %% 500,
       at, at + interval '50 minutes', at + interval '50 minutes', 'logout', 'America/Chicago'
  FROM generate_series(%(first)s::int, %(last)s::int) g,
       LATERAL (SELECT date_trunc('second', now()) - g * interval '1 minute' AS at) t
"""


def measure(server: ServerProcess, many: int, repeats: int = 200) -> dict[str, Any]:
    """Median milliseconds of the first page of ten sessions and of the thousandth."""
    figures: dict[str, Any] = {}
    paths = {}
    for name, sessions in (("few", PAGE * PAGES), ("many", many)):
        paths[name] = _fill(server, name, sessions)
        figures[name] = {"sessions": sessions}
    line = http.client.HTTPConnection("127.0.0.1", server.port)
    cursors = {name: _thousandth(line, path) for name, path in paths.items()}
    for kind in ("first_page", "thousandth_page"):
        # In turns: a machine's speed changes by the minute.
        times: dict[str, list[float]] = {name: [] for name in paths}
        for _ in range(repeats):
            for name, path in paths.items():
                cursor = f"?cursor={cursors[name]}" if kind == "thousandth_page" else ""
                began = time.perf_counter()
                found = _get(line, path + cursor)
                times[name].append((time.perf_counter() - began) * 1000)
                assert len(found["sessions"]) == PAGE
        for name, taken in times.items():
            figures[name][kind] = round(statistics.median(taken), 2)
        ratio = figures["many"][kind] / figures["few"][kind]
        figures[f"{kind}_many_of_few"] = round(ratio, 2)
    line.close()
    return figures


def _fill(server: ServerProcess, name: str, sessions: int) -> str:
    """The path of a new server's list, which has so many sessions."""
    keys = server.create_project(name, "--open")
    request = urllib.request.Request(
        f"{server.url}/api/v1/servers",
        json.dumps({"name": name}).encode(),
        {"Content-Type": "application/json", "Authorization": f"Bearer {keys['manage_token']}"},
    )
    with urllib.request.urlopen(request) as reply:
        key = json.load(reply)["key"]
    [(server_id,)] = server.query("SELECT id FROM sessions_app_server WHERE key = %s", key)
    info = database_of(server).connection
    with psycopg.connect(
        host=info.host, port=info.port, user=info.user, dbname=info.dbname, autocommit=True
    ) as connection:
        connection.execute("SET synchronous_commit = off")
        for first in range(0, sessions, 500_000):
            span = {"first": first, "last": min(first + 500_000, sessions) - 1}
            connection.execute(_SESSIONS, {"project": keys["id"], "server": server_id, **span})
        connection.execute("VACUUM ANALYZE sessions_app_session")
    return f"/api/v1/servers/{key}/sessions"


def _thousandth(line: http.client.HTTPConnection, path: str) -> str:
    """The cursor of the thousandth page, got as clients get it: page by page."""
    cursor = ""
    for _ in range(PAGES - 1):
        cursor = _get(line, f"{path}?cursor={cursor}")["cursor"]
    return cursor


def _get(line: http.client.HTTPConnection, path: str) -> Any:
    line.request("GET", path)
    reply = line.getresponse()
    body = reply.read()
    assert reply.status == 200, body
    return json.loads(body)
