"""How fast requests of Countly's SDKs are counted, by 100,000 devices, beside a bare server."""

from typing import Any

from tests.bench.beside import Load, measure_beside_bare, run
from tests.bench.load import wrk
from tests.server import ServerProcess

CONNECTIONS = (64, 256)
DEVICES = 100_000
IN_BULK = 50

# Each device has begun a session, as `usage.lua` names them.
_USERS = """
INSERT INTO sessions_app_appuser
       (project_id, device_id, player_id, first_seen_at, last_seen_at, last_at, heard_at,
        num_sessions, session_id, state, is_unfinished)
SELECT %s, 'device-' || g, md5('player ' || g)::uuid, now(), now(), now(), now(), 1,
       ('01900000-0000-7000-8000-0001' || lpad(to_hex(g), 8, '0'))::uuid, 1, true
  FROM generate_series(0, %s) g RETURNING 1
"""
_SESSIONS = """
INSERT INTO sessions_app_session
       (project_id, id, dialect, player_id, username, started_at, last_at, active_seconds)
SELECT project_id, session_id, 3, player_id, device_id, now(), now(), 0
  FROM sessions_app_appuser WHERE project_id = %s RETURNING 1
"""
_COUNTS = """
SELECT (SELECT sum(e)::int8 FROM sessions_app_usagecounter
         WHERE project_id = {0} AND dimension = 0 AND bucket < 10000),
       (SELECT sum(e)::int8 FROM sessions_app_usagecounter
         WHERE project_id = {0} AND dimension = 0 AND bucket > 1000000000)
"""


def measure(server: ServerProcess, workers: int, seconds: float) -> dict[str, Any]:
    """Heartbeats and events in turn, each a request; and bulks of 50 heartbeats."""
    project = server.create_project("Apps")
    server.query(_USERS, project["id"], DEVICES - 1)
    server.query(_SESSIONS, project["id"])
    counts = _COUNTS.format(project["id"])
    load = Load("usage.lua", project["app_key"], counts)
    wrk(server.url, load.script, connections=16, seconds=2, key=load.key)
    found = measure_beside_bare("usage", server, workers, load, CONNECTIONS, seconds)
    assert not any(each["refused"] for each in found["usage"].values()), found
    bulk = run(server, Load("usage_bulk.lua", load.key, counts, IN_BULK), 16, seconds)
    bulk["requests_per_second"] = round(bulk["requests"] * IN_BULK / bulk["seconds"])
    return {"devices": DEVICES, **found, "bulks_of_50": bulk}
