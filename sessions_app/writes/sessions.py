"""Sessions that their clients open and close themselves, and the events in them (TStats).

Keys and sessions are looked up by the statement that stores, so nothing is cached: a rotated key is
refused, and a closed session takes no more events, from the very next batch on in every process.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Any, ClassVar, NamedTuple
from uuid import UUID

from django.db import connection, transaction

from sessions_app.models import Dialect, EndReason
from telemetry.addresses import shortened
from telemetry.models import Project
from telemetry.store import Batch, Write

__all__ = [
    "ENDING",
    "ChangeSession",
    "Closed",
    "Ended",
    "NewEvent",
    "OpenSession",
    "Result",
    "Stored",
    "StoredEvent",
    "end_silent_sessions",
]


class Result(IntEnum):
    """What became of an event or of a close."""

    STORED = 0
    UNKNOWN_KEY = 1
    NO_SESSION = 2
    CLOSED = 3


class StoredEvent(NamedTuple):
    """An event that is stored already under the idempotency key of another."""

    id: UUID
    type: str
    at: datetime
    client_at: datetime | None
    data: Any


class Stored(NamedTuple):
    """`event`: the one that was stored before, if this is a retry."""

    result: Result
    event: StoredEvent | None = None


class Ended(NamedTuple):
    """A session that has ended."""

    started_at: datetime
    ended_at: datetime
    end_reason: str
    client_started_at: datetime | None
    address: str


class Closed(NamedTuple):
    """What became of a close. `session`: as it has ended now, or had before."""

    result: Result
    session: Ended | None = None


_TIMEOUT = f"'{EndReason.TIMEOUT.value}'"
_TSTATS = int(Dialect.TSTATS)

# An app key's project, or the default one where there is none.
_PROJECT = """
LEFT JOIN LATERAL (SELECT id, address_policy FROM telemetry_project WHERE app_key = i.app_key
                   UNION ALL
                   SELECT id, address_policy FROM telemetry_project
                    WHERE is_default AND i.app_key = ''
                   OFFSET 0) p ON true
"""
# As `shown_address` has it. Shortened addresses are one text, which costs little where nobody reads
# it: a further column costs a tenth of the statement.
_SHOWN = f"""CASE p.address_policy
                 WHEN '{Project.AddressPolicy.KEEP.value}' THEN i.address
                 WHEN '{Project.AddressPolicy.SHORTEN.value}' THEN split_part(%b, ' ', i.place::int)
                 ELSE '' END"""
# A session whose id is known needs no key; but one that is sent has to be its project's.
_OWNER = f"""
LEFT JOIN LATERAL (SELECT id FROM telemetry_project WHERE app_key = i.app_key OFFSET 0) p ON true
LEFT JOIN LATERAL (SELECT id, end_reason FROM sessions_app_session
                    WHERE project_id = i.project_id AND id = i.session_id
                      AND dialect = {_TSTATS} OFFSET 0) s
          ON i.app_key = '' OR p.id = i.project_id
"""

_OPEN = f"""
WITH found AS MATERIALIZED (
     SELECT i.id, i.at, i.client_at, i.place, p.id AS project_id, {_SHOWN} AS address
       FROM unnest(%b::text[], %b::uuid[], %b::float8[], %b::float8[], %b::text[]) WITH ORDINALITY
            AS i(app_key, id, at, client_at, address, place) {_PROJECT}),
opened AS (
     INSERT INTO sessions_app_session
            (project_id, id, dialect, started_at, last_at, client_started_at, address)
     SELECT project_id, id, {_TSTATS}, to_timestamp(at), to_timestamp(at),
            to_timestamp(client_at), address
       FROM found WHERE project_id IS NOT NULL ORDER BY 1, 2)
SELECT project_id, address FROM found ORDER BY place
""".encode()

# As a row is when it is locked, whatever it was when it was found: another process may just have
# closed the session, or ended it. An event that was under way then counts all the same.
_WAS_OPEN = f"s.end_reason IN ('', {_TIMEOUT})"
_RESUMES = f"n.events > 0 AND s.end_reason = {_TIMEOUT}"

_EVENT = f"""
WITH found AS MATERIALIZED (
     SELECT i.*, i.app_key = '' OR p.id IS NOT NULL AS key_is_known, s.id IS NOT NULL AS is_known,
            s.id IS NOT NULL AND s.end_reason IN ('', {_TIMEOUT}) AS is_open
       FROM unnest(%b::text[], %b::int8[], %b::uuid[], %b::float8[], %b::float8[],
                   %b::uuid[], %b::text[], %b::text[], %b::text[]) WITH ORDINALITY
            AS i(app_key, project_id, session_id, at, client_at, id, type, data, idempotency_key,
                 place) {_OWNER}),
added AS (
     INSERT INTO sessions_app_event
            (project_id, session_id, id, at, client_at, type, data, idempotency_key)
     SELECT project_id, session_id, id, to_timestamp(at), to_timestamp(client_at), type,
            data::jsonb, idempotency_key
       FROM found WHERE is_open ORDER BY project_id, session_id, idempotency_key, id
         ON CONFLICT (project_id, session_id, idempotency_key)
                     WHERE idempotency_key IS NOT NULL DO NOTHING
     RETURNING project_id, session_id, id, at),
