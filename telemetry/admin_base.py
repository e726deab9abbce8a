"""What the admin pages of all apps have in common."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar, cast

from django.contrib import admin, messages
from django.contrib.admin.views.main import ERROR_FLAG, ChangeList
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db import DataError
from django.db.models import Model, Q, QuerySet, prefetch_related_objects
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.functional import cached_property
from django.utils.html import format_html

from telemetry.access import is_staff
from telemetry.models import Project

__all__ = [
    "CappedPaginator",
    "ChosenProject",
    "DeletedByService",
    "GrowingAdmin",
    "StaffAdmin",
    "StaffPermissions",
    "WordFilter",
    "become",
    "by_project",
    "show_once",
]

# Django's classes have parameters for the type checker only.
if TYPE_CHECKING:
    _AnyAdmin = admin.ModelAdmin[Any]
    _AnyPaginator = Paginator[Any]
else:
    _AnyAdmin = admin.ModelAdmin
    _AnyPaginator = Paginator


class _AtLeast(int):
    """A count that was given up."""

    def __str__(self) -> str:
        return f"{int(self):,} or more"


class CappedPaginator(_AnyPaginator):
    """Counts no further than it has to: behind the cap one searches and does not leaf."""

    cap = 10_000

    @cached_property
    def count(self) -> int:
        found = self.rows_to_count()[: self.cap].count()
        return found if found < self.cap else _AtLeast(found)

    def rows_to_count(self) -> QuerySet[Any]:
        return cast("QuerySet[Any]", self.object_list).order_by()


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

    def own_page(
        self, request: HttpRequest, name: str, title: str, **context: Any
    ) -> TemplateResponse:
        """A page that Django's admin does not have: the template `name` of this model's."""
        template = f"admin/{self.opts.app_label}/{self.opts.model_name}/{name}.html"
        site = self.admin_site.each_context(request)
        return TemplateResponse(
            request, template, {**site, "opts": self.opts, "title": title, **context}
        )


class DeletedByService(_AnyAdmin):
    """For models whose rows are deleted by a service, with what is stored for them."""

    def delete_rows(self, rows: list[Any]) -> None:
        raise NotImplementedError

    def goes_along(self, row: Any) -> str:
        """What to say beside a row that is about to be deleted."""
        raise NotImplementedError

    def delete_model(self, request: HttpRequest, obj: Any) -> None:  # noqa: ARG002
        self.delete_rows([obj])

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:  # noqa: ARG002
        self.delete_rows(list(queryset))

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple[Any, ...]:  # noqa: ARG002
        """As Django's, which would look at all that goes along: at growing tables."""
        listed = [each for row in objs for each in (str(row), [self.goes_along(row)])]
        return listed, {self.opts.verbose_name_plural: len(objs)}, set(), []


def by_project(rows: list[Any]) -> list[tuple[Project, list[Any]]]:
    """The rows of each project."""
    prefetch_related_objects(rows, "project")
    found: dict[Project, list[Any]] = {}
    for row in rows:
        found.setdefault(row.project, []).append(row)
    return list(found.items())


# Tables that grow without end


class WordFilter(admin.SimpleListFilter):
    """Narrows a list down to what a word stands for: `by` has what people read, and its meaning."""

    by: ClassVar[dict[str, tuple[str, Q]]] = {}

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002
        return [(word, label) for word, (label, _) in self.by.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:  # noqa: ARG002
        chosen = self.by.get(self.value() or "")
        return queryset.filter(chosen[1]) if chosen else queryset


class ChosenProject(admin.SimpleListFilter):
    """Which project a list is of: always one, the default one if none is chosen.

    The indexes of growing tables begin with the project, so nothing else can be found without it.
    """

    title = "project"
    parameter_name = "project"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002
        projects = list(Project.objects.only("name", "is_default"))
        first = [project for project in projects if project.is_default] or projects
        self._fallback = str(first[0].pk) if first else None
        return [(str(project.pk), project.name) for project in projects]

    def value(self) -> str | None:
        asked = super().value()
        known = asked in {pk for pk, _ in self.lookup_choices}
        return asked if known else self._fallback

    def choices(self, changelist: Any) -> Iterator[Any]:
        yield from list(super().choices(changelist))[1:]  # the first would be: all projects

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:  # noqa: ARG002
        return queryset.filter(project_id=self.value())


class GrowingPaginator(CappedPaginator):
    """Counts in the order of the list: in another one the whole table might be looked at."""

    def rows_to_count(self) -> QuerySet[Any]:
        return cast("QuerySet[Any]", self.object_list)


class GrowingChangeList(ChangeList):
    """A list that is in no other order than that of an index."""

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Any]) -> list[Any]:  # noqa: ARG002
        return list(self.model_admin.get_ordering(request))


class GrowingAdmin(StaffAdmin):
    """For facts in tables that grow without end, whose key is (project, id); they only are read.

    A list is of one project, and is narrowed down by what an index holds: by filters that are
    classes, which choose with no query over the table, and by `find`.
    """

    paginator = GrowingPaginator
    list_filter: ClassVar[list[Any]] = [ChosenProject]
    show_facets = admin.ShowFacets.NEVER
    ordering: ClassVar[Any] = ["-id"]
    sortable_by = ()
    search_fields = ["id"]  # so that there is a field to search; see `find`
    actions_selection_counter = False  # with which everything could be selected

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return False

    has_change_permission = has_delete_permission = has_add_permission

    def find(
        self, request: HttpRequest, rows: QuerySet[Any], project_id: int, text: str
    ) -> QuerySet[Any]:
        """Those of `rows`, which are of this project, that `text` names: by an index."""
        raise NotImplementedError

    def get_search_results(
        self,
        request: HttpRequest,
        queryset: QuerySet[Any],
        search_term: str,
    ) -> tuple[QuerySet[Any], bool]:
        text = search_term.strip()
        if not text:
            return queryset, False
        chosen = ChosenProject(request, dict(request.GET.lists()), self.model, self).value()
        found = self.find(request, queryset, int(chosen), text) if chosen else queryset.none()
        return found, False

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:  # noqa: ARG002
        return GrowingChangeList

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:  # noqa: ARG002
        """By nothing that is only written into the URL."""
        return lookup in {each.parameter_name for each in self.list_filter}

    def response_action(
        self, request: HttpRequest, queryset: QuerySet[Any], *more: Any, **named: Any
    ) -> HttpResponse | None:
        if request.POST.get("select_across") == "1":
            self.message_user(request, "Select what is on a page.", messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())
        return super().response_action(request, queryset, *more, **named)

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Any | None:
        if from_field:
            return None
        try:
            pk = self.opts.pk.to_python(object_id)
        except ValidationError:
            return None
        # The id alone is in no index.
        projects = list(Project.objects.order_by("pk").values_list("pk", flat=True))
        return self.get_queryset(request).filter(project_id__in=projects, pk=pk).first()


def become(obj: Model, made: Model) -> None:
    """Turn the unsaved object of an admin form into the one that a service has made."""
    obj.__dict__.update(made.__dict__)


def show_once(request: HttpRequest, label: str, secret: str, *, kept: bool = False) -> None:
    """Show a new secret on the next page. `kept`: it can be read again later."""
    once = "" if kept else " It is not shown again."
    text = format_html("The new {} is <code>{}</code>.{}", label, secret, once)
    messages.warning(request, text)
