"""The serving processes: they end together, are replaced alone, and never share a taken port."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from tests.server import ROOT, ServerProcess, running_server


def until(condition: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


def listeners(server: ServerProcess) -> set[int]:
    """The processes that listen to the server's port."""
    return {
        connection.pid
        for connection in psutil.net_connections("tcp")
        if connection.status == psutil.CONN_LISTEN and connection.laddr.port == server.port
    }


def test_serving_processes_end_when_what_started_them_is_killed() -> None:
    with running_server(workers=2) as server:
        assert server.process
        until(lambda: len(listeners(server)) == 2)
        os.kill(server.process.pid, signal.SIGKILL)  # it alone, not its group
        server.process.wait()
        until(lambda: not listeners(server))
        server.start()  # the port is free again
        assert server.is_up()


def test_a_serving_process_that_dies_is_replaced_and_the_log_says_so() -> None:
    with running_server(workers=2) as server:
        until(lambda: len(listeners(server)) == 2)
        victim = min(listeners(server))
        os.kill(victim, signal.SIGKILL)
        until(lambda: len(listeners(server) - {victim}) == 2)
        until(server.is_up)  # the new one listens a little before it answers
        until(lambda: f"Serving process {victim} ended unasked" in server.output())


def test_a_taken_port_is_one_line_and_makes_nothing() -> None:
    with running_server(workers=1) as server:
        second = subprocess.run(
            [sys.executable, "manage.py", "serve"],
            cwd=ROOT,
            env={**server.env, "TELEMETRY_DATA_DIR": f"{server.data_dir}2"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert second.returncode
        assert second.stdout == ""  # above all no password, which would be shown only this once
        assert len(second.stderr.strip().splitlines()) == 1
        assert f"127.0.0.1:{server.port}: Address already in use" in second.stderr
        assert "PORT" in second.stderr
        assert server.is_up()


def test_an_address_that_is_not_ours_is_one_line(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "serve", "--host", "192.0.2.1"],
        cwd=ROOT,
        env={**os.environ, "TELEMETRY_DATA_DIR": str(tmp_path / "var")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode
    assert len(done.stderr.strip().splitlines()) == 1
    assert "HOST" in done.stderr


def test_an_upload_that_has_come_to_a_halt_does_not_hold_up_the_end(tmp_path: Path) -> None:
    with running_server(workers=2) as server:
        with socket.create_connection(("127.0.0.1", server.port), timeout=30) as line:
            line.sendall(b"POST /ez HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nabc")
            until(server.is_up)
            assert server.stop() == 0
            assert line.recv(100) == b""
        assert "Traceback" not in server.output()
