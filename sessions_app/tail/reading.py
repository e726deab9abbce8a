"""Reading the lines of a log, plain or compressed by gzip, from a place on; and knowing it again.

A file is known by what it holds, not by its name: rotation changes the name, compression the rest.
"""

import gzip
import hashlib
import os
import zlib
from collections.abc import Callable
from datetime import time
from pathlib import Path
from typing import NamedTuple

from sessions_app.tail.days import time_of
from sessions_app.tail.places import Place

__all__ = ["MAX_LINE", "Broken", "LogReader", "Read", "open_at"]

MAX_LINE = 64 * 1024
"""Bytes of a line that are sent: more than the server keeps, whatever characters they are."""

_BLOCK = 256 * 1024
_HEAD = 1024
_TAIL = 256
_MAGIC = b"\x1f\x8b"


class Broken(Exception):
    """The file is no gzip from some byte on, or ends too early."""


class Read(NamedTuple):
    """A line without its end; and the time that it tells, if that is without a date."""

    text: bytes
    time: time | None
    end: int
    """The offset of what follows."""
    tail: bytes
    """What the file holds just before that."""


class LogReader:
    """A log that is open for reading. Raises OSError, and Broken."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._raw = path.open("rb", buffering=0)
        self._read: Callable[[int], bytes | None] = self._raw.read
        self._is_gzip = False
        self._head = self._buffer = b""
        self._at = 0
        self._cut: bytes | None = None
        self.fetched = 0
        """Bytes that were read, as they were before they were compressed."""
        self.offset = 0
        """Where the line begins that comes next."""
        self.written = 0.0
        """When the file was changed that was read last."""
        try:
            self.written = self.status.st_mtime
            if os.pread(self._raw.fileno(), 2, 0) == _MAGIC:
                self._is_gzip = True
                # Not read(), which keeps what comes before a broken byte to itself.
                self._read = gzip.GzipFile(fileobj=self._raw).read1
            while len(self._buffer) < _HEAD and (more := self._fetch(_HEAD - len(self._buffer))):
                self._buffer += more
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        self._raw.close()

    def __enter__(self) -> "LogReader":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def status(self) -> os.stat_result:
        return os.fstat(self._raw.fileno())

    @property
    def bytes_read(self) -> int:
        """Of the file as it lies on the disk."""
        return self._raw.tell()

    def lines(self, most: int, most_bytes: int, *, is_final: bool = False) -> list[Read]:
        """The next lines; none if there are no more now.

        What comes after the last newline is a line only in a file that `is_final`. Of a line of any
        length no more than `MAX_LINE` bytes are held.
        """
        found: list[Read] = []
        begin = self.offset
        while len(found) < most and self.offset - begin < most_bytes:
            try:
                text = self._next(is_final=is_final)
            except Broken:
                if not found:
                    raise
                break  # and raise the next time
            if text is None:
                break
            text = text[:MAX_LINE].removesuffix(b"\r")
            tail = self._buffer[max(0, self._at - _TAIL) : self._at]
            found.append(Read(text, time_of(text), self.offset, tail))
        return found

    def _next(self, *, is_final: bool) -> bytes | None:
        searched = self._at
        while (end := self._buffer.find(b"\n", searched)) < 0:
            rest = self._buffer[self._at :]
            if self._cut is None and len(rest) > MAX_LINE:
                self._cut = rest[:MAX_LINE]
            if self._cut is not None:
                rest = b""
            more = self._fetch(_BLOCK)
            if not more:
                return self._last() if is_final else None
            self._buffer, self._at, searched = rest + more, 0, len(rest)
        text = self._whole(self._buffer[self._at : end])
        self._at = end + 1
        self.offset = self.fetched - len(self._buffer) + self._at
        return text

    def _last(self) -> bytes | None:
        """What comes after the last newline."""
        text = self._whole(self._buffer[self._at :])
        self._at = len(self._buffer)
        self.offset = self.fetched
        return text or None

    def _whole(self, rest: bytes) -> bytes:
        text, self._cut = self._cut, None
        return rest if text is None else text

    def _fetch(self, size: int) -> bytes:
        try:
            more = self._read(size) or b""
        except (EOFError, gzip.BadGzipFile, zlib.error) as reason:
            raise Broken(str(reason)) from reason
        if more:
            self.written = self.status.st_mtime
            head = (self._head[: self.fetched] + more)[:_HEAD]
            if self.fetched <= len(self._head) < len(head):
                self._head = head
            self.fetched += len(more)
        return more

    def skip_to(self, offset: int) -> bytes | None:
        """Go there before anything else was read; what comes before it, or None if it ends before.

        Raises as reading does.
        """
        if not self._is_gzip:
            if self.status.st_size < offset:
                return None
            self._raw.seek(offset)
            self.fetched, self._buffer = offset, b""
            self.offset = offset
            return os.pread(self._raw.fileno(), _TAIL, max(0, offset - _TAIL))[:offset]
        before = b""
        while self.fetched < offset:
            before = (before + self._buffer)[-_TAIL:]
            self._buffer = self._fetch(_BLOCK)
            if not self._buffer:
                return None
        self._at = len(self._buffer) - (self.fetched - offset)
        self.offset = offset
        return (before + self._buffer[: self._at])[-_TAIL:]

    def is_at(self, place: Place) -> bool:
        """Go to a place that was left in this very file; False: this is another file."""
        if _digest(self._head[: place.head_size]) != place.head:
            return False
        before = self.skip_to(place.offset)
        return before is not None and _is_tail(before, place)

    def mark(self, place: Place, tail: bytes) -> None:
        """Keep in `place` how to know this file again; `tail` is what comes before its offset.

        All of it as it was read, for the file may be another one by now.
        """
        status = self.status
        place.device, place.inode = status.st_dev, status.st_ino
        place.written = self.written
        place.head_size, place.head = len(self._head), _digest(self._head)
        place.tail_size, place.tail = len(tail), _digest(tail)

    def is_changed(self, place: Place) -> bool:
        """Whether a plain file does not hold any more what was read of it."""
        if self._is_gzip:
            return False
        if self.status.st_size < self.fetched:
            return True
        begin = place.offset - place.tail_size
        return not _is_tail(os.pread(self._raw.fileno(), place.tail_size, begin), place)


def open_at(path: Path, place: Place) -> LogReader | None:
    """The file at `path`, at `place`, if that is where `place` was left. Raises as LogReader."""
    reader = LogReader(path)
    try:
        status = reader.status
        is_known = place.head_size or (status.st_dev, status.st_ino) == (place.device, place.inode)
        if is_known and reader.is_at(place):
            return reader
    except BaseException:
        reader.close()
        raise
    reader.close()
    return None


def _is_tail(before: bytes, place: Place) -> bool:
    if len(before) < place.tail_size:
        return False
    return _digest(before[len(before) - place.tail_size :]) == place.tail


def _digest(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()[:32]
