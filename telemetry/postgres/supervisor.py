"""Keeps one data folder's PostgreSQL running for as long as anybody uses it.

``python -m telemetry.postgres.supervisor <data folder>``, started by ``embedded``. It has a session
of its own, so Ctrl-C in a terminal does not reach it, and it needs no Django. It reports once, on
standard output, that the server is ready or why it is not; then it watches:

- the server died: start it again, unless it keeps dying;
- nobody holds the users' lock any more: stop the server and end. Holding that lock exclusively
  meanwhile makes newcomers wait for the end, and then they start a new supervisor;
- SIGTERM (the machine goes down): give the users ten seconds to end first. SIGINT: none.

If it is killed itself, the kernel tells the server to stop (see ``cluster``).
"""

import contextlib
import dataclasses
import fcntl
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import time
import traceback
from pathlib import Path

from telemetry.postgres import binaries, config, osuser
from telemetry.postgres.cluster import Cluster, log, relevant_line
from telemetry.postgres.layout import (
    Layout,
    State,
    is_open_file,
    make_socket_folder,
    open_lock,
    try_flock,
    wait_flock,
)
from telemetry.postgres.problem import PostgresProblem

# How often the users' lock is looked at. Free twice in a row ends the server, so that one command
# right after another (migrate, then serve) finds it still running.
TICK_SECONDS = 0.5
GRACE_SECONDS = 10.0
MAX_DEATHS = 5
DEATHS_WITHIN_SECONDS = 60.0
RETRY_SECONDS = 20.0
LOG_BYTES = 5_000_000

# What a killed server leaves behind for a moment: its last processes, holding its memory.
_PASSING = ("pre-existing shared memory block", "lock file", "Address already in use")


class Signals:
    """Signals as something to wait for: Python's handlers run, and a pipe wakes ``select``."""

    def __init__(self) -> None:
        self.terminate_at: float | None = None
        self._reader, self._writer = socket.socketpair()
        self._reader.setblocking(False)
        self._writer.setblocking(False)
        signal.set_wakeup_fd(self._writer.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGTERM, lambda *_: self._terminate(GRACE_SECONDS))
        signal.signal(signal.SIGINT, lambda *_: self._terminate(0))
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.pthread_sigmask(signal.SIG_SETMASK, [])  # whoever started us may have blocked some

    def _terminate(self, grace: float) -> None:
        self.terminate_at = time.monotonic() + grace

    def wait(self, seconds: float) -> None:
        ready, _, _ = select.select([self._reader], [], [], seconds)
        if ready:
            self._reader.recv(4096)


