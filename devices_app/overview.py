"""What the lists of projects say about a project's devices."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Max

from devices_app.models import Fleet, Tally
from telemetry.models import Project

__all__ = ["DeviceFacts", "device_facts"]


@dataclass(frozen=True, slots=True)
class DeviceFacts:
    count: int = 0
    last_beat_at: datetime | None = None


def device_facts(projects: Sequence[Project]) -> dict[int, DeviceFacts]:
    """By the id of each project that has, or had, devices: how many, and the last beat."""
    counts = dict(Fleet.objects.filter(project__in=projects).values_list("project_id", "devices"))
    if not counts:
        return {}
    tallies = Tally.objects.filter(project__in=list(counts)).order_by()
    last = dict(tallies.values_list("project_id").annotate(last=Max("last_beat_at")))
    return {pk: DeviceFacts(count, last.get(pk)) for pk, count in counts.items()}
