"""What a batch has counted goes into the tables: each row once, and in the order of its key.

Counters come last: every process adds to those of the present hour, and so they are locked for no
longer than it takes to commit.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import orjson

from sessions_app.models.sessions import Dialect
from sessions_app.models.usage import AppUser, Dimension
from sessions_app.usage.buckets import buckets_of_hour
from sessions_app.usage.state import Changes, SessionChange, UsageKey, User
from telemetry import wire_json
from telemetry.ids import new_hex_id
from telemetry.store import Batch
from telemetry.store.upsert import Upsert

__all__ = ["store_changes"]

_COUNTLY = int(Dialect.COUNTLY)
_OPEN = int(AppUser.State.OPEN)
_SESSIONS = int(Dimension.SESSIONS)

# What a user tells of themselves, and their device, changes rarely: null says that it has not.
_USERS = b"""
UPDATE sessions_app_appuser u
   SET num_sessions = i.num_sessions, seconds = i.seconds, session_id = i.session_id,
       state = i.state, is_unfinished = i.is_unfinished, running_seconds = i.running,
       first_seen_at = to_timestamp(i.first_seen), last_seen_at = to_timestamp(i.last_seen),
       last_at = to_timestamp(i.last_at), heard_at = to_timestamp(i.heard_at),
       ended_at = to_timestamp(i.ended_at), ended_seconds = i.ended_seconds, country = i.country,
       metrics = i.metrics::jsonb, details = i.details::jsonb, recent = i.recent
  FROM unnest(%b::int8[], %b::text[], %b::int4[], %b::int8[], %b::uuid[], %b::int2[], %b::bool[],
              %b::int4[], %b::float8[], %b::float8[], %b::float8[], %b::float8[], %b::float8[],
              %b::int4[], %b::text[], %b::text[], %b::text[], %b::bytea[])
       AS i(project_id, device_id, num_sessions, seconds, session_id, state, is_unfinished,
            running, first_seen, last_seen, last_at, heard_at, ended_at, ended_seconds, country,
            metrics, details, recent)
 WHERE u.project_id = i.project_id AND u.device_id = i.device_id
"""
_PLAYERS = b"""
INSERT INTO sessions_app_player AS p (project_id, id, name, external_id, last_login_at, created_at)
SELECT project_id, id, name, '', to_timestamp(last_seen), to_timestamp(created)
  FROM unnest(%b::int8[], %b::uuid[], %b::text[], %b::float8[], %b::float8[])
       AS i(project_id, id, name, last_seen, created)
ON CONFLICT (project_id, id) DO UPDATE
   SET last_login_at = excluded.last_login_at,
       created_at = least(p.created_at, excluded.created_at)
"""
_MERGE = tuple(
    f"""
UPDATE {table} t SET player_id = i.player
  FROM unnest(%b::int8[], %b::uuid[], %b::uuid[]) AS i(project_id, old, player)
 WHERE t.project_id = i.project_id AND t.player_id = i.old
""".encode()
    for table in ("sessions_app_session", "sessions_app_event")
)
_FORGET = (
    b"DELETE FROM sessions_app_appuser u USING unnest(%b::int8[], %b::text[]) AS i(project_id, id)"
    b" WHERE u.project_id = i.project_id AND u.device_id = i.id",
    b"DELETE FROM sessions_app_player p USING unnest(%b::int8[], %b::uuid[]) AS i(project_id, id)"
    b" WHERE p.project_id = i.project_id AND p.id = i.id",
)
_BEGIN = f"""
INSERT INTO sessions_app_session
       (project_id, id, dialect, player_id, username, started_at, last_at, ended_at, end_reason,
        num_events, active_seconds, address, data)
SELECT project_id, id, {_COUNTLY}, player_id, username, to_timestamp(started_at),
       to_timestamp(last_at), to_timestamp(ended_at), end_reason, events, seconds, address,
       data::jsonb
  FROM unnest(%b::int8[], %b::uuid[], %b::uuid[], %b::text[], %b::float8[], %b::float8[],
              %b::float8[], %b::text[], %b::int4[], %b::int4[], %b::text[], %b::text[])
       AS i(project_id, id, player_id, username, started_at, last_at, ended_at, end_reason, events,
            seconds, address, data)
