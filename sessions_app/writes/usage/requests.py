"""Requests of Countly's SDKs are counted: the whole of a batch at once, each device in order.

Projects, users and names are looked up in the same transaction, so a rotated key is refused from
the next batch on, and a request that was delivered twice is known in every process.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from functools import partial
from typing import Any, ClassVar, NamedTuple

import psycopg
from django.db import connection, transaction

from sessions_app.models.usage import Dimension
from sessions_app.usage.rules import apply_request, is_repeated, merge_users, time_out
from sessions_app.usage.state import AppProject, AppRequest, Changes, Name, User
from sessions_app.writes.sessions import ENDING
from sessions_app.writes.usage.names import is_lost, refuse_too_many, words_of
from sessions_app.writes.usage.storing import store_changes
from sessions_app.writes.usage.users import (
    HOLD,
    PROJECT_COLUMNS,
    USER_COLUMNS,
    UserKey,
    load_projects,
    load_users,
    project_of,
    seen_near,
    user_of,
)
from telemetry.addresses import shown_address
from telemetry.store import Batch, Write

__all__ = ["Outcome", "RecordRequests", "Result", "time_out_silent_users"]


class Result(IntEnum):
    """What became of a request. Of these only an unknown app is the sender's to mend."""

    STORED = 0
    UNKNOWN_APP = 1
    REPEATED = 2
    NO_CHECKSUM = 3
    WRONG_CHECKSUM = 4
    REFUSED = 5


class Outcome(NamedTuple):
    """`problems`: what was stored, but not counted."""

    result: Result
    project_id: int | None = None
    problems: tuple[str, ...] = ()


_UNKNOWN_APP = Outcome(Result.UNKNOWN_APP)


@dataclass(slots=True)
class RecordRequests(Write):
    """The requests that came at once: one, or a bulk. Its outcome is one for each, in order."""

    order: ClassVar[int] = 35

    requests: Sequence[AppRequest]
    remembered: int = 1

    @property
    def weight(self) -> int:
        return sum(1 + len(request.events) for request in self.requests)

    @classmethod
    def apply(cls, batch: Batch, writes: Sequence["RecordRequests"]) -> Sequence[list[Outcome]]:
        requests = [request for write in writes for request in write.requests]
        projects = load_projects(batch, {request.app_key for request in requests})
        outcomes = [_first_look(request, projects) for request in requests]
        users = _users(batch, requests, outcomes, projects)
        changes = Changes(partial(seen_near, batch))
        place = 0
        for write in writes:
            for request in write.requests:
                outcome = outcomes[place]
                if outcome.result is Result.STORED and not _record(
                    request, outcome, users, changes, write.remembered
                ):
                    outcomes[place] = outcome._replace(result=Result.REPEATED)
                place += 1
        if changes.names:
            refused = refuse_too_many(batch, changes)
            if refused:
                outcomes = [
                    _with_problems(request, outcome, refused)
                    for request, outcome in zip(requests, outcomes, strict=True)
                ]
        store_changes(batch, users.values(), changes)
        answers = iter(outcomes)
        return [[next(answers) for _ in write.requests] for write in writes]


def _first_look(request: AppRequest, projects: dict[str, AppProject]) -> Outcome:
    project = projects.get(request.app_key)
    if project is None:
        return _UNKNOWN_APP
    result = _check(request, project.salt) if project.salt else Result.STORED
    return Outcome(result, project.id)


def _check(request: AppRequest, salt: str) -> Result:
    if request.checksum is None:
        return Result.NO_CHECKSUM
    return Result.STORED if request.checksum.is_right(salt) else Result.WRONG_CHECKSUM


