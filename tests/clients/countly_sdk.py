"""Countly's own SDKs, which are told what to do in JavaScript, and what the server counted."""

import json
import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import urlopen

from tests.clients.packages import CLIENTS, installed
from tests.server import ServerProcess

__all__ = ["REPEATED", "Evaluate", "in_year", "killed", "node_sdk", "packages", "read", "rows"]

REPEATED = "Request ignored: Duplicate request"


def packages() -> Path:
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    folder: Path = installed("countly", ["package.json", "package-lock.json"], command)
    return folder / "node_modules"


class Evaluate:
    """What an expression comes to in a process of Node that has loaded the SDK as ``Countly``."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def __call__(self, expression: str) -> Any:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(expression) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, f"the SDK's process has ended: {expression}"
        return json.loads(line)


@contextmanager
def node_sdk() -> Iterator[Evaluate]:
    process = subprocess.Popen(
        ["node", CLIENTS / "countly" / "evaluate.js"],
        env={**os.environ, "NODE_PATH": str(packages())},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    watchdog = threading.Timer(120, process.kill)
    watchdog.start()
    try:
        yield Evaluate(process)
    finally:
        watchdog.cancel()
        process.kill()
        process.communicate()


@contextmanager
def killed(server: ServerProcess) -> Iterator[None]:
    """``kill -9``; at the end it is started again, with the same port and data."""
    server.kill()
    try:
        yield
    finally:
        server.start()


def read(server: ServerProcess, keys: dict[str, Any], method: str, **params: str) -> Any:
    """A document of ``/o``."""
    query = urlencode({"app_key": keys["app_key"], "method": method, **params})
    with urlopen(f"{server.url}/o?{query}", timeout=30) as reply:
        return json.loads(reply.read())


def in_year(document: dict[str, Any], year: str = "") -> dict[str, Any]:
    """What was counted in the (only) year, without its weeks, months and days."""
    if not year:
        (year,) = (name for name in document if name.isdecimal())
    return {
        name: value
        for name, value in document[year].items()
        if not (isinstance(value, dict) and name.lstrip("w").isdecimal())
    }


def rows(server: ServerProcess, keys: dict[str, Any], columns: str, table: str) -> list[Any]:
    query = f"SELECT {columns} FROM sessions_app_{table} WHERE project_id = %s ORDER BY 1, 2"
    return server.query(query, keys["id"])
