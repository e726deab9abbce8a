"""What the admin pages of all apps have in common."""

from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin, messages
from django.contrib.admin.views.main import ERROR_FLAG
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db import DataError
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.functional import cached_property
from django.utils.html import format_html

from telemetry.access import is_staff

__all__ = ["CappedPaginator", "StaffAdmin", "StaffPermissions", "become", "show_once"]

# Django's classes have parameters for the type checker only.
if TYPE_CHECKING:
    _AnyAdmin = admin.ModelAdmin[Any]
    _AnyPaginator = Paginator[Any]
else:
    _AnyAdmin = admin.ModelAdmin
    _AnyPaginator = Paginator


class CappedPaginator(_AnyPaginator):
    """Counts no further than it has to: behind the cap one searches and does not leaf."""

    cap = 10_000

    @cached_property
    def count(self) -> int:
        rows = cast("QuerySet[Any]", self.object_list)
        return rows.order_by()[: self.cap].count()


class StaffPermissions:
    """Staff manage every project, without Django's permission for each model."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return is_staff(request.user)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return is_staff(request.user)

    has_change_permission = has_delete_permission = has_view_permission

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return is_staff(request.user)


class StaffAdmin(StaffPermissions, _AnyAdmin):
    """For models that belong to projects, and that are changed through services."""

    paginator = CappedPaginator
    show_full_result_count = False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """A filter in the URL that no database understands is dropped, as Django drops others."""
        if request.method != "GET":
            return super().changelist_view(request, extra_context)
        try:
            return super().changelist_view(request, extra_context)
        except (DataError, ValueError):
            return HttpResponseRedirect(f"{request.path}?{ERROR_FLAG}=1")

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """What a service refuses, though the form had nothing against it, becomes a message."""
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except ValidationError as error:
            self.message_user(request, " ".join(error.messages), messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())


def become(obj: Model, made: Model) -> None:
    """Turn the unsaved object of an admin form into the one that a service has made."""
    obj.__dict__.update(made.__dict__)


def show_once(request: HttpRequest, label: str, secret: str, *, kept: bool = False) -> None:
    """Show a new secret on the next page. `kept`: it can be read again later."""
    once = "" if kept else " It is not shown again."
    text = format_html("The new {} is <code>{}</code>.{}", label, secret, once)
    messages.warning(request, text)
