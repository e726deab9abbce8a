"""Devices, and what they have done, as the native REST API shows and takes them."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from devices_app import services
from devices_app.models import MAX_NAME, Absence, Beat, BeatHour, Device
from devices_app.state import State, state_at
from telemetry.fields import TimeField

__all__ = [
    "AbsenceSerializer",
    "BeatSerializer",
    "DeviceSerializer",
    "HourSerializer",
    "RegisteredSerializer",
]


class DeviceSerializer(serializers.Serializer[Device]):
    """Something that beats while it is in use."""

    # Its context has `now`, so that all states of a list are of one time.

    id = serializers.IntegerField(
        source="number",
        read_only=True,
        help_text="Its number in the project, from 0; never given to another device.",
    )
    # Services look at names once more: they refuse what is not visible or cannot be stored.
    name = serializers.CharField(
        max_length=MAX_NAME,
        trim_whitespace=False,
        help_text="Kept as it is sent. Need not be unique.",
    )
    state = serializers.SerializerMethodField(
        help_text="By its last beat: active (in the last 5 minutes), away (in the last 48 hours), "
        "missing (before that), or never."
    )
    num_beats = serializers.IntegerField(read_only=True, help_text="How many beats ever came.")
    last_beat = TimeField(
        source="last_beat_at", allow_null=True, help_text="When the last one came."
    )
    created_at = TimeField()

    @extend_schema_field({"type": "string", "enum": [state.value for state in State]})
    def get_state(self, device: Device) -> str:
        return state_at(self.context["now"], device.last_beat_at).value

    def update(self, instance: Device, validated_data: dict[str, Any]) -> Device:
        if "name" not in validated_data:
            return instance
        return services.rename_device(device=instance, name=validated_data["name"])


class RegisteredSerializer(DeviceSerializer):
    """A device and its new token."""

    # For the schema: only `api`, which has just got it from a service, knows the token.

    token = serializers.CharField(
        read_only=True,
        help_text="What the device sends as `Authorization` of each beat. Never shown again.",
    )


class BeatSerializer(serializers.Serializer[Beat]):
    """A sign of life."""

    id = serializers.UUIDField(read_only=True, help_text="A UUIDv7: ids sort by time.")
    at = TimeField()


class AbsenceSerializer(serializers.Serializer[Absence]):
    """A time without beats, between two beats, of an hour or longer."""

    started_at = TimeField(help_text="When the beat before it came.")
    ended_at = TimeField(help_text="When the beat after it came.")
    seconds = serializers.SerializerMethodField(help_text="Its whole seconds.")

    def get_seconds(self, absence: Absence) -> int:
        return int((absence.ended_at - absence.started_at).total_seconds())


class HourSerializer(serializers.Serializer[BeatHour]):
    """An hour in which the device beat."""

    start = TimeField(help_text="Its first instant; hours are those of UTC.")
    count = serializers.IntegerField(read_only=True, help_text="How many beats came in it.")
