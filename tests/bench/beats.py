"""How fast `/api/beat` stores, by 10,000 devices, beside a server that stores nothing."""

from typing import Any

from tests.bench.beside import Load, measure_beside_bare
from tests.bench.load import wrk
from tests.server import ServerProcess

CONNECTIONS = (64, 256)
DEVICES = 10_000

# `beat.lua` knows the tokens.
_REGISTER = """
INSERT INTO devices_app_device (project_id, number, name, token_hash)
SELECT %s, g, 'device ' || g, encode(sha256(('bench-device-' || g)::bytea), 'hex')
  FROM generate_series(0, %s) g RETURNING 1
"""
_FLEET = """
INSERT INTO devices_app_fleet (project_id, next_number, devices) VALUES (%s, %s, %s) RETURNING 1
"""
_COUNTS = """
SELECT (SELECT count(*) FROM devices_app_beat WHERE project_id = {0}),
       (SELECT sum(num_beats)::int8 FROM devices_app_device WHERE project_id = {0}),
       (SELECT coalesce(sum(count), 0)::int8 FROM devices_app_beathour WHERE project_id = {0}),
       (SELECT coalesce(sum(beats), 0)::int8 FROM devices_app_tally WHERE project_id = {0})
"""


def measure(server: ServerProcess, workers: int, seconds: float) -> dict[str, Any]:
    """Beats per second."""
    project = server.create_project("Beats")["id"]
    server.query(_FLEET, project, DEVICES, DEVICES)
    server.query(_REGISTER, project, DEVICES - 1)
    load = Load("beat.lua", "", _COUNTS.format(project))
    wrk(server.url, load.script, connections=16, seconds=2, key="")  # makes this hour's rows
    found = measure_beside_bare("beats", server, workers, load, CONNECTIONS, seconds)
    return {"devices": DEVICES, **found}
