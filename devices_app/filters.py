"""What lists of devices and of their beats can be narrowed down by."""

from datetime import datetime

import django_filters
from django.db.models import Q, QuerySet

from devices_app.models import Beat, Device
from devices_app.selectors import beats_between, in_state
from devices_app.state import State
from telemetry.filters import TimeFilter, word_choices

__all__ = ["BeatFilter", "DeviceFilter"]

Devices = QuerySet[Device]
Beats = QuerySet[Beat]


# The signatures of methods are what django-filter calls, and the schema is made from them.


class DeviceFilter(django_filters.FilterSet):  # type: ignore[misc]
    name = django_filters.CharFilter(lookup_expr="icontains", help_text="A part of its name.")
    exact_name = django_filters.CharFilter(
        field_name="name", strip=False, help_text="Its whole name."
    )
    state = django_filters.ChoiceFilter(
        choices=word_choices(*State),
        method="filter_state",
        help_text="active: its last beat came in the last 5 minutes; away: in the last 48 hours; "
        "missing: before that; never: none ever came.",
    )
    seen_since = TimeFilter(
        field_name="last_beat_at",
        lookup_expr="gte",
        help_text="Has beaten then or later: ISO 8601 or unix seconds.",
    )
    silent_since = TimeFilter(
        method="filter_silent", help_text="Has not beaten since, or never at all."
    )

    def filter_state(self, queryset: Devices, name: str, value: str) -> Devices:  # noqa: ARG002
        return queryset.filter(in_state(State(value)))

    def filter_silent(self, queryset: Devices, name: str, value: datetime | None) -> Devices:  # noqa: ARG002
        return queryset.filter(Q(last_beat_at=None) | Q(last_beat_at__lt=value))


class BeatFilter(django_filters.FilterSet):  # type: ignore[misc]
    since = TimeFilter(
        method="filter_since", help_text="Came then or later: ISO 8601 or unix seconds."
    )
    until = TimeFilter(method="filter_until", help_text="As `since`; came before.")

    def filter_since(self, queryset: Beats, name: str, value: datetime | None) -> Beats:  # noqa: ARG002
        return beats_between(queryset, since=value)

    def filter_until(self, queryset: Beats, name: str, value: datetime | None) -> Beats:  # noqa: ARG002
        return beats_between(queryset, until=value)
