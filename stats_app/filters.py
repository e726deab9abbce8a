"""What lists of stats can be narrowed down by."""

from datetime import datetime

import django_filters
from django.db.models import Q, QuerySet

from stats_app.models import Stat
from telemetry.filters import TimeFilter, word_choices

__all__ = ["KINDS", "StatFilter"]

KINDS = {kind.label: kind.value for kind in Stat.Kind}
Stats = QuerySet[Stat]


class StatFilter(django_filters.FilterSet):  # type: ignore[misc]
    name = django_filters.CharFilter(lookup_expr="icontains", help_text="A part of its name.")
    exact_name = django_filters.CharFilter(field_name="name", help_text="Its whole name.")
    kind = django_filters.ChoiceFilter(choices=word_choices(*KINDS), method="filter_kind")
    # Not a BooleanFilter, to which every word that it does not know means "all".
    public = django_filters.ChoiceFilter(
        choices=word_choices("true", "false"), method="filter_public"
    )
    active_since = TimeFilter(
        field_name="last_received_at",
        lookup_expr="gte",
        help_text="Received something then or later: ISO 8601 or unix seconds.",
    )
    inactive_since = TimeFilter(
        method="filter_inactive", help_text="Has received nothing since, or never anything."
    )

    # The signatures are what django-filter calls, and the schema is made from them.

    def filter_kind(self, queryset: Stats, name: str, value: str) -> Stats:  # noqa: ARG002
        return queryset.filter(kind=KINDS[value])

    def filter_public(self, queryset: Stats, name: str, value: str) -> Stats:  # noqa: ARG002
        return queryset.filter(public=value == "true")

    def filter_inactive(self, queryset: Stats, name: str, value: datetime | None) -> Stats:  # noqa: ARG002
        return queryset.filter(Q(last_received_at=None) | Q(last_received_at__lt=value))
