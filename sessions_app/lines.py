"""What a line of a Minecraft server's log says.

Much of what a server prints are the words of its players, so a line counts as an event only if its
message says so from the first character on, and to the last where it has an end: what is said in
chat comes after ``<name>``, ``* name`` or ``[name]``, and no user name has a bracket in it or is a
mere asterisk. Three things a player can do still need care:

* Plugins print chat in formats of their own, some without brackets, from threads called ``Async
  Chat Thread``. Such a line is chat or nothing.
* Whoever connects can claim any name before the server has checked it. Those lines have an address
  or a ``GameProfile`` between the name and ``lost connection``, or begin with ``Disconnecting``.
  Nobody had logged in, so nobody leaves: they say nothing that we know.
* Mods log what they like under names of their own. Where a line names its logger, only Minecraft's
  own counts.

No part of a line is looked at more than a few times, whatever is in it: the patterns have no
repetition inside a repetition, nor two that could share the same characters.
"""

import re
from dataclasses import dataclass
from datetime import date, time
from enum import IntEnum
from functools import lru_cache
from ipaddress import ip_address
from uuid import UUID

__all__ = ["Kind", "Line", "kinds_with", "makes_player", "parse_line", "tags_of"]

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


_Stamp = tuple[time, date | None, str]
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


# An escape sequence of terminals, or a colour code of Minecraft. One alone is taken away as well,
# so that nothing is left of which a second look would take more.
_COLOURS = re.compile("\x1b(?:\\[[0-?]*+[ -/]*+[@-~]|[=>])?|§[^\x1b]?", re.DOTALL)

# A byte order mark, and what a console's prompt leaves before the line.
_BEFORE = "[\ufeff\r> ]*+"
_CLOCK = r"([0-9]{2}:[0-9]{2}:[0-9]{2}(?:[.,][0-9]{1,9})?)"

# [12:34:56] [Server thread/INFO]: …      [31Jan2024 12:34:56.789] [main/INFO] [minecraft/Main]: …
# [12:34:56 INFO]: …                      [12:34:56] [Server thread/INFO] (Minecraft) …
# A date is Forge's, or one that someone put in by a configuration of their own.
_BRACKETS = re.compile(
    _BEFORE
    + r"\[(?:([^\]:]{4,24})\ )?"
    + _CLOCK
    # The level, or the thread and the level. A thread's name may have slashes in it.
    + r"(?:\ ([A-Z]+)\]|\](?:\ \[([^\]]*)/([A-Z]+)\])?)"
    # The logger, then the message.
    + r"(?:\ \[([^\]]*)\])?(?:(?::\ ?|\ (?=\())(.*))?",
    re.DOTALL,
)
# 2013-04-13 08:11:26 [INFO] …            Forge of that time has its own name before the message.
_PLAIN = re.compile(
    _BEFORE
    + r"([0-9]{4}-[0-9]{2}-[0-9]{2})\ "
    + _CLOCK
    # No more is needed for a time; without a level there is no message.
    + r"(?![\w:])(?:\ \[(\w{1,20})\]\ (?:\[Minecraft-Server\]\ )?(.*))?",
    re.DOTALL,
)
_FABRIC = "(Minecraft) "

_ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DAY = re.compile(r"([0-9]{2})([0-9]{0,2}\D+)([0-9]{4})")
_MONTHS = dict(
    zip(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"),
        range(1, 13),
        strict=True,
    )
)
_MONTHS["sept"] = 9
# 158月2026 is the 15th of August in Chinese and Japanese; Korean has a sign of its own.
_MONTHS |= {f"{number}{sign}": number for number in range(1, 13) for sign in "月월"}
_OWN_LOGGERS = ("minecraft", "net.minecraft")


