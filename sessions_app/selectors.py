"""The reads of sessions. Lists are in the order of ids, which is that of time."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from sessions_app.models import AppUser, Dialect, Player, Session
from telemetry.ids import first_id
from telemetry.models import Project

__all__ = ["app_users_of", "duration_of", "sessions_between", "sessions_of", "tstats_sessions"]


def sessions_of(project: Project) -> QuerySet[Session]:
    """The project's sessions, newest first."""
    return Session.objects.filter(project=project).order_by("-id")


def tstats_sessions(project: Project) -> QuerySet[Session]:
    """Those that came by TStats."""
    return sessions_of(project).filter(dialect=Dialect.TSTATS)


def sessions_between(
    sessions: QuerySet[Session], *, since: datetime | None = None, before: datetime | None = None
) -> QuerySet[Session]:
    """Those of `sessions` that began in [`since`, `before`), found by their ids."""
    # Ids have whole milliseconds, cut off: so the borders are a millisecond further out.
    if since:
        low = first_id(since.timestamp() - 0.001)
        sessions = sessions.filter(id__gte=low, started_at__gte=since)
    if before:
        high = first_id(before.timestamp() + 0.001)
        sessions = sessions.filter(id__lt=high, started_at__lt=before)
    return sessions


def app_users_of(project: Project, players: Iterable[Player]) -> dict[UUID, AppUser]:
    """The users of apps among these players, by the player's id. One query, if there may be any."""
    names = [player.name for player in players if player.server_id is None]
    if not names:
        return {}
    users = AppUser.objects.filter(project=project, device_id__in=names)
    return {user.player_id: user for user in users}


def duration_of(session: Session, now: datetime) -> float:
    """How long it took, or has taken yet, in seconds; never below 0."""
    # What an app's device does may be told much later.
    until = session.last_at if session.dialect == Dialect.COUNTLY else now
    seconds = ((session.ended_at or until) - session.started_at).total_seconds()
    return max(0.0, round(seconds, 3))
