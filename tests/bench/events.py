"""How fast TStats' events are stored, in 5,000 sessions, beside a server that stores nothing."""

import time
from typing import Any

from tests.bench.load import watching, wrk
from tests.bench.writes import bare_server, database_of
from tests.server import ServerProcess

CONNECTIONS = (64, 256)
SESSIONS = 5_000

# `events.lua` knows the ids.
_OPEN = """
INSERT INTO sessions_app_session (project_id, id, dialect, started_at, last_at)
SELECT %s, ('01900000-0000-7000-8000-0000' || lpad(to_hex(g), 8, '0'))::uuid, 1, now(), now()
  FROM generate_series(0, %s) g RETURNING 1
"""
# Both places where an event is counted.
_COUNTS = """
SELECT (SELECT count(*) FROM sessions_app_event WHERE project_id = {0}),
       (SELECT sum(num_events)::int8 FROM sessions_app_session WHERE project_id = {0})
"""


def measure(server: ServerProcess, workers: int, seconds: float) -> dict[str, Any]:
    """Events per second; raises ``AssertionError`` if a count is not what was told."""
    project = server.create_project("Events")["id"]
    server.query(_OPEN, project, SESSIONS - 1)
    key = f"{project:x}"
    wrk(server.url, "events.lua", connections=16, seconds=2, key=key)
    events, floor, ours = {}, {}, {}
    with bare_server(workers) as bare, bare_server(workers, http="") as bare_on_ours:
        for connections in CONNECTIONS:
            load: dict[str, Any] = {"connections": connections, "seconds": seconds, "key": key}
            events[connections] = run(server, project, connections, seconds)
            floor[connections] = wrk(bare, "events.lua", **load)
            ours[connections] = wrk(bare_on_ours, "events.lua", **load)
    ratios = {}
    for c in CONNECTIONS:
        stored = events[c]["per_second"]
        ratios[f"events_of_bare_at_{c}"] = round(stored / floor[c]["per_second"], 3)
        ratios[f"events_of_bare_on_our_protocol_at_{c}"] = round(stored / ours[c]["per_second"], 3)
    return {
        "sessions": SESSIONS,
        "events": events,
        "floor_bare_asgi": floor,
        "floor_bare_asgi_on_our_protocol": ours,
        "ratios": ratios,
    }


def run(server: ServerProcess, project: int, connections: int, seconds: float) -> dict[str, Any]:
    """One run, and the proof that what was acknowledged is stored and counted."""
    assert server.process
    before = counted(server, project)
    roots = {"server": [server.process.pid], "database": [database_of(server).postmaster]}
    with watching(roots) as costs:
        result = wrk(
            server.url, "events.lua", connections=connections, seconds=seconds, key=f"{project:x}"
        )
    assert not result["refused"], result
    acknowledged = result["requests"]
    got = counted(server, project) - before
    # wrk hangs up on what is under way at its end: stored, but nobody was told.
    assert acknowledged <= got <= acknowledged + connections, f"told {acknowledged}, stored {got}"
    for name, cost in costs.items():
        result[f"{name}_cores"] = cost.cores
        result[f"{name}_peak_mib"] = cost.peak_mib
    return result


def counted(server: ServerProcess, project: int) -> int:
    """The project's events, once nothing more comes; rows and sessions must agree."""
    last = None
    while True:
        [counts] = server.query(_COUNTS.format(project))
        if counts == last:
            assert len(set(counts)) == 1, f"events and what sessions count differ: {counts}"
            return int(counts[0])
        last = counts
        time.sleep(0.25)
