"""The page of a project's rejected input."""

from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from telemetry.access import may_manage
from telemetry.models import Project, RejectedInput
from telemetry.pages import manager_page, member_page, page_link
from telemetry.rejected.selectors import rejected_page
from telemetry.rejected.service import clear_rejected
from telemetry.rejected.writes import MOST_KEPT

__all__ = ["rejected_clear", "rejected_list"]

PAGE_SIZE = 50


class RejectedFilterForm(forms.Form):
    """What the list is narrowed to. What cannot be understood narrows nothing."""

    dialect = forms.ChoiceField(
        required=False, choices=[("", "any"), *RejectedInput.Dialect.choices]
    )


@require_safe
@member_page
def rejected_list(request: HttpRequest, project: Project) -> HttpResponse:
    """What was rejected of what clients sent to the project, newest first."""
    form = RejectedFilterForm(request.GET)
    form.is_valid()
    dialect = form.cleaned_data.get("dialect", "")
    after, before = (_id(request.GET.get(name)) for name in ("after", "before"))
    page = rejected_page(project, dialect=dialect, size=PAGE_SIZE, after=after, before=before)
    first, last = (page.rows[0].pk.hex, page.rows[-1].pk.hex) if page.rows else ("", "")
    context = {
        "project": project,
        "form": form,
        "rows": page.rows,
        "narrows": bool(dialect or form.errors),
        "is_later_page": bool(after or before),
        "most": MOST_KEPT,
        "can_manage": may_manage(request.user, project),
        "next": page_link(request, after=last if last and page.follows else None),
        "previous": page_link(request, before=first if first and page.precedes else None),
    }
    return render(request, "telemetry/rejected.html", context)


@require_POST
@manager_page
def rejected_clear(request: HttpRequest, project: Project) -> HttpResponse:
    """Forget all of it, so that what comes next stands alone."""
    clear_rejected(project=project)
    messages.success(request, "The log of rejected input is empty now.")
    return redirect("rejected", project.slug)


def _id(text: str | None) -> UUID | None:
    try:
        return UUID(hex=text) if text else None
    except ValueError:
        return None
