"""Management of stats. Their buckets can be looked at and are never changed by hand."""

from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path

from stats_app import services
from stats_app.models import DayBucket, HourBucket, MinuteBucket, Stat
from stats_app.names import clean_name
from stats_app.selectors import bucket_page
from telemetry.admin_base import DeletedByService, StaffAdmin, become, by_project
from telemetry.times import parse_time

if TYPE_CHECKING:
    _StatForm = forms.ModelForm[Stat]
else:
    _StatForm = forms.ModelForm

BUCKETS: dict[str, type[MinuteBucket] | type[HourBucket] | type[DayBucket]] = {
    "minute": MinuteBucket,
    "hour": HourBucket,
    "day": DayBucket,
}


class StatForm(_StatForm):
    def clean_name(self) -> str:
        try:
            name = clean_name(self.cleaned_data["name"])
        except ValueError as error:
            raise ValidationError(f"This cannot be: {error}.") from error
        project_id = self.instance.project_id or self.cleaned_data.get("project")
        others = Stat.objects.filter(project=project_id, name=name).exclude(pk=self.instance.pk)
        if project_id and others.exists():
            raise ValidationError("The project has a stat of this name already.")
        return name


@admin.register(Stat)
class StatAdmin(DeletedByService, StaffAdmin):
    form = StatForm
    list_display = ["name", "project", "kind", "public", "unit", "last_received_at"]
    list_select_related = ["project"]
    list_filter = ["kind", "public", "project"]
    search_fields = ["name"]
    # As the index has them.
    ordering = ["project_id", "name"]
    raw_id_fields = ["project"]
    # The project comes first, because whether a name is free depends on it.
    fields: ClassVar[list[Any]] = ["project", "name", "kind", "public", "unit"]

    def get_fields(self, request: HttpRequest, obj: Stat | None = None) -> list[Any]:  # noqa: ARG002
        received = ["key", "created_at", "last_received_at"] if obj else []
        return [*self.fields, *received]

    def get_readonly_fields(self, request: HttpRequest, obj: Stat | None = None) -> list[Any]:  # noqa: ARG002
        return ["project", "kind", "key", "created_at", "last_received_at"] if obj else []

    def save_model(self, request: HttpRequest, obj: Stat, form: Any, change: bool) -> None:  # noqa: ARG002
        if change:
            changes = {name: getattr(obj, name) for name in form.changed_data}
            services.update_stat(stat=obj, **changes)
            return
        stat = services.create_stat(
            project=obj.project, name=obj.name, kind=obj.kind, public=obj.public, unit=obj.unit
        )
        become(obj, stat)

    def delete_rows(self, rows: list[Stat]) -> None:
        for project, stats in by_project(rows):
            services.delete_stats(project=project, stat_ids=[stat.pk for stat in stats])

    def goes_along(self, row: Stat) -> str:  # noqa: ARG002
        return "everything that it received"

    # Django's admin cannot register models whose primary key has several columns.

    def get_urls(self) -> list[URLPattern]:
        buckets = path(
            "<int:stat_id>/buckets/",
            self.admin_site.admin_view(self.buckets_view),
            name="stats_app_stat_buckets",
        )
        return [buckets, *super().get_urls()]

    def buckets_view(self, request: HttpRequest, stat_id: int) -> HttpResponse:
        """What is stored of a stat, newest first: ``?size=minute|hour|day`` and ``?before=``."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        stat = Stat.objects.select_related("project").filter(pk=stat_id).first()
        size = request.GET.get("size", "minute")
        if stat is None or size not in BUCKETS:
            raise Http404
        raw = request.GET.get("before", "")
        try:
            before = parse_time(raw) if raw else None
        except ValueError as error:
            raise Http404(str(error)) from error
        return self.own_page(
            request,
            "buckets",
            f"What “{stat}” received, by the {size}",
            stat=stat,
            size=size,
            sizes=list(BUCKETS),
            before=before,
            page=bucket_page(stat=stat, buckets=BUCKETS[size], before=before),
        )
