"""The database goes away under a serving process, and comes back."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator

import httpx
import pytest

from tests.server import (
    ROOT,
    ForeignDatabase,
    ServerProcess,
    free_port,
    open_folder,
    running_server,
)


@pytest.fixture
def database() -> Iterator[ForeignDatabase]:
    with open_folder() as folder:
        database = ForeignDatabase(folder / "var")
        yield database
        database.stop()


@pytest.fixture
def server(database: ForeignDatabase) -> Iterator[ServerProcess]:
    with running_server(DATABASE_URL=database.url) as server:
        yield server


def test_a_stopped_database_is_503_within_5_seconds_and_service_resumes_by_itself(
    server: ServerProcess, database: ForeignDatabase
) -> None:
    key = server.create_project()["ezkey"]

    def post() -> httpx.Response:
        form = {"ezkey": key, "stat": "a", "count": "1"}
        return httpx.post(f"{server.url}/ez", data=form, timeout=20)

    assert post().status_code == 200
    database.stop()
    for _ in range(3):
        began = time.monotonic()
        reply = post()
        assert time.monotonic() - began < 5
        assert reply.status_code == 503
        assert reply.json()["status"] == 503
        assert int(reply.headers["retry-after"]) >= 1
    began = time.monotonic()
    assert httpx.get(f"{server.url}/healthz", timeout=20).status_code == 503
    assert time.monotonic() - began < 10
    database.start()
    deadline = time.monotonic() + 20
    while post().status_code != 200 or httpx.get(f"{server.url}/healthz").status_code != 200:
        assert time.monotonic() < deadline, "service has not resumed"
        time.sleep(0.1)
    assert 1 <= server.output().count("cannot connect") <= 2  # a line per process that noticed
    while "connected again" not in server.output():  # each process when it has work to do
        assert time.monotonic() < deadline
        assert post().status_code == 200


def test_a_database_that_takes_no_tables_is_one_line(database: ForeignDatabase) -> None:
    with open_folder() as folder:
        done = subprocess.run(
            [sys.executable, "manage.py", "serve"],
            cwd=ROOT,
            env={
                **os.environ,
                "PORT": str(free_port()),
                "TELEMETRY_DATA_DIR": str(folder / "var"),
                "DATABASE_URL": f"{database.url}&options=-cdefault_transaction_read_only%3Don",
            },
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode
    (line,) = done.stderr.strip().splitlines()
    assert "DATABASE_URL" in line
    assert "read-only transaction" in line
