"""Does the websocket keep its second for 2,000 who watch?"""

import asyncio
import math
import sys
import time
from dataclasses import dataclass, field
from typing import Any

import uvloop

from tests.bench.load import watching
from tests.server import ServerProcess

_HANDSHAKE = (
    "GET /api/stats/ws?project={slug} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n"
    "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


@dataclass
class Seen:
    """When the frames of each watcher came, and what all weighed."""

    times: list[list[float]] = field(default_factory=list)
    seconds: float = 0.0
    bytes: int = 0
    open: int = 0
    refused: int = 0


class Watching(asyncio.Protocol):
    """One watcher: notes when its frames come."""

    def __init__(self, seen: Seen, handshake: bytes) -> None:
        self.seen = seen
        self.handshake = handshake
        self.buffer = b""
        self.upgraded = False
        self.times: list[float] = []
        seen.times.append(self.times)

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        transport.write(self.handshake)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        if not self.upgraded:
            head, end, rest = self.buffer.partition(b"\r\n\r\n")
            if not end:
                return
            self.upgraded = head.startswith(b"HTTP/1.1 101")
            self.seen.open += self.upgraded
            self.seen.refused += not self.upgraded
            self.buffer = rest
        while (size := frame_size(self.buffer)) and len(self.buffer) >= size:
            text = self.buffer[0] == 0x81
            self.buffer = self.buffer[size:]
            if text:
                self.times.append(time.monotonic())
                self.seen.bytes += size


def frame_size(data: bytes) -> int:
    """Bytes of the frame that `data` begins with, as far as they are known; 0 if they are not."""
    if len(data) < 2:
        return 0
    length = data[1] & 0x7F
    if length < 126:
        return 2 + length
    wide = 2 if length == 126 else 8
    return 2 + wide + int.from_bytes(data[2 : 2 + wide], "big") if len(data) >= 2 + wide else 0


async def watch(port: int, slug: str, count: int, seconds: float) -> Seen:
    """Open `count` websockets over a second, then read for `seconds`."""
    loop = asyncio.get_running_loop()
    began = time.monotonic()
    seen = Seen()
    handshake = _HANDSHAKE.format(slug=slug).encode()
    opened = []
    for number in range(count):
        line, _ = await loop.create_connection(lambda: Watching(seen, handshake), "127.0.0.1", port)
        opened.append(line)
        if number % 20 == 0:
            await asyncio.sleep(0.01)
    await asyncio.sleep(seconds)
    seen.seconds = time.monotonic() - began
    for line in opened:
        line.abort()
    return seen


def lateness(times: list[float]) -> list[float]:
    """How late each frame is, in seconds, if they are due every second from the promptest one."""
    since_due = [time - turn for turn, time in enumerate(times)]
    return [late - min(since_due) for late in since_due]


def measure(server: ServerProcess, seconds: float, count: int = 2000) -> dict[str, Any]:
    """CPU, frames, and how late they are; and how many queries that took."""
    assert server.process
    project = server.create_project("Watched", "--open")
    server.query(
        "INSERT INTO devices_app_device (project_id, number, name, token_hash)"
        " SELECT %s, g, 'device ' || g, 'watched ' || g FROM generate_series(0, 9) g RETURNING 1",
        project["id"],
    )
    time.sleep(2)  # PostgreSQL's sessions count up about once a second
    before = queries(server)
    with watching({"server": [server.process.pid]}) as costs:
        seen = uvloop.run(watch(server.port, project["slug"], count, seconds))
    late = sorted(late for times in seen.times for late in lateness(times))
    return {
        "watchers": seen.open,
        "refused": seen.refused,
        "frames": len(late),
        "frame_bytes": round(seen.bytes / max(1, len(late))),
        "late_p50_ms": round(percentile(late, 0.5) * 1000, 1),
        "late_p99_ms": round(percentile(late, 0.99) * 1000, 1),
        "late_max_ms": round(percentile(late, 1) * 1000, 1),
        "server_cores": costs["server"].cores,
        "server_peak_mib": costs["server"].peak_mib,
        "snapshots_per_process_second": round(
            (queries(server) - before) / seen.seconds / int(server.env["WORKERS"]), 2
        ),
    }


def percentile(ordered: list[float], share: float) -> float:
    return ordered[max(0, math.ceil(len(ordered) * share) - 1)] if ordered else math.nan


def queries(server: ServerProcess) -> int:
    """How often a snapshot was read, by PostgreSQL's count of scans of the fleets' index."""
    [(scans,)] = server.query(
        "SELECT coalesce(sum(idx_scan + seq_scan), 0)::int8 FROM pg_stat_user_tables"
        " WHERE relname = 'devices_app_fleet'"
    )
    return int(scans)


if __name__ == "__main__":
    sys.exit("Run `make bench ARGS='--only watchers'`.")
