"""Rejected input in the admin: it is read, and deleted."""

from typing import Any, ClassVar

from django.contrib import admin
from django.core.exceptions import ObjectDoesNotExist
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html

from telemetry.admin_base import ChosenProject, GrowingAdmin, WordFilter
from telemetry.models import RejectedInput

Dialect = RejectedInput.Dialect


class DialectFilter(WordFilter):
    title = "dialect"
    parameter_name = "dialect"
    by = {dialect.value: (dialect.label, Q(dialect=dialect)) for dialect in Dialect}


@admin.register(RejectedInput)
class RejectedInputAdmin(GrowingAdmin):
    list_display = ["at", "dialect", "status", "path", "reason", "more"]
    list_filter: ClassVar[list[Any]] = [ChosenProject, DialectFilter]
    search_help_text = "In the chosen project: a part of a path, a reason, or the input."
    fields = [
        *("id", "project_name", "at", "dialect", "status", "path", "reason", "more"),
        "shown_what",
    ]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_view_permission(request, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.get_fields(request, obj)

    def find(
        self,
        request: HttpRequest,  # noqa: ARG002
        rows: QuerySet[RejectedInput],
        project_id: int,  # noqa: ARG002
        text: str,
    ) -> QuerySet[RejectedInput]:
        # All that a project has can be looked at.
        has = Q(path__icontains=text) | Q(reason__icontains=text) | Q(what__icontains=text)
        return rows.filter(has)

    def delete_model(self, request: HttpRequest, obj: RejectedInput) -> None:  # noqa: ARG002
        # By the whole key: the id alone is in no index.
        RejectedInput.objects.filter(project_id=obj.project_id, pk=obj.pk).delete()

    @admin.display(description="project")
    def project_name(self, obj: RejectedInput) -> str | None:
        try:
            return str(obj.project)
        except ObjectDoesNotExist:
            return None

    @admin.display(description="what came")
    def shown_what(self, obj: RejectedInput) -> str:
        return format_html("<pre>{}</pre>", obj.what)
