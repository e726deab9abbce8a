"""The pages that show all apps together. A composition root: nobody imports it but ``urls``."""

import logging
from dataclasses import dataclass
from operator import attrgetter

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.utils.crypto import constant_time_compare
from django.views import defaults
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from devices_app.overview import DeviceFacts, device_facts, received_from_devices
from devices_app.snippets import registering
from sessions_app.overview import (
    SessionFacts,
    app_facts,
    received_by_sessions,
    session_facts,
)
from sessions_app.snippets import first_app_requests, first_session
from stats_app.overview import LIMIT, StatFacts, received_by_stats, stat_facts
from stats_app.snippets import first_stat
from telemetry import clock
from telemetry.access import is_staff, manager_addresses, may_manage, projects_of
from telemetry.metrics import metrics_text
from telemetry.models import Membership, Project
from telemetry.pages import member_page, public_url
from telemetry.rejected.selectors import rejected_facts
from telemetry.today import days_until

logger = logging.getLogger(__name__)

MOST_PROJECTS = 200
MOST_ARRIVALS = 6


@dataclass(frozen=True, slots=True)
class ProjectRow:
    project: Project
    role: str
    stats: StatFacts
    devices: DeviceFacts
    sessions: SessionFacts


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The entrance: what this server is, or the visitor's projects."""
    if not request.user.is_authenticated:
        return render(request, "telemetry/entrance.html")
    found = list(projects_of(request.user)[: MOST_PROJECTS + 1])
    projects = found[:MOST_PROJECTS]
    roles = dict(
        Membership.objects.filter(user=request.user, project__in=projects).values_list(
            "project_id", "role"
        )
    )
    stats, devices = stat_facts(projects), device_facts(projects)
    sessions = session_facts(projects)
    usual = "staff" if is_staff(request.user) else ""
    context = {
        "rows": [
            ProjectRow(
                project=project,
                role=roles.get(project.pk, usual),
                stats=stats.get(project.pk, StatFacts()),
                devices=devices.get(project.pk, DeviceFacts()),
                sessions=sessions.get(project.pk, SessionFacts()),
            )
            for project in projects
        ],
        "more": len(found) > MOST_PROJECTS,
        "limit": LIMIT,
    }
    return render(request, "telemetry/projects.html", context)


@require_safe
def favicon(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - a view
    """Browsers ask for this path by themselves, on pages that are not ours as well."""
    return redirect(static("telemetry/icon.svg"), permanent=False)


@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:  # noqa: ARG001 - a view
    """Whether the server can answer: 200 if its database does, else 503."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            cursor.fetchone()
    except Exception as error:  # noqa: BLE001 - whatever is wrong, the answer is "not healthy"
        logger.warning("healthz: the database does not answer: %s", error)
        problem = {"status": "unavailable", "detail": "The database does not answer."}
        return JsonResponse(problem, status=503, headers={"Retry-After": "5"})
    return JsonResponse({"status": "ok"})


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The answer where there is nothing: JSON to programs, a page to people.

    Outside the native API a program gets what heartbeat's API says there.
    """
    if request.path_info.startswith("/api/v1/"):
        return JsonResponse({"detail": "There is nothing at this path."}, status=404)
    if request.path_info.startswith("/api/"):
        return HttpResponse("Not Found", "text/plain; charset=utf-8", 404)
    return defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """The answer when we have failed, which has been logged."""
    if request.path_info.startswith("/api/v1/"):
        return JsonResponse({"detail": "Internal error; it has been logged."}, status=500)
    return defaults.server_error(request)


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """What the server counts about itself, for staff and for who has ``METRICS_TOKEN``."""
    token = settings.METRICS_TOKEN
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not (token and constant_time_compare(given, token)) and not is_staff(request.user):
        problem = "Send the token that METRICS_TOKEN sets as “Authorization: Bearer …”.\n"
        headers = {"WWW-Authenticate": "Bearer"}
        return HttpResponse(problem, "text/plain; charset=utf-8", 401, headers=headers)
    return HttpResponse(metrics_text(), CONTENT_TYPE_LATEST)


@require_safe
@member_page
def project_overview(request: HttpRequest, project: Project) -> HttpResponse:
    """A project: what it holds, and for managers its keys."""
    can_manage = may_manage(request.user, project)
    days = days_until(clock.now(), project.zone)
    received = [
        received_by_stats(project, days),
        received_from_devices(project, days),
        received_by_sessions(project, days),
    ]
    arrivals = [arrival for each in received for arrival in each.arrivals]
    context = {
        "project": project,
        "counts": [count for each in received for count in each.counts],
        "arrivals": sorted(arrivals, key=attrgetter("at"), reverse=True)[:MOST_ARRIVALS],
        "yesterday": days.yesterday.until.astimezone(project.zone),
        "app": app_facts(project, days),
        "stats": stat_facts([project]).get(project.pk, StatFacts()),
        "devices": device_facts([project]).get(project.pk, DeviceFacts()),
        "sessions": session_facts([project]).get(project.pk, SessionFacts()),
        "rejected": rejected_facts(project),
        "registering": registering(public_url(request)),
        "can_manage": can_manage,
        "told": manager_addresses(project) if can_manage else [],
        "base_url": public_url(request),
        "snippets": [
            *first_stat(project, public_url(request), show_keys=can_manage),
            *first_session(project, public_url(request), show_keys=can_manage)[:1],
            *first_app_requests(project, public_url(request), show_keys=can_manage),
        ],
    }
    return render(request, "telemetry/project.html", context)
