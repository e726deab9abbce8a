"""What all views of the native REST API have in common.

A request belongs to one project: its access token's, or the one that a signed-in member names
with ``?project=<slug>``. What is not of that project does not exist for it.
"""

from typing import Any, cast

from django.core.exceptions import RequestDataTooBig
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import OperationalError
from django.http import Http404
from django.utils.functional import cached_property
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import APIException, NotFound, ValidationError
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.response import Response
from rest_framework.serializers import as_serializer_error
from rest_framework.views import APIView

from telemetry.access import projects_of, role_in
from telemetry.api import TokenAuthentication
from telemetry.models import AccessToken, Membership, Project

__all__ = ["PROJECT_PARAMETER", "ProjectViewMixin"]

PROJECT_PARAMETER = OpenApiParameter(
    "project",
    description="The project's slug. Needed by signed-in members of several projects; an access "
    "token is for one project anyway.",
)


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Describes `TokenAuthentication` in the OpenAPI schema."""

    target_class = TokenAuthentication
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:  # noqa: ARG002
        return {"type": "http", "scheme": "bearer"}


class FormatNegotiation(DefaultContentNegotiation):
    """As DRF's, but an unknown ``?format=`` is a bad parameter and not a missing page."""

    def filter_renderers(self, renderers: Any, format: str) -> Any:  # noqa: A002
        try:
            return super().filter_renderers(renderers, format)
        except Http404:
            known = ", ".join(renderer.format for renderer in renderers)
            raise ValidationError({"format": [f"Known formats: {known}."]}) from None


class Unavailable(APIException):
    status_code = 503
    default_detail = "The database is not available, try again later."
    default_code = "unavailable"
    wait = 5  # becomes Retry-After


class TooLarge(APIException):
    status_code = 413
    default_detail = "The body is too large."
    default_code = "too_large"


class ProjectViewMixin(APIView):
    """For views of what belongs to a project: ``self.project`` is the one it is about."""

    content_negotiation_class = FormatNegotiation

    @cached_property
    def project(self) -> Project:
        slug = self.request.query_params.get("project", "")
        if isinstance(self.request.auth, AccessToken):
            project = self.request.auth.project
            if slug not in ("", project.slug):
                raise NotFound("This token is for another project.")
            return project
        projects = projects_of(self.request.user)
        if slug:
            found = None if "\0" in slug else projects.filter(slug=slug).first()
            if found is None:
                raise NotFound("There is no such project.")
            return found
        several = list(projects[:2])
        if not several:
            raise NotFound("You are in no project.")
        if len(several) > 1:
            raise ValidationError({"project": ["You are in several projects: name one."]})
        return several[0]

    @cached_property
    def _manages(self) -> bool:
        token = self.request.auth
        if isinstance(token, AccessToken):
            return token.allows(AccessToken.Scope.MANAGE)
        return role_in(self.request.user, self.project) == Membership.Role.MANAGER

    def allows(self, scope: str) -> bool:
        """Whether whoever asks may do what `scope` allows. Raises if the project is not theirs."""
        project = self.project
        if scope == AccessToken.Scope.MANAGE:
            return self._manages
        token = self.request.auth
        # Members may read whatever project they can see.
        return token.allows(scope) if isinstance(token, AccessToken) else project is not None

    def handle_exception(self, exc: Exception) -> Response:
        """Refusals of services become 400, and errors are JSON whatever was asked for."""
        if isinstance(exc, DjangoValidationError):
            exc = ValidationError(as_serializer_error(exc))
        elif isinstance(exc, RequestDataTooBig):  # not by way of the door, which looks first
            exc = TooLarge()
        elif isinstance(exc, OperationalError):
            exc = Unavailable()
        self.request.accepted_renderer = cast("BaseRenderer", JSONRenderer())
        self.request.accepted_media_type = JSONRenderer.media_type
        return super().handle_exception(exc)
