"""Counters of apps as the native REST API is asked for them, and as it shows them."""

from datetime import date
from typing import Any

from rest_framework import serializers

from sessions_app.event_reports import EventTotals
from sessions_app.models import MAX_EVENT_TYPE, KnownName
from sessions_app.models.usage import MAX_VALUE
from sessions_app.usage.report import DEFAULT_PERIOD, PERIODS, Period, Unit, period_of
from sessions_app.usage.words import DIMENSIONS, METRICS, label_of
from sessions_app.usage_reports import Totals

__all__ = [
    "NAMES",
    "EventListSerializer",
    "EventSeriesQuery",
    "EventSeriesSerializer",
    "EventValuesQuery",
    "EventValuesSerializer",
    "NameSerializer",
    "NamesQuery",
    "PeriodQuery",
    "UsageQuery",
    "UsageSeriesSerializer",
    "UsageValuesSerializer",
    "ValuesQuery",
    "event_totals",
    "period_fields",
    "totals",
]

NAMES = [*METRICS, "event", "segment", "segment_value"]
"""Of what there are names."""
MOST_HOURS, MOST_DAYS = 31, 1100
"""How many days may be asked for hour by hour, and day by day."""
MOST_VALUES = 1000

Fields = dict[str, serializers.Field[Any, Any, Any, Any]]
_STAMP = "In the project's time zone."


class PeriodQuery(serializers.Serializer[Any]):
    """Which days: validated, `period` is a ``Period``. Its context has `today`."""

    def get_fields(self) -> Fields:
        # Declared here because “from” is no name for an attribute.
        return {
            "period": serializers.ChoiceField(
                choices=list(PERIODS),
                required=False,
                help_text=f"`{DEFAULT_PERIOD}` if neither this nor `from` is given. {_STAMP}",
            ),
            "from": serializers.CharField(
                required=False, help_text="The first day, in place of `period`: 2026-01-31."
            ),
            "to": serializers.CharField(
                required=False, help_text="The last day, which is included; today if not given."
            ),
            **self.more_fields(),
        }

    def more_fields(self) -> Fields:
        return {}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "period" in attrs and ("from" in attrs or "to" in attrs):
            problem = "Give either this, or “from” and “to”."
            raise serializers.ValidationError({"period": problem})
        today: date = self.context["today"]
        try:
            attrs["period"] = period_of(attrs, today)
        except ValueError as error:
            raise serializers.ValidationError({"from": str(error)}) from error
        return attrs


class _SeriesQuery(PeriodQuery):
    """Validated, `resolution` is a ``Unit``."""

    def more_fields(self) -> Fields:
        return {
            "resolution": serializers.ChoiceField(
                choices=[unit.value for unit in Unit],
                required=False,
                help_text="If not given, one that suits the period. By the hour at most "
                f"{MOST_HOURS} days, by the day {MOST_DAYS}; values have no hours.",
            ),
        }

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        attrs = super().validate(attrs)
        period: Period = attrs["period"]
        has_hours = self.has_hours(attrs)
        unit = Unit(attrs.get("resolution") or period.unit)
        if unit is Unit.HOUR and not has_hours:
            if "resolution" in attrs:
                raise serializers.ValidationError(
                    {"resolution": "What is counted by values is not counted by the hour."}
                )
            unit = Unit.DAY
        most = {Unit.HOUR: MOST_HOURS, Unit.DAY: MOST_DAYS}.get(unit, period.days)
        if period.days > most:
            raise serializers.ValidationError(
                {"resolution": f"By the {unit.value} a period has at most {most} days."}
            )
        return {**attrs, "resolution": unit}

    def has_hours(self, attrs: dict[str, Any]) -> bool:
        raise NotImplementedError


def _value(**more: Any) -> serializers.CharField:
    # Not stripped: values are compared by their very letters.
    return serializers.CharField(max_length=MAX_VALUE, trim_whitespace=False, **more)


def _event() -> serializers.CharField:
    return serializers.CharField(
        max_length=MAX_EVENT_TYPE, trim_whitespace=False, help_text="The event's key."
    )


def _segment(**more: Any) -> serializers.CharField:
    return serializers.CharField(
        max_length=MAX_EVENT_TYPE, trim_whitespace=False, help_text="A segment of it.", **more
    )


