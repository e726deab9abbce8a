"""What anybody may see: the status page and the badges, as the original's."""

from collections.abc import Callable
from functools import wraps

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import re_path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from devices_app.badges import badge
from devices_app.models import Device
from devices_app.selectors import device_of, fleet_facts, status_page_project
from devices_app.visits import visit
from devices_app.words import duration_words
from telemetry import clock
from telemetry.access import Unauthorized, project_to_show
from telemetry.models import Project
from telemetry.pages import public_url

__all__ = ["last_seen_badge", "status", "total_beats_badge", "urlpatterns"]

VIOLET, BLUE, GREY = "#6a5acd", "#3b6cb7", "#5b6570"

_Badge = Callable[[Project, Device | None], tuple[str, str, str]]


@require_safe
def status(request: HttpRequest, slug: str) -> HttpResponse:
    """When the last beat came, in words: for projects whose managers have switched it on."""
    project = status_page_project(slug)
    if project is None:
        raise Http404("There is no such page.")
    visit(request, project.slug)  # before the facts are read: the page counts itself
    context = {
        "project": project,
        "facts": fleet_facts(project),
        "base_url": public_url(request),
    }
    return render(request, "devices_app/status.html", context)


def _badge_view(draw: _Badge) -> Callable[[HttpRequest], HttpResponse]:
    """A badge of the project, or of one device with ``?device=``; never from a cache."""

    @require_safe
    @wraps(draw)
    def view(request: HttpRequest) -> HttpResponse:
        project = _project_of(request)
        wanted = request.GET.get("device")
        device = device_of(project, wanted) if wanted is not None else None
        if wanted is not None and device is None:
            raise Http404("There is no such device.")
        response = HttpResponse(badge(*draw(project, device)), "image/svg+xml")
        response["Cache-Control"] = "no-cache, max-age=0, must-revalidate"
        if request.headers.get("Sec-Fetch-Site") != "same-origin":  # on a page of our own
            visit(request, project.slug)
        return response

    return csrf_exempt(view)


def _project_of(request: HttpRequest) -> Project:
    slug = request.GET.get("project", "")
    authorization = request.headers.get("Authorization", "")
    try:
        return project_to_show(slug=slug, user=request.user, authorization=authorization)
    except (Http404, Unauthorized) as reason:
        project = status_page_project(slug) if "device" not in request.GET else None
        if project is None:
            raise Http404("There is no such badge.") from reason
        return project


@_badge_view
def last_seen_badge(project: Project, device: Device | None) -> tuple[str, str, str]:
    """How long ago the last beat was."""
    at = device.last_beat_at if device else fleet_facts(project).last_seen_at
    if at is None:
        return "Last Online", "never", GREY
    words = duration_words((clock.now() - at).total_seconds())
    return "Last Online", words if words == "just now" else f"{words} ago", VIOLET


@_badge_view
def total_beats_badge(project: Project, device: Device | None) -> tuple[str, str, str]:
    """How many beats there were."""
    beats = device.num_beats if device else fleet_facts(project).beats
    return "Total Beats", f"{beats:,}", BLUE


# As clients that add a slash, or begin with two, ask for them.
urlpatterns = [
    re_path("^(?:/)?badge/last-seen/?$", last_seen_badge, name="badge-last-seen"),
    re_path("^(?:/)?badge/total-beats/?$", total_beats_badge, name="badge-total-beats"),
]
