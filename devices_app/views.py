"""The HTML pages of devices: the board, a device's page, management."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from devices_app import chart, services
from devices_app.forms import DeviceFilterForm, DeviceForm
from devices_app.models import Device
from devices_app.selectors import (
    HOUR,
    absences_of,
    beats_per_hour,
    device_of,
    device_page,
    fleet_facts,
)
from devices_app.snippets import beating, registering
from devices_app.state import ACTIVE, AWAY, State, state_at
from telemetry import clock, sparkline
from telemetry.access import may_manage
from telemetry.models import Project
from telemetry.pages import manager_page, member_page, page_link, public_url
from telemetry.times import parse_time

PAGE_SIZE = 50
ABSENCES = 20

P = ParamSpec("P")


@dataclass(frozen=True, slots=True)
class Row:
    """A device on the board; `hours` are its beats in the last 24 hours, the last of them now."""

    device: Device
    state: State
    hours: list[int]
    spark: sparkline.Sparkline


_DeviceView = Callable[Concatenate[HttpRequest, Device, P], HttpResponseBase]


def _of_device(view: _DeviceView[P]) -> Callable[..., HttpResponseBase]:
    """The view gets the device in place of its number; 404 if the project has none such."""

    @wraps(view)
    def page(
        request: HttpRequest, project: Project, number: int, *args: P.args, **kwargs: P.kwargs
    ) -> HttpResponseBase:
        device = device_of(project, number)
        if device is None:
            raise Http404("There is no such device.")
        device.project = project
        return view(request, device, *args, **kwargs)

    return page


@require_safe
@member_page
def board(request: HttpRequest, project: Project) -> HttpResponse:
    """The project's devices: who is active, who is missing. A script keeps it fresh."""
    form = DeviceFilterForm(request.GET)
    page = device_page(
        form.devices(project),
        size=PAGE_SIZE,
        after=_number(request.GET.get("after")),
        before=_number(request.GET.get("before")),
    )
    facts = fleet_facts(project)
    hours = beats_per_hour(page.devices, since=facts.now - 23 * HOUR, until=facts.now)
    context = {
        **_live(facts.now),
        "project": project,
        "form": form,
        "facts": facts,
        "rows": [
            Row(
                device,
                state_at(facts.now, device.last_beat_at),
                hours[device.pk],
                sparkline.draw([count or None for count in hours[device.pk]], counter=True),
            )
            for device in page.devices
        ],
        "numbers": ",".join(str(device.number) for device in page.devices),
        "next": page_link(request, after=page.after),
        "previous": page_link(request, before=page.before),
        "can_manage": may_manage(request.user, project),
        "registering": registering(public_url(request)),
        "base_url": public_url(request),
        "new_form": DeviceForm(auto_id="new-%s"),
    }
    return render(request, "devices_app/board.html", context)


def _live(now: datetime) -> dict[str, Any]:
    """What the script needs to go on from here."""
    return {
        "now": now.timestamp(),
        "hour": now.replace(minute=0, second=0, microsecond=0).timestamp(),
        "active": int(ACTIVE.total_seconds()),
        "away": int(AWAY.total_seconds()),
    }


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 10 else None


@require_safe
@member_page
@_of_device
def device(request: HttpRequest, device: Device) -> HttpResponse:
    """A device: its beats per hour, its absences, and how to make it beat."""
    now = clock.now()
    name = request.GET.get("range", chart.DEFAULT_RANGE)
    if name not in chart.RANGES:
        raise Http404("There is no such range.")
    before = _time(request.GET.get("before"))
    absences = absences_of(device)
    if before:
        absences = absences.filter(started_at__lt=before)
    found = list(absences[: ABSENCES + 1])
    context = {
        **_live(now),
        "project": device.project,
        "device": device,
        "state": state_at(now, device.last_beat_at),
        "chart": chart.draw(device, name, now),
        "ranges": [(key, label) for key, (label, _) in chart.RANGES.items()],
        "range": name,
        "absences": [(each, each.ended_at - each.started_at) for each in found[:ABSENCES]],
        "older": found[ABSENCES - 1].started_at if len(found) > ABSENCES else None,
        "before": before,
        "silence": _silence(device, now) if not before else None,
        "snippets": beating(public_url(request)),
        "can_manage": may_manage(request.user, device.project),
        "base_url": public_url(request),
    }
    return render(request, "devices_app/device.html", context)


