"""The HTML pages of stats: list, plot, management, and the destroy link of the e-mail."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.timezone import now
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from stats_app import plot, services
from stats_app.destroy_link import MAX_AGE, stat_from_token
from stats_app.forms import StatEditForm, StatFilterForm
from stats_app.models import Stat
from stats_app.selectors import Latest, latest_values, sparklines, summary
from stats_app.selectors import stat_page as page_of
from stats_app.snippets import first_stat, sending_to
from telemetry import sparkline
from telemetry.access import may_manage, role_in
from telemetry.models import Membership, Project
from telemetry.pages import member_page, page_link, public_url, sign_in_first
from telemetry.times import parse_time

PAGE_SIZE = 50

P = ParamSpec("P")


@dataclass(frozen=True, slots=True)
class Row:
    """A stat in the list."""

    stat: Stat
    latest: Latest | None
    spark: sparkline.Sparkline


@dataclass(frozen=True, slots=True)
class Opened:
    """A stat that the visitor may see; `role` is None for a stranger, to whom it is public."""

    stat: Stat
    role: Membership.Role | None

    @property
    def can_manage(self) -> bool:
        return self.role == Membership.Role.MANAGER


_StatView = Callable[Concatenate[HttpRequest, Opened, P], HttpResponseBase]
# Django passes what a URL holds by name.
_UrlView = Callable[..., HttpResponseBase]


def _open(request: HttpRequest, slug: str, stat_id: int) -> Opened | None:
    stats = Stat.objects.select_related("project")
    stat = stats.filter(pk=stat_id, project__slug=slug).first()
    if stat is None:
        return None
    role = role_in(request.user, stat.project)
    return Opened(stat, role) if role or stat.public else None


def readable(view: _StatView[P]) -> _UrlView:
    """Members may read, anyone may read what is public; to others the stat does not exist."""

    @wraps(view)
    def page(
        request: HttpRequest, slug: str, stat_id: int, *args: P.args, **kwargs: P.kwargs
    ) -> HttpResponseBase:
        opened = _open(request, slug, stat_id)
        if opened is None:
            if not request.user.is_authenticated:
                return sign_in_first(request)
            raise Http404("There is no such stat.")
        return view(request, opened, *args, **kwargs)

    return page


def manageable(view: _StatView[P]) -> _UrlView:
    """Only for managers; whoever may read learns that this is not theirs to do."""

    @wraps(view)
    @readable
    def page(
        request: HttpRequest, opened: Opened, /, *args: P.args, **kwargs: P.kwargs
    ) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return sign_in_first(request)
        if not opened.can_manage:
            raise PermissionDenied("Only managers of the project may do this.")
        return view(request, opened, *args, **kwargs)

    return page


@require_safe
@member_page
def stat_list(request: HttpRequest, project: Project) -> HttpResponse:
    """The project's stats by name, with what each showed last."""
    form = StatFilterForm(request.GET)
    stats = form.stats(project)
    page = page_of(
        stats, size=PAGE_SIZE, after=request.GET.get("after"), before=request.GET.get("before")
    )
    latest, lines = latest_values(page.stats), sparklines(page.stats)
    context = {
        "project": project,
        "form": form,
        "rows": [
            Row(stat, latest.get(stat.pk), sparkline.draw(lines[stat.pk], counter=stat.is_counter))
            for stat in page.stats
        ],
        "next": page_link(request, after=page.after),
        "previous": page_link(request, before=page.before),
    }
    if not page.stats:
        can_manage = may_manage(request.user, project)
        context["snippets"] = first_stat(project, public_url(request), show_keys=can_manage)
        context["can_manage"] = can_manage
    return render(request, "stats_app/stat_list.html", context)


