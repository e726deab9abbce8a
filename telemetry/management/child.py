"""The server as a child process, for commands that need one beside them."""

import ctypes
import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path
from threading import Event

from django.conf import settings

__all__ = ["ChildServer", "Ended"]

_LOOK = 0.1
_STOP_SECONDS = 40
_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG of Linux


class Ended(Exception):
    """The server has ended unasked; what it said last."""


class ChildServer:
    """``manage.py serve`` in a process of its own, which ends with ours.

    It does not hear the terminal's Ctrl-C, so that whoever has something left to say to it can.
    """

    def __init__(self, host: str, port: int, url: str, log: Path) -> None:
        self._log = log
        self._url = url
        # It tells keys, so it is for nobody else.
        file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(file, "wb") as out:
            self._process = subprocess.Popen(
                [sys.executable, "manage.py", "serve", "--host", host, "--port", str(port)],
                cwd=settings.BASE_DIR,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
                preexec_fn=_end_with_parent,  # noqa: PLW1509 - one call, that takes no lock
            )

    def wait_until_up(self, stop: Event) -> None:
        """Until it answers, or `stop` is set. ``Ended`` if it cannot start."""
        while not stop.wait(_LOOK):
            self.check()
            if self._is_up():
                return

    def check(self) -> None:
        """``Ended`` if it is not running any more."""
        if self._process.poll() is not None:
            raise Ended(self._log.read_text(errors="replace")[-2000:].strip())

    def stop(self) -> None:
        """Have it answer what it was asked, and end."""
        if self._process.poll() is None:
            self._process.terminate()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def _is_up(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self._url}/healthz", timeout=2) as reply:  # noqa: S310
                return bool(reply.status == 200)
        except OSError:
            return False


_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def _end_with_parent() -> None:
    """Else a command that is killed would leave a server behind, with nobody to stop it."""
    if _libc is not None:
        _libc.prctl(_DIE_WITH_PARENT, signal.SIGTERM)