def parse_line(text: str) -> Line:
    """What `text`, a line of a server's log, says. Takes any text."""
    if "§" in text or "\x1b" in text:
        text = _COLOURS.sub("", text)
    text = text.rstrip("\r\n")
    thread = logger = None
    if found := _BRACKETS.match(text):
        day, clock, level, thread, thread_level, logger, message = found.groups()
        level = level or thread_level or ""
    elif found := _PLAIN.match(text):
        day, clock, level, message = found.groups()
    else:
        return _UNKNOWN
    try:
        at = (time.fromisoformat(clock), _date(day) if day else None, level or "")
    except ValueError:
        return _UNKNOWN
    is_aside = thread is not None and thread.lower() != "server thread"
    if not message or not level or not _is_own(logger):
        return Line(Kind.ASIDE if is_aside else Kind.OTHER, *at)
    if message.startswith(_FABRIC):
        message = message[len(_FABRIC) :]
    line = _said(message, at) if message.startswith(_OPENING) else _happened(message, at)
    if line and thread and is_aside:
        if thread.startswith("Async Chat") and line.kind not in _CHAT:
            line = None
        elif line.kind is Kind.CRASH and "watchdog" not in thread.lower():
            line = None  # a mod's, which the server survives
    if line:
        return line
    return Line(Kind.ASIDE if is_aside or message.startswith(_STARTING) else Kind.OTHER, *at)


_UNKNOWN = Line(Kind.UNKNOWN, None, None)


def _is_own(logger: str | None) -> bool:
    """Whether Minecraft itself, not a mod, wrote a line of that logger; most formats name none."""
    return logger is None or logger.lower().startswith(_OWN_LOGGERS)


_OPENING = ("<", "[")
# What servers write before they say that they start, in formats that name no thread.
_STARTING = (
    *("Applying patches", "Downloading ", "Environment:", "Loaded ", "Loading ", "ModLauncher "),
    *("Reloading ResourceManager", "Running Java"),
)
_CHAT = (Kind.CHAT, Kind.COAL)


@lru_cache(maxsize=64)
def _date(text: str) -> date | None:
    """A date as ``2013-04-13`` or ``31Jan2024``; ``ValueError`` if there is no such day.

    Forge writes the month in the language of its machine. A line with one that we do not know has
    no date, like those of most servers.
    """
    if _ISO_DAY.fullmatch(text):
        return date.fromisoformat(text)
    found = _DAY.fullmatch(text)
    if not found:
        return None
    day, month, year = found.groups()
    number = _MONTHS.get(month.rstrip(".").lower())
    return date(int(year), number, int(day)) if number else None


_USERNAME = re.compile(r"[.*+-]*+\w[\w.*+-]*+")
_SPEAKER = re.compile(r"<([^<>]*+)>\ ?(.*)", re.DOTALL)
_NOT_SECURE = "[Not Secure] "
_SERVER = "[Server] "
_RCON = "[Rcon] "
_COAL = "<COAL> "


def _is_username(text: str) -> bool:
    """Letters, digits and ``_``; players of Bedrock also have a prefix, such as a full stop."""
    return len(text) <= MAX_USERNAME and _USERNAME.fullmatch(text) is not None


def _said(message: str, at: _Stamp) -> Line | None:
    """What a message says that begins with a bracket: chat, or a deed of an operator."""
    message = message.removeprefix(_NOT_SECURE)
    if message.startswith("<"):
        return _chat(message, at) if ">" in message else None
    if message.startswith(_SERVER):
        message = message[len(_SERVER) :]
        if message.startswith(_COAL):
            return Line(Kind.COAL, *at, message=message[len(_COAL) :])
        return _chat(message, at)
    if message.startswith(_RCON):
        return Line(Kind.CHAT, *at, message=message[len(_RCON) :])
    if message.startswith("[") and message.endswith("]"):
        operator, _, deed = message[1:-1].partition(": ")
        if "]" not in operator:
            return _deed(deed, at)
    return None


def _chat(message: str, at: _Stamp) -> Line:
    found = _SPEAKER.fullmatch(message)
    if found:
        speaker, text = found.groups()
        # The original's web pages speak for people by their address.
        if _is_username(speaker.replace("@", "_", 1)):
            return Line(Kind.CHAT, *at, speaker, text)
    # The server itself speaks, or a name with titles or spaces, which stays readable in the text.
    return Line(Kind.CHAT, *at, message=message)


