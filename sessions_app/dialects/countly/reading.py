"""``/o``: what Countly's dashboards ask for, every ten seconds with ``action=refresh``.

The seed's nine methods, ``cities`` (12.09), and of later servers ``countries``, ``total_users``
and ``top_events``. Which shape documents have is the project's setting; ``shape=merged`` or
``shape=classic`` asks for one. See ``access`` for the order of errors, ``shapes`` for documents.
"""

from typing import Any

from sessions_app.counters import Dimension, event_totals, events_and_segments
from sessions_app.dialects.countly.access import app_id_of, app_to_read, check_parameters
from sessions_app.dialects.countly.asking import Asked, asking, storable
from sessions_app.dialects.countly.series import METRICS, users_by_value
from sessions_app.dialects.countly.shapes import (
    CLASSIC,
    Wanted,
    document_of,
    event_document,
    event_list,
    events_document,
)
from sessions_app.usage.buckets import day_bucket
from sessions_app.usage.documents import number, shown
from sessions_app.usage.periods import day_of, period_of
from telemetry import clock
from telemetry.access import Project
from telemetry.door.http import Problem

__all__ = ["read"]

_MOST_EVENTS = 500
_USUAL_TOP = 10


@asking("/o")
def read(asked: Asked) -> Any:
    """Answers ``/o?method=…``."""
    check_parameters(asked)
    method = asked.text("method")
    if method not in CLASSIC and method not in _OTHERS:
        raise Problem(400, "Invalid method")
    wanted = _wanted(asked, app_to_read(asked))
    other = _OTHERS.get(method)
    return other(asked, wanted) if other else document_of(wanted, method)


def _wanted(asked: Asked, project: Project) -> Wanted:
    shape = asked.text("shape")
    now = clock.time()
    today = day_of(now, project.zone)
    is_refresh = asked.text("action") == "refresh"
    return Wanted(
        project,
        day_of(_timestamp(asked, now), project.zone) if is_refresh else today,
        is_refresh=is_refresh,
        is_merged=shape == "merged" or (project.merged_shapes and shape != "classic"),
        period=period_of(asked.text("period"), today, project.zone),
    )


def _timestamp(asked: Asked, now: float) -> float:
    text = asked.text("timestamp")
    return float(text) if len(text) == 10 and text.isascii() and text.isdecimal() else now


def _events(asked: Asked, wanted: Wanted) -> Any:
    if not asked.has("events"):
        return event_document(wanted, asked.text("event"), asked.text("segmentation"))
    events = asked.document("events")
    named = events[:_MOST_EVENTS] if isinstance(events, list) else []
    return events_document(wanted, [storable(each) for each in named if isinstance(each, str)])


def _get_events(asked: Asked, wanted: Wanted) -> Any:  # noqa: ARG001
    return event_list(wanted.project)


def _total_users(asked: Asked, wanted: Wanted) -> list[dict[str, Any]]:
    """How many users there were in the period, by the values of a metric or in all (``users``)."""
    dimension = {**METRICS, "users": Dimension.SESSIONS}.get(asked.text("metric"))
    if dimension is None:
        return []
    users = users_by_value(wanted.project, dimension, wanted.period)
    found = sorted(users.items(), key=lambda each: (-each[1], each[0]))
    return [{"_id": shown(value) or "users", "u": count} for value, count in found if count]


def _top_events(asked: Asked, wanted: Wanted) -> dict[str, Any]:
    """The events that were counted most in the period, and what all were, then and before."""
    period, project = wanted.period, wanted.project
    events, _ = events_and_segments(project.pk)
    ranges = [
        (day_bucket(first), day_bucket(last))
        for first, last in ((period.before_first, period.before_last), (period.first, period.last))
    ]
    begin = day_bucket(period.first)
    sums = {event: [0.0, 0.0, 0.0] for event in events}
    before = [0.0, 0.0, 0.0]
    for event, bucket, _, *counted in event_totals(project.pk, events, ranges):
        into = sums[event] if bucket >= begin else before
        for place, amount in enumerate(counted):
            into[place] += amount
    top = sorted((event for event in events if sums[event][0]), key=lambda each: -sums[each][0])
    limit = asked.text("limit")
    size = int(limit[:9]) if limit.isascii() and limit.isdecimal() else _USUAL_TOP
    names = ("count", "sum", "duration")
    total = [sum(sums[event][place] for event in events) for place in range(3)]
    return {
        "_id": app_id_of(project),
        "app_id": app_id_of(project),
        "period": asked.text("period") or "30days",
        "data": [
            {"name": event, **{n: number(s) for n, s in zip(names, sums[event], strict=True)}}
            for event in top[:size]
        ],
        **{f"total{n.title()}": number(s) for n, s in zip(names, total, strict=True)},
        **{f"prevTotal{n.title()}": number(s) for n, s in zip(names, before, strict=True)},
    }


_OTHERS = {
    "events": _events,
    "get_events": _get_events,
    "total_users": _total_users,
    "top_events": _top_events,
}
