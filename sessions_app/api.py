"""The native REST API of sessions: ``/api/v1/sessions/``, ``events/`` and ``players/``."""

from typing import Any, TypeVar
from uuid import UUID

from django.db.models import Model, QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.response import Response
from rest_framework.viewsets import ReadOnlyModelViewSet

from sessions_app.filters import (
    EventFilter,
    EventsOfSessionFilter,
    PlayerFilter,
    ProjectFilterBackend,
    SessionFilter,
    SessionsOfPlayerFilter,
)
from sessions_app.models import AppUser, Event, Player, Session
from sessions_app.selectors import app_users_of, sessions_of
from sessions_app.serializers import EventSerializer, PlayerSerializer, SessionSerializer
from telemetry import clock
from telemetry.api_views import PROJECT_PARAMETER, ProjectViewMixin

__all__ = ["EventViewSet", "PlayerViewSet", "SessionViewSet"]

Row = TypeVar("Row", bound=Model)


class GrowingViewSet(ProjectViewMixin, ReadOnlyModelViewSet[Row]):
    """What is common to tables whose key is a project and an id."""

    filter_backends = (ProjectFilterBackend,)
    ordering: Any = "-id"
    lookup_url_kwarg = "id"

    def rows(self) -> QuerySet[Row]:
        """All of the project."""
        raise NotImplementedError

    def get_queryset(self) -> QuerySet[Row]:
        if getattr(self, "swagger_fake_view", False):
            return super().get_queryset()
        return self.rows()

    def get_object(self) -> Row:
        try:
            pk = UUID(self.kwargs["id"])
        except ValueError:
            raise NotFound from None
        row = self.rows().filter(pk=pk).first()
        if row is None:
            raise NotFound
        self.check_object_permissions(self.request, row)
        return row

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "now": clock.now()}

    def _page(self, rows: QuerySet[Any]) -> Response:
        page = self.paginate_queryset(self.filter_queryset(rows))
        return self.get_paginated_response(self.get_serializer(page, many=True).data)


@extend_schema(parameters=[PROJECT_PARAMETER], tags=["sessions"])
@extend_schema_view(
    list=extend_schema(
        summary="List the project's sessions, newest first", description="Of all dialects."
    ),
    retrieve=extend_schema(summary="One session"),
)
class SessionViewSet(GrowingViewSet[Session]):
    """The sessions of a project."""

    serializer_class = SessionSerializer
    filterset_class = SessionFilter
    queryset = Session.objects.none()

    def rows(self) -> QuerySet[Session]:
        return sessions_of(self.project).select_related("server")

    @extend_schema(summary="A session's events, newest first", responses=EventSerializer(many=True))
    @action(detail=True, serializer_class=EventSerializer, filterset_class=EventsOfSessionFilter)
    def events(self, *_: Any, **__: Any) -> Response:
        session = self.get_object()
        return self._page(Event.objects.filter(project=self.project, session_id=session.pk))


@extend_schema(parameters=[PROJECT_PARAMETER], tags=["sessions"])
@extend_schema_view(
    list=extend_schema(
        summary="List the project's events, newest first",
        description="Of all sessions and users. How often they happened: `usage/events/`.",
    ),
    retrieve=extend_schema(summary="One event"),
)
class EventViewSet(GrowingViewSet[Event]):
    """What happened during the sessions of a project."""

    serializer_class = EventSerializer
    filterset_class = EventFilter
    queryset = Event.objects.none()

    def rows(self) -> QuerySet[Event]:
        return Event.objects.filter(project=self.project)


@extend_schema(parameters=[PROJECT_PARAMETER], tags=["sessions"])
@extend_schema_view(
    list=extend_schema(
        summary="List the project's players",
        description="Those of one server by name, else by id, which is an order without meaning.",
    ),
    retrieve=extend_schema(summary="One player"),
)
class PlayerViewSet(GrowingViewSet[Player]):
    """Those who play on the servers of a project, and the users of its apps."""

    serializer_class = PlayerSerializer
    filterset_class = PlayerFilter
    queryset = Player.objects.none()

    app_users: dict[UUID, AppUser] = {}

    @property
    def ordering(self) -> str:
        """Names are unique on a server only."""
        if self.action == "sessions":
            return "-id"
        return "name" if self.request.query_params.get("server") else "id"

    def rows(self) -> QuerySet[Player]:
        return Player.objects.filter(project=self.project).select_related("server")

    def get_object(self) -> Player:
        player = super().get_object()
        if self.action == "retrieve":
            self.app_users = app_users_of(self.project, [player])
        return player

    def paginate_queryset(self, queryset: Any) -> Any:
        page = super().paginate_queryset(queryset)
        if self.action == "list":
            self.app_users = app_users_of(self.project, page or [])
        return page

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "app_users": self.app_users}

    @extend_schema(
        summary="A player's sessions, newest first", responses=SessionSerializer(many=True)
    )
    @action(detail=True, serializer_class=SessionSerializer, filterset_class=SessionsOfPlayerFilter)
    def sessions(self, *_: Any, **__: Any) -> Response:
        sessions = sessions_of(self.project).filter(player_id=self.get_object().pk)
        return self._page(sessions.select_related("server"))
