"""The side of a process that uses the embedded server: see that it runs, and where.

``ensure_running()`` is called for every new connection. When all is well it costs a few system
calls. Else it starts a supervisor (one at a time, whoever comes first) or waits for the one that
is at work. From the first call to its end the process holds a shared lock, which is how the
supervisor knows that the server is still used; a forked child shares it.
"""

import fcntl
import json
import os
import select
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from django.db.utils import OperationalError

import telemetry
from telemetry.postgres.cluster import relevant_line
from telemetry.postgres.layout import (
    DATABASE,
    PORT,
    ROLE,
    Layout,
    State,
    exclusive,
    is_open_file,
    open_lock,
    open_private,
    wait_flock,
)
from telemetry.postgres.problem import PostgresProblem

# A program that begins can wait for a slow disk or for recovery after a crash. One that has been
# serving rather tells its clients to come back.
START_SECONDS = 120.0
RETURN_SECONDS = 4.0
# A broken installation is not tried again for every request that comes in.
FAILURE_HOLDS_SECONDS = 1.0


class EmbeddedPostgresError(OperationalError):
    """The embedded server cannot be had. One line: the reason, and what to do about it."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(str(PostgresProblem(message, hint)))
        self.message = message
        self.hint = hint


@dataclass(frozen=True, slots=True)
class ConnectionInfo:
    """Where the server is, in libpq's words."""

    host: str
    port: int
    user: str
    dbname: str


@dataclass(frozen=True, slots=True)
class ServerStatus:
    """A running server, for people and for monitoring."""

    connection: ConnectionInfo
    data_dir: Path
    log: Path
    os_user: str
    bin_dir: Path
    version: str
    supervisor: int
    postmaster: int


def ensure_running(data_dir: Path | str, *, timeout: float | None = None) -> ConnectionInfo:
    """Where the server of `data_dir` is, once it takes connections; started if need be.

    Raises ``EmbeddedPostgresError`` if it cannot start, or does not within `timeout` seconds: by
    default two minutes, but only four if this process has seen it running before.
    """
    return _connection(_client(data_dir).ensure(timeout))


def release(data_dir: Path | str) -> None:
    """Stop counting as a user of the server, before the end of the process.

    For programs that live on without a database. Close your connections first: if this was the
    last user, the server stops within a second or two.
    """
    _client(data_dir).release()


def server_status(data_dir: Path | str) -> ServerStatus | None:
    """The server of `data_dir`, if it runs. Starts nothing."""
    client = _client(data_dir)
    state = client.running()
    return _status(client.layout, state) if state else None


def _status(layout: Layout, state: State) -> ServerStatus:
    return ServerStatus(
        connection=_connection(state),
        data_dir=layout.data_dir,
        log=layout.log,
        os_user=state.os_user,
        bin_dir=Path(state.bin_dir),
        version=state.version,
        supervisor=state.supervisor,
        postmaster=state.postmaster,
    )


def _connection(state: State) -> ConnectionInfo:
    return ConnectionInfo(host=state.host, port=PORT, user=ROLE, dbname=DATABASE)


class _StillStarting(PostgresProblem):
    """It was not waited for any longer."""


