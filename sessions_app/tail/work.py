"""Following a log from file to file, and sending what is new in it."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time
from itertools import chain
from pathlib import Path
from threading import Event
from zoneinfo import ZoneInfo

from sessions_app.tail.days import settle
from sessions_app.tail.logs import Logs, named_day
from sessions_app.tail.parts import MOST_BYTES, MOST_LINES, Part, parts_of, texts_of
from sessions_app.tail.places import Place, Sending, StateFile
from sessions_app.tail.reading import Broken, LogReader, Read, open_at
from sessions_app.tail.report import Report
from sessions_app.tail.sending import Sender, TooLarge
from telemetry import clock

__all__ = ["Tail"]

_POLL = 1.0
# Times that nothing comes, until a file that has been renamed is at its end.
_QUIET = 2
# Of a line that even alone is too large; it is still more than the server keeps.
_SHORTEST = 33 * 1024


class Tail:
    """Sends a log, and then what is added to it, until `stop`. Raises what `Sender` does."""

    def __init__(
        self,
        *,
        logs: Logs,
        sender: Sender,
        kept: StateFile,
        report: Report,
        zone: ZoneInfo,
        stop: Event,
    ) -> None:
        self._logs = logs
        self._sender = sender
        self._kept = kept
        self._report = report
        self._zone = zone
        self._stop = stop
        self._most_bytes = MOST_BYTES
        self._is_settled = False
        self._complaint = ""
        self.skipped: list[str] = []
        """Files that could not be read."""

    # Files that are not written any more

    def send_history(self) -> None:
        """Send the files that were written before the present one, oldest first. OSError."""
        state = self._kept.state
        if state.history_done:
            return
        if state.live is None and not self._logs.is_over and self._logs.live.exists():
            self._open_live()[0].close()
        files = self._logs.rotated()
        if state.live and not self._is_live(state.live):
            # It has been rotated, and will be sent as such.
            files = files[: self._index_of(files, state.live)]
        begun = state.history
        if begun:
            files = files[self._index_of(files, begun) or 0 :]
        self._report.begin(sum(path.stat().st_size for path in files))
        for path in files:
            self._report.file(path.name)
            # The next one is another, even if it holds just the same.
            self._send_past(path, begun)
            begun = None
            if self._stop.is_set():
                return
        state.history, state.history_done = None, not self.skipped
        self._save()
        self._report.end()

    def _send_past(self, path: Path, begun: Place | None) -> None:
        try:
            reader, place = _open(path, begun, Place())
            self._kept.state.history = place
            self._is_settled = False
            with reader:
                self._send_new(reader, place, is_final=True)
        except (OSError, Broken) as reason:
            self._skip(path, reason)

    def _skip(self, path: Path, reason: Exception) -> None:
        self._report.say(f"{path} cannot be read ({reason}): it is left out from there on.")
        # What is broken stays so; what may not be read yet is tried again another time.
        if isinstance(reason, OSError):
            self.skipped.append(path.name)

    def _catch_up(self) -> None:
        """Send what was written to files that have been rotated since they were read."""
        while (place := self._kept.state.live) and not self._stop.is_set():
            if self._is_live(place):
                return
            files = self._logs.rotated()
            index = self._send_rest(files, place)
            if index is None and self._stop.wait(_POLL):
                return
            if index is None:  # it may have been renamed just then
                files = self._logs.rotated()
                index = self._send_rest(files, place)
            if index is None and place.offset:
                self._report.say(
                    "The file that was read last is gone: what it may have had more is not sent."
                )
            if self._stop.is_set() or not self._enter_next(files, index, place):
                return

    def _is_live(self, place: Place) -> bool:
        try:
            reader = open_at(self._logs.live, place)
        except FileNotFoundError:
            return False
        if reader is None:
            return False
        reader.close()
        # The next file may begin with the very same lines.
        later = [path for path in self._logs.rotated() if _changed(path) >= place.written]
        return self._index_of(later, place) is None

    def _send_rest(self, files: Sequence[Path], place: Place) -> int | None:
        """Send what a file has after `place`, whatever it is called now; which of them it is."""
        for index in _likeliest(files, place):
            try:
                reader = open_at(files[index], place)
                if reader is None:
                    continue
                with reader:
                    self._report.begin(reader.status.st_size)
                    self._report.file(files[index].name)
                    self._is_settled = False
                    self._send_new(reader, place, is_final=True)
                    self._report.end()
                return index
            except Broken as reason:
                if place.offset:
                    continue
                self._skip(files[index], reason)
                return index
            except OSError:
                continue
        return None

    def _enter_next(self, files: Sequence[Path], index: int | None, place: Place) -> bool:
        """Go to the start of the file after that of `index`; False if the live one is next."""
        if index is None:
            later = [path for path in files if _changed(path) > place.written]
        else:
            later = list(files[index + 1 :])
        for path in later:
            try:
                with LogReader(path) as reader:
                    new = Place(calendar=None if named_day(path) else place.calendar)
                    reader.mark(new, b"")
            except (OSError, Broken) as reason:
                self._skip(path, reason)
                continue
            self._kept.state.live = new
            self._save()
            return True
        if index is not None:
            # So that the live file is not taken for it.
            self._kept.state.live = Place(calendar=place.calendar, written=_changed(files[index]))
            self._save()
        return False

    def _index_of(self, files: Sequence[Path], place: Place) -> int | None:
        for index in _likeliest(files, place):
            try:
                reader = open_at(files[index], place)
            except (OSError, Broken):
                continue
            if reader:
                reader.close()
                return index
        return None

    # The file that is written now

    def send_what_is_there(self) -> None:
        """Send what is new in the log now. Raises OSError."""
        self._catch_up()
        if self._stop.is_set() or not self._logs.live.exists():
            return
        reader, place = self._open_live()
        with reader:
            self._send_backlog(reader, place)
            if reader.offset < reader.fetched and not self._stop.is_set():
                self._report.say("The last line has no end yet: it is left for the next time.")

    def follow(self) -> None:
        """Send what is new in the log, and what comes to be, until `stop`."""
        live, is_first = self._logs.live, True
        while not self._stop.is_set():
            try:
                if is_first or live.exists():
                    self._catch_up()
                reader, place = self._open_live()
                with reader:
                    self._complaint = ""
                    self._send_backlog(reader, place)
                    if is_first and not self._stop.is_set():
                        self._report.sum_up()
                        self._report.say(f"Following {live}.")
                    is_first = False
                    self._follow(reader, place)
            except FileNotFoundError:
                is_first = False
                if self._kept.state.live is None:
                    # Whatever comes and goes before it is looked for again is to be sent.
                    self._kept.state.live = Place(written=clock.time() - _POLL)
                    self._save()
                self._complain(f"{live} is not there: waiting for it.")
            except (OSError, Broken) as reason:
                self._complain(f"{live} cannot be read ({reason}): trying again until it can.")

    def _complain(self, text: str) -> None:
        if text != self._complaint:
            self._report.say(text)
        self._complaint = text
        self._stop.wait(_POLL)

    def _open_live(self) -> tuple[LogReader, Place]:
        """The present file where it was left, or from its start if it is a new one."""
        before = self._kept.state.live
        reader, place = _open(
            self._logs.live, before, Place(calendar=before.calendar if before else None)
        )
        self._is_settled = False
        if place is not before:
            self._kept.state.live = place
            self._save()
        return reader, place

    def _send_backlog(self, reader: LogReader, place: Place) -> None:
        self._report.begin(reader.status.st_size)
        self._report.file(reader.path.name)
        self._send_new(reader, place)
        self._report.end()

    def _follow(self, reader: LogReader, place: Place) -> None:
        """Until `stop`, or until the file is not the present one any more."""
        quiet = 0
        while not self._stop.wait(_POLL) and not reader.is_changed(place):
            fetched = reader.fetched
            self._send_new(reader, place)
            quiet = quiet + 1 if reader.fetched == fetched and _is_replaced(reader) else 0
            if quiet >= _QUIET:
                self._send_new(reader, place, is_final=True)
                return

    # Lines

    def _send_new(self, reader: LogReader, place: Place, *, is_final: bool = False) -> None:
        """Send what the file has now; in one that `is_final` the last line may have no newline."""
        if place.sending:
            self._send_again(reader, place, place.sending, is_final=is_final)
        while not self._stop.is_set():
            lines = reader.lines(MOST_LINES, self._most_bytes, is_final=is_final)
            if not lines:
                self._is_settled = False
                return
            self._settle(reader, place, lines, is_live=not is_final)
            for part in parts_of(lines, place.calendar):
                self._send(reader, place, part)
                if self._stop.is_set():
                    return
            self._report.move(reader.bytes_read)

    def _send_again(
        self, reader: LogReader, place: Place, sending: Sending, *, is_final: bool
    ) -> None:
        """The part that may have arrived already, just as it was."""
        size = sending.until - reader.offset
        lines = reader.lines(size, size, is_final=is_final)
        if lines:
            part = Part(texts_of(lines), sending.day, lines[-1], sending.after)
            self._send(reader, place, part)
        place.sending = None

    def _settle(
        self, reader: LogReader, place: Place, lines: Sequence[Read], *, is_live: bool
    ) -> None:
        """Find out the day of the first of these lines, the first since the file was at its end."""
        times = [line.time for line in lines if line.time]
        if self._is_settled or not times:
            return
        self._is_settled = True
        place.calendar = settle(
            place.calendar,
            chain(times, _times_after(reader)),
            written=_local(reader.written, self._zone),
            named=None if is_live else named_day(reader.path),
            is_live=is_live,
        )

    def _send(self, reader: LogReader, place: Place, part: Part) -> None:
        if part.lines:
            place.sending = Sending(part.last.end, part.day, part.after)
            if part.day:
                self._save(is_lasting=False)
            self._deliver(part.lines, part.day)
        place.offset, place.calendar, place.sending = part.last.end, part.after, None
        reader.mark(place, part.last.tail)
        self._save()

    def _deliver(self, lines: list[bytes], day: date | None) -> None:
        try:
            taken = self._sender.send(lines, day)
        except TooLarge:
            self._deliver_less(lines, day)
            return
        self._report.sent(taken)

    def _deliver_less(self, lines: list[bytes], day: date | None) -> None:
        if len(lines) > 1:
            self._most_bytes = max(_SHORTEST, self._most_bytes // 2)
            middle = len(lines) // 2
            self._deliver(lines[:middle], day)
            self._deliver(lines[middle:], day)
        elif len(lines[0]) > _SHORTEST:
            self._deliver([lines[0][:_SHORTEST]], day)
        else:
            self._report.leave_out(f"A line of {len(lines[0]):,} bytes is too large: left out.")

    def _save(self, *, is_lasting: bool = True) -> None:
        try:
            self._kept.save(is_lasting=is_lasting)
        except OSError as reason:
            # The log is worth more than the place in it: what is sent twice is stored once.
            self._report.once(f"{self._kept.path} cannot be written ({reason.strerror}).")


def _open(path: Path, place: Place | None, new: Place) -> tuple[LogReader, Place]:
    """The file at `place`, or at its start, which `new` becomes, if that was left in another."""
    reader = open_at(path, place) if place else None
    if reader and place:
        return reader, place
    reader = LogReader(path)
    reader.mark(new, b"")
    return reader, new


def _likeliest(files: Sequence[Path], place: Place) -> list[int]:
    """In which of these files, oldest first, to look for `place`: two can begin alike.

    First in that which is the same file on the disk, unless it was compressed; then in the first
    that was changed since; then in the newest.
    """

    def rank(index: int) -> tuple[int, int]:
        try:
            status = files[index].stat()
        except OSError:
            return 3, 0
        if (status.st_dev, status.st_ino) == (place.device, place.inode):
            return 0, 0
        return (1, index) if status.st_mtime >= place.written else (2, -index)

    return sorted(range(len(files)), key=rank)


def _times_after(reader: LogReader) -> Iterator[time]:
    """The times of the lines that `reader` has not come to yet."""
    try:
        with LogReader(reader.path) as other:
            if not _is_same(reader, other) or other.skip_to(reader.offset) is None:
                return
            while lines := other.lines(MOST_LINES, MOST_BYTES):
                yield from (line.time for line in lines if line.time)
    except (OSError, Broken):
        return


def _is_same(one: LogReader, other: LogReader) -> bool:
    mine, its = one.status, other.status
    return (mine.st_dev, mine.st_ino) == (its.st_dev, its.st_ino)


def _is_replaced(reader: LogReader) -> bool:
    """Whether another file is where this one was."""
    try:
        there = reader.path.stat()
    except OSError:
        return False
    mine = reader.status
    return (mine.st_dev, mine.st_ino) != (there.st_dev, there.st_ino)


def _changed(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0


def _local(seconds: float, zone: ZoneInfo) -> datetime:
    """An instant as the clock of `zone` shows it."""
    try:
        return datetime.fromtimestamp(seconds, zone).replace(tzinfo=None)
    except (ValueError, OverflowError, OSError):
        return datetime.now(UTC).astimezone(zone).replace(tzinfo=None)
