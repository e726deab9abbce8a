"""The rules by which Countly's servers count, applied to one request of one device at a time.

They are those of 12.08 to 13.06, with the defects of 12.x repaired: a user is unique in a year and
a week when no session of theirs began in it before, however late it is reported; what ran and was
never ended is counted as a length at its last activity. Requests of a device are applied in the
order in which they came. Nothing here touches a table: what is to be stored is in ``Changes``.
"""

from typing import Any

from sessions_app.models.sessions import EndReason
from sessions_app.models.usage import AppUser, Dimension
from sessions_app.usage.buckets import Buckets
from sessions_app.usage.ranges import duration_range, frequency_range, loyalty_range
from sessions_app.usage.state import AppRequest, Changes, SessionChange, StoredEvent, User
from telemetry import wire_json
from telemetry.ids import new_id

__all__ = ["COOLDOWN", "apply_request", "is_repeated", "merge_users", "time_out"]

COOLDOWN = 15
"""Seconds after the end of a session within which a begin continues it."""
# So many requests of a device are remembered; a bulk of more is remembered as a whole.
_REMEMBERED = 16
_DIGEST = 8
# Characters of JSON that are kept of a user.
_MOST_DETAILS = 64 * 1024

_NONE, _OPEN, _ENDED, _TIMED_OUT = (int(state) for state in AppUser.State)
_SESSIONS = int(Dimension.SESSIONS)
_COUNTRY, _CITY = int(Dimension.COUNTRY), int(Dimension.CITY)
_FREQUENCY, _LOYALTY, _DURATION = (
    int(Dimension.FREQUENCY),
    int(Dimension.LOYALTY),
    int(Dimension.DURATION),
)
# Upstream compares the stored value of these with the new one, and not the resolution's.
_COMPARED = frozenset(
    map(
        int,
        (
            Dimension.CARRIER,
            Dimension.DEVICE,
            Dimension.OS,
            Dimension.OS_VERSION,
            Dimension.APP_VERSION,
        ),
    )
)
_T, _N, _U = 0, 1, 2
_HOUR_T, _HOUR_N, _HOUR_D, _HOUR_E = 0, 1, 2, 3


def is_repeated(user: User, digest: bytes | None, remembered: int) -> bool:
    """Whether this request was one of the device's last ones; if not, it is from now on.

    At least `remembered` are: a bulk that is sent again has to be known from its first item on.
    """
    if digest is None:
        return False
    recent = user.recent
    place = recent.find(digest)
    while place >= 0:
        if place % _DIGEST == 0:
            return True
        place = recent.find(digest, place + 1)
    user.recent = (recent + digest)[-_DIGEST * max(_REMEMBERED, remembered) :]
    return False


def apply_request(user: User, request: AppRequest, changes: Changes) -> None:
    """Count a request of this user."""
    project, at = user.project, request.at
    user.is_changed = True
    hour = changes.hour(project.id, changes.buckets(project, at).hour)
    hour[_HOUR_E] += 1
    if request.details:
        user.details = _with_details(user.details, request.details)
    session_id = None
    if request.begins:
        _begin(user, request, changes)
        session_id = user.session_id
    else:
        if request.metrics or request.country:
            _remember(user, request)
        if user.state == _TIMED_OUT and (request.seconds or request.ends or request.events):
            _go_on(user, changes)
        if user.state == _OPEN:
            session_id = user.session_id
        if request.seconds:
            hour[_HOUR_D] += request.seconds
            _spend(user, request, changes)
        if request.ends:
            _end(user, at, changes)
    if request.events:
        _add_events(user, request, session_id, changes)
    if request.begins or request.seconds or request.ends or request.events:
        user.last_at = at if user.last_at is None else max(user.last_at, at)
    user.heard_at = request.received


def _with_details(before: dict[str, Any], told: dict[str, Any]) -> dict[str, Any]:
    """What is known of a user, with what was told now; of ``custom`` part by part."""
    details = {**before, **told}
    custom, own = before.get("custom"), told.get("custom")
    if isinstance(custom, dict) and isinstance(own, dict):
        details["custom"] = {**custom, **own}
    # Whoever makes up names without end keeps what was told last.
    return details if len(wire_json.dump(details)) <= _MOST_DETAILS else told


