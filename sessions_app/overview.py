"""What the lists of projects say about a project's sessions and servers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from sessions_app.models import Server, Session
from telemetry.models import Project

__all__ = ["MOST_OPEN", "MOST_SERVERS", "SessionFacts", "session_facts"]

MOST_OPEN = 1000
"""How far open sessions are counted: a list of projects must not wait for a busy one."""
MOST_SERVERS = 1000


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
