"""What the lists of projects say about a project's stats."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from stats_app.models import Stat
from telemetry.models import Project

__all__ = ["LIMIT", "StatFacts", "stat_facts"]

LIMIT = 10_000
"""How many stats of a project are looked at: a list of projects must not wait for a huge one."""


@dataclass(frozen=True, slots=True)
class StatFacts:
    """`many`: there are more than `count`, and when the last point came is not known."""

    count: int = 0
    many: bool = False
    last_received_at: datetime | None = None


def stat_facts(projects: Sequence[Project]) -> dict[int, StatFacts]:
    """By the id of each project: how many stats it has and when the last point came. One query."""
    with connection.cursor() as cursor:
        cursor.execute(_FACTS, [[project.pk for project in projects], LIMIT + 1])
        return {
            project: StatFacts(min(count, LIMIT), count > LIMIT, None if count > LIMIT else last)
            for project, count, last in cursor.fetchall()
        }


_FACTS = f"""
    SELECT wanted.id, facts.*
      FROM unnest(%s::bigint[]) AS wanted (id)
     CROSS JOIN LATERAL (
           SELECT count(*), max(last_received_at)
             FROM (SELECT last_received_at FROM {Stat._meta.db_table}
                    WHERE project_id = wanted.id LIMIT %s) AS looked_at
           ) AS facts
    """
