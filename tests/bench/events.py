"""How fast TStats' events are stored, in 5,000 sessions, beside a server that stores nothing."""

from typing import Any

from tests.bench.beside import Load, measure_beside_bare
from tests.bench.load import wrk
from tests.server import ServerProcess

CONNECTIONS = (64, 256)
SESSIONS = 5_000

# `events.lua` knows the ids.
_OPEN = """
INSERT INTO sessions_app_session (project_id, id, dialect, started_at, last_at)
SELECT %s, ('01900000-0000-7000-8000-0000' || lpad(to_hex(g), 8, '0'))::uuid, 1, now(), now()
  FROM generate_series(0, %s) g RETURNING 1
"""
_COUNTS = """
SELECT (SELECT count(*) FROM sessions_app_event WHERE project_id = {0}),
       (SELECT sum(num_events)::int8 FROM sessions_app_session WHERE project_id = {0})
"""


def measure(server: ServerProcess, workers: int, seconds: float) -> dict[str, Any]:
    """Events per second."""
    project = server.create_project("Events")["id"]
    server.query(_OPEN, project, SESSIONS - 1)
    load = Load("events.lua", f"{project:x}", _COUNTS.format(project))
    wrk(server.url, load.script, connections=16, seconds=2, key=load.key)
    found = measure_beside_bare("events", server, workers, load, CONNECTIONS, seconds)
    assert not any(each["refused"] for each in found["events"].values()), found
    return {"sessions": SESSIONS, **found}
