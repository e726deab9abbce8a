"""Countly's documents of what was counted, in the two shapes that its servers have had.

CLASSIC (12.08, and to 14.08): one document for each method, with the whole history, the app's
``_id`` and, in ``meta``, the names that are in it. MERGED (from 15.03 on): sessions, users and
locations are one document, and so are versions of the app and details of devices; only the months
that the period and the one before touch are there, with the weeks of their years, and no ``_id``.
There a year has of sessions, requests, seconds and events what the months shown have, and of users
and ranges what the year has.

An app of which nothing was counted yet is ``{"2012": {}}``, with the present year, or ``{}``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, NamedTuple

from sessions_app.counters import (
    ALL_BUCKETS,
    Dimension,
    counted_names,
    event_counters,
    event_names,
    event_totals,
    events_and_segments,
    first_event,
    usage_counters,
)
from sessions_app.dialects.countly.access import app_id_of
from sessions_app.usage.buckets import day_bucket, is_week, month_bucket
from sessions_app.usage.documents import Document, UsageRow, add_events, add_usage, shown
from sessions_app.usage.periods import Period, Ranges, ranges_of
from telemetry.access import Project

__all__ = [
    "CLASSIC",
    "MERGED",
    "Wanted",
    "document_of",
    "event_document",
    "event_list",
    "events_document",
]

_SESSIONS, _COUNTRY = int(Dimension.SESSIONS), int(Dimension.COUNTRY)
_FREQUENCY, _LOYALTY, _DURATION = (
    int(Dimension.FREQUENCY),
    int(Dimension.LOYALTY),
    int(Dimension.DURATION),
)
_DEVICE_DETAILS = {
    int(Dimension.OS): "os",
    int(Dimension.OS_VERSION): "os_versions",
    int(Dimension.RESOLUTION): "resolutions",
}
_APP_VERSIONS = {int(Dimension.APP_VERSION): "app_versions"}
_COUNTRIES = {_COUNTRY: "countries"}
_OWN = {
    "cities": {int(Dimension.CITY): "cities"},
    "carriers": {int(Dimension.CARRIER): "carriers"},
    "devices": {int(Dimension.DEVICE): "devices"},
}
_D_RANGES, _F_RANGES, _L_RANGES = (
    {_DURATION: "d-ranges"},
    {_FREQUENCY: "f-ranges"},
    {_LOYALTY: "l-ranges"},
)
_RANGES = {_DURATION: "ds", _FREQUENCY: "f", _LOYALTY: "l"}

Shape = Mapping[str, Mapping[int, str]]
"""By method: the dimensions that its document has, each by the name that it has in `meta`."""

CLASSIC: Shape = {
    "sessions": {_SESSIONS: "", **_D_RANGES},
    "users": {**_F_RANGES, **_L_RANGES},
    "locations": _COUNTRIES,
    "countries": _COUNTRIES,
    "app_versions": _APP_VERSIONS,
    "device_details": _DEVICE_DETAILS,
    **_OWN,
}
_ALL_OF_SESSIONS = {_SESSIONS: "", **_COUNTRIES, **_F_RANGES, **_D_RANGES}
_ALL_OF_DEVICES = {**_DEVICE_DETAILS, **_APP_VERSIONS}
MERGED: Shape = {
    "sessions": _ALL_OF_SESSIONS,
    "users": _ALL_OF_SESSIONS,
    "locations": _ALL_OF_SESSIONS,
    "countries": _COUNTRIES,
    "app_versions": _ALL_OF_DEVICES,
    "device_details": _ALL_OF_DEVICES,
    **_OWN,
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Of which app, in which shape and how much: all (or the period) if it is no `refresh`."""

    project: Project
    today: date
    is_refresh: bool
    is_merged: bool
    period: Period

    @property
    def ranges(self) -> Ranges:
        day = day_bucket(self.today)
        if self.is_refresh:
            return [(day, day), (day * 100, day * 100 + 23)]
        if not self.is_merged:
            return ALL_BUCKETS
        return ranges_of(self.period.before_first, self.period.last)

    @property
    def years(self) -> tuple[int, int]:
        """Those whose names are in `meta`."""
        if not self.is_merged:
            return 0, 9999
        return self.period.before_first.year, self.period.last.year

    def begin(self) -> Document:
        """A document; of a refresh with the month, which who reads it may rely on."""
        document = Document()
        if self.is_refresh:
            document.at(month_bucket(self.today))
        return document

    def nothing(self) -> dict[str, Any]:
        return {} if self.is_merged else {str(self.today.year): {}}


