"""What the rules of counting work on: users as they are stored, and all that a batch changes.

Plain slots and lists: one of each for every request is made on the hot path.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import tzinfo
from hashlib import sha1, sha256
from hmac import compare_digest
from typing import Any
from uuid import UUID

from sessions_app.usage.buckets import Buckets, buckets_at

__all__ = [
    "AppEvent",
    "AppProject",
    "AppRequest",
    "Changes",
    "Checksum",
    "SessionChange",
    "StoredEvent",
    "User",
]


@dataclass(slots=True)
class AppEvent:
    """An event as it is counted; `data` is the whole of it as JSON.

    Countly's own events, and those whose names are too long, are stored but not counted.
    """

    key: str
    at: float | None  # as the request
    count: float
    sum: float
    seconds: float
    segments: list[tuple[str, str]]
    data: str
    is_counted: bool = True


@dataclass(slots=True)
class Checksum:
    """What a request is signed with: the digest of the rest of `text` and a salt.

    `text` is the query or the body as it came, `name` that of the parameter in it.
    """

    name: str
    digest: str
    text: bytes

    def is_right(self, salt: str) -> bool:
        pair = f"{self.name}={self.digest}".encode("utf-8", "replace")
        rest = self.text.replace(b"&" + pair, b"").replace(pair, b"")
        digest = sha256 if self.name == "checksum256" else sha1
        found = digest(rest + salt.encode()).hexdigest()  # SHA-1 is what the protocol asks for
        return compare_digest(found.encode(), self.digest.lower().encode("utf-8", "replace"))


@dataclass(slots=True)
class AppRequest:
    """One request of a device, read and cleaned: what there is to count.

    `at` is when it happened, by its ``timestamp``, never later than `received`; both in seconds
    since 1970. `digest`: eight bytes that tell it from the device's others; None if it has no
    ``timestamp``, for then it always counts. `country` is empty where nobody knows it.
    """

    app_key: str
    device_id: str
    received: float
    at: float
    begins: bool = False
    ends: bool = False
    seconds: int = 0
    metrics: dict[int, str] | None = None
    events: list[AppEvent] = field(default_factory=list)
    country: str = ""
    city: str = ""
    address: str = ""
    old_device_id: str = ""
    details: dict[str, Any] | None = None
    data: str | None = None
    digest: bytes | None = None
    checksum: Checksum | None = None
    ignores_cooldown: bool = False


@dataclass(slots=True)
class AppProject:
    """What the rules need to know of a project."""

    id: int
    zone: tzinfo
    country: str
    address_policy: str
    salt: str


@dataclass(slots=True)
class StoredEvent:
    """A row of `Event`."""

    project_id: int
    player_id: UUID
    session_id: UUID | None
    event: AppEvent
    at: float


class User:
    """A device's row of `AppUser` while a batch works on it. Times are seconds since 1970."""

    __slots__ = (
        "begun",
        "country",
        "details",
        "device_id",
        "ended_at",
        "ended_seconds",
        "first_seen",
        "heard_at",
        "is_changed",
        "is_gone",
        "is_new",
        "last_at",
        "last_seen",
        "metrics",
        "num_sessions",
        "player_id",
        "players",
        "project",
        "recent",
        "running",
        "seconds",
        "session_id",
        "state",
    )

    def __init__(self, project: AppProject, device_id: str, player_id: UUID) -> None:
        self.project = project
        self.device_id = device_id
        self.player_id = player_id
        self.clear()

    def clear(self) -> None:
        """As if it had never been heard of."""
        self.first_seen: float | None = None
        self.last_seen: float | None = None
        self.num_sessions = 0
        self.seconds = 0
        self.session_id: UUID | None = None
        self.state = 0
        self.running = 0
        self.last_at: float | None = None
        self.heard_at: float | None = None
        self.ended_at: float | None = None
        self.ended_seconds = 0
        self.country = ""
        self.metrics: dict[str, str] = {}
        self.details: dict[str, Any] = {}
        self.recent = b""
        self.is_new = False  # there is a row, but no player yet
        self.is_changed = False
        self.is_gone = False
        # For looking up in which buckets it was seen: sessions of this batch, and whose to look at.
        self.begun: list[float] = []
        self.players = [self.player_id]


