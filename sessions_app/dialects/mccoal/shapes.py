"""What mc-coal shows of servers, sessions, players, log lines and users: the original's keys."""

from collections.abc import Iterable
from typing import Any
from zoneinfo import ZoneInfo

from sessions_app.dialects.mccoal.words import time_text
from sessions_app.keys import key_of, player_id, user_key
from sessions_app.lines import parse_line, tags_of
from sessions_app.minecraft import Names, PlayerFacts, Server, names_of, status_of, time_of_day_of
from sessions_app.services.loglines import zone_of
from telemetry import clock

__all__ = [
    "line_document",
    "lines_documents",
    "play_documents",
    "player_document",
    "server_document",
]

Document = dict[str, Any]


def server_document(server: Server, zone: ZoneInfo) -> Document:
    """The 14 keys of a server; `zone` is its project's."""
    return {
        "key": server.key,
        "name": server.name,
        "short_name": None,
        "gce": False,
        "running_version": server.running_version,
        "address": server.address,
        "status": status_of(server),
        "last_ping": time_text(server.last_ping_at, zone),
        "server_day": server.day,
        "server_time": time_of_day_of(server),
        "is_raining": server.is_raining,
        "is_thundering": server.is_thundering,
        "created": time_text(server.created_at, zone),
        "updated": time_text(server.updated_at, zone),
    }


def play_documents(server: Server, sessions: Iterable[Any]) -> list[Document]:
    """The 12 keys of each session, in the order of the seed's examples.

    Login and logout are in the agent's zone of that session, created and updated in the project's.
    """
    sessions = list(sessions)
    names = names_of(server, (session.username for session in sessions))
    here = server.project.zone
    return [_play(server, session, names, here) for session in sessions]


def _play(server: Server, session: Any, names: Names, here: ZoneInfo) -> Document:
    zone = zone_of(session.zone)
    return {
        "username": session.username,
        "updated": time_text(session.updated_at, here),
        "logout_timestamp": time_text(session.ended_at, zone),
        "login_timestamp": time_text(session.started_at, zone),
        "created": time_text(session.created_at, here),
        "user_key": _user_key(names, session.username),
        "player_key": _player_key(server, names, session.username),
        "login_logline_key": _line_key(server, session.login_line_id),
        "key": key_of(server.key, "session", session.pk),
        "server_key": server.key,
        "duration": duration(session),
        "logout_logline_key": _line_key(server, session.logout_line_id),
    }


def duration(session: Any) -> int:
    """Whole seconds, growing while the session is open, never below 0."""
    length = (session.ended_at or clock.now()) - session.started_at
    return max(0, int(length.total_seconds()))


def _player_key(server: Server, names: Names, username: str) -> str | None:
    if username not in names.players:
        return None
    return key_of(server.key, "player", player_id(server.pk, username))


def _user_key(names: Names, username: str) -> str | None:
    return user_key(names.users[username]) if username in names.users else None


def _line_key(server: Server, line_id: Any) -> str | None:
    return key_of(server.key, "line", line_id) if line_id else None


def player_document(server: Server, player: Any, facts: PlayerFacts, names: Names) -> Document:
    """The 7 keys of a player; the last login in the agent's zone of the latest session."""
    latest = facts.latest
    zone = zone_of(latest.zone) if latest else server.project.zone
    return {
        "key": key_of(server.key, "player", player.pk),
        "server_key": server.key,
        "username": player.name,
        "user_key": _user_key(names, player.name),
        "last_login": time_text(player.last_login_at, zone),
        "last_session_duration": duration(latest) if latest else None,
        "is_playing": facts.is_playing,
    }


def lines_documents(server: Server, lines: Iterable[Any]) -> list[Document]:
    """The 15 keys of each log line. What a line says is read from it anew."""
    lines = list(lines)
    told = [parse_line(line.line) for line in lines]
    names = names_of(server, (each.username for each in told))
    return [line_document(server, *pair, names) for pair in zip(lines, told, strict=True)]


def line_document(server: Server, line: Any, told: Any, names: Names) -> Document:
    here = server.project.zone
    location = told.location
    return {
        "key": key_of(server.key, "line", line.pk),
        "server_key": server.key,
        "username": told.username or None,
        "player_key": _player_key(server, names, told.username),
        "user_key": _user_key(names, told.username),
        "line": line.line,
        "log_level": told.level or None,
        "ip": told.ip or None,
        "port": told.port or None,
        "location": dict(zip("xyz", location, strict=True)) if location else None,
        "chat": told.message if "chat" in tags_of(told.kind) else None,
        "tags": list(tags_of(told.kind)),
        "timestamp": time_text(line.at, zone_of(line.zone)),
        "created": time_text(line.created_at, here),
        "updated": time_text(line.created_at, here),
    }
