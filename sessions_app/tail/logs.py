"""Which files are the log of one server, and in which order they were written."""

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

__all__ = ["Logs", "find_logs", "named_day"]

_LIVE_NAMES = ("latest.log", "server.log")
_DATED = r"(?P<day>\d{4}-\d{2}-\d{2})(?:[-.](?P<number>\d{1,6}))?"
_DAY = re.compile(rf"(?:^|[-._]){_DATED}(?=$|\.)", re.ASCII)
_ENDED = re.compile(r"\.log\.\d{1,6}$", re.ASCII)
_NEWEST = "9999-99-99"


@dataclass(frozen=True, slots=True)
class Logs:
    """The file that is written now, and with it those that were before.

    `is_over`: it is one of those itself. Nothing is added to it, and it is all there is.
    """

    live: Path
    is_over: bool = False

    def rotated(self) -> list[Path]:
        """The files that are not written any more, oldest first. Raises OSError."""
        if self.is_over:
            return [self.live]
        found: list[tuple[tuple[str, int], Path]] = []
        for path in self.live.parent.iterdir():
            order = _order(path.name, self.live)
            if order and path.is_file():
                found.append((order, path))
        names = {path.name for _, path in found}
        # While a file is being compressed there are both, and only the one is whole.
        return [p for _, p in sorted(found) if not (p.suffix == ".gz" and p.stem in names)]


def find_logs(path: Path) -> Logs:
    """The logs that a file, or a folder of logs, stands for. The file may be still to come."""
    if path.is_dir():
        places = [folder / name for name in _LIVE_NAMES for folder in (path, path / "logs")]
        return Logs(next((place for place in places if place.exists()), places[0]))
    if path.suffix == ".gz" or named_day(path) or _ENDED.search(path.name):
        return Logs(path, is_over=True)
    return Logs(path)


def named_day(path: Path) -> date | None:
    """The day in a file's name. One without hyphens tells when it was rotated: that is another."""
    found = _DAY.search(path.name)
    try:
        return date.fromisoformat(found["day"]) if found else None
    except ValueError:
        return None


def _order(name: str, live: Path) -> tuple[str, int] | None:
    """Sorts the rotated files of the log `live`; None for any other file."""
    name = name.removesuffix(".gz")
    own, stem = re.escape(live.name), re.escape(live.stem)
    # server.log.2: the greater the number, the older.
    if found := re.fullmatch(rf"{own}\.(\d{{1,6}})", name, re.ASCII):
        return _NEWEST, -int(found[1])
    # server.log-20240131, as logrotate has it
    if found := re.fullmatch(rf"{own}[-.](\d{{4}})(\d\d)(\d\d)", name, re.ASCII):
        return "-".join(found.groups()), 0
    # server.log.2024-01-31, server-2024-01-31-2.log; or the server's own 2024-01-31-2.log
    before = rf"(?:{own}[-.]|{stem}[-.]){'?' if live.name in _LIVE_NAMES else ''}"
    if found := re.fullmatch(rf"{before}{_DATED}(?:\.log)?", name, re.ASCII):
        return found["day"], int(found["number"] or 0)
    return None
