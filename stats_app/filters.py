"""What lists of stats can be narrowed down by."""

from datetime import datetime
from typing import Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field

from stats_app.models import Stat
from telemetry.times import parse_time

__all__ = ["StatFilter"]


class TimeFormField(forms.CharField):
    def clean(self, value: Any) -> datetime | None:
        text = super().clean(value)
        try:
            return parse_time(text) if text else None
        except ValueError as error:
            raise ValidationError(str(error)) from error


@extend_schema_field(OpenApiTypes.STR)
class TimeFilter(django_filters.Filter):  # type: ignore[misc]
    """An instant: ISO 8601 or unix seconds."""

    field_class = TimeFormField


class StatFilter(django_filters.FilterSet):  # type: ignore[misc]
    name = django_filters.CharFilter(lookup_expr="icontains", help_text="A part of its name.")
    exact_name = django_filters.CharFilter(field_name="name", help_text="Its whole name.")
    kind = django_filters.TypedChoiceFilter(
        choices=[(kind.label, kind.label) for kind in Stat.Kind],
        coerce=lambda word: next(kind.value for kind in Stat.Kind if kind.label == word),
        help_text="counter or value",
    )
    # Not a BooleanFilter, to which every word that it does not know means "all".
    public = django_filters.TypedChoiceFilter(
        choices=[("true", "true"), ("false", "false")],
        coerce=lambda word: word == "true",
        help_text="true or false",
    )
    active_since = TimeFilter(
        field_name="last_received_at",
        lookup_expr="gte",
        help_text="Received something then or later: ISO 8601 or unix seconds.",
    )
    inactive_since = TimeFilter(
        method="filter_inactive", help_text="Has received nothing since, or never anything."
    )

    def filter_inactive(
        self,
        queryset: QuerySet[Stat],
        name: str,  # noqa: ARG002 - the signature that django-filter calls
        value: datetime,
    ) -> QuerySet[Stat]:
        return queryset.filter(Q(last_received_at=None) | Q(last_received_at__lt=value))