@require_safe
@readable
def stat_page(request: HttpRequest, opened: Opened) -> HttpResponse:
    """A stat's plot, figures, table, and how to send to it."""
    stat, moment, problem = opened.stat, now(), ""
    try:
        span = plot.span_of(request.GET, moment)
        bins = plot.bins_of(stat, span)
    except ValueError as error:
        problem = str(error)
        span = plot.span_of({}, moment)
        bins = plot.bins_of(stat, span)
    latest = latest_values([stat]).get(stat.pk)
    context = {
        **_stat_context(opened),
        "problem": problem,
        "span": span,
        "step_label": plot.step_label(span.step),
        "ranges": [(name, label) for name, (label, _) in plot.RANGES.items()],
        "payload": plot.payload(stat, span, bins, latest),
        "figures": plot.figures(stat, span, bins),
        "bins": [bin_ for bin_ in reversed(bins) if bin_.count],
        "latest": latest,
        "snippets": sending_to(stat, public_url(request), show_keys=opened.can_manage),
    }
    return render(request, "stats_app/stat_page.html", context, status=400 if problem else 200)


def _stat_context(opened: Opened) -> dict[str, Any]:
    return {
        "stat": opened.stat,
        "project": opened.stat.project,
        "is_member": opened.role is not None,
        "can_manage": opened.can_manage,
    }


@never_cache
@require_safe
@readable
def stat_data(request: HttpRequest, opened: Opened) -> JsonResponse:
    """What the plot needs, as on the page. `after` (in seconds since 1970) asks only for the bins
    from then on: that is what an open page asks every second, so it reads a few rows only.
    """
    stat = opened.stat
    try:
        span = plot.span_of(request.GET, now())
        after = parse_time(request.GET["after"]) if "after" in request.GET else None
        bins = plot.bins_of(stat, span, after=after)
    except ValueError as error:
        return JsonResponse({"detail": str(error)}, status=400)
    latest = latest_values([stat]).get(stat.pk)
    return JsonResponse(plot.payload(stat, span, bins, latest))


@require_http_methods(["GET", "HEAD", "POST"])
@manageable
def stat_edit(request: HttpRequest, opened: Opened) -> HttpResponse:
    """Rename, set the unit and the public flag."""
    stat = opened.stat
    context = _stat_context(opened)
    form = StatEditForm.of(stat)
    if request.method == "POST":
        form = StatEditForm(request.POST)
        if form.is_valid():
            try:
                services.update_stat(stat=stat, **form.cleaned_data)
            except ValidationError as error:
                form.add_error(None, error)
            except Stat.DoesNotExist:
                raise Http404("There is no such stat.") from None
            else:
                messages.success(request, "Saved.")
                return redirect("stat-page", stat.project.slug, stat.pk)
        # The service may have put the refused name into the stat; the page shows the stored one.
        stat.refresh_from_db(fields=["name", "unit", "public"])
    return render(request, "stats_app/stat_edit.html", {**context, "form": form})


@require_http_methods(["GET", "HEAD", "POST"])
@manageable
def stat_delete(request: HttpRequest, opened: Opened) -> HttpResponse:
    """Ask, and on POST delete."""
    stat = opened.stat
    if request.method == "POST":
        services.delete_stats(project=stat.project, stat_ids=[stat.pk])
        messages.success(request, f"“{stat.name}” and everything it received was deleted.")
        return redirect("stats", stat.project.slug)
    return render(
        request, "stats_app/stat_delete.html", {**_stat_context(opened), **_received(stat)}
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def stat_destroy(request: HttpRequest, slug: str, token: str) -> HttpResponse:
    """The link of the e-mail about a new stat: the link itself is the permission.

    Mail scanners follow links, so only the POST of the button destroys.
    """
    stat = stat_from_token(token)
    if stat is None or stat.project.slug != slug:
        return render(request, "stats_app/destroy_gone.html", {"days": MAX_AGE.days}, status=410)
    context = {"stat": stat, "project": stat.project}
    if request.method == "POST":
        services.delete_stats(project=stat.project, stat_ids=[stat.pk])
        return render(request, "stats_app/destroy_done.html", context)
    return render(request, "stats_app/destroy_confirm.html", {**context, **_received(stat)})


def _received(stat: Stat) -> dict[str, Any]:
    """What a stat received in the last 30 days, for the pages that ask before they delete."""
    until: datetime = now()
    span = plot.Span("30d", until - timedelta(days=30), until, until)
    return {"received": summary(plot.bins_of(stat, span), stat.kind)}
