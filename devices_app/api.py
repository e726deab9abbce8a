"""The native REST API of devices: ``/api/v1/devices/``."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.viewsets import ModelViewSet

from devices_app import services
from devices_app.filters import BeatFilter, DeviceFilter
from devices_app.models import Device
from devices_app.selectors import absences_of, beats_of, device_of, devices_of, hours_of
from devices_app.serializers import (
    AbsenceSerializer,
    BeatSerializer,
    DeviceSerializer,
    HourSerializer,
    RegisteredSerializer,
)
from telemetry import clock
from telemetry.api_views import PROJECT_PARAMETER, ProjectViewMixin

__all__ = ["DeviceViewSet"]


@extend_schema(parameters=[PROJECT_PARAMETER], tags=["devices"])
@extend_schema_view(
    list=extend_schema(summary="List the project's devices, by id"),
    retrieve=extend_schema(summary="One device"),
    create=extend_schema(
        summary="Register a device",
        description="Its token is in the answer, and is never shown again.",
        responses={201: RegisteredSerializer},
    ),
    update=extend_schema(summary="Rename a device"),
    partial_update=extend_schema(summary="Rename a device"),
    destroy=extend_schema(summary="Delete a device and all its beats"),
)
class DeviceViewSet(ProjectViewMixin, ModelViewSet[Device]):
    """The devices of a project, which are known by their numbers."""

    serializer_class = DeviceSerializer
    filterset_class = DeviceFilter
    queryset = Device.objects.none()
    ordering = "number"
    lookup_field = "number"
    lookup_url_kwarg = "id"

    def get_queryset(self) -> QuerySet[Device]:
        if getattr(self, "swagger_fake_view", False):
            return super().get_queryset()
        return devices_of(self.project)

    def get_object(self) -> Device:
        device = device_of(self.project, self.kwargs["id"])
        if device is None:
            raise NotFound
        self.check_object_permissions(self.request, device)
        return device

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "now": clock.now()}

    def create(self, request: Request, *_: Any, **__: Any) -> Response:
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        return self._registered(
            services.create_device(project=self.project, **serializer.validated_data)
        )

    def perform_update(self, serializer: BaseSerializer[Device]) -> None:
        try:
            serializer.save()
        except Device.DoesNotExist as error:
            raise NotFound from error

    def perform_destroy(self, instance: Device) -> None:
        if not services.delete_devices(project=self.project, numbers=[instance.number]):
            raise NotFound

    @extend_schema(
        summary="Give a device a new token",
        description="The one that it had is refused from its next beat on.",
        request=None,
        responses={201: RegisteredSerializer},
    )
    @action(detail=True, methods=["post"])
    def token(self, *_: Any, **__: Any) -> Response:
        fresh = services.regenerate_tokens(devices=[self.get_object()])
        if not fresh:
            raise NotFound
        return self._registered(fresh[0])

    @extend_schema(
        summary="A device's beats, newest first",
        description="All that ever came, or those between two times.",
        responses=BeatSerializer(many=True),
    )
    @action(
        detail=True, serializer_class=BeatSerializer, filterset_class=BeatFilter, ordering="-id"
    )
    def beats(self, *_: Any, **__: Any) -> Response:
        return self._page(beats_of(self.get_object()))

    @extend_schema(
        summary="When a device was silent for an hour or longer, newest first",
        description="An absence is listed once it has ended.",
        responses=AbsenceSerializer(many=True),
    )
    @action(
        detail=True,
        serializer_class=AbsenceSerializer,
        filterset_class=None,
        ordering="-started_at",
    )
    def absences(self, *_: Any, **__: Any) -> Response:
        return self._page(absences_of(self.get_object()))

    @extend_schema(
        summary="How often a device beat, by the hour, newest first",
        description="Hours without beats are left out.",
        responses=HourSerializer(many=True),
    )
    @action(detail=True, serializer_class=HourSerializer, filterset_class=None, ordering="-start")
    def hours(self, *_: Any, **__: Any) -> Response:
        return self._page(hours_of(self.get_object()))

    def _registered(self, new: services.Registered) -> Response:
        return Response({**self.get_serializer(new.device).data, "token": new.token}, status=201)

    def _page(self, rows: QuerySet[Any]) -> Response:
        page = self.paginate_queryset(self.filter_queryset(rows))
        return self.get_paginated_response(self.get_serializer(page, many=True).data)
