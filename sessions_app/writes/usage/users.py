"""The rows that decide how a batch counts: projects by their keys, and users, who are locked.

Users are locked in the order of their keys before anything else is, and only then looked at: so
what two processes carry of one device is counted one after the other.
"""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson

from sessions_app.keys import app_user_id
from sessions_app.usage.state import AppProject, User
from telemetry import wire_json
from telemetry.ids import first_id
from telemetry.store import Batch

__all__ = ["UserKey", "load_projects", "load_users", "project_of", "seen_near", "user_of"]

UserKey = tuple[int, str]

PROJECT_COLUMNS = "id, timezone, country, address_policy, checksum_salt"
# Deletes nothing, but takes the lock by which whoever deletes a project knows that a batch, which
# has seen it, may still be writing (`telemetry.deletion`).
HOLD = "WITH held AS (DELETE FROM sessions_app_appuser WHERE false)"
_PROJECTS = f"""
{HOLD}
SELECT app_key, {PROJECT_COLUMNS} FROM telemetry_project WHERE app_key = ANY(%b::text[])
""".encode()

_TIMES = ("first_seen_at", "last_seen_at", "last_at", "heard_at", "ended_at")
USER_COLUMNS = (
    "u.player_id, u.num_sessions, u.seconds, u.session_id, u.state, u.running_seconds, "
    + "".join(f"date_part('epoch', u.{name}), " for name in _TIMES)
    + "u.ended_seconds, u.country, u.metrics::text, u.details::text, u.recent"
)
_LOCK = f"""
SELECT i.project_id, i.device_id, {USER_COLUMNS}
  FROM unnest(%b::int8[], %b::text[]) AS i(project_id, device_id)
 CROSS JOIN LATERAL (SELECT * FROM sessions_app_appuser
                      WHERE project_id = i.project_id AND device_id = i.device_id
                        FOR NO KEY UPDATE) u
""".encode()
# Another process may have just made the row: then it is locked, and returned as that left it.
_MAKE = f"""
INSERT INTO sessions_app_appuser AS u (project_id, device_id, player_id)
SELECT * FROM unnest(%b::int8[], %b::text[], %b::uuid[])
ON CONFLICT (project_id, device_id) DO UPDATE SET player_id = u.player_id
RETURNING u.project_id, u.device_id, {USER_COLUMNS}, u.xmax = 0
""".encode()
_NEAR = b"""
SELECT date_part('epoch', s.started_at)
  FROM unnest(%b::uuid[]) AS p(id)
 CROSS JOIN LATERAL (
       (SELECT started_at FROM sessions_app_session
         WHERE project_id = %b AND player_id = p.id AND id < %b ORDER BY id DESC LIMIT 1)
       UNION ALL
       (SELECT started_at FROM sessions_app_session
         WHERE project_id = %b AND player_id = p.id AND id >= %b ORDER BY id LIMIT 1)) s
"""


def project_of(id_: int, timezone: str, country: str, address_policy: str, salt: str) -> AppProject:
    """A project of a row of `PROJECT_COLUMNS`."""
    return AppProject(id_, ZoneInfo(timezone), country, address_policy, salt)


def load_projects(batch: Batch, app_keys: Iterable[str]) -> dict[str, AppProject]:
    """The projects that have these keys, by key."""
    rows = batch.execute(_PROJECTS, [list(app_keys)])
    return {key: project_of(*columns) for key, *columns in rows}


def load_users(
    batch: Batch,
    projects: dict[int, AppProject],
    keys: Iterable[UserKey],
    only_known: frozenset[UserKey],
) -> dict[UserKey, User]:
    """The users of these keys, locked; who is new is made, unless among `only_known`."""
    wanted = sorted(keys)
    users = {
        (project_id, device_id): user_of(projects[project_id], device_id, columns)
        for project_id, device_id, *columns in batch.execute(_LOCK, _transposed(wanted))
    }
    missing = [key for key in wanted if key not in users and key not in only_known]
    if missing:
        ids = [app_user_id(*key) for key in missing]
        for project_id, device_id, *columns, is_new in batch.execute(
            _MAKE, [*_transposed(missing), ids]
        ):
            user = user_of(projects[project_id], device_id, columns)
            user.is_new = is_new
            users[project_id, device_id] = user
    return users


def _transposed(keys: Sequence[UserKey]) -> list[list[Any]]:
    return [[project for project, _ in keys], [device for _, device in keys]]


def user_of(project: AppProject, device_id: str, columns: Sequence[Any]) -> User:
    """A user of a row of `USER_COLUMNS`."""
    user = User(project, device_id, columns[0])
    (
        _,
        user.num_sessions,
        user.seconds,
        user.session_id,
        user.state,
        user.running,
        user.first_seen,
        user.last_seen,
        user.last_at,
        user.heard_at,
        user.ended_at,
        user.ended_seconds,
        user.country,
        metrics,
        details,
        user.recent,
    ) = columns
    if metrics != "{}":
        user.metrics = orjson.loads(metrics)
    if details != "{}":
        user.details = wire_json.load(details.encode())
    return user


def seen_near(batch: Batch, user: User, at: float) -> list[float]:
    """When sessions of this user began: the last ones before and the first ones after `at`."""
    project_id = user.project.id
    border: UUID = first_id(at + 0.001)
    rows = batch.execute(_NEAR, [user.players, project_id, border, project_id, border])
    return [*user.begun, *(began for (began,) in rows)]
