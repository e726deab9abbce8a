"""One data folder's PostgreSQL: made once, launched, and cleaned up after when it crashed."""

import ctypes
import os
import pwd
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from telemetry.postgres.binaries import Binaries
from telemetry.postgres.config import SUPERUSER
from telemetry.postgres.layout import DATABASE, PORT, ROLE, Layout
from telemetry.postgres.osuser import OSUser
from telemetry.postgres.problem import PostgresProblem

# The program's role owns its database and may make others (for tests), and is no superuser: a
# flaw in a statement of ours must not become a command run by the server.
_BOOTSTRAP = f"""\
CREATE ROLE {ROLE} LOGIN CREATEDB
GRANT pg_monitor TO {ROLE}
CREATE DATABASE {DATABASE} OWNER {ROLE}
"""

_FAST = signal.SIGINT
_IMMEDIATE = signal.SIGQUIT
_STOP_SECONDS = 120
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, slots=True)
class Cluster:
    layout: Layout
    binaries: Binaries
    user: OSUser

    def create(self) -> None:
        """Make the data folder, all or nothing: a killed start leaves nothing half made."""
        pgdata = self.layout.pgdata
        if pgdata.exists():
            return
        try:
            pwd.getpwuid(self.user.uid)
        except KeyError:
            raise PostgresProblem(
                f"PostgreSQL does not run as an OS user without a name (number {self.user.uid})",
                "Add that user to /etc/passwd, or set DATABASE_URL.",
            ) from None
        for half_made in pgdata.parent.glob("pgdata.new*"):
            shutil.rmtree(half_made, ignore_errors=True)
        # A name of our own: a killed supervisor's initdb may live on for a moment.
        new = pgdata.with_name(f"pgdata.new.{os.getpid()}")
        new.mkdir(0o700)
        if self.user.uid != os.geteuid():
            os.chown(new, self.user.uid, self.user.gid)
        initdb = [self.binaries.initdb, "-D", str(new)]
        single = [self.binaries.postgres, "--single", "-D", str(new), "-c", "exit_on_error=on"]
        # Nothing of this matters before the end, so it is brought to the disk once, at the end.
        self._run([*initdb, "--no-sync", *self._initdb_options()], "")
        self._run([*single, "-c", "fsync=off", "postgres"], _BOOTSTRAP)
        self._run([*initdb, "--sync-only"], "")
        new.rename(pgdata)

    def _initdb_options(self) -> list[str]:
        """The same order of text on every machine, whatever its languages are."""
        options = ["-U", SUPERUSER, "-E", "UTF8", "-A", "reject", "--data-checksums"]
        if self.binaries.major >= 17:
            return [*options, "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        return [*options, "--locale=C"]

    def _run(self, command: list[str], commands: str) -> None:
        try:
            done = subprocess.run(
                command,
                input=commands,
                capture_output=True,
                text=True,
                cwd="/",
                env=_clean_environment(),
                check=False,
                preexec_fn=_die_with_parent(signal.SIGKILL),
                **self.user.run_as,
            )
        except OSError as error:
            raise PostgresProblem(f"Cannot run {command[0]}: {error.strerror}") from error
        if done.returncode:
            sys.stderr.write(f"{done.stdout}{done.stderr}")
            reason = relevant_line(done.stderr) or f"exit code {done.returncode}"
            raise PostgresProblem(f"Cannot make a database in {self.layout.pgdata}: {reason}")

    def launch(self, config: Path) -> "subprocess.Popen[bytes]":
        """Start the server as our child, its log to our standard error."""
        pgdata = str(self.layout.pgdata)
        return subprocess.Popen(
            [self.binaries.postgres, "-D", pgdata, "-c", f"config_file={config}"],
            stdin=subprocess.DEVNULL,
            stdout=sys.stderr,
            cwd="/",
            env=_clean_environment(),
            umask=0o077,
            preexec_fn=_die_with_parent(_FAST),  # noqa: PLW1509  (the supervisor has one thread)
            **self.user.run_as,
        )

    def is_ready(self, pid: int) -> bool:
        found, status = self._pid_file()
        return found == pid and status == "ready"

    def end_leftovers(self, socket_folder: Path) -> None:
        """End what a killed supervisor or a killed server left behind on this data folder.

        The caller holds the supervisor's lock, so nothing that runs on this folder is wanted.
        """
        pid, _ = self._pid_file()
        if pid and self._is_ours(pid):
            log(f"ending the server {pid} that a former supervisor left")
            self._end(pid)
        for stray in self._strays():
            _send(stray, _IMMEDIATE)  # what their own postmaster would tell them after a crash
        # The number of a dead server may be another process's by now (after a reboot, in any
        # container) or linger where nobody collects the dead. PostgreSQL would take it for a live
        # one. Its shared memory remains as a second guard against two servers.
        (self.layout.pgdata / "postmaster.pid").unlink(missing_ok=True)
        for name in (f".s.PGSQL.{PORT}", f".s.PGSQL.{PORT}.lock"):
            (socket_folder / name).unlink(missing_ok=True)

    def _end(self, pid: int) -> None:
        for number, seconds in ((_FAST, _STOP_SECONDS), (_IMMEDIATE, 10), (signal.SIGKILL, 5)):
            _send(pid, number)
            if _wait_until(lambda: not self._is_ours(pid), seconds):
                return
        raise PostgresProblem(f"A former PostgreSQL server (process {pid}) does not end")

    def _pid_file(self) -> tuple[int, str]:
        """Process and status from ``postmaster.pid``, which is what ``pg_ctl`` goes by too."""
        try:
            lines = (self.layout.pgdata / "postmaster.pid").read_text().splitlines()
            return int(lines[0]), lines[7].strip() if len(lines) > 7 else ""
        except (OSError, ValueError, IndexError):
            return 0, ""

    def _is_ours(self, pid: int) -> bool:
        """Whether a process is a live PostgreSQL in this data folder, not just of that number."""
        proc = Path("/proc") / str(pid)
        if not Path("/proc/self/stat").exists():
            shown = subprocess.run(
                ["ps", "-o", "comm=", "-p", str(pid)], capture_output=True, text=True, check=False
            )
            return "postgres" in shown.stdout
        try:
            name, state = (proc / "stat").read_text().split("(", 1)[1].rsplit(")", 1)
            return (
                name == "postgres"
                and state.split()[0] not in "ZX"
                and (proc / "cwd").samefile(self.layout.pgdata)
            )
        except (OSError, IndexError, ValueError):
            return False

    def _strays(self) -> list[int]:
        try:
            numbers = [int(proc.name) for proc in Path("/proc").iterdir() if proc.name.isdigit()]
        except OSError:
            return []
        return [number for number in numbers if self._is_ours(number)]

    def stop(self, server: "subprocess.Popen[bytes]") -> None:
        """Stop our own child: fast, that is clients are cut off and everything is on the disk."""
        for number, seconds in ((_FAST, _STOP_SECONDS), (_IMMEDIATE, 10), (signal.SIGKILL, 5)):
            if server.poll() is not None:
                return
            server.send_signal(number)
            _wait_until(lambda: server.poll() is not None, seconds)


def relevant_line(log: str) -> str:
    """The line of a log which says why: the last fatal one, or what led to it."""
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    serious = ("PANIC:", "FATAL:", "ERROR:", "error:")
    for index in range(len(lines) - 1, -1, -1):
        mark = next((word for word in serious if word in lines[index]), None)
        if mark is None:
            continue
        if "configuration file" in lines[index] and "contains errors" in lines[index] and index:
            return lines[index - 1].split("LOG:")[-1].strip()
        return lines[index].split(mark, 1)[1].strip()
    return lines[-1] if lines else ""


def _die_with_parent(number: int) -> Callable[[], None] | None:
    """For the child, after it changed its user: get this signal when the supervisor is killed.

    Without this (it is Linux only) an orphan runs on until the next supervisor finds it.
    """
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None, use_errno=True)
    parent = os.getpid()

    def arrange() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, number, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return arrange


def _clean_environment() -> dict[str, str]:
    """No PGDATA, PGPORT, PGOPTIONS or language of whoever started us."""
    kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
    return {**kept, "LC_ALL": "C", "TZ": "UTC"}


def _send(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except OSError:
        return


def _wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() >= deadline:
            return False
        time.sleep(0.02)
    return True


def log(text: str) -> None:
    """A line of our own in the server's log."""
    sys.stderr.write(f"{time.strftime('%F %T')} supervisor: {text}\n")
    sys.stderr.flush()
