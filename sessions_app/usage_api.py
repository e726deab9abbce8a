"""The native REST API of what Countly's dialect counts: ``/api/v1/usage/``.

Documents of counters, never lists of what was sent; those are ``sessions/`` and ``events/``.
"""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.viewsets import GenericViewSet

from sessions_app import event_reports
from sessions_app.models import Dimension, KnownName
from sessions_app.usage.report import Period
from sessions_app.usage.words import DIMENSIONS
from sessions_app.usage_reports import rankings, usage_series
from sessions_app.usage_serializers import (
    EventListSerializer,
    EventSeriesQuery,
    EventSeriesSerializer,
    EventValuesQuery,
    EventValuesSerializer,
    NameSerializer,
    NamesQuery,
    PeriodQuery,
    UsageQuery,
    UsageSeriesSerializer,
    UsageValuesSerializer,
    ValuesQuery,
    event_totals,
    period_fields,
    totals,
)
from telemetry import clock
from telemetry.api_views import PROJECT_PARAMETER, ProjectViewMixin

__all__ = ["UsageViewSet"]

_NAMES = {
    "event": Dimension.EVENT,
    "segment": Dimension.SEGMENT,
    "segment_value": Dimension.SEGMENT_VALUE,
}
_of_project = extend_schema(parameters=[PROJECT_PARAMETER], tags=["usage"])


@_of_project
class UsageViewSet(ProjectViewMixin, GenericViewSet[KnownName]):
    """How an app is used."""

    serializer_class = NameSerializer
    queryset = KnownName.objects.none()
    filter_backends = ()
    # By the end of the primary key, whatever it is that names are of.
    ordering: Any = ("event", "segment", "value")

    def _asked(self, request: Request, query: type[BaseSerializer[Any]]) -> dict[str, Any]:
        today = clock.now().astimezone(self.project.zone).date()
        parameters = query(data=request.query_params, context={"today": today})
        parameters.is_valid(raise_exception=True)
        found: dict[str, Any] = parameters.validated_data
        return found

    def _of(self, period: Period) -> dict[str, Any]:
        return period_fields(period, self.project.timezone)

    @extend_schema(
        summary="Sessions and users, step by step",
        description="Of all sessions, or of those of one value of a dimension.",
        parameters=[UsageQuery],
        responses=UsageSeriesSerializer,
    )
    def list(self, request: Request) -> Response:
        asked = self._asked(request, UsageQuery)
        period, unit = asked["period"], asked["resolution"]
        dimension, value = DIMENSIONS[asked["dimension"]], asked.get("value", "")
        found, points = usage_series(self.project, period, unit, dimension, value)
        return Response(
            {
                **self._of(period),
                "dimension": asked["dimension"],
                "value": asked.get("value"),
                "resolution": unit.value,
                "totals": totals(found),
                "points": [{"time": each.step.key, **totals(each.totals)} for each in points],
            }
        )

    @extend_schema(
        summary="The values of a dimension with most sessions",
        description="Such as countries, or ranges of lengths; against the period before.",
        parameters=[ValuesQuery],
        responses=UsageValuesSerializer,
    )
    @action(detail=False, pagination_class=None)
    def values(self, request: Request) -> Response:
        asked = self._asked(request, ValuesQuery)
        period, dimension = asked["period"], DIMENSIONS[asked["dimension"]]
        (ranking,) = rankings(self.project, period, [dimension], asked["limit"])
        return Response(
            {
                **self._of(period),
                "dimension": asked["dimension"],
                "count": ranking.count,
                "sessions": ranking.all,
                "values": [
                    {
                        "value": row.value,
                        "label": row.label,
                        "share": round(row.share, 2),
                        "totals": totals(row.totals),
                        "before": totals(row.before),
                    }
                    for row in ranking.rows
                ],
            }
        )

    @extend_schema(
        summary="All names that were ever counted under",
        description="Of values, events, segments and their values, in the order of their letters.",
        parameters=[NamesQuery],
        responses=NameSerializer(many=True),
    )
    @action(detail=False)
    def names(self, request: Request) -> Response:
        query = NamesQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        asked = query.validated_data
        word = asked["dimension"]
        page = self.paginate_queryset(self._names(word, asked))
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    def _names(self, word: str, asked: dict[str, Any]) -> QuerySet[KnownName]:
        names = KnownName.objects.filter(
            project=self.project, dimension=_NAMES.get(word) or DIMENSIONS[word]
        )
        column = word if word in {"event", "segment"} else "value"
        self.ordering = column
        if word not in _NAMES:
            return names.filter(event="", segment="")
        return names.filter(**{name: asked[name] for name in ("event", "segment") if name in asked})

    @extend_schema(
        summary="The events of a period",
        description="The most frequent first, with what they sum up to, against the period before.",
        parameters=[PeriodQuery],
        responses=EventListSerializer,
    )
    @action(detail=False, pagination_class=None)
    def events(self, request: Request) -> Response:
        period = self._asked(request, PeriodQuery)["period"]
        return Response(
            {
                **self._of(period),
                "events": [
                    {
                        "event": row.event,
                        "share": round(row.share, 2),
                        "totals": event_totals(row.totals),
                        "before": event_totals(row.before),
                    }
                    for row in event_reports.event_rows(self.project, period)
                ],
            }
        )

    @extend_schema(
        summary="One event, step by step",
        description="In all, or of one value of a segment.",
        parameters=[EventSeriesQuery],
        responses=EventSeriesSerializer,
    )
    @action(detail=False, pagination_class=None, url_path="events/series")
    def event_series(self, request: Request) -> Response:
        asked = self._asked(request, EventSeriesQuery)
        period, unit = asked["period"], asked["resolution"]
        self._check_event(asked["event"])
        segment, value = asked.get("segment"), asked.get("value")
        report = event_reports.event_report(
            self.project,
            period,
            asked["event"],
            unit=unit,
            segment=segment or "",
            value=value or "",
        )
        steps = zip(report.steps, report.points, strict=True)
        return Response(
            {
                **self._of(period),
                "event": asked["event"],
                "segment": segment,
                "value": value,
                "resolution": unit.value,
                "totals": event_totals(report.totals),
                "points": [{"time": step.key, **event_totals(found)} for step, found in steps],
            }
        )

    @extend_schema(
        summary="The values of an event's segment that were counted most",
        parameters=[EventValuesQuery],
        responses=EventValuesSerializer,
    )
    @action(detail=False, pagination_class=None, url_path="events/values")
    def event_values(self, request: Request) -> Response:
        asked = self._asked(request, EventValuesQuery)
        period, event, segment = asked["period"], asked["event"], asked["segment"]
        self._check_event(event)
        ranking = event_reports.segment_ranking(
            self.project, period, event, segment, asked["limit"]
        )
        return Response(
            {
                **self._of(period),
                "event": event,
                "segment": segment,
                "count": ranking.count,
                "values": [
                    {
                        "value": row.value,
                        "label": row.label,
                        "share": round(row.share, 2),
                        "totals": event_totals(row.totals),
                        "before": event_totals(row.before),
                    }
                    for row in ranking.rows
                ],
            }
        )

    def _check_event(self, event: str) -> None:
        if not event_reports.knows_event(self.project, event):
            raise NotFound("There is no such event.")
