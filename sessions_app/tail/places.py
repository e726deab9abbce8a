"""Where reading has come to, kept in a file so that it goes on there whatever happens.

The file is replaced as a whole: before each part that is sent, with what is about to be sent and
under which date, and after it was acknowledged. So a part that was sent but not acknowledged is
sent again just as it was, and the server knows its lines.
"""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import date, time
from pathlib import Path
from typing import Any

from sessions_app.calendar import Calendar

__all__ = ["BadState", "Place", "Sending", "State", "StateFile"]

_VERSION = 1


class BadState(Exception):
    """The state file cannot be used; one line that says what to do."""


@dataclass(slots=True)
class Sending:
    """A part that may have arrived: where it ends, its date, and the calendar after it."""

    until: int
    day: date | None
    after: Calendar | None


@dataclass(slots=True)
class Place:
    """A place in a file. The file is known by its first bytes, and by those before the place."""

    head: str = ""
    head_size: int = 0
    tail: str = ""
    tail_size: int = 0
    device: int = 0
    inode: int = 0
    written: float = 0
    """When the file was last changed, as far as is known."""
    offset: int = 0
    """Bytes that were acknowledged; of a compressed file, as it was before."""
    calendar: Calendar | None = None
    sending: Sending | None = None


@dataclass(slots=True)
class State:
    live: Place | None = None
    history: Place | None = None
    history_done: bool = False
    token: str = field(default="", repr=False)
    """What an agent's secret was last exchanged for."""


class StateFile:
    """A file with a `State`. Nobody but its owner may read it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.state = State()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep others of us from reading the same log at the same time. Raises BadState."""
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = os.open(self.path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as reason:
            raise BadState(
                f"{self.path} cannot be written ({reason.strerror}): say where to keep it, by "
                "--state FILE."
            ) from None
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield
        except BlockingIOError:
            raise BadState(
                f"Another tail_minecraft feeds this log already (it holds {self.path})."
            ) from None
        finally:
            os.close(lock)

    def load(self) -> None:
        """Read what was kept, if anything was. Raises BadState."""
        try:
            self.state = _state(json.loads(self.path.read_text()))
        except FileNotFoundError:
            self.state = State()
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as reason:
            raise BadState(
                f"{self.path} cannot be read ({reason}): delete it, and the log is sent from its "
                "start; lines that the server has are not stored again."
            ) from None

    def save(self, *, is_lasting: bool = True) -> None:
        """Replace the file; `is_lasting`: not even a loss of power undoes it. Raises OSError."""
        text = json.dumps({"version": _VERSION, **asdict(self.state)}, default=_plain)
        new = self.path.with_suffix(".new")
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
            if is_lasting:
                file.flush()
                os.fsync(file.fileno())
        new.replace(self.path)


def _plain(value: date | time) -> str:
    return value.isoformat()


def _state(kept: dict[str, Any]) -> State:
    if kept.pop("version") != _VERSION:
        raise ValueError("it is of another version")
    kept["live"], kept["history"] = _place(kept["live"]), _place(kept["history"])
    return State(**kept)


def _place(kept: dict[str, Any] | None) -> Place | None:
    if kept is None:
        return None
    sending = kept["sending"]
    if sending:
        day = date.fromisoformat(sending["day"]) if sending["day"] else None
        kept["sending"] = Sending(sending["until"], day, _calendar(sending["after"]))
    kept["calendar"] = _calendar(kept["calendar"])
    return Place(**kept)


def _calendar(kept: dict[str, str | None] | None) -> Calendar | None:
    if kept is None or kept["day"] is None:
        return None
    last = kept["last"]
    return Calendar(date.fromisoformat(kept["day"]), time.fromisoformat(last) if last else None)