_LOGGED_IN = " logged in with entity id "
# The address may have a part in brackets: that is IPv6.
_LOGIN = re.compile(
    r"([\w.*+-]++)\ ?\[([^\[\]]*+(?:\[[^\[\]]*+\][^\[\]]*+)?)\]"
    + re.escape(_LOGGED_IN)
    + r"-?[0-9]++(?:\ at\ \((.*)\))?",
    re.DOTALL,
)
_NUMBER = r"(-?[0-9]{1,20}(?:\.[0-9]{1,30})?(?:E-?[0-9]{1,3})?)"
_LOCATION = re.compile(rf"\ *{_NUMBER},\ *{_NUMBER},\ *{_NUMBER}")

_JOINED = ("joined the game", "joined the game.")
_LEFT = ("left the game", "left the game.")
_LOST = "lost connection:"
_FORMERLY = "(formerly known as "
_ACHIEVED = (
    "has just earned the achievement [",
    "has made the advancement [",
    "has completed the challenge [",
    "has reached the goal [",
)
# How the messages of a death go on after the name, today's and those of before 1.7.
_PHRASES = """
blew up, burned to death, didn't want to live, died, discovered floor was lava,
discovered the floor was lava, drowned, experienced kinetic energy, fell from a high place,
fell into a patch of, fell off, fell out of, fell too far and was finished by, fell while climbing,
froze to death, got finished off by, hit the ground too hard, left the confines of this world,
starved to death, suffocated in a wall, tried to swim in lava, walked into a cactus,
walked into a fire, walked into danger zone, walked into fire, walked into the danger zone,
was blown from a high place by, was blown up by, was burned to a crisp, was burnt to a crisp,
was doomed to fall, was fireballed by, was frozen to death by, was impaled by, was impaled on,
was killed, was knocked into the void by, was obliterated by, was poked to death by,
was pricked to death, was pummeled by, was roasted in dragon's breath, was shot by, was shot off,
was skewered by, was slain by, was smashed by, was speared by, was squashed by,
was squished too much, was struck by lightning, was stung to death, went off with a bang,
went up in flames, withered away
"""
_DEATHS = tuple(phrase.strip() for phrase in _PHRASES.split(","))
_DEEDS_OF_PLAYERS = {
    *("joined", "(formerly", "left", "lost", "has"),
    *(phrase.partition(" ")[0] for phrase in _DEATHS),
}


def _happened(message: str, at: _Stamp) -> Line | None:
    """What a message says that is not chat."""
    first, _, rest = message.partition(" ")
    second = rest[:16].partition(" ")[0]
    if second in _DEEDS_OF_PLAYERS and _is_username(first):
        line = _player(first, rest, at)
        if line:
            return line
    elif _LOGGED_IN in message:
        return _login(message, at)
    return _server(message, at) if first in _WORDS_OF_SERVERS else None


def _login(message: str, at: _Stamp) -> Line | None:
    found = _LOGIN.fullmatch(message)
    if not found or not _is_username(found[1]):
        return None
    username, address, place = found.groups()
    ip, port = _address(address)
    return Line(
        Kind.LOGIN, *at, username, ip=ip, port=port, location=_location(place) if place else None
    )


def _address(text: str) -> tuple[str, str]:
    """IP address and port of ``/1.2.3.4:555``; empty for ``local``, ``IP hidden`` and the like."""
    _, slash, place = text.rpartition("/")
    ip, colon, port = place.rpartition(":")
    if not slash or not colon or not (port.isascii() and port.isdigit() and len(port) <= 5):
        return "", ""
    try:
        # The name of a network card is of no use elsewhere.
        return str(ip_address(ip.strip("[]").partition("%")[0])), port
    except ValueError:
        return "", port


