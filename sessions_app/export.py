"""Sessions as files: CSV for spreadsheets, NDJSON for programs.

Both are written part by part while they are read, so that neither the server nor a program that
reads lines has to hold them. NDJSON has the names and forms of the REST API; in CSV a server is its
name, and its key a column of its own. Times are in UTC, lengths in seconds; of a session that is
open still, `duration` is what it has taken yet.

Names come from players and servers, so a cell may be one that a spreadsheet takes for a formula:
one that begins, after spaces, with ``= + - @``, a tab or a line break. Such a cell of text gets an
apostrophe before it, by which spreadsheets know text. NDJSON has everything as it is.
"""

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from io import StringIO
from typing import Any

from sessions_app.filters import DIALECTS
from sessions_app.models import Server, Session
from sessions_app.selectors import duration_of
from telemetry import clock

__all__ = ["FIELDS", "FORMATS", "ROWS_AT_ONCE", "Format", "record"]

ROWS_AT_ONCE = 2000
"""Sessions that are read at once; so many are one part."""

FIELDS = (
    *("id", "dialect", "server", "player", "username", "started_at", "last_at", "ended_at"),
    *("end_reason", "open", "duration", "client_started_at", "client_ended_at", "events"),
    *("address", "zone"),
)
_WORDS = {int(dialect): word for word, dialect in DIALECTS.items()}
# The last four are full-width, which spreadsheets take for the same.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


Chunk = tuple[Iterable[Session], Mapping[int, Server]]
"""Sessions of a project, and their servers by id."""


def record(session: Session, server: Server | None, now: datetime) -> dict[str, Any]:
    """A session by `FIELDS`, as JSON has it."""
    return {
        "id": str(session.pk),
        "dialect": _WORDS[session.dialect],
        "server": {"key": server.key, "name": server.name} if server else None,
        "player": str(session.player_id) if session.player_id else None,
        "username": session.username,
        "started_at": _time(session.started_at),
        "last_at": _time(session.last_at),
        "ended_at": _time(session.ended_at),
        "end_reason": session.end_reason or None,
        "open": session.ended_at is None,
        "duration": duration_of(session, now),
        "client_started_at": _time(session.client_started_at),
        "client_ended_at": _time(session.client_ended_at),
        "events": session.num_events,
        "address": session.address,
        "zone": session.zone,
    }


def _time(at: datetime | None) -> str | None:
    return at.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z" if at else None


def _records(chunk: Chunk) -> Iterator[dict[str, Any]]:
    now, (sessions, servers) = clock.now(), chunk
    return (record(each, servers.get(each.server_id or 0), now) for each in sessions)


def _csv(chunks: Iterable[Chunk]) -> Iterator[bytes]:
    yield _csv_lines([[*FIELDS, "server_key"]])
    for chunk in chunks:
        yield _csv_lines([_cells(each) for each in _records(chunk)])


def _cells(record: dict[str, Any]) -> list[Any]:
    server = record["server"] or {"key": None, "name": None}
    values = {**record, "server": server["name"], "server_key": server["key"]}
    return [_cell(value) for value in values.values()]


def _csv_lines(rows: Iterable[Iterable[Any]]) -> bytes:
    text = StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    is_formula = isinstance(value, str) and value.lstrip(" ").startswith(_FORMULA)
    return f"'{value}" if is_formula else value


def _ndjson(chunks: Iterable[Chunk]) -> Iterator[bytes]:
    for chunk in chunks:
        lines = [json.dumps(each, ensure_ascii=False) + "\n" for each in _records(chunk)]
        yield "".join(lines).encode()


@dataclass(frozen=True, slots=True)
class Format:
    """A way to write sessions: its media type, and what makes the parts of a file."""

    content_type: str
    write: Callable[[Iterable[Chunk]], Iterator[bytes]]


FORMATS = {
    "csv": Format("text/csv; charset=utf-8", _csv),
    "ndjson": Format("application/x-ndjson", _ndjson),
}