def _limit() -> serializers.IntegerField:
    return serializers.IntegerField(
        default=20, min_value=1, max_value=MOST_VALUES, help_text="How many, at most."
    )


class UsageQuery(_SeriesQuery):
    """What a series is of."""

    def more_fields(self) -> Fields:
        return {
            "dimension": serializers.ChoiceField(
                choices=list(DIMENSIONS),
                default="sessions",
                help_text="By what sessions were counted; all of them if not given.",
            ),
            "value": _value(
                required=False, help_text="Which one, as it is stored; see `usage/values/`."
            ),
            **super().more_fields(),
        }

    def has_hours(self, attrs: dict[str, Any]) -> bool:
        return bool(attrs["dimension"] == "sessions")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if (attrs["dimension"] == "sessions") == ("value" in attrs):
            problem = "Give a value of the dimension; of all sessions there is none."
            raise serializers.ValidationError({"value": problem})
        return super().validate(attrs)


class ValuesQuery(PeriodQuery):
    def more_fields(self) -> Fields:
        words = [word for word in DIMENSIONS if word != "sessions"]
        return {
            "dimension": serializers.ChoiceField(
                choices=words, help_text="By what sessions were counted."
            ),
            "limit": _limit(),
        }


class EventSeriesQuery(_SeriesQuery):
    def more_fields(self) -> Fields:
        return {
            "event": _event(),
            "segment": _segment(required=False),
            "value": _value(required=False, help_text="Which value of the segment."),
            **super().more_fields(),
        }

    def has_hours(self, attrs: dict[str, Any]) -> bool:
        return "segment" not in attrs

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("segment" in attrs) != ("value" in attrs):
            problem = "Give a segment and one of its values, or neither."
            raise serializers.ValidationError({"value": problem})
        return super().validate(attrs)


class EventValuesQuery(PeriodQuery):
    def more_fields(self) -> Fields:
        return {"event": _event(), "segment": _segment(), "limit": _limit()}