def _location(text: str) -> tuple[float, float, float] | None:
    """The numbers of ``12.5, 64.0, -3.2``; Bukkit puts the world before them, in brackets."""
    found = _LOCATION.fullmatch(text.rpartition("]")[2])
    if not found:
        return None
    x, y, z = (float(number) for number in found.groups())
    return (x, y, z) if abs(x) + abs(y) + abs(z) < float("inf") else None


def _player(username: str, rest: str, at: _Stamp) -> Line | None:
    if rest in _JOINED:
        return Line(Kind.JOIN, *at, username)
    if rest in _LEFT:
        return Line(Kind.LEFT, *at, username)
    if rest.startswith(_LOST):
        return Line(Kind.LOST, *at, username, _reason(rest[len(_LOST) :].strip()))
    if rest.startswith(_FORMERLY):
        former, _, end = rest[len(_FORMERLY) :].partition(") ")
        joined = end in _JOINED and _is_username(former)
        return Line(Kind.JOIN, *at, username) if joined else None
    if rest.startswith(_ACHIEVED):
        name = rest[rest.index("[") + 1 : -1]
        return Line(Kind.ACHIEVEMENT, *at, username, rest, name) if rest.endswith("]") else None
    if rest.startswith(_DEATHS):
        return Line(Kind.DEATH, *at, username, rest)
    return None


_COMPONENT = re.compile(r"\w++\{(?:text|key)='(.*?)', (?:siblings|args)=", re.DOTALL)


def _reason(text: str) -> str:
    """Servers from 1.7 to 1.12 print the object that holds the reason, with all its colours."""
    found = _COMPONENT.match(text)
    return (found and found[1]) or text


_NAME = r"([\w.*+-]{1,255}?)"
_KICK = re.compile(
    rf"Kicked (?:player )?{_NAME}(?:: (.*)| from the game(?:: '(.*)')?|\. With reason:(.*))?",
    re.DOTALL,
)
_BAN = re.compile(rf"Banned (?:player )?{_NAME}(?:: (.*))?", re.DOTALL)


def _deed(message: str, at: _Stamp) -> Line | None:
    """What an operator did to someone."""
    for kind, pattern in ((Kind.KICK, _KICK), (Kind.BAN, _BAN)):
        found = pattern.fullmatch(message)
        if found and _is_username(found[1]):
            reasons = found.groups("")[1:]
            return Line(kind, *at, found[1], "".join(reasons).strip())
    return None


_VERSION = "Starting minecraft server version "
_STOPS = ("Stopping server", "Stopping the server", "Stopping the server..")
# Forge's “Preparing crash report …” is not among them, nor Spigot's “The server has stopped
# responding!”: a server may survive what makes it print them, and the others follow if it does not.
_CRASHES = (
    "This crash report has been saved to:",
    "We were unable to save this crash report to disk",
    "Encountered an unexpected exception",
    "Considering it to be crashed, server will forcibly shutdown",
)
_UUID_OF = "UUID of player "
# The first servers that had these wrote them without hyphens.
_UUID = re.compile(
    rf"{_UUID_OF}{_NAME} is ([0-9a-f]{{8}}(?:-?[0-9a-f]{{4}}){{3}}-?[0-9a-f]{{12}})", re.IGNORECASE
)
_WORDS_OF_SERVERS = {
    *("Can't", "Stopping", "Starting", "Kicked", "Banned", "UUID"),
    *(crash.partition(" ")[0] for crash in _CRASHES),
}


def _server(message: str, at: _Stamp) -> Line | None:
    if message.startswith("Can't keep up!"):
        return Line(Kind.OVERLOADED, *at)
    if message in _STOPS:
        return Line(Kind.STOP, *at)
    if message.startswith(_VERSION):
        version = message[len(_VERSION) :].strip()
        return Line(Kind.START, *at, version=version) if version else None
    if message.startswith(_CRASHES):
        return Line(Kind.CRASH, *at)
    if message.startswith(_UUID_OF):
        found = _UUID.fullmatch(message)
        if found and _is_username(found[1]):
            return Line(Kind.UUID, *at, found[1], uuid=str(UUID(found[2])))
        return None
    return _deed(message, at)
