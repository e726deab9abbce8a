"""Stats and their series as the native REST API shows and takes them."""

from datetime import datetime, timedelta
from typing import Any

from django.utils.timezone import now
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from stats_app import services
from stats_app.filters import KINDS
from stats_app.models import Stat
from stats_app.names import MAX_LENGTH
from stats_app.selectors import AGGREGATIONS, auto_step
from telemetry.times import parse_duration, parse_time

__all__ = ["SeriesQuery", "SeriesSerializer", "StatSerializer"]


@extend_schema_field({"type": "string", "enum": list(KINDS)})
class KindField(serializers.Field[int, str, str, int]):
    """A stat's kind by its word."""

    default_error_messages = {"unknown": "A stat is a “counter” or a “value”."}

    def to_internal_value(self, data: Any) -> int:
        if not isinstance(data, str) or data not in KINDS:
            self.fail("unknown")
        return KINDS[data]

    def to_representation(self, value: int) -> str:
        return str(Stat.Kind(value).label)


class StatSerializer(serializers.Serializer[Stat]):
    """A named series of counts or values."""

    # Its context has the `project`, and `manages`: whether whoever asks may see the `key`.

    id = serializers.IntegerField(read_only=True)
    name = serializers.CharField(
        max_length=MAX_LENGTH, help_text="Unique in the project. No “~”, no control characters."
    )
    kind = KindField(help_text="Of a counter a sum is shown, of a value a mean. Cannot be changed.")
    key = serializers.CharField(
        read_only=True,
        allow_null=True,
        help_text="With the project's user key, feeds the stat (Classic API). "
        "null for those who may not manage the project.",
    )
    public = serializers.BooleanField(default=False, help_text="May be seen by anyone.")
    unit = serializers.CharField(default="", allow_blank=True, help_text="Such as ms or %.")
    created_at = serializers.DateTimeField(read_only=True)
    last_received_at = serializers.DateTimeField(
        read_only=True, allow_null=True, help_text="When anything was last received for it."
    )

    def validate_kind(self, kind: int) -> int:
        if isinstance(self.instance, Stat) and kind != self.instance.kind:
            raise serializers.ValidationError(
                "A stat's kind cannot be changed: make another stat, or delete this one first."
            )
        return kind

    def create(self, validated_data: dict[str, Any]) -> Stat:
        return services.create_stat(project=self.context["project"], **validated_data)

    def update(self, instance: Stat, validated_data: dict[str, Any]) -> Stat:
        changes = {name: value for name, value in validated_data.items() if name != "kind"}
        return services.update_stat(stat=instance, **changes)

    def to_representation(self, instance: Stat) -> dict[str, Any]:
        shown = super().to_representation(instance)
        if not self.context["manages"]:
            shown["key"] = None
        return shown


@extend_schema_field(OpenApiTypes.STR)
class TimeField(serializers.Field[datetime, str, str, datetime]):
    def to_internal_value(self, data: Any) -> datetime:
        try:
            return parse_time(str(data))
        except ValueError as error:
            raise serializers.ValidationError(str(error)) from error

    def to_representation(self, value: datetime) -> str:
        return iso(value)


@extend_schema_field(OpenApiTypes.STR)
class StepField(serializers.Field[int, str, str, int]):
    def to_internal_value(self, data: Any) -> int:
        try:
            return parse_duration(str(data))
        except ValueError as error:
            raise serializers.ValidationError(str(error)) from error

    def to_representation(self, value: int) -> str:
        return str(value)


class SeriesQuery(serializers.Serializer[Any]):
    """Parameters of a series. Validated: all of `from`, `to`, `step` (seconds), `aggregation`."""

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        # Declared here because “from” is no name for an attribute.
        return {
            "from": TimeField(
                required=False,
                help_text="ISO 8601 or unix seconds; a day before `to` if not given. "
                "Rounded down to a multiple of `step` since 1970.",
            ),
            "to": TimeField(
                required=False, help_text="As `from`; now if not given. Not included itself."
            ),
            "step": StepField(
                required=False,
                help_text="Seconds, or such as 1m, 5m, 1h, 1d; whole minutes. If not given, "
                "one that suits the length of time.",
            ),
            "aggregation": serializers.ChoiceField(
                choices=sorted(AGGREGATIONS),
                required=False,
                help_text="What to give of each step; for counters sum and for values mean if "
                "not given.",
            ),
        }

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        until = attrs.setdefault("to", now())
        since = attrs.setdefault("from", until - timedelta(days=1))
        if since >= until:
            raise serializers.ValidationError({"to": "The end must be after the beginning."})
        attrs.setdefault("step", auto_step(since, until))
        return attrs


class SeriesStatSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()
    kind = KindField()
    unit = serializers.CharField()


class PointSerializer(serializers.Serializer[Any]):
    time = serializers.DateTimeField(help_text="The first instant of its step.")
    value = serializers.FloatField(allow_null=True, help_text="null: no data, which is not 0.")
    count = serializers.IntegerField(help_text="How many points were received.")


class SeriesSerializer(serializers.Serializer[Any]):
    """What a stat received, step by step."""

    # For the schema: `api` builds the long list of points without it.

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return {
            "stat": SeriesStatSerializer(),
            "from": serializers.DateTimeField(help_text="The first instant of the first step."),
            "to": serializers.DateTimeField(help_text="The end of the last step."),
            "step": serializers.IntegerField(help_text="In seconds."),
            "aggregation": serializers.ChoiceField(choices=sorted(AGGREGATIONS)),
            "points": PointSerializer(many=True),
        }


def iso(time: datetime) -> str:
    """A whole second, in UTC, as it is written in all of the API."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")