class Supervisor:
    def __init__(self, layout: Layout, lock: int) -> None:
        self.layout = layout
        self.lock = lock
        self.signals = Signals()
        self.state = State("starting", supervisor=os.getpid())
        self.deaths: list[float] = []

    def prepare(self) -> None:
        """Everything before the first launch: user, programs, data, settings."""
        self._say(state="starting")
        user = osuser.obtain(self.layout.data_dir)
        found = binaries.find_binaries(self.layout.pgdata)
        found = binaries.usable_by(found, user, self.layout.root)
        self._check_owner(user)
        self.cluster = Cluster(self.layout, found, user)
        self.cluster.create()
        self.socket_folder = make_socket_folder(self.layout, user)
        self.config = config.write_config(self.layout, found, user, self.socket_folder)
        self._say(
            host=str(self.socket_folder),
            os_user=user.name,
            bin_dir=str(found.bin_dir),
            version=found.version,
        )

    def _check_owner(self, user: osuser.OSUser) -> None:
        pgdata = self.layout.pgdata
        if pgdata.exists() and pgdata.stat().st_uid != user.uid:
            raise PostgresProblem(
                f"{pgdata} belongs to OS user {pgdata.owner()!r}, not to {user.name!r}",
                "Run this as that user, or set TELEMETRY_DATA_DIR.",
            )

    def start(self) -> None:
        """Launch the server and wait until it takes connections, however long it recovers."""
        deadline = time.monotonic() + RETRY_SECONDS
        delay = 0.05
        while True:
            self.cluster.end_leftovers(self.socket_folder)
            before = os.fstat(sys.stderr.fileno()).st_size
            self.server = self.cluster.launch(self.config)
            self._say(state="starting", postmaster=self.server.pid)
            if self._becomes_ready(self.server):
                self._say(state="ready")
                return
            reason = relevant_line(_read_from(self.layout.log, before))
            if not any(text in reason for text in _PASSING) or time.monotonic() > deadline:
                raise PostgresProblem(
                    f"PostgreSQL did not start: {reason or 'it left no word'}",
                    f"Its log is {self.layout.log}",
                )
            time.sleep(delay)
            delay = min(delay * 2, 1.0)

    def _becomes_ready(self, server: "subprocess.Popen[bytes]") -> bool:
        while server.poll() is None:
            if self.cluster.is_ready(server.pid):
                return True
            self.signals.wait(0.02)
        return False

    def watch(self, users: int) -> None:
        """Until nobody uses the server, or we are told to end. Leaves `users` locked."""
        free = False
        while True:
            self.signals.wait(TICK_SECONDS)
            if self.server.poll() is not None:
                self._restart()
            if not self._owns_folder():
                return
            was_free, free = free, try_flock(users, fcntl.LOCK_EX)
            if free and was_free:
                return
            if free:
                fcntl.flock(users, fcntl.LOCK_UN)
            at = self.signals.terminate_at
            if at is not None and (free or time.monotonic() >= at):
                return
            self._bound_log()

    def _restart(self) -> None:
        now = time.monotonic()
        self.deaths = [at for at in self.deaths if now - at < DEATHS_WITHIN_SECONDS] + [now]
        log(f"the server ended unexpectedly (exit code {self.server.returncode})")
        if len(self.deaths) > MAX_DEATHS:
            raise PostgresProblem(
                f"PostgreSQL died {len(self.deaths)} times within a minute",
                f"Its log is {self.layout.log}",
            )
        self._say(state="starting", postmaster=0)
        time.sleep(0.05 * 2 ** len(self.deaths) if len(self.deaths) > 1 else 0)
        self.start()

    def stop(self) -> None:
        self._say(state="stopping")
        self.cluster.stop(self.server)
        if self.socket_folder.parent != self.layout.root:
            shutil.rmtree(self.socket_folder, ignore_errors=True)

    def _say(self, **changes: str | int) -> None:
        self.state = dataclasses.replace(self.state, **changes)  # type: ignore[arg-type]
        if self._owns_folder():
            self.layout.write_state(self.state)

    def _owns_folder(self) -> bool:
        """Not so when somebody removed the whole data folder, and perhaps began a new one."""
        return is_open_file(self.lock, self.layout.supervisor_lock)

    def _bound_log(self) -> None:
        """Keep one older log. The server writes in append mode, so its file may be cut."""
        descriptor = sys.stderr.fileno()
        if os.fstat(descriptor).st_size > LOG_BYTES:
            shutil.copy(self.layout.log, self.layout.log.with_suffix(".log.1"))
            os.ftruncate(descriptor, 0)


def run(layout: Layout, reply: int) -> None:
    """Take the supervisor's place, start the server, tell the starter, and watch."""
    lock = open_lock(layout.supervisor_lock)
    # Those who look whether there is a supervisor hold its lock for an instant.
    if not wait_flock(lock, fcntl.LOCK_EX, time.monotonic() + 2):
        _answer(reply, {"state": "busy"})
        return
    users = open_lock(layout.users_lock)
    supervisor = Supervisor(layout, lock)
    try:
        supervisor.prepare()
        supervisor.start()
        _answer(reply, {"state": "ready"})
        supervisor.watch(users)
    except PostgresProblem as problem:
        log(str(problem))
        _answer(reply, {"state": "failed", "message": problem.message, "hint": problem.hint})
        return
    except OSError as error:
        traceback.print_exc()
        _answer(reply, {"state": "failed", "message": f"PostgreSQL did not start: {error}"})
        return
    finally:
        if hasattr(supervisor, "server"):
            supervisor.stop()


def _answer(reply: int, message: dict[str, str]) -> None:
    """Tell whoever started us, if it still waits; only the first answer gets through."""
    with contextlib.suppress(OSError):
        os.write(reply, json.dumps(message).encode())
    os.dup2(sys.stderr.fileno(), reply)


def _read_from(path: Path, position: int) -> str:
    with path.open("rb") as file:
        file.seek(position)
        return file.read(100_000).decode(errors="replace")


def main() -> None:
    if os.fork():  # so that whoever started us has no child to wait for
        os._exit(0)
    os.umask(0o077)
    run(Layout(Path(sys.argv[1])), reply=sys.stdout.fileno())


if __name__ == "__main__":
    main()
