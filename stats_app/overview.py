"""What the lists of projects, and a project's own page, say about its stats."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.urls import reverse

from stats_app.models import HourBucket, MinuteBucket, Stat
from telemetry.models import Project
from telemetry.today import MOST_SHOWN, Arrival, DayCount, Days, Received

__all__ = ["LIMIT", "StatFacts", "received_by_stats", "stat_facts"]

LIMIT = 10_000
"""How many stats of a project are looked at: a list of projects must not wait for a huge one."""


MOST_ADDED = 1000
"""Of how many stats that have received something what they did is added up."""


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


def received_by_stats(project: Project, days: Days) -> Received:
    """The points of today and of yesterday, and the stats that received something last. One query.

    Of no project are more stats looked at than the lists of projects look at, and of more than
    `MOST_ADDED` nothing is added up.
    """
    hours = [(today, *window.hours) for today, window in days.parts()]
    edges = [(today, *edge) for today, window in days.parts() for edge in window.edges]
    with connection.cursor() as cursor:
        cursor.execute(
            _RECEIVED,
            [
                *(project.pk, LIMIT, days.yesterday.since, MOST_ADDED + 1),
                *(list(column) for column in zip(*hours, strict=True)),
                project.pk,
                *(list(column) for column in zip(*edges, strict=True)),
                project.pk,
                MOST_SHOWN,
            ],
        )
        ((active, today, yesterday, ids, names, times),) = cursor.fetchall()
    is_known = active <= MOST_ADDED
    points = DayCount(
        "Stat points",
        reverse("stats", args=[project.slug]),
        today if is_known else None,
        yesterday if is_known else None,
    )
    return Received(
        [points],
        [
            Arrival("Stat", name, at, reverse("stat-page", args=[project.slug, pk]))
            for pk, name, at in zip(ids, names, times, strict=True)
        ],
    )


_BUCKETS = """
    SELECT p.today, c.count FROM active CROSS JOIN unnest(%s::bool[], %s::timestamptz[],
                                                          %s::timestamptz[]) AS p(today, low, high)
     CROSS JOIN LATERAL (SELECT sum(count) AS count FROM {table}
                          WHERE project_id = %s AND stat_id = active.id
                            AND start >= p.low AND start < p.high) c
    """
_RECEIVED = f"""
      WITH looked_at AS MATERIALIZED (
           SELECT id, name, last_received_at FROM {Stat._meta.db_table}
            WHERE project_id = %s LIMIT %s),
           active AS MATERIALIZED (
           SELECT id FROM looked_at WHERE last_received_at >= %s LIMIT %s),
           buckets AS ({_BUCKETS.format(table=HourBucket._meta.db_table)} UNION ALL
                       {_BUCKETS.format(table=MinuteBucket._meta.db_table)})
    SELECT (SELECT count(*) FROM active),
           (SELECT coalesce(sum(count), 0)::int8 FROM buckets WHERE today),
           (SELECT coalesce(sum(count), 0)::int8 FROM buckets WHERE NOT today),
           newest.*
      FROM (SELECT coalesce(array_agg(id), '{{}}'), coalesce(array_agg(name), '{{}}'),
                   coalesce(array_agg(last_received_at), '{{}}')
              FROM (SELECT * FROM looked_at WHERE last_received_at IS NOT NULL
                     ORDER BY last_received_at DESC LIMIT %s) AS shown) AS newest
    """