counted AS (
     UPDATE sessions_app_session s
        SET num_events = s.num_events + n.events,
            last_at = CASE WHEN {_WAS_OPEN} THEN greatest(s.last_at, n.last) ELSE s.last_at END,
            updated_at = CASE WHEN {_RESUMES} THEN now() ELSE s.updated_at END,
            ended_at = CASE WHEN {_RESUMES} THEN NULL ELSE s.ended_at END,
            end_reason = CASE WHEN {_RESUMES} THEN '' ELSE s.end_reason END
       FROM (SELECT project_id, session_id, count(at)::int AS events, max(at) AS last
               FROM (SELECT project_id, session_id, at FROM added
                     UNION ALL
                     SELECT *, NULL FROM unnest(%b::int8[], %b::uuid[])) touched
              GROUP BY 1, 2 ORDER BY 1, 2) n
      WHERE s.project_id = n.project_id AND s.id = n.session_id)
SELECT f.key_is_known, f.is_known, f.is_open,
       f.idempotency_key IS NOT NULL AND f.id NOT IN (SELECT id FROM added) AS is_there
  FROM found f ORDER BY place
""".encode()

_STORED_BEFORE = b"""
SELECT e.id, e.type, e.at, e.client_at, e.data
  FROM unnest(%b::int8[], %b::uuid[], %b::text[]) WITH ORDINALITY
       AS i(project_id, session_id, idempotency_key, place)
  LEFT JOIN LATERAL (SELECT * FROM sessions_app_event
                      WHERE project_id = i.project_id AND session_id = i.session_id
                        AND idempotency_key = i.idempotency_key OFFSET 0) e ON true
 ORDER BY place
"""

_CLOSE = f"""
WITH found AS MATERIALIZED (
     SELECT i.*, i.app_key = '' OR p.id IS NOT NULL AS key_is_known, s.id IS NOT NULL AS is_known
       FROM unnest(%b::text[], %b::int8[], %b::uuid[], %b::float8[], %b::float8[])
            WITH ORDINALITY AS i(app_key, project_id, session_id, at, client_at, place) {_OWNER}),
closed AS (
     UPDATE sessions_app_session s
        SET ended_at = CASE WHEN {_WAS_OPEN} THEN greatest(to_timestamp(n.at), s.last_at)
                            ELSE s.ended_at END,
            last_at = CASE WHEN {_WAS_OPEN} THEN greatest(to_timestamp(n.at), s.last_at)
                           ELSE s.last_at END,
            client_ended_at = CASE WHEN {_WAS_OPEN} THEN to_timestamp(n.client_at)
                                   ELSE s.client_ended_at END,
            updated_at = CASE WHEN {_WAS_OPEN} THEN now() ELSE s.updated_at END,
            end_reason = CASE WHEN {_WAS_OPEN} THEN '{EndReason.CLOSED.value}'
                              ELSE s.end_reason END
       FROM (SELECT DISTINCT ON (project_id, session_id) * FROM found WHERE is_known
              ORDER BY project_id, session_id, place) n
      WHERE s.project_id = n.project_id AND s.id = n.session_id
  RETURNING s.project_id, s.id, s.started_at, s.ended_at, s.end_reason, s.client_started_at,
            s.address)
SELECT f.key_is_known, f.is_known, c.started_at, c.ended_at, c.end_reason, c.client_started_at,
       c.address
  FROM found f LEFT JOIN closed c ON c.project_id = f.project_id AND c.id = f.session_id
 ORDER BY place
