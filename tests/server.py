"""The real server in a process of its own, as ``make run`` starts it, for tests and benchmarks."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from telemetry.postgres.embedded import ensure_running
from tests.commands import commands
from tests.databases import stop_database
from tests.prepared import prepare

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 60


class ServerProcess:
    """``manage.py serve`` with a data folder of its own, on a free port of this machine."""

    def __init__(self, data_dir: Path, *, workers: int = 2, **env: str) -> None:
        self.data_dir = data_dir
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.env = {
            **{name: value for name, value in os.environ.items() if name != "DATABASE_URL"},
            "TELEMETRY_DATA_DIR": str(data_dir),
            "HOST": "127.0.0.1",
            "PORT": str(self.port),
            "WORKERS": str(workers),
            "PYTHONUNBUFFERED": "1",
            **env,
        }
        self.log = data_dir.parent / f"{data_dir.name}.log"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "serve"],
                cwd=ROOT,
                env=self.env,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        deadline = time.monotonic() + START_SECONDS
        while not self.is_up():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"The server did not start:\n{self.output()[-3000:]}")
            time.sleep(0.05)

    def is_up(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/healthz", timeout=2) as reply:
                return bool(reply.status == 200)
        except OSError:
            return False

    def stop(self) -> int:
        """Ask it to stop and wait; its exit code."""
        assert self.process
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=40)

    def kill(self) -> None:
        """``kill -9`` to every process of it; not to the database's, which are in a session of
        their own."""
        assert self.process
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(timeout=20)

    def output(self) -> str:
        return self.log.read_text(errors="replace")

    def manage(self, *args: str) -> str:
        """The output of a management command against the same data."""
        return subprocess.run(
            [sys.executable, "manage.py", *args],
            cwd=ROOT,
            env=self.env,
            check=True,
            capture_output=True,
            text=True,
            timeout=120,
        ).stdout

    def create_project(self, name: str = "Test", *options: str) -> dict[str, Any]:
        """A new project's keys, as ``create_project --json`` prints them."""
        command = ("create_project", name, "--json", *options)
        is_embedded = "DATABASE_URL" not in self.env
        out = commands.run(self.data_dir, *command) if is_embedded else self.manage(*command)
        keys: dict[str, Any] = json.loads(out)
        return keys

    @property
    def admin_password(self) -> str:
        """The first admin's password, from what the server printed when it first started."""
        match = re.search(r"Sign in as admin with the password (\S+)", self.output())
        assert match, self.output()
        return match[1]

    def query(self, sql: str, *params: Any) -> list[tuple[Any, ...]]:
        """Rows straight from its database, by a connection that Django has no part in.

        `params` in their order, or one dictionary of them by name.
        """
        server = ensure_running(self.data_dir)
        with psycopg.connect(
            host=server.host, port=server.port, user=server.user, dbname=server.dbname
        ) as connection:
            named = params[0] if len(params) == 1 and isinstance(params[0], dict) else params
            return connection.execute(sql.encode(), named).fetchall()


class ForeignDatabase:
    """A PostgreSQL that the server knows only by its URL, so that it cannot start it itself."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        info = ensure_running(data_dir)
        self.url = (
            f"postgresql://{info.user}@/{info.dbname}?host={str(info.host).replace('/', '%2F')}"
        )

    def stop(self) -> None:
        stop_database(self.data_dir)

    def start(self) -> None:
        ensure_running(self.data_dir)


@contextmanager
def running_server(
    *, workers: int = 2, prepared: bool = True, **env: str
) -> Iterator[ServerProcess]:
    """A started server with data of its own, gone at the end.

    `prepared`: its database, empty, and its static files are there already (see `prepare`).
    """
    with open_folder() as folder:
        server = ServerProcess(folder / "var", workers=workers, **env)
        if prepared:
            prepare(server.data_dir)
        server.start()
        try:
            yield server
        finally:
            server.kill()
            stop_database(server.data_dir)


@contextmanager
def open_folder() -> Iterator[Path]:
    """A temporary folder that others may pass through: as root, the database is another user."""
    with tempfile.TemporaryDirectory(prefix="telemetry-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