class SessionChange:
    """A session that begins in this batch, or what is added to one that is stored."""

    __slots__ = (
        "address",
        "data",
        "end_reason",
        "ended_at",
        "events",
        "id",
        "is_new",
        "is_reopened",
        "last_at",
        "player_id",
        "project_id",
        "seconds",
        "started_at",
        "username",
    )

    def __init__(self, project_id: int, session_id: UUID, player_id: UUID, at: float) -> None:
        self.project_id = project_id
        self.id = session_id
        self.player_id = player_id
        self.is_new = False
        self.started_at = self.last_at = at
        self.seconds = 0
        self.events = 0
        self.ended_at: float | None = None
        self.end_reason = ""
        self.is_reopened = False
        self.username = ""
        self.address = ""
        self.data: str | None = None


# project, dimension, event, segment, value
Name = tuple[int, int, str, str, str]
# project, dimension, bucket, value
UsageKey = tuple[int, int, int, str]
# project, event, segment, bucket, value
EventKey = tuple[int, str, str, int, str]


class Changes:
    """All that a batch counts, folded: one entry for each row that it touches.

    `hours` has what is counted alike in hour, day, month and year: t, n, d, e. `usage` has t, n
    and u of a bucket. Of `days` (t, n) and of `segments` (c, s, dur) months and years are made, of
    `events` also days, when all is there.
    """

    def __init__(self, seen_near: Callable[[User, float], list[float]]) -> None:
        self.seen_near = seen_near
        self.hours: dict[tuple[int, int], list[int]] = {}
        self.days: dict[UsageKey, list[int]] = {}
        self.usage: dict[UsageKey, list[int]] = {}
        self.events: dict[tuple[int, str, int], list[float]] = {}
        self.segments: dict[EventKey, list[float]] = {}
        self.names: dict[Name, None] = {}
        self.sessions: dict[UUID, SessionChange] = {}
        self.stored_events: list[StoredEvent] = []
        # By project and player: whose all is that is stored of the player.
        self.merges: dict[tuple[int, UUID], UUID] = {}
        self._buckets: dict[tuple[int, int], Buckets] = {}

    def buckets(self, project: AppProject, at: float) -> Buckets:
        key = (project.id, int(at))
        found = self._buckets.get(key)
        if found is None:
            found = self._buckets[key] = buckets_at(at, project.zone)
        return found

    def hour(self, project_id: int, hour: int) -> list[int]:
        key = (project_id, hour)
        found = self.hours.get(key)
        if found is None:
            found = self.hours[key] = [0, 0, 0, 0]
        return found

    def day(self, project_id: int, dimension: int, day: int, value: str) -> list[int]:
        key = (project_id, dimension, day, value)
        found = self.days.get(key)
        if found is None:
            found = self.days[key] = [0, 0]
            self.names[project_id, dimension, "", "", value] = None
        return found

    def count(
        self, project_id: int, dimension: int, bucket: int, value: str, place: int, by: int = 1
    ) -> None:
        """Add to t (`place` 0), n (1) or u (2) of one bucket alone."""
        key = (project_id, dimension, bucket, value)
        found = self.usage.get(key)
        if found is None:
            found = self.usage[key] = [0, 0, 0]
        found[place] += by

    def merge(self, project_id: int, old: UUID, player: UUID) -> None:
        """What is stored of `old` is `player`'s, and so is what was to become that of `old`.

        Once it is somebody's there is nothing stored of `old`, whoever uses its device again.
        """
        for key, target in self.merges.items():
            if key[0] == project_id and target == old:
                self.merges[key] = player
        self.merges.setdefault((project_id, old), player)

    def session(self, user: User, session_id: UUID, at: float) -> SessionChange:
        """What changes of a session; `at` is when something happened in it."""
        found = self.sessions.get(session_id)
        if found is None:
            found = SessionChange(user.project.id, session_id, user.player_id, at)
            self.sessions[session_id] = found
        elif at > found.last_at:
            found.last_at = at
        return found
