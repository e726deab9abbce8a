"""What the lists of projects, and a project's own page, say about its sessions and servers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import connection
from django.urls import reverse
from django.utils.http import urlencode

from sessions_app.models import Dialect, Dimension, Event, Server, Session, UsageCounter
from sessions_app.usage.buckets import day_bucket, month_bucket
from telemetry.ids import first_id
from telemetry.models import Project
from telemetry.today import MOST_SHOWN, Arrival, DayCount, Days, Received

__all__ = [
    "MOST_OPEN",
    "MOST_SERVERS",
    "AppFacts",
    "SessionFacts",
    "app_facts",
    "received_by_sessions",
    "session_facts",
]

MOST_OPEN = 1000
"""How far open sessions are counted: a list of projects must not wait for a busy one."""
MOST_SERVERS = 1000
MOST_OF_DAY = 10_000
"""How far the sessions and the events of a day are counted."""


@dataclass(frozen=True, slots=True)
class SessionFacts:
    """`many_open`, `many_servers`: there are at least as many as are counted."""

    last_started_at: datetime | None = None
    open: int = 0
    servers: int = 0

    @property
    def many_open(self) -> bool:
        return self.open >= MOST_OPEN

    @property
    def many_servers(self) -> bool:
        return self.servers >= MOST_SERVERS


def session_facts(projects: Sequence[Project]) -> dict[int, SessionFacts]:
    """By the id of each project: the start of its newest session, and what is counted. One query.

    Of no project more rows are looked at than are counted.
    """
    with connection.cursor() as cursor:
        ids = [project.pk for project in projects]
        cursor.execute(_FACTS, [ids, MOST_OPEN, MOST_SERVERS])
        return {project: SessionFacts(*facts) for project, *facts in cursor.fetchall()}


_SESSION, _SERVER = Session._meta.db_table, Server._meta.db_table
_FACTS = f"""
    SELECT wanted.id, newest.started_at, open.count, servers.count
      FROM unnest(%s::bigint[]) AS wanted (id)
      LEFT JOIN LATERAL (
           SELECT started_at FROM {_SESSION} WHERE project_id = wanted.id ORDER BY id DESC LIMIT 1
           ) AS newest ON true
     CROSS JOIN LATERAL (
           SELECT count(*) FROM (
                  SELECT FROM {_SESSION} WHERE project_id = wanted.id AND ended_at IS NULL LIMIT %s
                  ) AS looked_at
           ) AS open
     CROSS JOIN LATERAL (
           SELECT count(*) FROM (
                  SELECT FROM {_SERVER} WHERE project_id = wanted.id LIMIT %s
                  ) AS looked_at
           ) AS servers
    """


@dataclass(frozen=True, slots=True)
class AppFacts:
    """What Countly's dialect has counted; users are those who had a session."""

    sessions_today: int = 0
    users_today: int = 0
    users_this_month: int = 0
    is_used: bool = False


def app_facts(project: Project, days: Days) -> AppFacts:
    """One query of a few rows."""
    today = days.today.until.astimezone(project.zone).date()
    day, month = day_bucket(today), month_bucket(today)
    rows = UsageCounter.objects.filter(
        project=project,
        dimension=Dimension.SESSIONS,
        bucket__in=[day, month, *range(today.year - 2, today.year + 1)],
    )
    found = {bucket: (t, u) for bucket, t, u in rows.values_list("bucket", "t", "u")}
    return AppFacts(
        sessions_today=found.get(day, (0, 0))[0],
        users_today=found.get(day, (0, 0))[1],
        users_this_month=found.get(month, (0, 0))[1],
        is_used=bool(found),
    )


def received_by_sessions(project: Project, days: Days) -> Received:
    """Sessions that began and events that happened, of all dialects; and the last ones. One query.

    They are counted by their ids, up to `MOST_OF_DAY` of a day.
    """
    borders = [
        (first_id(window.since.timestamp()), first_id(window.until.timestamp() + 0.001))
        for _, window in days.parts()
    ]
    counts: list[list[Any]] = [[project.pk, *border, MOST_OF_DAY] for border in borders]
    arguments = [*counts[0], *counts[1], *counts[0], *counts[1]]
    with connection.cursor() as cursor:
        cursor.execute(_RECEIVED, [*arguments, project.pk, MOST_SHOWN, project.pk, MOST_SHOWN])
        ((*numbers, sessions, events),) = cursor.fetchall()
    url = reverse("sessions", args=[project.slug])
    return Received(
        [
            DayCount("Sessions", url, numbers[0], numbers[1], MOST_OF_DAY),
            DayCount("Events", "", numbers[2], numbers[3], MOST_OF_DAY),
        ],
        [
            *(_session(project, *each) for each in sessions),
            *(_event(project, *each) for each in events),
        ],
    )


def _session(project: Project, pk: str, dialect: int, username: str, seconds: float) -> Arrival:
    name = username or f"of {Dialect(dialect).label}"
    at = datetime.fromtimestamp(seconds, UTC)
    return Arrival("Session", name, at, reverse("session", args=[project.slug, pk]))


def _event(project: Project, session_id: str | None, type_: str, seconds: float) -> Arrival:
    if session_id:
        url = reverse("session", args=[project.slug, session_id])
    elif type_.startswith("[CLY]_"):  # Countly's own are not counted
        url = reverse("app-events", args=[project.slug])
    else:
        url = f"{reverse('app-event', args=[project.slug])}?{urlencode({'event': type_})}"
    return Arrival("Event", type_, datetime.fromtimestamp(seconds, UTC), url)


_EVENT = Event._meta.db_table
_COUNT = """(SELECT count(*) FROM (SELECT FROM {table} WHERE project_id = %s
                                     AND id >= %s AND id < %s LIMIT %s) AS looked_at)"""
_NEWEST = """(SELECT coalesce(json_agg(json_build_array({columns})), '[]')
                FROM (SELECT * FROM {table} WHERE project_id = %s
                       ORDER BY id DESC LIMIT %s) AS shown)"""
_SESSION_COLUMNS = "id, dialect, username, date_part('epoch', started_at)"
_RECEIVED = f"""
    SELECT {_COUNT.format(table=_SESSION)}, {_COUNT.format(table=_SESSION)},
           {_COUNT.format(table=_EVENT)}, {_COUNT.format(table=_EVENT)},
           {_NEWEST.format(table=_SESSION, columns=_SESSION_COLUMNS)},
           {_NEWEST.format(table=_EVENT, columns="session_id, type, date_part('epoch', at)")}
    """