class NamesQuery(serializers.Serializer[Any]):
    dimension = serializers.ChoiceField(choices=NAMES, help_text="Of what.")
    event = serializers.CharField(
        required=False,
        max_length=MAX_EVENT_TYPE,
        trim_whitespace=False,
        help_text="An event's key: of segments and their values.",
    )
    segment = serializers.CharField(
        required=False,
        max_length=MAX_EVENT_TYPE,
        trim_whitespace=False,
        help_text="A segment of it: of its values.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        wanted = {"segment": {"event"}, "segment_value": {"event", "segment"}}
        needed = wanted.get(attrs["dimension"], set())
        for name in ("event", "segment"):
            if (name in attrs) != (name in needed):
                problem = "Is needed for this dimension." if name in needed else "Is not for it."
                raise serializers.ValidationError({name: problem})
        return attrs


# What is answered. For the schema: `usage_api` builds the documents without these.


def period_fields(period: Period, timezone: str) -> dict[str, Any]:
    before = period.before
    return {
        "timezone": timezone,
        "from": period.first.isoformat(),
        "to": period.last.isoformat(),
        "before": {"from": before.first.isoformat(), "to": before.last.isoformat()},
    }


def totals(found: Totals) -> dict[str, Any]:
    return {
        "sessions": found.sessions,
        "new_users": found.new,
        "users": found.users,
        "users_exact": found.is_exact,
        "seconds": found.seconds,
        "requests": found.requests,
    }


def event_totals(found: EventTotals) -> dict[str, Any]:
    return {"count": found.count, "sum": found.sum, "seconds": found.seconds}


class _FromTo(serializers.Serializer[Any]):
    def get_fields(self) -> Fields:
        return {
            "from": serializers.DateField(help_text="The first day."),
            "to": serializers.DateField(help_text="The last day."),
        }


class _OfPeriod(_FromTo):
    def get_fields(self) -> Fields:
        return {
            "timezone": serializers.CharField(help_text="Whose days they are."),
            **super().get_fields(),
            "before": _FromTo(help_text="The period before, which `before` of values is about."),
            **self.declared(),
        }

    def declared(self) -> Fields:
        return {}


class TotalsSerializer(serializers.Serializer[Any]):
    """Of one value only sessions and users are counted: there `seconds` and `requests` are 0."""

    sessions = serializers.IntegerField(
        help_text="Of ranges: what was counted in it, users, but of lengths sessions."
    )
    new_users = serializers.IntegerField()
    users = serializers.IntegerField(help_text="How many different ones, see `users_exact`.")
    users_exact = serializers.BooleanField(
        help_text="Known exactly of one day, week, month or year. Else `users` is at most so many."
    )
    seconds = serializers.IntegerField(help_text="Time spent.")
    requests = serializers.IntegerField()


class UsagePointSerializer(TotalsSerializer):
    time = serializers.CharField(help_text="2026-01-31, or 2026-01-31T14; of months the first day.")


class UsageSeriesSerializer(_OfPeriod):
    """Sessions and users, step by step."""

    def declared(self) -> Fields:
        return {
            "dimension": serializers.ChoiceField(choices=list(DIMENSIONS)),
            "value": serializers.CharField(allow_null=True),
            "resolution": serializers.ChoiceField(choices=[unit.value for unit in Unit]),
            "totals": TotalsSerializer(),
            "points": UsagePointSerializer(many=True),
        }


class UsageValueSerializer(serializers.Serializer[Any]):
    value = serializers.CharField(help_text="As it is stored: with “:” where there was a dot.")
    label = serializers.CharField(  # type: ignore[assignment]
        help_text="As people read it."
    )
    share = serializers.FloatField(help_text="Of all values, in per cent.")
    totals = TotalsSerializer()
    before = TotalsSerializer()


class UsageValuesSerializer(_OfPeriod):
    """The values with most sessions."""

    def declared(self) -> Fields:
        return {
            "dimension": serializers.ChoiceField(choices=list(DIMENSIONS)),
            "count": serializers.IntegerField(help_text="How many values there are."),
            "sessions": serializers.IntegerField(help_text="Those of all values."),
            "values": UsageValueSerializer(many=True),
        }


class EventTotalsSerializer(serializers.Serializer[Any]):
    count = serializers.FloatField()
    sum = serializers.FloatField()
    seconds = serializers.FloatField(help_text="What was sent as `dur`.")


class EventPointSerializer(EventTotalsSerializer):
    time = serializers.CharField(help_text="2026-01-31, or 2026-01-31T14; of months the first day.")


class EventSeriesSerializer(_OfPeriod):
    """An event, step by step."""

    def declared(self) -> Fields:
        return {
            "event": serializers.CharField(),
            "segment": serializers.CharField(allow_null=True),
            "value": serializers.CharField(allow_null=True),
            "resolution": serializers.ChoiceField(choices=[unit.value for unit in Unit]),
            "totals": EventTotalsSerializer(),
            "points": EventPointSerializer(many=True),
        }


class EventRowSerializer(serializers.Serializer[Any]):
    event = serializers.CharField()
    share = serializers.FloatField(help_text="Of the counts of all events, in per cent.")
    totals = EventTotalsSerializer()
    before = EventTotalsSerializer()


class EventListSerializer(_OfPeriod):
    """The events of a period."""

    def declared(self) -> Fields:
        return {"events": EventRowSerializer(many=True)}


class EventValueSerializer(serializers.Serializer[Any]):
    value = serializers.CharField(help_text="As it is stored: with “:” where there was a dot.")
    label = serializers.CharField(  # type: ignore[assignment]
        help_text="As people read it."
    )
    share = serializers.FloatField(help_text="Of the counts of all values, in per cent.")
    totals = EventTotalsSerializer()
    before = EventTotalsSerializer()


class EventValuesSerializer(_OfPeriod):
    """The values of a segment that were counted most."""

    def declared(self) -> Fields:
        return {
            "event": serializers.CharField(),
            "segment": serializers.CharField(),
            "count": serializers.IntegerField(help_text="How many values there are."),
            "values": EventValueSerializer(many=True),
        }


class NameSerializer(serializers.Serializer[KnownName]):
    """Something that was counted under this name."""

    name = serializers.SerializerMethodField(help_text="As it is stored.")
    label = serializers.SerializerMethodField(  # type: ignore[assignment]
        help_text="As people read it."
    )

    def get_name(self, name: KnownName) -> str:
        return name.value or name.segment or name.event

    def get_label(self, name: KnownName) -> str:
        return label_of(name.dimension, name.value) if name.value else self.get_name(name)
