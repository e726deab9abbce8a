"""What the seed and the dialect's decisions say of statistics, in a few lines of Python."""

import json
from collections import Counter
from dataclasses import dataclass, field

from tests.heartbeat_helpers import HOUR, START


@dataclass
class Known:
    """A device as the model knows it."""

    name: str
    last: float | None = None
    beats: int = 0
    hours: Counter[int] = field(default_factory=Counter)
    absences: list[tuple[float, float]] = field(default_factory=list)


class Model:
    """A project that was set up at `START`, as `/api/stats` tells of it."""

    def __init__(self):
        self.last = None
        self.longest = 0.0
        self.total = self.visits = self.next = 0
        self.devices = {}

    def register(self, name):
        self.devices[self.next] = Known(name)
        self.next += 1

    def beat(self, number, at):
        if self.last is not None:
            self.longest = max(self.longest, at - self.last)
        device = self.devices[number]
        if device.last is not None and at - device.last >= HOUR:
            device.absences.append((device.last, at))
        self.last = max(at, self.last or at)
        device.last = max(at, device.last or at)
        device.beats += 1
        device.hours[at // HOUR * HOUR] += 1
        self.total += 1

    def document(self, now):
        silent = 0 if self.last is None else max(0, int(now - self.last))
        devices = [
            {
                "id": number,
                "name": device.name,
                "last_beat": None if device.last is None else int(device.last),
                "num_beats": device.beats,
            }
            for number, device in sorted(self.devices.items())
        ]
        document = {
            "last_seen": None if self.last is None else int(self.last),
            "last_seen_relative": silent,
            "longest_absence": max(int(self.longest), silent),
            "num_visits": self.visits,
            "total_beats": self.total,
            "devices": devices,
            "uptime": max(0, int(now - START)),
        }
        return json.dumps(document, separators=(",", ":")).encode()
