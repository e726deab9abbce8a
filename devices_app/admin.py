"""Management of devices. Their beats can be looked at and are never changed by hand."""

from typing import TYPE_CHECKING, Any, ClassVar, cast
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.admin.widgets import ForeignKeyRawIdWidget
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Field, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path

from devices_app import services
from devices_app.models import Device, Fleet
from devices_app.selectors import beat_page
from devices_app.state import state_at
from telemetry import clock
from telemetry.admin_base import DeletedByService, StaffAdmin, become, by_project, show_once
from telemetry.models import Project, User

if TYPE_CHECKING:
    _DeviceForm = forms.ModelForm[Device]
    _FleetForm = forms.ModelForm[Fleet]
else:
    _DeviceForm = _FleetForm = forms.ModelForm

MOST_TOKENS = 500
"""As many are replaced at once; beats wait meanwhile."""


class DeviceForm(_DeviceForm):
    def clean(self) -> dict[str, Any] | None:
        if "name" in self.cleaned_data:
            services.clean_name(self.cleaned_data["name"])
        return super().clean()


@admin.register(Device)
class DeviceAdmin(DeletedByService, StaffAdmin):
    form = DeviceForm
    list_display = ["name", "project", "number", "state", "last_beat_at", "num_beats"]
    list_select_related = ["project"]
    list_filter = ["project"]
    search_fields = ["name"]
    # As the index has them.
    ordering = ["project_id", "number"]
    raw_id_fields = ["project"]
    actions = ["regenerate_tokens"]
    known: ClassVar[list[str]] = ["number", "state", "last_beat_at", "num_beats", "created_at"]

    @admin.display(description="state")
    def state(self, obj: Device) -> str:
        return state_at(clock.now(), obj.last_beat_at).value

    def get_fields(self, request: HttpRequest, obj: Device | None = None) -> list[Any]:  # noqa: ARG002
        return ["project", "name", *(self.known if obj else [])]

    def get_readonly_fields(self, request: HttpRequest, obj: Device | None = None) -> list[Any]:  # noqa: ARG002
        return ["project", *self.known] if obj else []

    def formfield_for_dbfield(
        self, db_field: "Field[Any, Any]", request: HttpRequest, **kwargs: Any
    ) -> Any:
        if db_field.name == "name":
            kwargs["strip"] = False  # or saving a page would rename a device that was not touched
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: Device, form: Any, change: bool) -> None:  # noqa: ARG002
        if not change:
            new = services.create_device(project=obj.project, name=obj.name)
            become(obj, new.device)
            show_once(request, "token", new.token)
            return
        try:
            services.rename_device(device=obj, name=obj.name)
        except Device.DoesNotExist as error:
            raise ValidationError("Somebody has deleted this device.") from error

    def delete_rows(self, rows: list[Device]) -> None:
        for project, devices in by_project(rows):
            services.delete_devices(project=project, numbers=[each.number for each in devices])

    def goes_along(self, row: Device) -> str:
        return f"beats: {row.num_beats}"

    @admin.action(description="Regenerate tokens")
    def regenerate_tokens(
        self, request: HttpRequest, queryset: QuerySet[Device]
    ) -> HttpResponse | None:
        """Ask whether the tokens are to be replaced; then do it and show the new ones, once."""
        devices = list(queryset.select_related("project")[: MOST_TOKENS + 1])
        if len(devices) > MOST_TOKENS:
            self.message_user(request, f"Select at most {MOST_TOKENS} devices.", messages.ERROR)
            return None
        if not request.POST.get("post"):
            return self.own_page(
                request,
                "regenerate_tokens",
                "Regenerate tokens",
                devices=devices,
                action_checkbox_name=ACTION_CHECKBOX_NAME,
            )
        fresh = services.regenerate_tokens(devices=devices)
        LogEntry.objects.log_actions(
            user_id=cast("User", request.user).pk,
            queryset=[new.device for new in fresh],
            action_flag=CHANGE,
            change_message="Regenerated the token.",
        )
        # Nobody stores this page: the admin site sends its pages with Cache-Control: no-store.
        return self.own_page(request, "new_tokens", "New tokens", fresh=fresh)

    # Django's admin cannot register models whose primary key has several columns.

    def get_urls(self) -> list[URLPattern]:
        beats = path(
            "<int:device_id>/beats/",
            self.admin_site.admin_view(self.beats_view),
            name="devices_app_device_beats",
        )
        return [beats, *super().get_urls()]

    def beats_view(self, request: HttpRequest, device_id: int) -> HttpResponse:
        """A device's beats, newest first: those before the one whose id is ``?before=``."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        device = Device.objects.select_related("project").filter(pk=device_id).first()
        if device is None:
            raise Http404
        raw = request.GET.get("before", "")
        try:
            before = UUID(raw) if raw else None
        except ValueError as error:
            raise Http404(str(error)) from error
        return self.own_page(
            request,
            "beats",
            f"Beats of “{device}”",
            device=device,
            before=before,
            page=beat_page(device, before=before),
        )


class NewFleetForm(_FleetForm):
    # Declared, because Django's forms leave out what is not editable, as a primary key is.
    project = forms.ModelChoiceField(
        Project.objects.filter(fleet=None),
        widget=ForeignKeyRawIdWidget(Fleet._meta.get_field("project").remote_field, admin.site),
        error_messages={"invalid_choice": "There is no such project, or it is listed already."},
    )


@admin.register(Fleet)
class FleetAdmin(StaffAdmin):
    """A project has one from its first device on, or from when its status page was switched on."""

    list_display = ["project", "devices", "longest_absence", "status_page"]
    list_select_related = ["project"]
    list_filter = ["status_page"]
    search_fields = ["project__name", "project__slug"]
    ordering = ["project_id"]
    known: ClassVar[list[str]] = ["devices", "longest_absence", "longest_absence_ended_at"]

    def has_delete_permission(self, request: HttpRequest, obj: Fleet | None = None) -> bool:  # noqa: ARG002
        return False  # or the numbers of its devices would be given again

    def get_form(
        self, request: HttpRequest, obj: Fleet | None = None, change: bool = False, **kwargs: Any
    ) -> Any:
        if obj is None:
            kwargs |= {"form": NewFleetForm, "fields": ["status_page"]}
        return super().get_form(request, obj, change=change, **kwargs)

    def get_fields(self, request: HttpRequest, obj: Fleet | None = None) -> list[Any]:  # noqa: ARG002
        return ["project", "status_page", *(self.known if obj else [])]

    def get_readonly_fields(self, request: HttpRequest, obj: Fleet | None = None) -> list[Any]:  # noqa: ARG002
        return ["project", *self.known] if obj else []

    def save_model(self, request: HttpRequest, obj: Fleet, form: Any, change: bool) -> None:  # noqa: ARG002
        if not change:
            obj.project = form.cleaned_data["project"]
        services.set_status_page(project=obj.project, shown=obj.status_page)