def _begin(user: User, request: AppRequest, changes: Changes) -> None:
    at = request.at
    if (
        user.state == _ENDED
        and user.ended_at is not None
        and 0 <= at - user.ended_at < COOLDOWN
        and not request.ignores_cooldown
    ):
        _go_on(user, changes)
        _remember(user, request)
        return
    _finish(user, changes)
    user.num_sessions += 1
    _count_session(user, request, changes)
    _remember(user, request)
    user.first_seen = at if user.first_seen is None else min(user.first_seen, at)
    user.last_seen = at if user.last_seen is None else max(user.last_seen, at)
    user.begun.append(at)
    user.state = _OPEN
    user.session_id = new_id(at)
    user.last_at = at
    session = changes.session(user, user.session_id, at)
    session.is_new = True
    session.username = user.device_id
    session.address = request.address
    session.data = request.data


def _count_session(user: User, request: AppRequest, changes: Changes) -> None:
    project, at = user.project.id, request.at
    buckets = changes.buckets(user.project, at)
    is_first = user.num_sessions == 1
    new = _new_buckets(user, at, buckets, changes)
    hour = changes.hour(project, buckets.hour)
    hour[_HOUR_T] += 1
    hour[_HOUR_N] += is_first
    for bucket in new:
        changes.count(project, _SESSIONS, bucket, "", _U)
    by_day = [bucket for bucket in new if bucket != buckets.hour]
    values: list[tuple[int, str, list[int]]] = [(_COUNTRY, request.country or "Unknown", by_day)]
    wanted = user.project.country
    if request.city and request.country and wanted in {"", request.country}:
        values.append((_CITY, request.city, by_day))
    every = [buckets.year, buckets.month, buckets.week, buckets.day]
    for dimension, value in (request.metrics or {}).items():
        is_other = dimension in _COMPARED and user.metrics.get(str(dimension)) != value
        values.append((dimension, value, every if is_other else by_day))
    for dimension, value, unique in values:
        day = changes.day(project, dimension, buckets.day, value)
        day[_T] += 1
        day[_N] += is_first
        for bucket in unique:
            changes.count(project, dimension, bucket, value, _U)
    if by_day:
        since = 0.0 if user.last_seen is None else at - user.last_seen
        frequency = frequency_range(since)
        if frequency is not None:
            _count_range(project, _FREQUENCY, frequency, by_day, changes)
        _count_range(project, _LOYALTY, loyalty_range(user.num_sessions), by_day, changes)


def _new_buckets(user: User, at: float, buckets: Buckets, changes: Changes) -> list[int]:
    """Those of the buckets in which no session of this user has begun before."""
    if user.last_seen is None:
        return list(buckets)
    near = [user.last_seen] if at >= user.last_seen else changes.seen_near(user, at)
    seen = {bucket for time in near for bucket in changes.buckets(user.project, time)}
    return [bucket for bucket in buckets if bucket not in seen]


def _count_range(
    project: int, dimension: int, value: str, buckets: list[int], changes: Changes, by: int = 1
) -> None:
    changes.names[project, dimension, "", "", value] = None
    for bucket in buckets:
        changes.count(project, dimension, bucket, value, _T, by)


def _remember(user: User, request: AppRequest) -> None:
    """What the device tells of itself is known of it from now on."""
    if request.metrics:
        told = {str(dimension): value for dimension, value in request.metrics.items()}
        if any(user.metrics.get(name) != value for name, value in told.items()):
            user.metrics = {**user.metrics, **told}
    if request.country:
        user.country = request.country


def _spend(user: User, request: AppRequest, changes: Changes) -> None:
    user.running += request.seconds
    user.seconds += request.seconds
    if user.state == _OPEN and user.session_id:
        session = changes.session(user, user.session_id, request.at)
        session.seconds += request.seconds


def _end(user: User, at: float, changes: Changes) -> None:
    seconds = _count_length(user, at, changes)
    if user.state == _OPEN:
        _close(user, at, seconds, EndReason.CLOSED, changes)


def _count_length(user: User, at: float, changes: Changes) -> int:
    """Count what has run as a length, at this time; returns the seconds."""
    seconds = user.running
    user.running = 0
    if seconds > 0:
        _change_length(user, at, seconds, 1, changes)
    return seconds


def _change_length(user: User, at: float, seconds: int, by: int, changes: Changes) -> None:
    buckets = changes.buckets(user.project, at)
    every = [buckets.year, buckets.month, buckets.week, buckets.day]
    _count_range(user.project.id, _DURATION, duration_range(seconds), every, changes, by)


def _close(user: User, at: float, seconds: int, reason: EndReason, changes: Changes) -> None:
    user.state = _TIMED_OUT if reason is EndReason.TIMEOUT else _ENDED
    user.ended_at = at
    user.ended_seconds = seconds
    if user.session_id:
        session = changes.session(user, user.session_id, at)
        session.ended_at = at
        session.end_reason = reason.value
        session.is_reopened = False


