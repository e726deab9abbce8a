"""What watching costs, and what becomes of those who do not read; both servers it runs under."""

import asyncio
import base64
import os
import socket
import subprocess
import sys
from contextlib import contextmanager

import httpx
import pytest
import websockets

from tests.server import ROOT, free_port
from tests.websocket_helpers import beat, frame, register, until, watching


@pytest.fixture
def keys(server):
    return server.create_project("Readers", "--open")


def reads(server):
    """How often a snapshot was read, by PostgreSQL's own count."""
    [(scans,)] = server.query(
        "SELECT (idx_scan + seq_scan)::int8 FROM pg_stat_user_tables"
        " WHERE relname = 'devices_app_fleet'"
    )
    return scans


async def settled_reads(server):
    """The same once it stands still: PostgreSQL's sessions count up about once a second."""
    before = None
    for _ in range(20):
        now = reads(server)
        if now == before:
            return now
        before = now
        await asyncio.sleep(1.5)
    raise AssertionError("snapshots are read though nobody watches")


async def test_a_snapshot_is_read_once_a_second_however_many_watch_and_never_for_nobody(
    server, keys
):
    register(server, keys)
    before = await settled_reads(server)

    async def watch():
        async with watching(server, keys) as watcher:
            for _ in range(6):
                await frame(watcher)

    watchers, processes = 60, 2
    await asyncio.gather(*(watch() for _ in range(watchers)))
    after = await settled_reads(server)
    # Six frames each: five seconds, the first one, and whoever came a little later.
    assert 5 <= after - before <= 9 * processes


@contextmanager
def deaf(server, keys):
    """A client that asks for a websocket and then never reads."""
    with socket.socket() as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        line.settimeout(30)
        line.connect(("127.0.0.1", server.port))
        key = base64.b64encode(os.urandom(16)).decode()
        line.sendall(
            f"GET /api/stats/ws?project={keys['slug']} HTTP/1.1\r\nHost: localhost\r\n"
            "Connection: Upgrade\r\nUpgrade: websocket\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n".encode()
        )
        yield line


def is_cut_off(line):
    """Whether the server has hung up: what it had sent ends in a reset, or in the middle."""
    try:
        # More than all buffers hold: who reads that much is still being sent to.
        return any(not line.recv(65_536) for _ in range(1000))
    except ConnectionResetError:
        return True
    except TimeoutError:
        return False


async def test_who_does_not_read_is_hung_up_on_and_delays_nobody(server, keys):
    device = register(server, keys)
    # A frame that no buffer between here and there takes many of.
    server.query(
        "INSERT INTO devices_app_device (project_id, number, name, token_hash)"
        " SELECT %s, g, repeat('x', 200), 'deaf ' || g FROM generate_series(1, 3000) g RETURNING 1",
        keys["id"],
    )
    with deaf(server, keys) as one, deaf(server, keys) as two:
        async with watching(server, keys, "&devices=0", max_size=None) as reader:
            for _ in range(16):
                await frame(reader)
            beat(server, device["token"])
            assert await until(reader, lambda found: found["total_beats"] == 1, frames=3)
        assert await asyncio.to_thread(is_cut_off, one)
        assert await asyncio.to_thread(is_cut_off, two)


async def test_it_works_under_daphne_as_well(server, keys):
    """Everything on one port of a server that knows neither our protocol nor our door."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "daphne", "-p", str(port), "telemetry.asgi:application"],
        cwd=ROOT,
        env=server.env,
        stderr=subprocess.DEVNULL,
    )
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
            for _ in range(100):
                try:
                    if (await client.get("/healthz")).status_code == 200:
                        break
                except httpx.TransportError:
                    await asyncio.sleep(0.2)
            device = register(server, keys)
            url = f"ws://127.0.0.1:{port}/api/stats/ws?project={keys['slug']}"
            async with websockets.connect(url) as watcher:
                assert (await frame(watcher))["total_beats"] == 0
                reply = await client.post("/api/beat", headers={"Authorization": device["token"]})
                assert reply.status_code == 200
                found = await until(watcher, lambda found: found["total_beats"] == 1)
                assert found["last_seen"] == int(reply.text)
                await (await watcher.ping())
            reply = await client.get("/api/stats/ws")
            assert reply.text == "`Connection` header did not include 'upgrade'"
            with pytest.raises(websockets.InvalidStatus):
                async with websockets.connect(f"ws://127.0.0.1:{port}/nope"):
                    pass
    finally:
        process.terminate()
        process.wait(timeout=20)
