"""What lists of stats can be narrowed down by."""

from datetime import datetime
from typing import Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet

from stats_app.models import Stat
from telemetry.times import parse_time

__all__ = ["KINDS", "StatFilter"]

KINDS = {kind.label: kind.value for kind in Stat.Kind}
Stats = QuerySet[Stat]


class TimeFormField(forms.CharField):
    def clean(self, value: Any) -> datetime | None:
        text = super().clean(value)
        try:
            return parse_time(text) if text else None
        except ValueError as error:
            raise ValidationError(str(error)) from error


class TimeFilter(django_filters.CharFilter):  # type: ignore[misc]
    """An instant: ISO 8601 or unix seconds."""

    field_class = TimeFormField


def _words(*words: str) -> list[tuple[str, str]]:
    return [(word, word) for word in words]


class StatFilter(django_filters.FilterSet):  # type: ignore[misc]
    name = django_filters.CharFilter(lookup_expr="icontains", help_text="A part of its name.")
    exact_name = django_filters.CharFilter(field_name="name", help_text="Its whole name.")
    kind = django_filters.ChoiceFilter(choices=_words(*KINDS), method="filter_kind")
    # Not a BooleanFilter, to which every word that it does not know means "all".
    public = django_filters.ChoiceFilter(choices=_words("true", "false"), method="filter_public")
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