def document_of(wanted: Wanted, method: str) -> dict[str, Any]:
    """The document of a method other than those of events."""
    kinds = (MERGED if wanted.is_merged else CLASSIC)[method]
    project_id = wanted.project.pk
    names = counted_names(project_id, list(kinds), wanted.years)
    if not names:
        return wanted.nothing()
    rows = usage_counters(project_id, list(kinds), wanted.ranges)
    if not wanted.is_merged:
        # As 12.08, which had no lengths of sessions by week.
        rows = [row for row in rows if row[0] != _DURATION or not is_week(row[1])]
    document = wanted.begin()
    if wanted.is_merged and wanted.is_refresh:
        _add_unique(wanted, document, list(kinds))
    add_usage(
        document,
        rows,
        ranges=_RANGES,
        plain=_SESSIONS,
        by_months=wanted.is_merged and not wanted.is_refresh,
    )
    if wanted.is_merged and not document.years:
        return {}
    meta: dict[str, list[str]] = {}
    for dimension, value, is_known in names:
        if is_known:
            name = value if dimension in _RANGES else shown(value)
            known = meta.setdefault(kinds[dimension], [])
            if name not in known:
                known.append(name)
    return _finished(wanted, document, meta)


def _add_unique(wanted: Wanted, document: Document, dimensions: list[int]) -> None:
    """From 12.12 on, a refresh tells of the users of the year and the month as well."""
    month = month_bucket(wanted.today)
    own = [each for each in dimensions if each not in _RANGES]
    both = [(wanted.today.year, wanted.today.year), (month, month)]
    rows: list[UsageRow] = [
        (dimension, bucket, value, 0, 0, u, 0, 0)
        for dimension, bucket, value, _, _, u, _, _ in usage_counters(wanted.project.pk, own, both)
    ]
    add_usage(document, rows, ranges=_RANGES, plain=_SESSIONS)


def _finished(
    wanted: Wanted, document: Document, meta: Mapping[str, Any], doc_id: str = ""
) -> dict[str, Any]:
    named = {} if wanted.is_merged else {"_id": doc_id or app_id_of(wanted.project)}
    return {**named, **document.years, **({"meta": meta} if meta else {})}


# Events


def event_list(project: Project) -> dict[str, Any]:
    """The events that there are, and the segments of those that have any."""
    events, segments = events_and_segments(project.pk)
    if not events:
        return {}
    found: dict[str, Any] = {"_id": app_id_of(project), "list": events}
    return {**found, "segments": segments} if segments else found


class _Segment(NamedTuple):
    key: str
    # As it is shown, since two names have a meaning of their own among those of segments.
    name: str
    values: list[str]


def event_document(wanted: Wanted, event: str, segment: str) -> Any:
    """What was counted of an event; of that which was seen first if none is named.

    CLASSIC: a list of documents, in all (``no-segment``) and by each segment. MERGED: one, in all
    or by this `segment`.
    """
    project_id = wanted.project.pk
    event = event or first_event(project_id)
    if not event:
        return {}
    names = event_names(project_id, event)
    if not names.is_known:
        return wanted.nothing()
    segments = [_segment(key, values) for key, values in names.segments.items()]
    meta: dict[str, Any] = {each.name: each.values for each in segments}
    if segments:
        meta["segments"] = [each.name for each in segments]
    if wanted.is_merged:
        key = next((each.key for each in segments if each.name == segment), "")
        return _event(wanted, event, [key], {key: ("", meta)})[0]
    documents = {"": ("no-segment", meta), **{each.key: (each.name, {}) for each in segments}}
    return _event(wanted, event, list(documents), documents)


def _segment(key: str, values: list[str]) -> _Segment:
    name = f"[CLY]{key}" if key in {"no-segment", "segments"} else key
    return _Segment(key, name, [shown(value, beside_weeks=False) for value in values])


def _event(
    wanted: Wanted, event: str, segments: list[str], documents: Mapping[str, tuple[str, Any]]
) -> list[dict[str, Any]]:
    counters = event_counters(wanted.project.pk, event, segments, wanted.ranges)
    found = []
    for segment in segments:
        document = wanted.begin()
        by_months = wanted.is_merged and not wanted.is_refresh
        add_events(document, counters[segment], of_values=segment != "", by_months=by_months)
        name, meta = documents[segment]
        found.append(_finished(wanted, document, meta, name))
    return found


def events_document(wanted: Wanted, events: list[str]) -> dict[str, Any]:
    """What was counted of some events together, each once: no ``_id``, no ``meta``."""
    if not events:
        return {}
    document = Document()
    whole = replace(wanted, is_refresh=False)
    rows = event_totals(wanted.project.pk, list(dict.fromkeys(events)), whole.ranges)
    add_events(document, [row[1:] for row in rows], by_months=wanted.is_merged)
    return document.years
