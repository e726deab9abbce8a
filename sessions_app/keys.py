"""Ids and keys of sessions, players and log lines: how they are made, and how they are given out.

Ids that are made of what they stand for let a batch name rows without looking them up, and make
the same line, or the same player, the same row in whichever process it arrives.

Whoever knows a key that was given out can do with it what the dialect allows, so keys cannot be
guessed: TStats' contain 74 random bits, mc-coal's are signed with their server's key.
"""

import hashlib
import hmac
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from django.utils.crypto import salted_hmac

from telemetry.ids import first_id

__all__ = [
    "KeyKind",
    "app_user_id",
    "id_of_key",
    "key_of",
    "line_id",
    "parse_public_id",
    "play_id",
    "player_id",
    "public_id",
    "split_public_id",
    "user_key",
]

KeyKind = Literal["session", "player", "line"]

_KINDS: dict[KeyKind, bytes] = {"session": b"s", "player": b"p", "line": b"l"}
_SIGNATURE = 16
# Version 8: bits of our own making.
_VERSION, _VARIANT = 8 << 76, 2 << 62
_LOW = (1 << 62) - 1
_PUBLIC_ID = re.compile(r"[0-9a-f]{32}[1-9a-f][0-9a-f]{0,14}", re.ASCII).fullmatch
_EPOCH = date(1970, 1, 1).toordinal()


def player_id(server_id: int, name: str) -> UUID:
    """The id of the player of this name on a server."""
    return _made_id(0, b"player %d %s" % (server_id, name.encode("utf-8", "replace")))


def app_user_id(project_id: int, device_id: str) -> UUID:
    """The id of the player who uses a project's app on this device."""
    return _made_id(0, b"app %d %s" % (project_id, device_id.encode("utf-8", "replace")))


def line_id(server_id: int, local: datetime | None, text: str) -> UUID:
    """The id of a log line: of its text and of its time as the server's clock showed it.

    Not of the time in UTC: a line that is sent again by an agent that has learned about its zone
    is the same line.
    """
    day = local.toordinal() if local else 0
    milliseconds = 0
    if local:
        seconds = ((day - _EPOCH) * 24 + local.hour) * 3600 + local.minute * 60 + local.second
        milliseconds = max(0, seconds * 1000 + local.microsecond // 1000)
    return _made_id(milliseconds, f"line {server_id} {day} {text}".encode("utf-8", "replace"))


def play_id(started_at: datetime, login: UUID) -> UUID:
    """The id of the session that began by a login line."""
    return _made_id(first_id(started_at.timestamp()).int >> 80, b"play " + login.bytes)


def _made_id(milliseconds: int, made_of: bytes) -> UUID:
    digest = int.from_bytes(hashlib.sha256(made_of).digest()[:10], "big")
    high = milliseconds << 80 | _VERSION | (digest >> 62 & 0xFFF) << 64
    return UUID(int=high | _VARIANT | digest & _LOW)


def public_id(project_id: int, session_id: UUID) -> str:
    """What TStats calls ``_id``: hexadecimal, a session's id and then its project's."""
    return f"{session_id.hex}{project_id:x}"


def parse_public_id(text: str) -> tuple[int, UUID] | None:
    """The project and the session that `public_id` was made of; None if it is none."""
    found = split_public_id(text)
    return found and (found[0], UUID(found[1]))


def split_public_id(text: str) -> tuple[int, str] | None:
    """The same, with the session's id in hexadecimal."""
    return (int(text[32:], 16), text[:32]) if _PUBLIC_ID(text) else None


def key_of(server_key: str, kind: KeyKind, row_id: UUID) -> str:
    """The key by which mc-coal's API names a row of this server: 44 URL-safe characters."""
    named = _KINDS[kind] + row_id.bytes
    return urlsafe_b64encode(named + _sign(server_key, named)).decode()


def id_of_key(server_key: str, kind: KeyKind, key: str) -> UUID | None:
    """The row's id; None if the key is not one of this kind that was made for this server."""
    if len(key) != 44 or not key.isascii():
        return None
    try:
        raw = urlsafe_b64decode(key)
    except Base64Error:
        return None
    named, signature = raw[:-_SIGNATURE], raw[-_SIGNATURE:]
    if not hmac.compare_digest(signature, _sign(server_key, named)) or len(named) != 17:
        return None
    return UUID(bytes=named[1:]) if named[:1] == _KINDS[kind] else None


def user_key(user_id: int) -> str:
    """The key of a user of this server, for mc-coal's API; no path takes it."""
    signature = salted_hmac("sessions_app.user_key", str(user_id), algorithm="sha256").digest()
    return urlsafe_b64encode(b"u" + signature[:29]).decode()


def _sign(server_key: str, named: bytes) -> bytes:
    return hmac.digest(server_key.encode(), named, "sha256")[:_SIGNATURE]
