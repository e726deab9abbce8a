"""What lines are about, and what is read from them."""

from dataclasses import dataclass
from datetime import date, time
from enum import IntEnum

MAX_USERNAME = 255


class Kind(IntEnum):
    """What a line is about. The numbers are in the database: never change one."""

    UNKNOWN = 0
    """No time could be read."""
    OTHER = 1
    """A time, and nothing that we know."""
    LOGIN = 2
    JOIN = 3
    LOST = 4
    LEFT = 5
    KICK = 6
    BAN = 7
    START = 8
    STOP = 9
    CRASH = 10
    CHAT = 11
    COAL = 12
    """What the original itself has the server say."""
    OVERLOADED = 13
    DEATH = 14
    ACHIEVEMENT = 15
    UUID = 16
    ASIDE = 17
    """As `OTHER`, and no sign that the server is running: as it starts, other threads write."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line that was read. Its texts are without colours, but may have any other character."""

    kind: Kind
    time: time | None
    """Time of day, as written."""
    date: date | None
    """As written in the line itself; most servers write none."""
    level: str = ""
    username: str = ""
    message: str = ""
    """What was said, how someone died, why someone had to go, what was achieved."""
    name: str = ""
    """Of the achievement."""
    ip: str = ""
    port: str = ""
    location: tuple[float, float, float] | None = None
    version: str = ""
    uuid: str = ""


Stamp = tuple[time, date | None, str]
"""The fields after the kind, which every line with a time has."""

# What the original does not know has the tags of any line with a time. That goes for “joined” and
# “left the game” too: they repeat a login or logout, which its readers would then count twice.
_UNTAGGED = ("timestamp", "unknown")
_TAGS = {
    Kind.UNKNOWN: ("unknown",),
    Kind.OTHER: _UNTAGGED,
    Kind.LOGIN: ("timestamp", "connection", "login"),
    Kind.JOIN: _UNTAGGED,
    Kind.LOST: ("timestamp", "connection", "logout"),
    Kind.LEFT: _UNTAGGED,
    Kind.KICK: _UNTAGGED,
    Kind.BAN: _UNTAGGED,
    Kind.START: ("timestamp", "server", "starting"),
    Kind.STOP: ("timestamp", "server", "stopping"),
    Kind.CRASH: _UNTAGGED,
    Kind.CHAT: ("timestamp", "chat"),
    Kind.COAL: ("timestamp", "coal"),
    Kind.OVERLOADED: ("timestamp", "server", "performance", "overloaded"),
    Kind.DEATH: ("timestamp", "death"),
    Kind.ACHIEVEMENT: ("timestamp", "achievement"),
    Kind.UUID: _UNTAGGED,
    Kind.ASIDE: _UNTAGGED,
}
_KINDS = {
    tag: frozenset(kind for kind, tags in _TAGS.items() if tag in tags)
    for tag in {tag for tags in _TAGS.values() for tag in tags}
}


def tags_of(kind: Kind) -> tuple[str, ...]:
    """The original's tags of such a line, in the original's order."""
    return _TAGS[kind]


def kinds_with(tag: str) -> frozenset[Kind]:
    return _KINDS.get(tag, frozenset())


def makes_player(username: str) -> bool:
    """Whether a line of `username` shows that there is such a player.

    The others are people on the original's web pages, by their address or ``*nickname``.
    """
    return 0 < len(username) <= MAX_USERNAME and "@" not in username and "*" not in username
