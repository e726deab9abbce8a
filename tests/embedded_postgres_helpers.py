"""Real installations in temporary folders, and real processes that use them."""

import atexit
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any

from telemetry.postgres.embedded import release
from telemetry.postgres.layout import Layout, State

ROOT = Path(__file__).resolve().parent.parent

# A process that uses the database as our programs do: through Django, one statement per line.
_USER = """
import json, sys
import django
from django.conf import settings
settings.configure(DATABASES={"default": {
    "ENGINE": "telemetry.postgres", "NAME": "telemetry",
    "OPTIONS": {"embedded_data_dir": sys.argv[1]},
}})
django.setup()
from django.db import Error, connection
for line in sys.stdin:
    try:
        with connection.cursor() as cursor:
            cursor.execute(line)
            rows = cursor.fetchall() if cursor.description else []
        answer = {"rows": rows}
    except Error as error:
        answer = {"error": str(error)}
    connection.close()
    print(json.dumps(answer), flush=True)
"""


class User:
    """A process that uses the server of one data folder until it is ended."""

    def __init__(self, data_dir: Path, environment: dict[str, str]) -> None:
        places = [environment.get("PYTHONPATH"), str(ROOT), os.environ.get("PYTHONPATH")]
        path = os.pathsep.join(filter(None, places))
        self.process = subprocess.Popen(
            [sys.executable, "-c", _USER, str(data_dir)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, **environment, "PYTHONPATH": path},
        )

    def send(self, sql: str) -> None:
        assert self.process.stdin
        self.process.stdin.write(f"{sql}\n")
        self.process.stdin.flush()

    def answer(self) -> dict[str, Any]:
        assert self.process.stdout
        line = self.process.stdout.readline()
        assert line, "the process ended"
        answer: dict[str, Any] = json.loads(line)
        return answer

    def sql(self, sql: str) -> Any:
        """Rows of a statement."""
        self.send(sql)
        answer = self.answer()
        assert "rows" in answer, answer
        return answer["rows"]

    def error(self, sql: str = "SELECT 1") -> str:
        self.send(sql)
        return str(self.answer()["error"])

    def end(self) -> None:
        """As a program ends."""
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait(10)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(10)


class Installation:
    """A data folder and whoever uses it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data_dir = folder / "var"
        self.users: list[User] = []

    @property
    def layout(self) -> Layout:
        return Layout(self.data_dir)

    def user(self, **environment: str) -> User:
        user = User(self.data_dir, environment)
        self.users.append(user)
        return user

    def state(self) -> State:
        state = self.layout.read_state()
        assert state
        return state

    def servers(self) -> list[int]:
        """Every postmaster on our data folder, whoever thinks to own it."""
        marker = os.fsencode(self.layout.pgdata)
        found = []
        for proc in Path("/proc").glob("[0-9]*"):
            try:
                arguments = (proc / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if marker in arguments and arguments[0].endswith(b"postgres"):
                found.append(int(proc.name))
        return found

    def stop(self) -> None:
        """Stop the server at once, without its usual second of grace."""
        if self.layout.supervisor_is_alive() and (state := self.layout.read_state()):
            os.kill(state.supervisor, signal.SIGINT)
        wait_until(self.is_stopped, 30)

    def is_stopped(self) -> bool:
        return not self.servers() and not self.layout.supervisor_is_alive()

    def close(self) -> None:
        for user in self.users:
            user.kill()
        release(self.data_dir)
        self.stop()


@contextmanager
def installation(*, prepared: bool = False) -> Iterator[Installation]:
    """A new one; or, for what does not care about the first start, one with its data made."""
    # Not pytest's folders: they are 0700, and as root the server runs as somebody else.
    folder = Path(tempfile.mkdtemp(prefix="telemetry-test-", dir="/tmp"))
    folder.chmod(0o711)
    made = Installation(folder)
    if prepared:
        made.layout.make()
        subprocess.run(["cp", "-a", _prepared_data(), made.layout.pgdata], check=True)
    try:
        yield made
    finally:
        made.close()
        shutil.rmtree(folder)


@cache
def _prepared_data() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="telemetry-test-", dir="/tmp"))
    atexit.register(shutil.rmtree, folder)
    with installation() as made:
        made.user().sql("SELECT 1")
        made.users.pop().end()
        made.stop()
        subprocess.run(["cp", "-a", made.layout.pgdata, folder], check=True)
    return folder / "pgdata"


def wait_until(condition: Callable[[], bool], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def kill(pid: int) -> None:
    """``kill -9``, and wait until it took effect: a connection made meanwhile could still work."""
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    wait_until(lambda: _is_dead(pid))


def _is_dead(pid: int) -> bool:
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return True
    return text.rsplit(")", 1)[1].split()[0] in "ZX"
