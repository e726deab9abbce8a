"""Who asks the native REST API, what they may do, and in what pages they get lists.

REST_FRAMEWORK in the settings names these classes, so DRF imports this module before it has any
views; what views have in common is in ``api_views``.
"""

from base64 import b64decode
from collections.abc import Sequence
from typing import Any, Protocol, cast
from urllib.parse import parse_qs

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db.models import Model, QuerySet
from rest_framework import pagination
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import (
    AuthenticationFailed,
    NotFound,
    ParseError,
    PermissionDenied,
    ValidationError,
)
from rest_framework.parsers import JSONParser
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from telemetry.access import find_token
from telemetry.models import AccessToken, Project

__all__ = [
    "BoundedJSONParser",
    "CursorPagination",
    "ProjectPermission",
    "TokenAuthentication",
    "TokenHolder",
]


class TokenHolder(AnonymousUser):
    """Whoever sent an access token: nobody in particular, but somebody."""

    @property
    def is_authenticated(self) -> bool:  # type: ignore[override]
        return True

    @property
    def is_anonymous(self) -> bool:  # type: ignore[override]
        return False


class TokenAuthentication(BaseAuthentication):
    """``Authorization: Bearer <token>``; ``request.auth`` is the ``AccessToken``."""

    def authenticate(self, request: Request) -> tuple[TokenHolder, AccessToken] | None:
        scheme, _, secret = get_authorization_header(request).partition(b" ")
        if scheme.lower() != b"bearer":
            return None
        token = find_token(secret.strip().decode("latin-1"))
        if token is None:
            raise AuthenticationFailed("There is no such token, or it has expired.")
        return TokenHolder(), token

    def authenticate_header(self, request: Request) -> str:  # noqa: ARG002 - DRF's signature
        return "Bearer"


class BoundedJSONParser(JSONParser):
    """DRF's, for which JSON can also be nested too deeply."""

    def parse(
        self, stream: Any, media_type: str | None = None, parser_context: Any = None
    ) -> dict[str, Any]:
        try:
            return super().parse(stream, media_type, parser_context)
        except RecursionError as error:
            raise ParseError("The JSON is nested too deeply.") from error


class ProjectView(Protocol):
    """What a view must have; ``api_views.ProjectViewMixin`` does."""

    @property
    def project(self) -> Project: ...

    def allows(self, scope: str) -> bool: ...


class ProjectPermission(BasePermission):
    """Reading needs the scope `read` or a viewer; all else needs `manage` or a manager."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if not request.user.is_authenticated:
            return False
        wanted = "read" if request.method in SAFE_METHODS else "manage"
        if not cast("ProjectView", view).allows(wanted):
            raise PermissionDenied(f"This needs a token with the scope “{wanted}”, or a manager.")
        return True

    def has_object_permission(self, request: Request, view: Any, obj: Any) -> bool:  # noqa: ARG002
        """A second look, should a view's queryset ever reach beyond its project."""
        project_id = obj.pk if isinstance(obj, Project) else obj.project_id
        return bool(project_id == cast("ProjectView", view).project.pk)


class CursorPagination(pagination.CursorPagination):
    """Keyset pages in the order of the view's ``ordering``, which an index must match.

    That must be a column that is unique within a project and never NULL.
    """

    page_size = 100
    max_page_size = 1000
    page_size_query_param = "page_size"
    ordering: Any = "pk"
    how_to_go_on = "Follow the links “next” and “previous” as they are."

    def get_ordering(
        self,
        request: Request,  # noqa: ARG002
        queryset: QuerySet[Model],  # noqa: ARG002
        view: Any,
    ) -> tuple[str, ...]:
        ordering = getattr(view, "ordering", self.ordering)
        return (ordering,) if isinstance(ordering, str) else tuple(ordering)

    def get_page_size(self, request: Request) -> int | None:
        raw = request.query_params.get(self.page_size_query_param)
        if raw is not None and not (raw.isdecimal() and int(raw[:9]) > 0 and len(raw) < 10):
            wanted = f"Give a number from 1 to {self.max_page_size}."
            raise ValidationError({self.page_size_query_param: [wanted]})
        return super().get_page_size(request)

    def paginate_queryset(
        self, queryset: QuerySet[Any] | Sequence[Any], request: Request, view: Any = None
    ) -> list[Any] | None:
        try:
            return super().paginate_queryset(queryset, request, view)
        except (ValueError, TypeError, DjangoValidationError) as error:
            # The position in a cursor that somebody has tampered with fits no column.
            raise self._bad_cursor() from error

    def decode_cursor(self, request: Request) -> pagination.Cursor | None:
        """As DRF's, which takes some nonsense for the beginning: a loop would never end."""
        raw = request.query_params.get(self.cursor_query_param, "")
        if not raw:
            return None
        try:
            fields = parse_qs(b64decode(raw, validate=True).decode(), strict_parsing=True)
            cursor = super().decode_cursor(request)
        except (ValueError, NotFound) as error:
            raise self._bad_cursor() from error
        if not fields.keys() <= {"o", "r", "p"} or "\0" in str(cursor and cursor.position):
            raise self._bad_cursor()
        return cursor

    def _bad_cursor(self) -> ValidationError:
        return ValidationError({"cursor": [f"This is no cursor. {self.how_to_go_on}"]})