""".encode()


def _columns(writes: Sequence[Any], *names: str) -> list[list[Any]]:
    return [[getattr(write, name) for write in writes] for name in names]


@dataclass(slots=True)
class OpenSession(Write):
    """A session begins at `at`, in seconds since 1970, in the project of this app key.

    Its outcome is the project's id, and what that stores of the address: see ``shown_address``. The
    id is None if no project has the key, or if the key is empty and there is no default project.
    """

    order: ClassVar[int] = 30

    app_key: str
    id: UUID
    at: float
    client_at: float | None
    address: str

    @classmethod
    def apply_at_once(cls, batch: Batch, writes: Sequence["OpenSession"]) -> Sequence[Any]:
        columns = _columns(writes, "app_key", "id", "at", "client_at", "address")
        # Whose policy asks for these is known only within the statement.
        short = " ".join([shortened(write.address) for write in writes])
        return batch.execute(_OPEN, [short, *columns])

    apply = apply_at_once


class NewEvent(NamedTuple):
    """Something that happened in a session; `data` is JSON, the id hexadecimal."""

    id: str
    type: str
    data: str | None
    idempotency_key: str | None


@dataclass(slots=True)
class ChangeSession(Write):
    """An event happens in a session, or (without one) the session ends.

    Of an event the outcome is a ``Stored``. A session that was silent for too long goes on by it;
    one that its client has closed takes nothing. Of an end it is a ``Closed``; what has been closed
    before stays as it is.

    The session's id is hexadecimal, as it comes and as it is stored: to make a ``UUID`` of it would
    cost more than to read the event.

    Both are one kind of write, because both lock sessions: a batch must lock all of them in order,
    or two processes would wait for each other. Keys of events are locked before sessions.
    """

    order: ClassVar[int] = 31

    app_key: str
    project_id: int
    session_id: str
    at: float
    client_at: float | None
    event: NewEvent | None = None

    @classmethod
    def apply_at_once(
        cls, batch: Batch, writes: Sequence["ChangeSession"]
    ) -> Sequence[Stored | Closed] | None:
        with_event = sum(write.event is not None for write in writes)
        if with_event == len(writes):
            # That needs a second statement only to tell what was stored before.
            return _add_events(batch, writes, ())
        return None if with_event else _close(batch, writes)

    @classmethod
    def apply(cls, batch: Batch, writes: Sequence["ChangeSession"]) -> Sequence[Stored | Closed]:
        """Events first: who sends both at once means them so."""
        events = [write for write in writes if write.event]
        ends = [write for write in writes if not write.event]
        stored = iter(_add_events(batch, events, ends) if events else ())
        closed = iter(_close(batch, ends) if ends else ())
        return [next(stored) if write.event else next(closed) for write in writes]


def _add_events(
    batch: Batch, writes: Sequence[ChangeSession], ends: Sequence[ChangeSession]
) -> list[Stored]:
    """Store events; `ends` are in the same batch, and have their sessions locked already."""
    events = [write.event for write in writes]
    rows = batch.execute(
        _EVENT,
        [
            *_columns(writes, "app_key", "project_id", "session_id", "at", "client_at"),
            *_columns(events, "id", "type", "data", "idempotency_key"),
            *_columns(ends, "project_id", "session_id"),
        ],
    )
    outcomes = [_stored(*row[:3]) for row in rows]
    again = [place for place, row in enumerate(rows) if row[1] and row[3]]
    if again:
        keys = [
            _columns([writes[place] for place in again], "project_id", "session_id"),
            _columns([events[place] for place in again], "idempotency_key"),
        ]
        before = batch.execute(_STORED_BEFORE, [*keys[0], *keys[1]])
        for place, row in zip(again, before, strict=True):
            if row[0] is not None:
                outcomes[place] = Stored(Result.STORED, StoredEvent(*row))
    return outcomes


_STORED = Stored(Result.STORED)


def _stored(key_is_known: bool, is_known: bool, is_open: bool) -> Stored:
    if is_open:
        return _STORED
    if not key_is_known:
        return Stored(Result.UNKNOWN_KEY)
    return Stored(Result.CLOSED if is_known else Result.NO_SESSION)


def _close(batch: Batch, writes: Sequence[ChangeSession]) -> list[Closed]:
    columns = _columns(writes, "app_key", "project_id", "session_id", "at", "client_at")
    return [_closed(*row) for row in batch.execute(_CLOSE, columns)]


def _closed(key_is_known: bool, is_known: bool, *session: Any) -> Closed:
    # None: it has been deleted meanwhile.
    if is_known and session[0] is not None:
        return Closed(Result.STORED, Ended(*session))
    return Closed(Result.NO_SESSION if key_is_known else Result.UNKNOWN_KEY)


# An arbitrary number of ours: whoever holds this advisory lock ends silent sessions.
ENDING = 7_302_113_378
_AT_ONCE = 1000

# Sessions younger than the timeout cannot be silent, and are passed over by their ids. Rows that an
# event is just changing are left alone: they are not silent either.
_END_SILENT = f"""
WITH silent AS MATERIALIZED (
     SELECT s.* FROM telemetry_project p
      CROSS JOIN LATERAL (
            SELECT %(now)s - p.session_timeout * interval '1 minute' AS since OFFSET 0) t
      CROSS JOIN LATERAL (
            SELECT project_id, id FROM sessions_app_session
             WHERE project_id = p.id AND ended_at IS NULL AND dialect = {_TSTATS}
               AND id < (lpad(to_hex(ceil(extract(epoch FROM t.since) * 1000)::int8), 12, '0')
                         || repeat('0', 20))::uuid
               AND last_at < t.since
             ORDER BY id LIMIT {_AT_ONCE} FOR UPDATE SKIP LOCKED) s
      LIMIT {_AT_ONCE})
UPDATE sessions_app_session s
   SET ended_at = s.last_at, end_reason = {_TIMEOUT}, updated_at = now()
  FROM silent WHERE s.project_id = silent.project_id AND s.id = silent.id
"""


def end_silent_sessions(now: datetime) -> int | None:
    """End sessions that have been silent for their project's session timeout; returns how many.

    None if another process is at it. Commits after each thousand.
    """
    ended = 0
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [ENDING])
            row = cursor.fetchone()
            if not (row and row[0]):
                return ended or None  # somebody else has just begun with what is left
            cursor.execute(_END_SILENT, {"now": now})
            count: int = cursor.rowcount
            ended += count
            if count < _AT_ONCE:
                return ended
