"""What the lists of projects, and a project's own page, say about its devices."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import Max
from django.urls import reverse

from devices_app.models import Beat, BeatHour, Device, Fleet, Tally
from telemetry.ids import first_id
from telemetry.models import Project
from telemetry.today import MOST_SHOWN, Arrival, DayCount, Days, Received

__all__ = ["DeviceFacts", "device_facts", "received_from_devices"]

LIMIT = 10_000
"""How many devices of a project are looked at."""
MOST_ADDED = 1000
"""Of how many devices that have beaten their beats are added up."""


@dataclass(frozen=True, slots=True)
class DeviceFacts:
    count: int = 0
    last_beat_at: datetime | None = None


def device_facts(projects: Sequence[Project]) -> dict[int, DeviceFacts]:
    """By the id of each project that has, or had, devices: how many, and the last beat."""
    counts = dict(Fleet.objects.filter(project__in=projects).values_list("project_id", "devices"))
    if not counts:
        return {}
    tallies = Tally.objects.filter(project__in=list(counts)).order_by()
    last = dict(tallies.values_list("project_id").annotate(last=Max("last_beat_at")))
    return {pk: DeviceFacts(count, last.get(pk)) for pk, count in counts.items()}


def received_from_devices(project: Project, days: Days) -> Received:
    """The beats of today and of yesterday, and the devices that beat last. One query.

    Of more than `MOST_ADDED` devices nothing is added up.
    """
    hours = [(today, *window.hours) for today, window in days.parts()]
    edges = [
        (today, first_id(low.timestamp()), first_id(high.timestamp()))
        for today, window in days.parts()
        for low, high in window.edges
    ]
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
        ((active, today, yesterday, numbers, names, times),) = cursor.fetchall()
    is_known = active <= MOST_ADDED
    beats = DayCount(
        "Beats",
        reverse("devices", args=[project.slug]),
        today if is_known else None,
        yesterday if is_known else None,
    )
    return Received(
        [beats],
        [
            Arrival("Device", name, at, reverse("device", args=[project.slug, number]))
            for number, name, at in zip(numbers, names, times, strict=True)
        ],
    )


_RECEIVED = f"""
      WITH looked_at AS MATERIALIZED (
           SELECT id, number, name, last_beat_at FROM {Device._meta.db_table}
            WHERE project_id = %s LIMIT %s),
           active AS MATERIALIZED (
           SELECT id FROM looked_at WHERE last_beat_at >= %s LIMIT %s),
           beats AS (
           SELECT p.today, c.count
             FROM active CROSS JOIN unnest(%s::bool[], %s::timestamptz[], %s::timestamptz[])
                                      AS p(today, low, high)
            CROSS JOIN LATERAL (SELECT sum(count) AS count FROM {BeatHour._meta.db_table}
                                 WHERE project_id = %s AND device_id = active.id
                                   AND start >= p.low AND start < p.high) c
            UNION ALL
           SELECT p.today, c.count
             FROM active CROSS JOIN unnest(%s::bool[], %s::uuid[], %s::uuid[])
                                      AS p(today, low, high)
            CROSS JOIN LATERAL (SELECT count(*) AS count FROM {Beat._meta.db_table}
                                 WHERE project_id = %s AND device_id = active.id
                                   AND id >= p.low AND id < p.high) c)
    SELECT (SELECT count(*) FROM active),
           (SELECT coalesce(sum(count), 0)::int8 FROM beats WHERE today),
           (SELECT coalesce(sum(count), 0)::int8 FROM beats WHERE NOT today),
           newest.*
      FROM (SELECT coalesce(array_agg(number), '{{}}'), coalesce(array_agg(name), '{{}}'),
                   coalesce(array_agg(last_beat_at), '{{}}')
              FROM (SELECT * FROM looked_at WHERE last_beat_at IS NOT NULL
                     ORDER BY last_beat_at DESC LIMIT %s) AS shown) AS newest
    """
