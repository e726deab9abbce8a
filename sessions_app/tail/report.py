"""Telling, on a terminal or in a service's log, how far reading has come."""

import time
from typing import Protocol

from sessions_app.tail.sending import Taken

__all__ = ["Report"]

_TERMINAL_SECONDS = 0.5
_LOG_SECONDS = 10
_WIDTH = 24


class Output(Protocol):
    """Where it is told, as Django's commands have it."""

    def write(self, msg: str, style_func: None = None, ending: str | None = None) -> None: ...

    def isatty(self) -> bool: ...

    def flush(self) -> None: ...


class Report:
    """Says what happens, unless it is to be quiet; and counts."""

    def __init__(self, out: Output, *, is_quiet: bool = False) -> None:
        self._out = out
        self._is_quiet = is_quiet
        self._is_terminal = out.isatty()
        self._shown = 0
        self._started = self._told = time.monotonic()
        self._total = self._before = self._done = 0
        self._name = ""
        self._said: set[str] = set()
        self.lines = self.new = self.unknown = self.left_out = 0

    def say(self, text: str) -> None:
        if not self._is_quiet:
            self._clear()
            self._out.write(text)
            self._out.flush()

    def once(self, text: str) -> None:
        """Say what would be said again and again."""
        if text not in self._said:
            self._said.add(text)
            self.say(text)

    def leave_out(self, text: str) -> None:
        """Say that a line is not sent."""
        self.left_out += 1
        self.say(text)

    def sent(self, taken: Taken) -> None:
        self.lines += taken.lines
        self.new += taken.new
        self.unknown += taken.unknown

    def begin(self, total: int) -> None:
        """So many bytes are to be read now."""
        self._total, self._before, self._done = total, 0, 0
        self._told = time.monotonic()

    def end(self) -> None:
        """There is nothing to wait for any more."""
        self._total = 0
        self._clear()

    def file(self, name: str) -> None:
        """The next file; the one before is done with."""
        self._before += self._done
        self._done, self._name = 0, name

    def move(self, done: int) -> None:
        """So many bytes of the file have been read."""
        self._done = done
        now = time.monotonic()
        every = _TERMINAL_SECONDS if self._is_terminal else _LOG_SECONDS
        if self._total and not self._is_quiet and now - self._told >= every:
            self._told = now
            self._show()

    def _show(self) -> None:
        part = min(1.0, (self._before + self._done) / self._total)
        facts = f"{part:4.0%}  {self.lines:,} lines  {self._speed:,.0f} lines/s  {self._name}"
        if not self._is_terminal:
            self.say(facts.strip())
            return
        filled = round(part * _WIDTH)
        text = f"[{'#' * filled}{'.' * (_WIDTH - filled)}] {facts}"
        self._out.write("\r" + text.ljust(self._shown), ending="")
        self._out.flush()
        self._shown = len(text)

    @property
    def _speed(self) -> float:
        return self.lines / max(time.monotonic() - self._started, 0.001)

    def _clear(self) -> None:
        if self._shown:
            self._out.write("\r" + " " * self._shown + "\r", ending="")
            self._shown = 0

    def sum_up(self) -> None:
        """What was sent until now."""
        seconds = time.monotonic() - self._started
        known = self.lines - self.new
        left_out = f", {self.left_out:,} left out" if self.left_out else ""
        self.say(
            f"{self.lines:,} lines sent in {seconds:.1f} s ({self._speed:,.0f} lines/s): "
            f"{self.new:,} new, {known:,} known before, {self.unknown:,} without a time{left_out}."
        )