""".encode()
_CHANGE = b"""
UPDATE sessions_app_session s
   SET last_at = greatest(s.last_at, to_timestamp(i.last_at)),
       ended_at = CASE WHEN i.ended_at IS NOT NULL THEN greatest(s.last_at, to_timestamp(i.last_at))
                       WHEN NOT i.is_reopened THEN s.ended_at END,
       end_reason = CASE WHEN i.ended_at IS NOT NULL OR i.is_reopened THEN i.end_reason
                         ELSE s.end_reason END,
       num_events = s.num_events + i.events,
       active_seconds = coalesce(s.active_seconds, 0) + i.seconds,
       updated_at = CASE WHEN i.ended_at IS NOT NULL OR i.is_reopened THEN now()
                         ELSE s.updated_at END
  FROM unnest(%b::int8[], %b::uuid[], %b::float8[], %b::float8[], %b::text[], %b::int4[],
              %b::int4[], %b::bool[])
       AS i(project_id, id, last_at, ended_at, end_reason, events, seconds, is_reopened)
 WHERE s.project_id = i.project_id AND s.id = i.id
"""
_EVENTS = b"""
INSERT INTO sessions_app_event (project_id, id, player_id, session_id, type, at, data)
SELECT project_id, id, player_id, session_id, type, to_timestamp(at), data::jsonb
  FROM unnest(%b::int8[], %b::uuid[], %b::uuid[], %b::uuid[], %b::text[], %b::float8[], %b::text[])
       AS i(project_id, id, player_id, session_id, type, at, data)