def _time(text: str | None) -> datetime | None:
    try:
        return parse_time(text) if text else None
    except ValueError as error:
        raise Http404(str(error)) from error


def _silence(device: Device, now: datetime) -> timedelta | None:
    """The absence that still goes on, if it is one."""
    if device.last_beat_at is None or now - device.last_beat_at < HOUR:
        return None
    return now - device.last_beat_at


@never_cache
@require_POST
@manager_page
def device_new(request: HttpRequest, project: Project) -> HttpResponse:
    """Register a device, and show its token for the only time."""
    form = DeviceForm(request.POST, auto_id="new-%s")
    if form.is_valid():
        try:
            registered = services.create_device(project=project, name=form.cleaned_data["name"])
        except ValidationError as error:
            form.add_error(None, error)
        else:
            return _show_token(request, registered, is_new=True)
    return render(request, "devices_app/device_new.html", {"project": project, "form": form})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@manager_page
@_of_device
def device_token(request: HttpRequest, device: Device) -> HttpResponse:
    """Ask, and on POST replace the device's token and show the new one for the only time."""
    if request.method == "POST":
        fresh = services.regenerate_tokens(devices=[device])
        if not fresh:
            raise Http404("There is no such device.")
        return _show_token(request, fresh[0], is_new=False)
    return render(
        request, "devices_app/device_regenerate.html", {"project": device.project, "device": device}
    )


def _show_token(
    request: HttpRequest, registered: services.Registered, *, is_new: bool
) -> HttpResponse:
    context = {
        "project": registered.device.project,
        "device": registered.device,
        "token": registered.token,
        "is_new": is_new,
        "base_url": public_url(request),
        "snippets": beating(public_url(request), registered.token),
    }
    return render(request, "devices_app/device_token.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@manager_page
@_of_device
def device_edit(request: HttpRequest, device: Device) -> HttpResponse:
    """Rename a device."""
    project, form = device.project, DeviceForm(initial={"name": device.name})
    context = {"project": project, "device": device}
    if request.method == "POST":
        form = DeviceForm(request.POST)
        if form.is_valid():
            old = device.name
            try:
                services.rename_device(device=device, name=form.cleaned_data["name"])
            except ValidationError as error:
                device.name = old
                form.add_error(None, error)
            except Device.DoesNotExist:
                raise Http404("There is no such device.") from None
            else:
                messages.success(request, "Saved.")
                return redirect("device", project.slug, device.number)
    return render(request, "devices_app/device_edit.html", {**context, "form": form})


@require_http_methods(["GET", "HEAD", "POST"])
@manager_page
@_of_device
def device_delete(request: HttpRequest, device: Device) -> HttpResponse:
    """Ask, and on POST delete."""
    project = device.project
    if request.method == "POST":
        services.delete_devices(project=project, numbers=[device.number])
        messages.success(request, f"“{device.name}” and all its beats were deleted.")
        return redirect("devices", project.slug)
    return render(request, "devices_app/device_delete.html", {"project": project, "device": device})


@require_POST
@manager_page
def status_page_switch(request: HttpRequest, project: Project) -> HttpResponse:
    """Show everybody the status page and badges, or show them no more."""
    shown = request.POST.get("shown") == "1"
    services.set_status_page(project=project, shown=shown)
    text = "Everybody may see the status page now." if shown else "The status page is off."
    messages.success(request, text)
    return redirect("devices", project.slug)
