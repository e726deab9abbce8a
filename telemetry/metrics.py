"""What the server counts about itself, for Prometheus, at ``/metrics``.

Each serving process writes its numbers to a small file in a folder that all processes of a server
share; whichever is asked adds them up. Requests are counted in a dictionary, which costs nearly
nothing, and written each second.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client import generate_latest as _text
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

__all__ = [
    "count_batch",
    "count_request",
    "count_waiting",
    "count_watchers",
    "forget_process",
    "metrics_text",
    "shared_metrics",
    "write_counts",
]

_FOLDER = "PROMETHEUS_MULTIPROC_DIR"  # prometheus_client's own name for it
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)

_requests = Counter(
    "telemetry_requests", "Requests to the dialects' own paths.", ["path", "status"]
)
_writes = Counter("telemetry_writes", "Writes that the database has answered.")
_batches = Histogram(
    "telemetry_batch_seconds",
    "From when the first write of a batch arrived until the batch was committed.",
    buckets=_SECONDS,
)
_waiting = Gauge(
    "telemetry_waiting_points",
    "Points in memory that are not committed yet.",
    multiprocess_mode="livesum",
)
_watchers = Gauge(
    "telemetry_watchers",
    "Websockets that are told each second what devices do.",
    multiprocess_mode="livesum",
)
_unwritten: dict[tuple[str, int], int] = {}


def count_request(path: str, status: int) -> None:
    """Count a request to a hot route; `path` is the route's, so that there are few."""
    key = (path, status)
    _unwritten[key] = _unwritten.get(key, 0) + 1


def write_counts() -> None:
    """Write down the requests that were counted since; to be called now and then, in the loop."""
    while _unwritten:
        (path, status), count = _unwritten.popitem()
        _requests.labels(path, str(status)).inc(count)


def count_batch(writes: int, seconds: float) -> None:
    """Count a batch that has been answered: how many writes, and how old the oldest is."""
    _writes.inc(writes)
    _batches.observe(seconds)


def count_waiting(points: int) -> None:
    _waiting.set(points)


def count_watchers(change: int) -> None:
    _watchers.inc(change)


def metrics_text() -> bytes:
    """The numbers of all serving processes, in Prometheus' text format; a second old at most."""
    if _FOLDER not in os.environ:
        write_counts()
        return _text(REGISTRY)
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return _text(registry)


@contextmanager
def shared_metrics() -> Iterator[None]:
    """Have processes that are started meanwhile share their numbers."""
    with TemporaryDirectory(prefix="telemetry-metrics-", ignore_cleanup_errors=True) as folder:
        os.environ[_FOLDER] = folder
        try:
            yield
        finally:
            del os.environ[_FOLDER]


def forget_process(pid: int) -> None:
    """A process is gone: nothing waits in it any more. What it counted still counts."""
    mark_process_dead(pid)  # type: ignore[no-untyped-call]
