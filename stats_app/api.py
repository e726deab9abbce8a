"""The native REST API of stats: ``/api/v1/stats/``."""

import csv
import io
from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.viewsets import ModelViewSet

from stats_app import services
from stats_app.filters import KINDS, StatFilter
from stats_app.models import Stat
from stats_app.selectors import AGGREGATIONS, aggregation_of, series, stats_of
from stats_app.serializers import SeriesQuery, SeriesSerializer, StatSerializer, iso
from telemetry.api_views import PROJECT_PARAMETER, ProjectViewMixin

__all__ = ["StatViewSet"]


class CSVRenderer(BaseRenderer):
    """A series as a table with the columns time, value and count."""

    media_type = "text/csv"
    format = "csv"
    charset = "utf-8"

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,  # noqa: ARG002 - DRF's signature
        renderer_context: Any = None,  # noqa: ARG002
    ) -> str:
        text = io.StringIO()
        table = csv.writer(text)
        table.writerow(["time", "value", "count"])
        table.writerows([point["time"], point["value"], point["count"]] for point in data["points"])
        return text.getvalue()


@extend_schema(parameters=[PROJECT_PARAMETER], tags=["stats"])
@extend_schema_view(
    list=extend_schema(summary="List the project's stats, by name"),
    retrieve=extend_schema(summary="One stat"),
    create=extend_schema(summary="Make a stat"),
    update=extend_schema(summary="Rename a stat, or change its unit or publicity"),
    partial_update=extend_schema(summary="Change some of a stat"),
    destroy=extend_schema(summary="Delete a stat and all that it has received"),
)
class StatViewSet(ProjectViewMixin, ModelViewSet[Stat]):
    """The counters and values of a project."""

    serializer_class = StatSerializer
    filterset_class = StatFilter
    queryset = Stat.objects.none()
    ordering = "name"

    def get_queryset(self) -> QuerySet[Stat]:
        if getattr(self, "swagger_fake_view", False):
            return super().get_queryset()
        return stats_of(self.project)

    def get_serializer_context(self) -> dict[str, Any]:
        context = dict(super().get_serializer_context())
        if not getattr(self, "swagger_fake_view", False):
            context |= {"project": self.project, "manages": self.allows("manage")}
        return context

    def perform_update(self, serializer: BaseSerializer[Stat]) -> None:
        try:
            serializer.save()
        except Stat.DoesNotExist as error:
            raise NotFound from error

    def perform_destroy(self, instance: Stat) -> None:
        services.delete_stats(project=self.project, stat_ids=[instance.pk])

    @extend_schema(
        summary="What a stat has received, step by step",
        description="JSON, or CSV with `?format=csv` or `Accept: text/csv`.",
        parameters=[SeriesQuery],
        responses={
            (200, "application/json"): SeriesSerializer,
            (200, "text/csv"): OpenApiResponse(OpenApiTypes.STR, "time,value,count"),
        },
    )
    @action(
        detail=True,
        renderer_classes=[JSONRenderer, CSVRenderer],
        filterset_class=None,
        pagination_class=None,
    )
    def series(self, request: Request, pk: str | None = None) -> Response:  # noqa: ARG002
        stat = self.get_object()
        query = SeriesQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        wanted = query.validated_data
        step, aggregation = wanted["step"], wanted.get("aggregation") or aggregation_of(stat.kind)
        try:
            bins = series(stat=stat, since=wanted["from"], until=wanted["to"], step=step)
        except ValueError as error:
            raise ValidationError({"step": [str(error)]}) from error
        value_of = AGGREGATIONS[aggregation]
        headers = {}
        if isinstance(request.accepted_renderer, CSVRenderer):
            headers["Content-Disposition"] = f'attachment; filename="stat-{stat.pk}.csv"'
        return Response(
            {
                "stat": {
                    "id": stat.pk,
                    "name": stat.name,
                    "kind": next(word for word, kind in KINDS.items() if kind == stat.kind),
                    "unit": stat.unit,
                },
                "from": iso(bins[0].start),
                "to": iso(bins[-1].start + timedelta(seconds=step)),
                "step": step,
                "aggregation": aggregation,
                "points": [
                    {"time": iso(bin_.start), "value": value_of(bin_), "count": bin_.count}
                    for bin_ in bins
                ],
            },
            headers=headers,
        )
