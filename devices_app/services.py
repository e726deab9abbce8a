"""The verbs of devices: register, beat, rename, replace a token, delete; and count a visit.

What cannot be done is a Django ``ValidationError`` by field, whose message is meant for people.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F

from devices_app.deletion import delete_devices_and_beats
from devices_app.models import MAX_NAME, Device, Fleet
from devices_app.writes import CountVisit, RecordBeat
from telemetry import clock
from telemetry.ids import new_id
from telemetry.keys import hash_secret, new_key
from telemetry.models import Project
from telemetry.store import get_store

__all__ = [
    "Registered",
    "clean_name",
    "count_visit",
    "create_device",
    "delete_devices",
    "record_beat",
    "regenerate_tokens",
    "rename_device",
    "set_status_page",
]


@dataclass(frozen=True, slots=True)
class Registered:
    """A device and its token, which nobody can ever read again."""

    device: Device
    token: str


async def record_beat(*, token: str) -> int | None:
    """Store a beat of the device that this token belongs to; None if there is none.

    Returns the time of the beat in whole seconds since 1970. It is committed when this returns.
    Raises ``StoreError`` if it was not.
    """
    # In whole microseconds, as it is stored: rounded there, it could be in the next second.
    at = int(clock.time() * 1e6) / 1e6
    known: bool = await get_store().submit(RecordBeat(hash_secret(token), at, new_id(at)))
    return int(at) if known else None


def count_visit(*, slug: str) -> None:
    """Count a page about this project that somebody looked at; if empty, about the default one.

    Raises ``StoreError`` if that was not stored.
    """
    get_store().submit_and_wait(CountVisit(slug))


def create_device(*, project: Project, name: str) -> Registered:
    """Register a device under the project's next number. Names need not be unique."""
    name = clean_name(name)
    token = new_key()
    try:
        with transaction.atomic():
            Fleet.objects.get_or_create(project=project)
            fleet = Fleet.objects.filter(project=project)
            # This locks the row: the number that is read next is ours alone.
            fleet.update(next_number=F("next_number") + 1, devices=F("devices") + 1)
            number = fleet.values_list("next_number", flat=True).get() - 1
            device = Device.objects.create(
                project=project, number=number, name=name, token_hash=hash_secret(token)
            )
    except IntegrityError as error:
        raise ValidationError("The project is gone.") from error
    return Registered(device, token)


def regenerate_tokens(*, devices: Sequence[Device]) -> list[Registered]:
    """Give each device a new token. The old ones are refused by the very next beat.

    Devices that somebody has deleted are left out of what is returned.
    """
    fresh = []
    with transaction.atomic():
        # In the order in which batches lock them.
        for device in sorted(devices, key=lambda device: (device.project_id, device.number)):
            token = new_key()
            same = Device.objects.filter(project_id=device.project_id, number=device.number)
            if same.update(token_hash=hash_secret(token)):
                fresh.append(Registered(device, token))
    return fresh


def rename_device(*, device: Device, name: str) -> Device:
    """Device.DoesNotExist if somebody has deleted it."""
    device.name = clean_name(name)
    same = Device.objects.filter(project_id=device.project_id, number=device.number)
    if not same.update(name=device.name):
        raise Device.DoesNotExist
    return device


def delete_devices(*, project: Project, numbers: Sequence[int]) -> int:
    """Delete devices of the project and all their beats; returns how many devices there were.

    Their numbers are never given again, and their beats stay in the project's total.
    """
    return delete_devices_and_beats(project.pk, numbers)


def set_status_page(*, project: Project, shown: bool) -> None:
    """Show everybody a page and badges with the project's last beat, or show them no more."""
    Fleet.objects.update_or_create(project=project, defaults={"status_page": shown})


def clean_name(name: str) -> str:
    """`name` as it came, if it can be one: 1 to 255 characters, and some of them visible."""
    if not name.strip():
        raise ValidationError({"name": "A name is needed."})
    if len(name) > MAX_NAME:
        raise ValidationError({"name": f"A name has at most {MAX_NAME} characters."})
    try:
        name.encode()
    except UnicodeEncodeError:
        raise ValidationError({"name": "A name cannot have half a character in it."}) from None
    if "\0" in name:
        raise ValidationError({"name": "A name cannot have NUL characters."})
    return name
