"""Running wrk and pgbench, and watching what the processes under load cost."""

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from telemetry.postgres.embedded import ServerStatus, ensure_running, server_status
from tests.server import ServerProcess

HERE = Path(__file__).parent


@dataclass
class Cost:
    """CPU in cores while it was watched, and the largest resident memory of one process."""

    cores: float = 0.0
    peak_mib: float = 0.0


def need_wrk() -> None:
    if not shutil.which("wrk"):
        sys.exit("make bench drives the server with wrk: install it, e.g. `apt-get install wrk`.")


def wrk(url: str, script: str, *, connections: int, seconds: float, key: str) -> dict[str, Any]:
    """One run of wrk: requests, seconds, refused, broken, p50 and p99 in milliseconds."""
    threads = 1 if connections < 128 else 2
    done = subprocess.run(
        [
            "wrk",
            f"-t{threads}",
            f"-c{connections}",
            f"-d{seconds:g}s",
            "--timeout",
            "10s",
            "--latency",
            "-s",
            str(HERE / script),
            f"{url}/ez",
        ],
        env={**os.environ, "BENCH_KEY": key, "BENCH_REPORT": str(HERE / "report.lua")},
        capture_output=True,
        text=True,
        check=False,
        timeout=seconds + 60,
    )
    if done.returncode:
        sys.exit(f"wrk failed: {done.stdout}{done.stderr}")
    result: dict[str, Any] = json.loads(done.stderr.strip().splitlines()[-1])
    result["per_second"] = round(result["requests"] / result["seconds"], 1)
    return result


def database_of(server: ServerProcess) -> ServerStatus:
    """The PostgreSQL of a server of ours."""
    ensure_running(server.data_dir)
    status = server_status(server.data_dir)
    assert status
    return status


def pgbench(bin_dir: Path, host: str, port: int, user: str, dbname: str, seconds: int) -> float:
    """Single-row commits per second by 64 clients: a row updated, a transaction each."""
    connect = ["-h", host, "-p", str(port), "-U", user]
    sql = (
        "CREATE TABLE bench_row (id int PRIMARY KEY, n int);"
        " INSERT INTO bench_row SELECT g, 0 FROM generate_series(1, 1000) g"
    )
    subprocess.run(
        [bin_dir / "psql", *connect, "-q", "-c", sql, dbname], check=True, capture_output=True
    )
    script = "\\set id random(1, 1000)\nUPDATE bench_row SET n = n + 1 WHERE id = :id;\n"
    command = [
        bin_dir / "pgbench",
        *connect,
        "-n",
        "-M",
        "prepared",
        "-c",
        "64",
        "-j",
        "2",
        "-T",
        str(seconds),
        "-f",
        "/dev/stdin",
        dbname,
    ]
    done = subprocess.run(command, input=script, check=True, capture_output=True, text=True)
    line = next(line for line in done.stdout.splitlines() if line.startswith("tps ="))
    return float(line.split()[2])


@contextmanager
def watching(roots: Mapping[str, Sequence[int]]) -> Iterator[dict[str, Cost]]:
    """The cost of the process trees below `roots` (lists of pids by name) while the block runs."""
    costs = {name: Cost() for name in roots}
    # Found once: looking for children while the load runs would itself be load.
    trees = {name: _trees(pids) for name, pids in roots.items()}
    before = {name: _cpu(tree) for name, tree in trees.items()}
    began = time.monotonic()
    stop = threading.Event()

    def sample() -> None:
        while not stop.wait(1):
            for name, tree in trees.items():
                costs[name].peak_mib = max(costs[name].peak_mib, _largest(tree))

    sampler = threading.Thread(target=sample)
    sampler.start()
    yield costs
    stop.set()
    sampler.join()
    for name, tree in trees.items():
        costs[name].cores = round((_cpu(tree) - before[name]) / (time.monotonic() - began), 2)
        costs[name].peak_mib = round(max(costs[name].peak_mib, _largest(tree)), 1)


def peak_mib(pids: Sequence[int]) -> float:
    """The largest resident memory of one process in these trees, without pages it shares."""
    return _largest(_trees(pids))


def _largest(tree: Sequence[psutil.Process]) -> float:
    return max((_own_memory(process) for process in tree), default=0) / 2**20


def _own_memory(process: psutil.Process) -> int:
    try:
        memory = process.memory_info()
        # Of a PostgreSQL backend most is the shared buffers, which all backends map.
        return int(memory.rss - (memory.shared if process.name() == "postgres" else 0))
    except psutil.Error:
        return 0


def _cpu(tree: Sequence[psutil.Process]) -> float:
    total = 0.0
    for process in tree:
        try:
            times = process.cpu_times()
            total += times.user + times.system
        except psutil.Error:
            continue
    return total


def _trees(pids: Sequence[int]) -> list[psutil.Process]:
    processes = []
    for pid in pids:
        try:
            root = psutil.Process(pid)
            processes += [root, *root.children(recursive=True)]
        except psutil.NoSuchProcess:
            continue
    return processes
