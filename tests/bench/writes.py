"""How fast `/ez` stores, beside a server that stores nothing and a database alone."""

import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from telemetry.postgres.embedded import ServerStatus, ensure_running, server_status
from tests.bench.load import pgbench, watching, wrk
from tests.server import ROOT, ServerProcess, free_port

CONNECTIONS = (1, 16, 64, 256)


def measure(server: ServerProcess, workers: int, seconds: float) -> dict[str, Any]:
    """All figures of the write path; raises ``AssertionError`` if a sum is not what was told."""
    keys = server.create_project("Bench")
    database = database_of(server)
    wrk(server.url, "ez.lua", connections=16, seconds=2, key=keys["ezkey"])  # makes the stats
    singles, floor, ours = {}, {}, {}
    # One after the other at each number of connections: a machine's speed changes by the minute.
    with bare_server(workers) as bare, bare_server(workers, http="") as bare_on_ours:
        for connections in CONNECTIONS:
            load = {"connections": connections, "seconds": seconds, "key": "bare"}
            singles[connections] = run(server, database, keys, "ez.lua", connections, seconds)
            floor[connections] = wrk(bare, "ez.lua", **load)
            ours[connections] = wrk(bare_on_ours, "ez.lua", **load)
    batches = run(server, database, keys, "batch.lua", 16, seconds)
    info = database.connection
    commits = pgbench(
        database.bin_dir, info.host, info.port, info.user, info.dbname, max(2, int(seconds))
    )
    return {
        "workers": workers,
        "single_posts": singles,
        "floor_bare_asgi": floor,
        "floor_bare_asgi_on_our_protocol": ours,
        "floor_pgbench_commits_per_second": round(commits),
        "batches_of_1000": {**batches, "points_per_second": round(batches["per_second"] * 1000)},
        "ratios": {
            **{
                f"of_bare_at_{c}": round(singles[c]["per_second"] / floor[c]["per_second"], 3)
                for c in CONNECTIONS
            },
            **{
                f"of_bare_on_our_protocol_at_{c}": round(
                    singles[c]["per_second"] / ours[c]["per_second"], 3
                )
                for c in CONNECTIONS
            },
            "p99_of_bare_at_256": round(singles[256]["p99"] / floor[256]["p99"], 2),
            "batch_points_of_singles": round(
                batches["per_second"]
                * 1000
                / max(single["per_second"] for single in singles.values()),
                2,
            ),
        },
    }


def run(
    server: ServerProcess,
    database: ServerStatus,
    keys: dict[str, Any],
    script: str,
    connections: int,
    seconds: float,
) -> dict[str, Any]:
    """One run, and the proof that what was acknowledged is stored."""
    assert server.process
    points = 1000 if script == "batch.lua" else 1
    before = stored(server, keys["id"])
    with watching({"server": [server.process.pid], "database": [database.postmaster]}) as costs:
        result = wrk(
            server.url, script, connections=connections, seconds=seconds, key=keys["ezkey"]
        )
    acknowledged = (result["requests"] - result["refused"]) * points
    got = stored(server, keys["id"]) - before
    # wrk hangs up on what is under way at its end: stored, but nobody was told.
    most = acknowledged + connections * points
    assert acknowledged <= got <= most, f"told {acknowledged}, stored {got}"
    result |= {"acknowledged_points": acknowledged, "stored_points": got}
    for name, cost in costs.items():
        result[f"{name}_cores"] = cost.cores
        result[f"{name}_peak_mib"] = cost.peak_mib
    return result


def stored(server: ServerProcess, project: int) -> int:
    """The sum of all counts of the project, once nothing more comes; all resolutions must agree.

    wrk hangs up on the requests that are under way at its end, so there may be a few to wait for.
    """
    one = "(SELECT coalesce(sum(sum), 0)::int8 FROM stats_app_{}bucket WHERE project_id = {})"
    select = ", ".join(one.format(name, project) for name in ("minute", "hour", "day"))
    last = None
    while True:
        [sums] = server.query(f"SELECT {select}")
        if sums == last:
            assert len(set(sums)) == 1, f"minutes, hours and days differ: {sums}"
            return int(sums[0])
        last = sums
        time.sleep(0.25)


@contextmanager
def bare_server(workers: int, http: str = "'httptools'") -> Iterator[str]:
    """The floor, served by the same server with the same settings.

    By default that is uvicorn as it comes; else with our own protocol, which answers in one write.
    """
    port = free_port()
    code = (
        "from telemetry import serving;"
        f"serving.run('127.0.0.1', {port}, {workers}, 'tests.bench.floor:application'"
        f"{', ' if http else ''}{http})"
    )
    process = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(200):
            try:
                urllib.request.urlopen(f"{url}/ez", timeout=2).close()
                break
            except OSError:
                time.sleep(0.1)
        yield url
    finally:
        process.terminate()
        process.wait(timeout=30)


def database_of(server: ServerProcess) -> ServerStatus:
    ensure_running(server.data_dir)
    status = server_status(server.data_dir)
    assert status
    return status
