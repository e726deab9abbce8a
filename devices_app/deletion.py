"""How a device goes away while beats of it may be on their way: see ``telemetry.deletion``."""

from collections.abc import Sequence
from functools import partial

from django.db import transaction
from django.db.models import F

from devices_app.models import Absence, Beat, BeatHour, Device, Fleet
from telemetry.deletion import wait_for_writers

__all__ = ["delete_devices_and_beats"]

_GROWING: tuple[type[Beat] | type[BeatHour] | type[Absence], ...] = (Beat, BeatHour, Absence)


def delete_devices_and_beats(project_id: int, numbers: Sequence[int]) -> int:
    """Delete these devices of a project, and their beats; returns how many devices there were.

    Inside a transaction the beats are deleted once that has been committed.
    """
    with transaction.atomic():
        # In the order in which batches lock them, too.
        list(Fleet.objects.filter(project_id=project_id).select_for_update().values_list("pk"))
        devices = Device.objects.filter(project_id=project_id, number__in=numbers)
        gone = list(devices.order_by("number").select_for_update().values_list("pk", flat=True))
        Device.objects.filter(project_id=project_id, pk__in=gone).delete()
        if gone:
            Fleet.objects.filter(project_id=project_id).update(devices=F("devices") - len(gone))
            transaction.on_commit(partial(_delete_beats, project_id, gone))
    return len(gone)


def _delete_beats(project_id: int, device_ids: Sequence[int]) -> None:
    wait_for_writers(model._meta.db_table for model in _GROWING)
    for model in _GROWING:
        model.objects.filter(project_id=project_id, device_id__in=device_ids).delete()
