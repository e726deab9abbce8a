"""What a line begins with: its time, level, thread and logger, in every format that servers had."""

import re
from datetime import date, time
from functools import lru_cache

from sessions_app.lines.kinds import Kind, Line
from sessions_app.lines.messages import happened, said

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
    line = said(message, at) if message.startswith(_OPENING) else happened(message, at)
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