def _go_on(user: User, changes: Changes) -> None:
    """The session that has ended goes on: its length is not counted yet."""
    if user.ended_at is not None and user.ended_seconds > 0:
        _change_length(user, user.ended_at, user.ended_seconds, -1, changes)
    user.running += user.ended_seconds
    user.ended_seconds = 0
    user.state = _OPEN
    if user.session_id and user.ended_at is not None:
        session = changes.session(user, user.session_id, user.ended_at)
        session.ended_at = None
        session.end_reason = ""
        session.is_reopened = True
    user.ended_at = None


def _finish(user: User, changes: Changes) -> None:
    """Before another session begins: what still runs has ended at its last activity."""
    at = user.last_at
    if at is None:
        return
    seconds = _count_length(user, at, changes)
    if user.state == _OPEN:
        _close(user, at, seconds, EndReason.BEGUN_AGAIN, changes)


def time_out(user: User, changes: Changes) -> None:
    """The session was silent for too long: it has ended at its last activity, for now."""
    at = user.last_at
    if user.state == _OPEN and at is not None:
        user.is_changed = True
        _close(user, at, _count_length(user, at, changes), EndReason.TIMEOUT, changes)


def _add_events(user: User, request: AppRequest, session_id: object, changes: Changes) -> None:
    project = user.project
    session: SessionChange | None = None
    if session_id is not None and user.session_id is not None:
        session = changes.session(user, user.session_id, request.at)
        session.events += len(request.events)
    for event in request.events:
        at = request.at if event.at is None else event.at
        in_session = session.id if session else None
        stored = StoredEvent(project.id, user.player_id, in_session, event, at)
        changes.stored_events.append(stored)
        if not event.is_counted:
            continue
        buckets = changes.buckets(project, at)
        key = (project.id, event.key, buckets.hour)
        counts = changes.events.get(key)
        if counts is None:
            counts = changes.events[key] = [0.0, 0.0, 0.0]
            changes.names[project.id, Dimension.EVENT, event.key, "", ""] = None
        _add(counts, event.count, event.sum, event.seconds)
        for segment, value in event.segments:
            place = (project.id, event.key, segment, buckets.day, value)
            counts = changes.segments.get(place)
            if counts is None:
                counts = changes.segments[place] = [0.0, 0.0, 0.0]
                changes.names[project.id, Dimension.SEGMENT, event.key, segment, ""] = None
                changes.names[project.id, Dimension.SEGMENT_VALUE, event.key, segment, value] = None
            _add(counts, event.count, event.sum, event.seconds)


def _add(counts: list[float], count: float, total: float, seconds: float) -> None:
    counts[0] += count
    counts[1] += total
    counts[2] += seconds


def merge_users(user: User, old: User, changes: Changes) -> None:
    """`old` turns out to be `user`: all that it did is theirs, and it is nobody any more.

    What was counted of the two as different users stays as it was.
    """
    user.is_changed = True
    later = old if _acts_later(old, user) else user
    other = user if later is old else old
    if other.state == _OPEN:
        _finish(other, changes)
    running = user.running + old.running
    for name in ("session_id", "state", "last_at", "heard_at", "ended_at", "ended_seconds"):
        setattr(user, name, getattr(later, name))
    user.running = running
    user.num_sessions += old.num_sessions
    user.seconds += old.seconds
    first = [at for at in (user.first_seen, old.first_seen) if at is not None]
    last = [at for at in (user.last_seen, old.last_seen) if at is not None]
    user.first_seen, user.last_seen = min(first, default=None), max(last, default=None)
    user.metrics = {**old.metrics, **user.metrics}
    user.details = _with_details(old.details, user.details)
    user.country = user.country or old.country
    user.recent = old.recent + user.recent
    user.begun += old.begun
    user.players = [*user.players, *old.players]
    changes.merge(user.project.id, old.player_id, user.player_id)
    for session in changes.sessions.values():
        if session.player_id == old.player_id and session.project_id == user.project.id:
            session.player_id = user.player_id
    for event in changes.stored_events:
        if event.player_id == old.player_id and event.project_id == user.project.id:
            event.player_id = user.player_id
    old.clear()
    old.players = []  # what is stored of it is the other user's
    old.is_gone = old.is_changed = True
    old.is_new = True  # if it is heard of again: whether it had a player or not


def _acts_later(user: User, than: User) -> bool:
    if (user.state == _OPEN) != (than.state == _OPEN):
        return user.state == _OPEN
    return (user.last_at or 0.0) > (than.last_at or 0.0)
