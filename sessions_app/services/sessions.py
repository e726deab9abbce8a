"""The verbs of sessions: open, add an event, close; and what ends them when nobody does."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from sessions_app.keys import public_id, split_public_id
from sessions_app.models import MAX_EVENT_TYPE
from sessions_app.writes.sessions import (
    ChangeSession,
    Closed,
    NewEvent,
    OpenSession,
    Result,
    StoredEvent,
    end_silent_sessions,
)
from telemetry import clock
from telemetry.ids import new_hex_id, new_id
from telemetry.store import get_store

__all__ = [
    "MAX_EVENT_TYPE",
    "Opened",
    "Recorded",
    "Result",
    "close_session",
    "end_silent",
    "open_session",
    "record_event",
]


@dataclass(frozen=True, slots=True)
class Opened:
    """A new session, by the id that its client knows it by. `address`: what is stored of it."""

    id: str
    started_at: datetime
    address: str


class Recorded(NamedTuple):
    """What became of an event; its id is hexadecimal, `at` in seconds since 1970.

    `before` is what was stored under its idempotency key already.
    """

    result: Result
    id: str
    at: float
    before: StoredEvent | None = None


async def open_session(*, app_key: str, client_at: datetime | None, address: str) -> Opened | None:
    """Open a session in the project of this app key; of the default project if that is empty.

    None if there is no such project. It is committed when this returns. Raises ``StoreError``.
    """
    at = _now()
    session_id = new_id(at)
    write = OpenSession(app_key, session_id, at, _seconds(client_at), address)
    project_id, shown = await get_store().submit(write)
    if project_id is None:
        return None
    return Opened(public_id(project_id, session_id), datetime.fromtimestamp(at, UTC), shown)


async def record_event(
    *,
    app_key: str,
    session: str,
    type: str,  # noqa: A002 - what an event's is called
    client_at: datetime | None,
    data: str | None,
    idempotency_key: str | None,
) -> Recorded:
    """Store an event in the session of this public id. `data` is JSON text.

    Of events with the same idempotency key in one session the first is stored. Raises
    ``StoreError``.
    """
    at = _now()
    event_id = new_hex_id(at)
    found = split_public_id(session)
    if found is None:
        return Recorded(Result.NO_SESSION, event_id, at)
    event = NewEvent(event_id, type, data, idempotency_key)
    change = ChangeSession(app_key, *found, at, _seconds(client_at), event)
    outcome = await get_store().submit(change)
    return Recorded(outcome.result, event_id, at, outcome.event)


async def close_session(*, app_key: str, session: str, client_at: datetime | None) -> Closed:
    """End the session of this public id, or tell when it has ended. Raises ``StoreError``."""
    found = split_public_id(session)
    if found is None:
        return Closed(Result.NO_SESSION)
    closed: Closed = await get_store().submit(
        ChangeSession(app_key, *found, _now(), _seconds(client_at))
    )
    return closed


def end_silent() -> int | None:
    """End TStats sessions that were silent for their project's session timeout; returns how many.

    They have ended at their last activity. None if another process is just doing this.
    """
    return end_silent_sessions(clock.now())


def _now() -> float:
    # In whole microseconds, as it is stored.
    return int(clock.time() * 1e6) / 1e6


def _seconds(at: datetime | None) -> float | None:
    return at.timestamp() if at else None