class Client:
    """This process and one server."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.lock = threading.Lock()
        self._users: int | None = None
        self._failure: PostgresProblem | None = None
        self._failed_at = 0.0
        self._was_running = False

    def ensure(self, timeout: float | None) -> State:
        if self._is_user() and (state := self.running()):
            return state
        if timeout is None:
            timeout = RETURN_SECONDS if self._was_running else START_SECONDS
        deadline = time.monotonic() + timeout
        if not self.lock.acquire(timeout=timeout):
            raise _convert(self._still_starting())
        try:
            state = self._ensure_slowly(deadline)
            self._was_running = True
            return state
        except PostgresProblem as problem:
            # What takes long may succeed all the same.
            if problem is not self._failure and not isinstance(problem, _StillStarting):
                self._failure, self._failed_at = problem, time.monotonic()
            raise _convert(problem) from problem
        finally:
            self.lock.release()

    def running(self) -> State | None:
        """What the supervisor says, if it is alive and so is its server."""
        state = self.layout.read_state()
        if state is None or state.state != "ready" or not self.layout.supervisor_is_alive():
            return None
        try:
            os.kill(state.postmaster, 0)
        except ProcessLookupError:
            return None
        except PermissionError:
            pass
        return state

    def release(self) -> None:
        with self.lock:
            if self._users is not None:
                os.close(self._users)
            self._users = None

    def _is_user(self) -> bool:
        return self._users is not None and is_open_file(self._users, self.layout.users_lock)

    def _ensure_slowly(self, deadline: float) -> State:
        recently = time.monotonic() - self._failed_at < FAILURE_HOLDS_SECONDS
        if self._failure and recently and not self.layout.supervisor_is_alive():
            raise self._failure
        self.layout.make()
        self._become_user(deadline)
        while time.monotonic() < deadline:
            if state := self.running():
                return state
            if self.layout.supervisor_is_alive():
                time.sleep(0.02)  # it starts, or ends because somebody told it to
                continue
            with exclusive(self.layout.start_lock, deadline) as alone:
                if alone and not self.layout.supervisor_is_alive():
                    self._start_supervisor(deadline)
        raise self._still_starting()

    def _become_user(self, deadline: float) -> None:
        """Take the shared lock. It is not to be had while a supervisor is stopping the server."""
        if self._is_user():
            return
        if self._users is not None:
            os.close(self._users)  # the data folder was removed
        self._users = None
        descriptor = open_lock(self.layout.users_lock)
        if not wait_flock(descriptor, fcntl.LOCK_SH, deadline):
            os.close(descriptor)
            raise PostgresProblem("PostgreSQL is stopping and does not come to an end")
        self._users = descriptor

    def _start_supervisor(self, deadline: float) -> None:
        """Start one and wait for its word. The caller holds the lock for starting."""
        self.layout.state.unlink(missing_ok=True)
        try:
            log = open_private(self.layout.log, os.O_WRONLY | os.O_APPEND)
        except OSError as error:
            raise PostgresProblem(f"Cannot open {self.layout.log}: {error.strerror}") from error
        try:
            before = os.fstat(log).st_size
            process = subprocess.Popen(
                [sys.executable, "-P", "-m", "telemetry.postgres.supervisor", self._data_dir()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd="/",
                env=_environment(),
                start_new_session=True,
            )
        except OSError as error:
            raise PostgresProblem(f"Cannot run {sys.executable}: {error.strerror}") from error
        finally:
            os.close(log)
        answer = _read_answer(process, deadline)
        process.wait()  # it forked at once
        if answer is None:
            raise self._still_starting()
        if not answer:
            with self.layout.log.open("rb") as file:
                file.seek(before)
                said = file.read(100_000).decode(errors="replace")
            raise PostgresProblem(
                f"The supervisor of PostgreSQL ended: {relevant_line(said) or 'without a word'}",
                f"Its log is {self.layout.log}",
            )
        word = json.loads(answer)
        if word["state"] == "failed":
            raise PostgresProblem(word["message"], word.get("hint", ""))

    def _data_dir(self) -> str:
        return str(self.layout.data_dir)

    def _still_starting(self) -> "_StillStarting":
        return _StillStarting(
            "PostgreSQL is still starting (after a crash it recovers first)",
            f"Its log is {self.layout.log}",
        )


_clients: dict[str, Client] = {}
_clients_lock = threading.Lock()


def _client(data_dir: Path | str) -> Client:
    key = os.fspath(data_dir)
    client = _clients.get(key)
    if client is None:
        with _clients_lock:
            resolved = os.path.realpath(key)
            client = _clients.get(resolved) or Client(Layout(Path(resolved)))
            _clients[key] = _clients[resolved] = client
    return client


def _after_fork() -> None:
    """Another thread of the parent may have held these; in the child nobody will let them go."""
    global _clients_lock  # noqa: PLW0603
    _clients_lock = threading.Lock()
    for client in _clients.values():
        client.lock = threading.Lock()


os.register_at_fork(after_in_child=_after_fork)


def _convert(problem: PostgresProblem) -> EmbeddedPostgresError:
    return EmbeddedPostgresError(problem.message, problem.hint)


def _environment() -> dict[str, str]:
    """The supervisor finds our package, wherever it is run from."""
    ours = str(Path(telemetry.__path__[0]).parent)
    others = os.environ.get("PYTHONPATH")
    return {**os.environ, "PYTHONPATH": f"{ours}{os.pathsep}{others}" if others else ours}


def _read_answer(process: "subprocess.Popen[bytes]", deadline: float) -> bytes | None:
    """All that the supervisor says, which ends when it is done starting; ``None`` if too late."""
    said = b""
    if process.stdout is None:
        return said
    with process.stdout as pipe:
        while True:
            left = max(0.0, deadline - time.monotonic())
            if not select.select([pipe], [], [], left)[0]:
                return None
            chunk = os.read(pipe.fileno(), 65536)
            if not chunk:
                return said
            said += chunk
