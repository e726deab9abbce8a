"""What the message of a line says."""

import re
from ipaddress import ip_address
from uuid import UUID

from sessions_app.lines.kinds import MAX_USERNAME, Kind, Line, Stamp

_USERNAME = re.compile(r"[.*+-]*+\w[\w.*+-]*+")
_SPEAKER = re.compile(r"<([^<>]*+)>\ ?(.*)", re.DOTALL)
_NOT_SECURE = "[Not Secure] "
_SERVER = "[Server] "
_RCON = "[Rcon] "
_COAL = "<COAL> "


def _is_username(text: str) -> bool:
    """Letters, digits and ``_``; players of Bedrock also have a prefix, such as a full stop."""
    return len(text) <= MAX_USERNAME and _USERNAME.fullmatch(text) is not None


def said(message: str, at: Stamp) -> Line | None:
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


def _chat(message: str, at: Stamp) -> Line:
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


def happened(message: str, at: Stamp) -> Line | None:
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


def _login(message: str, at: Stamp) -> Line | None:
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


def _player(username: str, rest: str, at: Stamp) -> Line | None:
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


def _deed(message: str, at: Stamp) -> Line | None:
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


def _server(message: str, at: Stamp) -> Line | None:
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
