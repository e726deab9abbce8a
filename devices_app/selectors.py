"""The reads of pages, REST and admin: devices, their hours, absences and beats.

Counts were kept while beats were written, so what a call costs depends on what it shows and not
on how many beats there are. All times are aware and in UTC.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Max, Q, QuerySet, Sum

from devices_app.models import Absence, Beat, BeatHour, Device, Fleet, Tally
from devices_app.state import ACTIVE, AWAY, State
from telemetry import clock
from telemetry.ids import first_id
from telemetry.models import Project

__all__ = [
    "BeatPage",
    "DevicePage",
    "FleetFacts",
    "absences_of",
    "beat_page",
    "beats_between",
    "beats_of",
    "beats_per_hour",
    "device_of",
    "device_page",
    "devices_of",
    "fleet_facts",
    "hours_of",
    "in_state",
    "status_page_project",
]

HOUR = timedelta(hours=1)
MAX_NUMBER = 2**31 - 1


@dataclass(frozen=True, slots=True)
class DevicePage:
    """A page of a project's devices in the order of their numbers.

    `after` and `before` are the numbers to pass on for the next and the previous page; None where
    there is none.
    """

    devices: list[Device]
    after: int | None
    before: int | None


@dataclass(frozen=True, slots=True)
class BeatPage:
    """Some of a device's beats, newest first. `older` is the `before` of the next page."""

    beats: list[Beat]
    older: UUID | None


@dataclass(frozen=True, slots=True)
class FleetFacts:
    """What a project's devices have done together. `longest_absence` includes the running one."""

    devices: int
    beats: int
    visits: int
    last_seen_at: datetime | None
    longest_absence: timedelta
    since: datetime
    now: datetime
    status_page: bool

    @property
    def absence(self) -> timedelta:
        """The running one."""
        if self.last_seen_at is None:
            return timedelta()
        return max(timedelta(), self.now - self.last_seen_at)

    @property
    def uptime(self) -> timedelta:
        return max(timedelta(), self.now - self.since)


def fleet_facts(project: Project) -> FleetFacts:
    """What the status page and the board say of all devices. Two queries of a few rows."""
    now = clock.now()
    fleet = Fleet.objects.filter(project=project).first() or Fleet(project=project)
    tally: dict[str, Any] = Tally.objects.filter(project=project).aggregate(
        beats=Sum("beats"),
        visits=Sum("visits"),
        last=Max("last_beat_at"),
    )
    last = tally["last"]
    return FleetFacts(
        devices=fleet.devices,
        beats=tally["beats"] or 0,
        visits=tally["visits"] or 0,
        last_seen_at=last,
        longest_absence=max(fleet.longest_absence, now - last if last else timedelta()),
        since=project.created_at,
        now=now,
        status_page=fleet.status_page,
    )


def status_page_project(slug: str) -> Project | None:
    """The project of this slug (the default one if empty), if anybody may see its status page."""
    wanted = Q(slug=slug) if slug else Q(is_default=True)
    if "\0" in slug:
        return None
    return Project.objects.filter(wanted, fleet__status_page=True).first()


def devices_of(
    project: Project,
    *,
    name: str = "",
    state: State | None = None,
) -> QuerySet[Device]:
    """The project's devices by number, which is also the order of an index.

    `name`: a part of the name, in any case.
    """
    devices = Device.objects.filter(project=project).order_by("number")
    if "\0" in name:  # which PostgreSQL refuses to look for
        return devices.none()
    if name:
        devices = devices.filter(name__icontains=name)
    if state:
        devices = devices.filter(in_state(state))
    return devices


def in_state(state: State) -> Q:
    """Of all devices those of which `state_at` says this now."""
    now = clock.now()
    return {
        State.ACTIVE: Q(last_beat_at__gt=now - ACTIVE),
        State.AWAY: Q(last_beat_at__lte=now - ACTIVE, last_beat_at__gt=now - AWAY),
        State.MISSING: Q(last_beat_at__lte=now - AWAY),
        State.NEVER: Q(last_beat_at=None),
    }[state]


