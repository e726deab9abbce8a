"""One kind of request to our server and to one that stores nothing, in turns."""

import statistics
import subprocess
import sys
import time
import urllib.request
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.bench.load import database_of, watching, wrk
from tests.server import ROOT, ServerProcess, free_port

# Seconds of a turn. A machine's speed changes from one moment to the next.
TURN = 2.0


@dataclass(frozen=True)
class Load:
    """What a script of wrk sends, and where it is counted when it has been stored.

    `counts` selects one row: how much there is, once for each table that must agree about it.
    A request has `points` of it.
    """

    script: str
    key: str
    counts: str
    points: int = 1


def measure_beside_bare(
    name: str,
    server: ServerProcess,
    workers: int,
    load: Load,
    connections: Sequence[int],
    seconds: float,
) -> dict[str, Any]:
    """Requests per second of ours (under `name`) and of both floors, and the ratios.

    Raises ``AssertionError`` if what is stored is not what was told.
    """
    ours: dict[int, Any] = {}
    floor: dict[int, Any] = {}
    floor_on_ours: dict[int, Any] = {}
    with bare_server(workers) as bare, bare_server(workers, http="") as bare_on_ours:
        for c in connections:
            turns: dict[str, list[dict[str, Any]]] = defaultdict(list)
            for _ in range(max(1, round(seconds / TURN))):
                turns["ours"].append(run(server, load, c, TURN))
                for which, url in (("bare", bare), ("bare_on_ours", bare_on_ours)):
                    turns[which].append(
                        wrk(url, load.script, connections=c, seconds=TURN, key=load.key)
                    )
            ours[c], floor[c], floor_on_ours[c] = map(
                _together, (turns["ours"], turns["bare"], turns["bare_on_ours"])
            )
    return {
        name: ours,
        "floor_bare_asgi": floor,
        "floor_bare_asgi_on_our_protocol": floor_on_ours,
        "ratios": {
            f"{name}_of_{which}_at_{c}": round(ours[c]["per_second"] / found[c]["per_second"], 3)
            for which, found in (("bare", floor), ("bare_on_our_protocol", floor_on_ours))
            for c in connections
        },
    }


def _together(turns: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """All turns as one: what can be added is added; of all else the median, of memory the most."""
    result: dict[str, Any] = {}
    for name in turns[0]:
        figures = [turn[name] for turn in turns]
        if name in {"requests", "refused", "broken", "seconds"}:
            result[name] = round(sum(figures), 6)
        elif name.endswith("_mib"):
            result[name] = max(figures)
        else:
            result[name] = round(statistics.median(figures), 3)
    result["per_second"] = round(result["requests"] / result["seconds"], 1)
    return result


def run(server: ServerProcess, load: Load, connections: int, seconds: float) -> dict[str, Any]:
    """One run, and the proof that what was acknowledged is stored and counted everywhere."""
    assert server.process
    before = stored(server, load.counts)
    roots = {"server": [server.process.pid], "database": [database_of(server).postmaster]}
    with watching(roots) as costs:
        result = wrk(
            server.url, load.script, connections=connections, seconds=seconds, key=load.key
        )
    acknowledged = (result["requests"] - result["refused"]) * load.points
    got = stored(server, load.counts) - before
    # wrk hangs up on what is under way at its end: stored, but nobody was told.
    most = acknowledged + connections * load.points
    assert acknowledged <= got <= most, f"told {acknowledged}, stored {got}"
    for name, cost in costs.items():
        result[f"{name}_cores"] = cost.cores
        result[f"{name}_peak_mib"] = cost.peak_mib
    return result


def stored(server: ServerProcess, counts: str) -> int:
    """What has been stored, once nothing more comes; all tables must agree."""
    last = None
    while True:
        [found] = server.query(counts)
        if found == last:
            assert len(set(found)) == 1, f"these should be equal: {found} ({counts})"
            return int(found[0])
        last = found
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
        _wait_until_it_answers(f"{url}/ez")
        yield url
    finally:
        process.terminate()
        process.wait(timeout=30)


def _wait_until_it_answers(url: str) -> None:
    for _ in range(200):
        try:
            urllib.request.urlopen(url, timeout=2).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(url)
