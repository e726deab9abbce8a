"""The native REST API of rejected input: ``/api/v1/rejected/``."""

from datetime import datetime
from typing import Any

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.mixins import ListModelMixin
from rest_framework.viewsets import GenericViewSet

from telemetry.api_views import PROJECT_PARAMETER, ProjectViewMixin
from telemetry.fields import TimeField
from telemetry.filters import TimeFilter, word_choices
from telemetry.ids import first_id
from telemetry.models import RejectedInput
from telemetry.rejected.selectors import rejected_of

__all__ = ["RejectedViewSet"]

Rows = QuerySet[RejectedInput]


class RejectedSerializer(serializers.ModelSerializer[RejectedInput]):
    at = TimeField(help_text="When it came.")

    class Meta:
        model = RejectedInput
        fields = ["id", "at", "dialect", "status", "path", "reason", "what", "more"]
        read_only_fields = fields


class RejectedFilter(django_filters.FilterSet):  # type: ignore[misc]
    dialect = django_filters.ChoiceFilter(
        choices=word_choices(*RejectedInput.Dialect.values),
        help_text="The protocol that it came by.",
    )
    since = TimeFilter(
        method="filter_since", help_text="Came then or later: ISO 8601 or unix seconds."
    )
    until = TimeFilter(method="filter_until", help_text="As `since`; came before.")

    # By the ids, which tell the time in whole milliseconds, cut off: so the borders are a
    # millisecond further out. The signatures are what django-filter calls.

    def filter_since(self, queryset: Rows, name: str, value: datetime) -> Rows:  # noqa: ARG002
        return queryset.filter(id__gte=first_id(value.timestamp() - 0.001), at__gte=value)

    def filter_until(self, queryset: Rows, name: str, value: datetime) -> Rows:  # noqa: ARG002
        return queryset.filter(id__lt=first_id(value.timestamp() + 0.001), at__lt=value)


@extend_schema(parameters=[PROJECT_PARAMETER], tags=["rejected"])
@extend_schema_view(
    list=extend_schema(
        summary="List what was rejected of what clients sent, newest first",
        description="Of all dialects, secrets masked. `status` is what the client was told: 2xx if "
        "only a part was not counted. Of a flood of the like a few are kept, and `more` of them "
        "are counted. Only the newest are kept.",
    )
)
class RejectedViewSet(ProjectViewMixin, ListModelMixin, GenericViewSet[RejectedInput]):
    """The log of rejected input of a project."""

    serializer_class = RejectedSerializer
    filterset_class = RejectedFilter
    queryset = RejectedInput.objects.none()
    ordering: Any = "-id"

    def get_queryset(self) -> QuerySet[RejectedInput]:
        if getattr(self, "swagger_fake_view", False):
            return super().get_queryset()
        return rejected_of(self.project)
