"""What Countly's rules say, one request after the other, in a few lines of Python.

Written from the rules, not from the product: every user's whole past is kept and looked through.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

__all__ = ["Model"]

_DS = [(10, "0"), (30, "1"), (60, "2"), (180, "3"), (600, "4"), (1800, "5"), (3600, "6")]
_LOYALTY = [(1, "0"), (2, "1"), (5, "2"), (9, "3"), (19, "4"), (49, "5"), (99, "6"), (499, "7")]
_HOURS = [1, 24, 48, 72, 96, 120, 144, 168, 192, 360, 744]
_METRICS = {
    "_device": "devices",
    "_carrier": "carriers",
    "_app_version": "app_versions",
    "_os": "device_details",
    "_os_version": "device_details",
    "_resolution": "device_details",
}
_METAS = {"_os": "os", "_os_version": "os_versions", "_resolution": "resolutions"}


@dataclass
class Person:
    begun: list[float] = field(default_factory=list)
    is_open: bool = False
    running: int = 0
    last: float | None = None
    # When the last session was ended, and with how many seconds.
    ended: tuple[float, int] | None = None
    known: dict[str, str] = field(default_factory=dict)


class Model:
    """The documents that ``/o`` tells of an app, in the classic shapes."""

    def __init__(self, zone: str) -> None:
        self.zone = ZoneInfo(zone)
        self.people: dict[str, Person] = {}
        self.docs: dict[str, dict[str, Any]] = {}
        self.metas: dict[str, dict[str, dict[str, None]]] = {}
        self.events: dict[str, dict[str, dict[str, Any]]] = {}

    # One request

    def request(self, device: str, at: float, **said: Any) -> None:
        person = self.people.setdefault(device, Person())
        self._add("sessions", at, "e", hour=True)
        if old := said.get("old_device_id"):
            self._merge(person, old)
        for event in said.get("events", ()):
            self._event(event, at)
        if said.get("begin"):
            self._begin(person, at, said)
        else:
            if seconds := said.get("seconds"):
                self._add("sessions", at, "d", seconds, hour=True)
                person.running += seconds
            if said.get("end"):
                self._end(person, at)
        if any(said.get(name) for name in ("begin", "end", "seconds", "events")):
            person.last = max(at, at if person.last is None else person.last)

    def _begin(self, person: Person, at: float, said: dict[str, Any]) -> None:
        if not person.is_open and person.ended and 0 <= at - person.ended[0] < 15:
            self._length(person.ended, -1)
            person.running += person.ended[1]
            person.is_open, person.ended = True, None
            person.known.update(said.get("metrics", {}))
            return
        if person.running and person.last is not None:
            self._length((person.last, person.running), 1)
        person.running = 0
        self._session(person, at, said)
        person.begun.append(at)
        person.known.update(said.get("metrics", {}))
        person.is_open, person.ended, person.last = True, None, at

    def _end(self, person: Person, at: float) -> None:
        if person.running:
            self._length((at, person.running), 1)
        if person.is_open:
            person.ended = (at, person.running)
        person.is_open, person.running = False, 0

    def _session(self, person: Person, at: float, said: dict[str, Any]) -> None:
        new = [
            level
            for level in ("year", "month", "week", "day", "hour")
            if not any(self._is_same(level, at, before) for before in person.begun)
        ]
        is_first = not person.begun
        every = ["year", "month", "week", "day"]
        self._add("sessions", at, "t", hour=True)
        if is_first:
            self._add("sessions", at, "n", hour=True)
        self._add("sessions", at, "u", levels=new)
        values = [("locations", "countries", said.get("country", "Unknown"), new)]
        for name, value in said.get("metrics", {}).items():
            doc = _METRICS[name]
            is_other = name != "_resolution" and person.known.get(name) != value
            values.append((doc, _METAS.get(name, doc), value, every if is_other else new))
        for doc, meta, value, levels in values:
            self._add(doc, at, value, "t")
            if is_first:
                self._add(doc, at, value, "n")
            self._add(doc, at, value, "u", levels=[level for level in levels if level != "hour"])
            self._name(doc, meta, value)
        days = [level for level in new if level != "hour"]
        if days:
            gap = at - max(person.begun, default=at)
            if gap >= 0:
                self._range("f", str(sum(gap >= hours * 3600 for hours in _HOURS)), at, days)
            sessions = len(person.begun) + 1
            loyalty = next((name for most, name in _LOYALTY if sessions <= most), "8")
            self._range("l", loyalty, at, days)

    def _range(self, kind: str, name: str, at: float, levels: list[str]) -> None:
        self._add("users", at, kind, name, levels=levels)
        self._name("users", f"{kind}-ranges", name)

    def _length(self, ended: tuple[float, int], by: int) -> None:
        at, seconds = ended
        if seconds:
            name = next((name for most, name in _DS if seconds <= most), "7")
            self._add("sessions", at, "ds", name, by=by)
            self._name("sessions", "d-ranges", name)

    def _event(self, event: dict[str, Any], at: float) -> None:
        docs = self.events.setdefault(event["key"], {"no-segment": {}})
        at = event.get("timestamp", at)
        numbers = [("c", event["count"]), ("s", event.get("sum", 0))]
        for letter, number in numbers:
            _add(
                docs["no-segment"],
                self._paths(at, ["year", "month", "day", "hour"]),
                [letter],
                number,
            )
        for segment, told in event.get("segmentation", {}).items():
            doc = docs.setdefault(segment, {})
            # What looks like a month or a day is told apart from those.
            value = f"[CLY]{told}" if told.isdigit() else told
            for letter, number in numbers:
                _add(doc, self._paths(at, ["year", "month", "day"]), [value, letter], number)

    def _merge(self, person: Person, old: str) -> None:
        other = self.people.pop(old, None)
        if other is None:
            return
        later = max((person, other), key=lambda p: (p.is_open, p.last or 0.0, p is person))
        earlier = other if later is person else person
        if earlier.is_open and earlier.running and earlier.last is not None:
            self._length((earlier.last, earlier.running), 1)
            earlier.running = 0
        person.running += other.running
        person.begun = person.begun + other.begun
        person.known = {**other.known, **person.known}
        person.is_open, person.ended, person.last = later.is_open, later.ended, later.last

    # Documents

    def _is_same(self, level: str, one: float, other: float) -> bool:
        (first,), (second,) = self._paths(one, [level]), self._paths(other, [level])
        return first == second

    def _paths(self, at: float, levels: list[str]) -> list[tuple[str, ...]]:
        local = datetime.fromtimestamp(at, self.zone)
        year, month, day = str(local.year), str(local.month), str(local.day)
        week = -(-local.timetuple().tm_yday // 7)
        paths = {
            "year": (year,),
            "month": (year, month),
            "week": (year, f"w{week}"),
            "day": (year, month, day),
            "hour": (year, month, day, str(local.hour)),
        }
        return [paths[level] for level in levels]

    def _add(
        self,
        doc: str,
        at: float,
        *path: Any,
        by: int = 1,
        hour: bool = False,
        levels: list[str] | None = None,
    ) -> None:
        names = list(path)
        if isinstance(names[-1], int):
            by = names.pop()
        wanted = ["year", "month", "day", *(["hour"] if hour else [])] if levels is None else levels
        _add(self.docs.setdefault(doc, {}), self._paths(at, wanted), names, by)

    def _name(self, doc: str, meta: str, name: str) -> None:
        self.metas.setdefault(doc, {}).setdefault(meta, {})[name] = None

    def document(self, method: str) -> dict[str, Any]:
        """As ``/o?method=…`` tells it, but for the id."""
        doc = _without_zeros(self.docs.get(method, {}))
        ranges = {name for year in doc.values() for name in year.get("ds", {})}
        meta = {
            kind: [name for name in names if kind != "d-ranges" or name in ranges]
            for kind, names in self.metas.get(method, {}).items()
        }
        meta = {kind: names for kind, names in meta.items() if names}
        return {**doc, **({"meta": meta} if meta else {})}

    def event_documents(self, key: str) -> dict[str, Any]:
        return {name: _without_zeros(doc) for name, doc in self.events[key].items()}


def _add(doc: dict[str, Any], paths: list[tuple[str, ...]], names: list[str], by: float) -> None:
    for path in paths:
        place = doc
        for name in (*path, *names[:-1]):
            place = place.setdefault(name, {})
        place[names[-1]] = place.get(names[-1], 0) + by


def _without_zeros(doc: dict[str, Any]) -> dict[str, Any]:
    found = {
        name: _without_zeros(value) if isinstance(value, dict) else value
        for name, value in doc.items()
    }
    return {name: value for name, value in found.items() if value not in (0, {})}
