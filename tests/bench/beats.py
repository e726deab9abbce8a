"""How fast `/api/beat` stores, by 10,000 devices, beside a server that stores nothing."""

import time
from typing import Any

from tests.bench.load import watching, wrk
from tests.bench.writes import bare_server, database_of
from tests.server import ServerProcess

CONNECTIONS = (64, 256)
DEVICES = 10_000

# `beat.lua` knows the tokens.
_REGISTER = """
INSERT INTO devices_app_device (project_id, number, name, token_hash)
SELECT %s, g, 'device ' || g, encode(sha256(('bench-device-' || g)::bytea), 'hex')
  FROM generate_series(0, %s) g RETURNING 1
"""
# Every place where a beat is counted.
_COUNTS = """
SELECT (SELECT count(*) FROM devices_app_beat WHERE project_id = {0}),
       (SELECT sum(num_beats)::int8 FROM devices_app_device WHERE project_id = {0}),
       (SELECT coalesce(sum(count), 0)::int8 FROM devices_app_beathour WHERE project_id = {0}),
       (SELECT coalesce(sum(beats), 0)::int8 FROM devices_app_tally WHERE project_id = {0})
"""


def measure(server: ServerProcess, workers: int, seconds: float) -> dict[str, Any]:
    """Beats per second; raises ``AssertionError`` if a count is not what was told."""
    project = server.create_project("Beats")["id"]
    server.query(
        "INSERT INTO devices_app_fleet (project_id, next_number, devices)"
        " VALUES (%s, %s, %s) RETURNING 1",
        project,
        DEVICES,
        DEVICES,
    )
    server.query(_REGISTER, project, DEVICES - 1)
    wrk(server.url, "beat.lua", connections=16, seconds=2, key="")  # makes this hour's rows
    beats, floor, ours = {}, {}, {}
    with bare_server(workers) as bare, bare_server(workers, http="") as bare_on_ours:
        for connections in CONNECTIONS:
            load: dict[str, Any] = {"connections": connections, "seconds": seconds, "key": ""}
            beats[connections] = run(server, project, connections, seconds)
            floor[connections] = wrk(bare, "beat.lua", **load)
            ours[connections] = wrk(bare_on_ours, "beat.lua", **load)
    ratios = {}
    for c in CONNECTIONS:
        stored = beats[c]["per_second"]
        ratios[f"beats_of_bare_at_{c}"] = round(stored / floor[c]["per_second"], 3)
        ratios[f"beats_of_bare_on_our_protocol_at_{c}"] = round(stored / ours[c]["per_second"], 3)
    return {
        "devices": DEVICES,
        "beats": beats,
        "floor_bare_asgi": floor,
        "floor_bare_asgi_on_our_protocol": ours,
        "ratios": ratios,
    }


def run(server: ServerProcess, project: int, connections: int, seconds: float) -> dict[str, Any]:
    """One run, and the proof that what was acknowledged is stored and counted everywhere."""
    assert server.process
    before = counted(server, project)
    roots = {"server": [server.process.pid], "database": [database_of(server).postmaster]}
    with watching(roots) as costs:
        result = wrk(server.url, "beat.lua", connections=connections, seconds=seconds, key="")
    acknowledged = result["requests"] - result["refused"]
    got = counted(server, project) - before
    # wrk hangs up on what is under way at its end: stored, but nobody was told.
    assert acknowledged <= got <= acknowledged + connections, f"told {acknowledged}, stored {got}"
    for name, cost in costs.items():
        result[f"{name}_cores"] = cost.cores
        result[f"{name}_peak_mib"] = cost.peak_mib
    return result


def counted(server: ServerProcess, project: int) -> int:
    """The project's beats, once nothing more comes; all tables must agree."""
    last = None
    while True:
        [counts] = server.query(_COUNTS.format(project))
        if counts == last:
            assert len(set(counts)) == 1, f"beats, devices, hours and project differ: {counts}"
            return int(counts[0])
        last = counts
        time.sleep(0.25)