def _users(
    batch: Batch,
    requests: Sequence[AppRequest],
    outcomes: Sequence[Outcome],
    projects: dict[str, AppProject],
) -> dict[UserKey, User]:
    devices: set[UserKey] = set()
    old_devices: set[UserKey] = set()
    for request, outcome in zip(requests, outcomes, strict=True):
        if outcome.result is Result.STORED and outcome.project_id is not None:
            devices.add((outcome.project_id, request.device_id))
            if request.old_device_id:
                old_devices.add((outcome.project_id, request.old_device_id))
    if not devices:
        return {}
    by_id = {project.id: project for project in projects.values()}
    return load_users(batch, by_id, devices | old_devices, frozenset(old_devices - devices))


def _record(
    request: AppRequest,
    outcome: Outcome,
    users: dict[UserKey, User],
    changes: Changes,
    remembered: int,
) -> bool:
    """Whether the request counts: not if it has been delivered before."""
    project_id = outcome.project_id or 0
    user = users[project_id, request.device_id]
    if is_repeated(user, request.digest, remembered):
        return False
    user.is_gone = False
    if request.old_device_id:
        old = users.get((project_id, request.old_device_id))
        if old is not None and old is not user and not old.is_gone:
            merge_users(user, old, changes)
    if request.address:
        request.address = shown_address(user.project.address_policy, request.address)
    apply_request(user, request, changes)
    return True


def _with_problems(request: AppRequest, outcome: Outcome, refused: set[Name]) -> Outcome:
    """What of a request is not counted because there are too many names."""
    project_id = outcome.project_id
    if outcome.result is not Result.STORED or project_id is None:
        return outcome
    names: dict[Name, None] = {}
    for dimension, value in (request.metrics or {}).items():
        names[project_id, dimension, "", "", value] = None
    names[project_id, Dimension.CITY, "", "", request.city] = None
    for event in request.events:
        names[project_id, Dimension.EVENT, event.key, "", ""] = None
        for segment, value in event.segments:
            names[project_id, Dimension.SEGMENT, event.key, segment, ""] = None
            names[project_id, Dimension.SEGMENT_VALUE, event.key, segment, value] = None
    # What is lost with its event or segment needs no words of its own.
    found = tuple(
        words_of(name) for name in names if name in refused and not is_lost(name, refused)
    )
    return outcome._replace(problems=(*outcome.problems, *found)) if found else outcome


_AT_ONCE = 1000
# Users whom a request is just changing are passed over: they are not silent.
_SILENT = f"""
{HOLD}
SELECT {", ".join(f"p.{name.strip()}" for name in PROJECT_COLUMNS.split(","))},
       u.device_id, {USER_COLUMNS}
  FROM telemetry_project p
 CROSS JOIN LATERAL (
       SELECT * FROM sessions_app_appuser
        WHERE project_id = p.id AND is_unfinished
          AND heard_at < to_timestamp(%b::float8) - p.session_timeout * interval '1 minute'
        ORDER BY device_id LIMIT {_AT_ONCE} FOR NO KEY UPDATE SKIP LOCKED) u
 LIMIT {_AT_ONCE}
""".encode()


def time_out_silent_users(now: datetime) -> int | None:
    """End the sessions of users who were silent for their project's session timeout.

    Returns how many; None if another process is at it. Commits after each thousand.
    """
    ended = 0
    while True:
        with transaction.atomic():
            plain: Any = connection.connection
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [ENDING])
                row = cursor.fetchone()
                if not (row and row[0]):
                    return ended or None
            plain = connection.connection
            with psycopg.Cursor[Any](plain) as own:
                own.format = psycopg.pq.Format.BINARY
                count = _time_out(Batch(own), now.timestamp())
        ended += count
        if count < _AT_ONCE:
            return ended


def _time_out(batch: Batch, now: float) -> int:
    width = len(PROJECT_COLUMNS.split(","))
    users = []
    for row in batch.execute(_SILENT, [now]):
        project = project_of(*row[:width])
        users.append(user_of(project, row[width], row[width + 1 :]))
    changes = Changes(partial(seen_near, batch))
    for user in users:
        time_out(user, changes)
    if changes.names:
        refuse_too_many(batch, changes)
    store_changes(batch, users, changes)
    return len(users)
