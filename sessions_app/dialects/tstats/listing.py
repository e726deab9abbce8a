"""What TStats' clients read: ``GET sessions/``, newest first, page by page; and one session."""

from datetime import datetime
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

import django_filters
from django import forms
from django.core.exceptions import ValidationError as DjangoValidationError
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.viewsets import GenericViewSet

from sessions_app.dialects.tstats.log import note_reading
from sessions_app.dialects.tstats.words import (
    BadField,
    error,
    no_project,
    reply,
    time_text,
    to_time,
)
from sessions_app.keys import parse_public_id, public_id
from sessions_app.selectors import duration_of, sessions_between, tstats_sessions
from telemetry import clock
from telemetry.access import default_project, may_see, project_of_app_key, token_in
from telemetry.api import CursorPagination
from telemetry.door.call import problem_of
from telemetry.door.http import Problem
from telemetry.door.urls import HotReply

__all__ = ["SessionListing"]


class _TimeField(forms.CharField):
    def clean(self, value: Any) -> datetime | None:
        text = super().clean(value)
        try:
            return to_time(text, "")
        except BadField as problem:
            raise DjangoValidationError(problem.message.strip()) from problem


class _TimeFilter(django_filters.CharFilter):  # type: ignore[misc]
    field_class = _TimeField


class _Filter(django_filters.FilterSet):  # type: ignore[misc]
    since = _TimeFilter(method="from_time")
    before = _TimeFilter(method="to_time")
    open = django_filters.ChoiceFilter(
        choices=[("true", "true"), ("false", "false")],
        method="whether_open",
        error_messages={"invalid_choice": "Give true or false."},
    )

    def from_time(self, queryset: Any, name: str, value: datetime) -> Any:  # noqa: ARG002
        return sessions_between(queryset, since=value)

    def to_time(self, queryset: Any, name: str, value: datetime) -> Any:  # noqa: ARG002
        return sessions_between(queryset, before=value)

    def whether_open(self, queryset: Any, name: str, value: str) -> Any:  # noqa: ARG002
        return queryset.filter(ended_at__isnull=value == "true")


class _Pages(CursorPagination):
    page_size = 50
    max_page_size = 200
    page_size_query_param = "size"
    ordering = "-id"
    how_to_go_on = "Send the “cursor” of the page before as it is."

    def get_page_size(self, request: Request) -> int | None:
        """Refuses what DRF would cut off: who asks for all must see that these are not all."""
        raw = request.query_params.get(self.page_size_query_param, "")
        if raw.isdecimal() and int(raw[:9]) > self.max_page_size:
            message = f"Give a number from 1 to {self.max_page_size}."
            raise ValidationError({self.page_size_query_param: [message]})
        return super().get_page_size(request)

    def next_cursor(self) -> str | None:
        link = self.get_next_link()
        return parse_qs(urlsplit(link).query)["cursor"][0] if link else None


@extend_schema(exclude=True)
class SessionListing(GenericViewSet[Any]):
    """The TStats sessions of the project of an app key, of a token, or of the default one."""

    # Who may read is a matter of the project; see `initial`.
    authentication_classes = ()
    permission_classes = (AllowAny,)
    pagination_class = _Pages
    filterset_class = _Filter

    def initial(self, request: Request, *_: Any, **__: Any) -> None:
        # Without DRF's, which refuses whoever accepts no type that it has a renderer for.
        http: HttpRequest = request._request
        # Clients may call this server what they like: no link is made of it.
        request.build_absolute_uri = http.get_full_path  # type: ignore[method-assign,assignment]
        token = token_in(request.headers.get("Authorization", ""))
        key = request.headers.get("X-App-Key", "").strip()
        key = key or request.query_params.get("app_key", "").strip()
        if key:
            project = project_of_app_key(key)
        elif token:
            project = token.project
        else:
            project = default_project()
        if project is None:
            raise no_project(named=bool(key))
        # No user is set on the way of a request that names another host.
        if not may_see(project, user=getattr(http, "user", None), token=token):
            raise Problem(
                401,
                "reading this project's sessions needs “Authorization: Bearer …”, with a token of"
                " the scope read",
                ((b"www-authenticate", b"Bearer"),),
            )
        self.project = project

    @property
    def _pages(self) -> _Pages:
        return cast("_Pages", self.paginator)

    def get_queryset(self) -> Any:
        return tstats_sessions(self.project)

    def list(self, *_: Any, **__: Any) -> HttpResponseBase:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        document: dict[str, Any] = {"sessions": [_session(each) for each in page or ()]}
        cursor = self._pages.next_cursor()
        if cursor:
            document["cursor"] = cursor
        return HotReply(reply(200, document))

    def retrieve(self, _: Request, session: str) -> HttpResponseBase:
        found = parse_public_id(session)
        row = None
        if found and found[0] == self.project.pk:
            row = self.get_queryset().filter(pk=found[1]).first()
        if row is None:
            raise NotFound("there is no such session")
        return HotReply(reply(200, _session(row)))

    def handle_exception(self, exc: Exception) -> Any:
        http = self.request._request
        project = getattr(self, "project", None)
        if isinstance(exc, ValidationError):
            [(field, details), *_] = dict(exc.detail).items()  # type: ignore[arg-type]
            exc = BadField(field, f"is wrong: {_first(details)}")
        elif isinstance(exc, NotFound):
            exc = Problem(404, str(exc.detail))
        problem = problem_of(exc, http.method or "", http.path_info)
        if project and problem.status == 400:
            note_reading(project.pk, http.get_full_path(), problem)
        return HotReply(error(problem))


def _first(details: Any) -> str:
    return str(details[0] if isinstance(details, list) else details)


def _session(row: Any) -> dict[str, Any]:
    return {
        "clientTime": time_text(row.client_started_at),
        "serverTime": time_text(row.started_at),
        "ip": row.address,
        "_id": public_id(row.project_id, row.pk),
        "closeTime": time_text(row.ended_at),
        "duration": duration_of(row, clock.now()),
        "endedBy": row.end_reason or None,
        "events": row.num_events,
    }