"""
_USAGE = Upsert(
    "sessions_app_usagecounter",
    ("project_id", "dimension", "bucket", "value"),
    add=("t", "n", "u", "d", "e"),
)
_EVENT_COUNTS = Upsert(
    "sessions_app_eventcounter",
    ("project_id", "event", "segment", "bucket", "value"),
    add=("c", "s", "dur"),
)
_ADD_USAGE = _USAGE.sql(
    "SELECT * FROM unnest(%b::int8[], %b::int2[], %b::int4[], %b::text[], %b::int8[], %b::int8[],"
    " %b::int8[], %b::int8[], %b::int8[])"
).encode()
_ADD_EVENTS = _EVENT_COUNTS.sql(
    "SELECT * FROM unnest(%b::int8[], %b::text[], %b::text[], %b::int4[], %b::text[],"
    " %b::float8[], %b::float8[], %b::float8[])"
).encode()


def store_changes(batch: Batch, users: Iterable[User], changes: Changes) -> None:
    """Store all that has changed of `users`, whose rows are locked, and what was counted."""
    changed = [user for user in users if user.is_changed]
    _store_users(batch, changed, changes)
    _store_sessions(batch, list(changes.sessions.values()))
    _store_events(batch, changes)
    _add_counters(batch, changes)


def _store_users(batch: Batch, changed: Sequence[User], changes: Changes) -> None:
    if changes.merges:
        for sql in _MERGE:
            batch.run(sql, _columns([(*key, player) for key, player in changes.merges.items()]))
    gone = [user for user in changed if user.is_gone]
    if gone:
        devices = [(user.project.id, user.device_id) for user in gone]
        batch.run(_FORGET[0], _columns(devices))
        players = sorted((user.project.id, user.player_id) for user in gone)
        batch.run(_FORGET[1], _columns(players))
    there = [user for user in changed if not user.is_gone]
    if there:
        batch.run(_USERS, _columns([_user_row(user) for user in there]))
    merged = set(changes.merges.values())
    players_seen = [user for user in there if user.is_new or user.begun or user.player_id in merged]
    if players_seen:
        rows = sorted(_player_row(user) for user in players_seen)
        batch.run(_PLAYERS, _columns(rows))


def _user_row(user: User) -> tuple[Any, ...]:
    return (
        user.project.id,
        user.device_id,
        user.num_sessions,
        user.seconds,
        user.session_id,
        user.state,
        user.state == _OPEN,
        user.running,
        user.first_seen,
        user.last_seen,
        user.last_at,
        user.heard_at,
        user.ended_at,
        user.ended_seconds,
        user.country,
        orjson.dumps(user.metrics).decode() if user.metrics else "{}",
        # Whatever a client says of its users is in here: numbers of more than 64 bits, too.
        wire_json.dump(user.details) if user.details else "{}",
        user.recent,
    )


def _player_row(user: User) -> tuple[Any, ...]:
    times = (user.first_seen, user.last_at, user.heard_at)
    created = next((at for at in times if at is not None), None)
    return user.project.id, user.player_id, user.device_id, user.last_seen, created


def _store_sessions(batch: Batch, sessions: Sequence[SessionChange]) -> None:
    begun = sorted((s for s in sessions if s.is_new), key=_session_key)
    if begun:
        batch.run(_BEGIN, _columns([_begun_row(session) for session in begun]))
    others = sorted((s for s in sessions if not s.is_new), key=_session_key)
    if others:
        batch.run(_CHANGE, _columns([_changed_row(session) for session in others]))


def _begun_row(session: SessionChange) -> tuple[Any, ...]:
    return (
        session.project_id,
        session.id,
        session.player_id,
        session.username,
        session.started_at,
        session.last_at,
        None if session.ended_at is None else session.last_at,
        session.end_reason,
        session.events,
        session.seconds,
        session.address,
        session.data,
    )


def _changed_row(session: SessionChange) -> tuple[Any, ...]:
    return (
        session.project_id,
        session.id,
        session.last_at,
        session.ended_at,
        session.end_reason,
        session.events,
        session.seconds,
        session.is_reopened,
    )


def _session_key(session: SessionChange) -> Any:
    return session.project_id, session.id


def _store_events(batch: Batch, changes: Changes) -> None:
    if changes.stored_events:
        rows = []
        before, behind = 0.0, 0
        for stored in changes.stored_events:
            # Those of one moment keep their order: their ids are microseconds apart.
            behind = behind + 1 if stored.at == before else 0
            before = stored.at
            rows.append(
                (
                    stored.project_id,
                    new_hex_id(stored.at + behind / 1e6),
                    stored.player_id,
                    stored.session_id,
                    stored.event.key,
                    stored.at,
                    stored.event.data,
                )
            )
        batch.run(_EVENTS, _columns(rows))


def _add_counters(batch: Batch, changes: Changes) -> None:
    usage: dict[UsageKey, list[int]] = {}
    for (project, hour), (t, n, d, e) in changes.hours.items():
        buckets = buckets_of_hour(hour)
        for bucket in (buckets.year, buckets.month, buckets.day, hour):
            _add(usage, (project, _SESSIONS, bucket, ""), (t, n, 0, d, e))
    for (project, dimension, day, value), (t, n) in changes.days.items():
        for bucket in (day // 10_000, day // 100, day):
            _add(usage, (project, dimension, bucket, value), (t, n, 0, 0, 0))
    for key, (t, n, u) in changes.usage.items():
        _add(usage, key, (t, n, u, 0, 0))
    if usage:
        batch.run(_ADD_USAGE, _columns([(*key, *usage[key]) for key in sorted(usage)]))
    events: dict[tuple[int, str, str, int, str], list[float]] = {}
    for (project, event, hour), counts in changes.events.items():
        day = hour // 100
        for bucket in (day // 10_000, day // 100, day, hour):
            _add(events, (project, event, "", bucket, ""), counts)
    for (project, event, segment, day, value), counts in changes.segments.items():
        for bucket in (day // 10_000, day // 100, day):
            _add(events, (project, event, segment, bucket, value), counts)
    if events:
        batch.run(_ADD_EVENTS, _columns([(*key, *events[key]) for key in sorted(events)]))


def _add(totals: dict[Any, list[Any]], key: Any, counts: Sequence[float]) -> None:
    found = totals.get(key)
    if found is None:
        totals[key] = list(counts)
    else:
        for place, count in enumerate(counts):
            found[place] += count


def _columns(rows: Sequence[tuple[Any, ...]]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]
