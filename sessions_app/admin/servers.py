"""Servers, and which users their players are."""

from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse

from sessions_app.admin.links import list_url
from sessions_app.minecraft import status_of
from sessions_app.models import ClaimedName, LogLine, Player, Server, Session
from sessions_app.services import servers as services
from telemetry.admin_base import DeletedByService, StaffAdmin, become, show_once

if TYPE_CHECKING:
    _ServerForm = forms.ModelForm[Server]
else:
    _ServerForm = forms.ModelForm


class ServerForm(_ServerForm):
    def clean(self) -> dict[str, Any] | None:
        if "name" in self.cleaned_data:
            self.cleaned_data["name"] = services.clean_server_name(self.cleaned_data["name"])
        return super().clean()


@admin.register(Server)
class ServerAdmin(DeletedByService, StaffAdmin):
    form = ServerForm
    list_display = [
        *("name", "project", "status_now", "running_version", "last_ping_at", "last_line_at")
    ]
    list_select_related = ["project"]
    list_filter = ["status", "project"]
    search_fields = ["name", "key__exact", "agent_client_id__exact"]
    search_help_text = "A part of the name, a whole key, or a whole client id."
    ordering = ["project_id", "created_at", "id"]
    raw_id_fields = ["project"]
    known: ClassVar[list[str]] = [
        *("key", "agent_client_id", "status_now", "running_version"),
        *("last_ping_at", "last_line_at", "created_at", "updated_at"),
    ]

    def get_fields(self, request: HttpRequest, obj: Server | None = None) -> list[Any]:  # noqa: ARG002
        return ["project", "name", "address", *(self.known if obj else [])]

    def get_readonly_fields(self, request: HttpRequest, obj: Server | None = None) -> list[Any]:  # noqa: ARG002
        return ["project", *self.known] if obj else []

    @admin.display(description="status", ordering="status")
    def status_now(self, obj: Server) -> str:
        return str(Server.Status(status_of(obj)).label)

    def save_model(self, request: HttpRequest, obj: Server, form: Any, change: bool) -> None:  # noqa: ARG002
        address = obj.address or ""
        if not change:
            new = services.create_server(project=obj.project, name=obj.name, address=address)
            become(obj, new.server)
            show_once(request, "client id", new.client_id, kept=True)
            show_once(request, "client secret", new.client_secret)
            return
        try:
            services.update_server(server=obj, name=obj.name, address=address)
        except Server.DoesNotExist as error:
            raise ValidationError("Somebody has deleted this server.") from error

    def delete_rows(self, rows: list[Server]) -> None:
        services.delete_servers(servers=rows)

    def goes_along(self, row: Server) -> str:  # noqa: ARG002
        return "its players, sessions and log lines"

    # What is of a server, and a new secret for its agent

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        server = self.get_object(request, object_id)
        lists = {}
        if server:
            for model in (Session, Player, LogLine):
                name = str(model._meta.verbose_name_plural)
                lists[name] = list_url(model, server.project_id, server.key)
        extra_context = {**(extra_context or {}), "lists": lists}
        return super().change_view(request, object_id, form_url, extra_context)

    def get_urls(self) -> list[URLPattern]:
        secret = path(
            "<int:server_id>/secret/",
            self.admin_site.admin_view(self.secret_view),
            name="sessions_app_server_secret",
        )
        return [secret, *super().get_urls()]

    def secret_view(self, request: HttpRequest, server_id: int) -> HttpResponse:
        """Ask whether the agent is to get a new secret; then make one and show it, once."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        server = self.get_object(request, str(server_id))
        if server is None:
            raise Http404
        if request.method == "POST":
            try:
                new = services.new_agent_secret(server=server)
            except Server.DoesNotExist as error:
                raise Http404 from error
            self.log_change(request, server, "Gave the agent a new secret.")
            show_once(request, "client secret", new.client_secret)
            return redirect(reverse("admin:sessions_app_server_change", args=[server.pk]))
        return self.own_page(request, "secret", "New client secret", server=server)


@admin.register(ClaimedName)
class ClaimedNameAdmin(StaffAdmin):
    list_display = ["name", "user", "project"]
    list_select_related = ["user", "project"]
    list_filter = ["project"]
    search_fields = ["name", "user__username"]
    ordering = ["project_id", "name"]
    raw_id_fields = ["project", "user"]
    fields = ["project", "name", "user"]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return False

    def save_model(self, request: HttpRequest, obj: ClaimedName, form: Any, change: bool) -> None:  # noqa: ARG002
        become(obj, services.claim_name(project=obj.project, user=obj.user, name=obj.name))