def device_of(project: Project, number: str | int) -> Device | None:
    """The project's device of this number; None if that is none, or no number."""
    text = str(number)
    if not (text.isascii() and text.isdecimal() and len(text) < 20 and int(text) <= MAX_NUMBER):
        return None
    return Device.objects.filter(project=project, number=int(text)).first()


def device_page(
    devices: QuerySet[Device],
    *,
    size: int = 50,
    after: int | None = None,
    before: int | None = None,
) -> DevicePage:
    """The page of `devices_of(…)` that follows the number `after`, or that precedes `before`."""
    if before is not None:
        found = list(devices.filter(number__lt=before).order_by("-number")[: size + 1])
    elif after is not None:
        found = list(devices.filter(number__gt=after)[: size + 1])
    else:
        found = list(devices[: size + 1])
    more, page = len(found) > size, found[:size]
    if before is not None:
        page.reverse()
    follows, precedes = (True, more) if before is not None else (more, after is not None)
    return DevicePage(
        devices=page,
        after=page[-1].number if page and follows else None,
        before=page[0].number if page and precedes else None,
    )


def beats_per_hour(
    devices: Sequence[Device], *, since: datetime, until: datetime
) -> dict[int, list[int]]:
    """By the id (not the number) of each of these devices of one project, its beats hour by hour.

    The first hour is that of `since`, the last that of `until`; none is left out. One query.
    """
    if not devices:
        return {}
    begin, end = _hour(since), _hour(until)
    count = (end - begin) // HOUR + 1
    hours = {device.pk: [0] * count for device in devices}
    with connection.cursor() as cursor:
        cursor.execute(_HOURS, [list(hours), devices[0].project_id, begin, end, count])
        for device_id, start, beats in cursor.fetchall():
            hours[device_id][(start - begin) // HOUR] = beats
    return hours


# Look up each device, whatever the planner thinks of how many rows there are.
_HOURS = f"""
    SELECT wanted.id, hour.start, hour.count
      FROM unnest(%s::bigint[]) AS wanted (id)
     CROSS JOIN LATERAL (
           SELECT start, count FROM {BeatHour._meta.db_table}
            WHERE project_id = %s AND device_id = wanted.id AND start >= %s AND start <= %s
            ORDER BY start
            LIMIT %s
           ) AS hour
    """


def _hour(time: datetime) -> datetime:
    return time.replace(minute=0, second=0, microsecond=0)


def hours_of(device: Device) -> QuerySet[BeatHour]:
    """The hours in which the device beat, newest first."""
    hours = BeatHour.objects.filter(project_id=device.project_id, device_id=device.pk)
    return hours.order_by("-start")


def absences_of(device: Device) -> QuerySet[Absence]:
    """The device's absences that have ended and were an hour or longer, newest first."""
    absences = Absence.objects.filter(project_id=device.project_id, device_id=device.pk)
    return absences.order_by("-started_at")


def beats_of(
    device: Device, *, since: datetime | None = None, until: datetime | None = None
) -> QuerySet[Beat]:
    """The device's beats in [`since`, `until`), newest first: by their ids, which tell the time."""
    beats = Beat.objects.filter(project_id=device.project_id, device_id=device.pk)
    return beats_between(beats, since=since, until=until).order_by("-id")


def beats_between(
    beats: QuerySet[Beat], *, since: datetime | None = None, until: datetime | None = None
) -> QuerySet[Beat]:
    """Those of `beats` in [`since`, `until`), found by their ids, which tell the time."""
    # Ids have whole milliseconds, cut off, and times have microseconds, rounded: so the borders
    # are a millisecond further out.
    if since:
        beats = beats.filter(id__gte=first_id(since.timestamp() - 0.001), at__gte=since)
    if until:
        beats = beats.filter(id__lt=first_id(until.timestamp() + 0.001), at__lt=until)
    return beats


def beat_page(device: Device, *, before: UUID | None = None, size: int = 100) -> BeatPage:
    """The device's newest beats, or the newest of those that precede the one of the id `before`."""
    beats = beats_of(device)
    if before is not None:
        beats = beats.filter(id__lt=before)
    found = list(beats[: size + 1])
    page = found[:size]
    return BeatPage(beats=page, older=page[-1].id if len(found) > size else None)
