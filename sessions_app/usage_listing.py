"""Lists of counters and of users of an app, row by row as they are stored: for the admin."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from django.db.models import Model, Q

from sessions_app.models import AppUser, Dimension, EventCounter, KnownName, UsageCounter
from telemetry.models import Project

__all__ = [
    "SIZES",
    "RowPage",
    "bucket_text",
    "counter_page",
    "event_counter_page",
    "event_keys",
    "user_page",
]

SIZES = {
    "year": (0, 9_999),
    "month": (100_000, 999_999),
    "week": (1_000_000, 9_999_999),
    "day": (10_000_000, 99_999_999),
    "hour": (1_000_000_000, 2**31 - 1),
}
"""What a bucket can be, and between which numbers they are."""
PAGE = 100
MOST_KEYS = 1000

Row = TypeVar("Row", bound=Model)
Place = tuple[int, str]


@dataclass(frozen=True, slots=True)
class RowPage(Generic[Row]):
    """Some rows; `more`: there is a page after them."""

    rows: Sequence[Row]
    more: bool


def _page(found: list[Row]) -> RowPage[Row]:
    return RowPage(found[:PAGE], len(found) > PAGE)


def user_page(
    project: Project, *, device_id: str = "", after: str | None = None
) -> RowPage[AppUser]:
    """Users in the order of their devices' ids, or the one of `device_id`."""
    users = AppUser.objects.filter(project=project).order_by("device_id")
    if "\0" in device_id + (after or ""):
        return RowPage([], False)
    if device_id:
        users = users.filter(device_id=device_id)
    if after is not None:
        users = users.filter(device_id__gt=after)
    return _page(list(users[: PAGE + 1]))


def counter_page(
    project: Project, dimension: Dimension, size: str, *, after: Place | None = None
) -> RowPage[UsageCounter]:
    """Counters of a dimension in buckets of this size, newest first."""
    low, high = SIZES[size]
    rows = UsageCounter.objects.filter(
        _following(after), project=project, dimension=dimension, bucket__range=(low, high)
    )
    return _page(list(rows.order_by("-bucket", "value")[: PAGE + 1]))


def event_counter_page(
    project: Project, event: str, segment: str, size: str, *, after: Place | None = None
) -> RowPage[EventCounter]:
    """Counters of an event, or of a segment of it, in buckets of this size, newest first."""
    if "\0" in event + segment:
        return RowPage([], False)
    low, high = SIZES[size]
    rows = EventCounter.objects.filter(
        _following(after), project=project, event=event, segment=segment, bucket__range=(low, high)
    )
    return _page(list(rows.order_by("-bucket", "value")[: PAGE + 1]))


def _following(place: Place | None) -> Q:
    if place is None:
        return Q()
    bucket, value = place
    if "\0" in value or abs(bucket) >= 2**31:
        return Q(pk__in=[])
    return Q(bucket__lte=bucket) & (Q(bucket__lt=bucket) | Q(value__gt=value))


def event_keys(project: Project) -> list[str]:
    """The events of a project, in the order of their letters."""
    names = KnownName.objects.filter(project=project, dimension=Dimension.EVENT)
    return list(names.order_by("event").values_list("event", flat=True)[:MOST_KEYS])


def bucket_text(bucket: int) -> str:
    """As people read it: 2012, 2012-07, 2012 week 29, 2012-07-20, 2012-07-20 14:00."""
    text = str(bucket)
    if len(text) == 4:
        return text
    if len(text) == 6:
        return f"{text[:4]}-{text[4:]}"
    if len(text) == 7:
        return f"{text[:4]} week {int(text[4:])}"
    day = f"{text[:4]}-{text[4:6]}-{text[6:8]}"
    return day if len(text) == 8 else f"{day} {text[8:]}:00"
