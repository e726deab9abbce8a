"""Sessions, events and players as the native REST API shows them."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from sessions_app.filters import DIALECTS
from sessions_app.models import AppUser, EndReason, Event, Player, Server, Session
from sessions_app.selectors import duration_of
from sessions_app.usage.words import metrics_of
from telemetry.fields import TimeField

__all__ = ["EventSerializer", "PlayerSerializer", "SessionSerializer"]

_WORDS = {int(dialect): word for word, dialect in DIALECTS.items()}


class ServerNameSerializer(serializers.Serializer[Server]):
    """What a server is known by."""

    key = serializers.CharField(read_only=True, help_text="What names it in mc-coal's API.")
    name = serializers.CharField(read_only=True)


class SessionSerializer(serializers.Serializer[Session]):
    """From when to when somebody used something."""

    # Its context has `now`, so that all durations of a list are of one time.

    id = serializers.UUIDField(read_only=True, help_text="Ids sort by the time of the start.")
    dialect = serializers.SerializerMethodField(help_text="The protocol that it came by.")
    server = ServerNameSerializer(read_only=True, allow_null=True)
    player = serializers.UUIDField(
        source="player_id",
        read_only=True,
        allow_null=True,
        help_text="The player's id, also of one who has been deleted.",
    )
    username = serializers.CharField(read_only=True, help_text="The player's name; or empty.")
    started_at = TimeField()
    last_at = TimeField(help_text="The last activity that is known of.")
    ended_at = TimeField(allow_null=True, help_text="null: it is going on.")
    end_reason = serializers.SerializerMethodField(help_text="What ended it.")
    open = serializers.SerializerMethodField(help_text="Whether it is going on.")
    duration = serializers.SerializerMethodField(
        help_text="In seconds; while it is going on, up to now."
    )
    client_started_at = TimeField(allow_null=True, help_text="By the client's clock.")
    client_ended_at = TimeField(allow_null=True, help_text="By the client's clock.")
    events = serializers.IntegerField(
        source="num_events", read_only=True, help_text="How many were stored."
    )
    address = serializers.CharField(
        read_only=True, help_text="Where the client connected from, if that is known; or empty."
    )
    active_seconds = serializers.IntegerField(
        read_only=True, allow_null=True, help_text="Time spent, as an app's client has counted it."
    )
    data = serializers.JSONField(  # type: ignore[assignment]  # a field is not a class's attribute
        read_only=True, allow_null=True, help_text="What an app's client told of the device."
    )
    zone = serializers.CharField(
        read_only=True, help_text="The time zone in which its client or agent reports times."
    )
    login_line = serializers.UUIDField(
        source="login_line_id", read_only=True, allow_null=True, help_text="The id of a log line."
    )
    logout_line = serializers.UUIDField(
        source="logout_line_id", read_only=True, allow_null=True, help_text="The id of a log line."
    )

    @extend_schema_field({"type": "string", "enum": list(DIALECTS)})
    def get_dialect(self, session: Session) -> str:
        return _WORDS[session.dialect]

    @extend_schema_field({"type": "string", "enum": EndReason.values, "nullable": True})
    def get_end_reason(self, session: Session) -> str | None:
        return session.end_reason or None

    def get_open(self, session: Session) -> bool:
        return session.ended_at is None

    def get_duration(self, session: Session) -> float:
        return duration_of(session, self.context["now"])


class EventSerializer(serializers.Serializer[Event]):
    """Something that happened, mostly during a session."""

    id = serializers.UUIDField(read_only=True, help_text="A UUIDv7: ids sort by time.")
    session = serializers.UUIDField(
        source="session_id",
        read_only=True,
        allow_null=True,
        help_text="The session's id; null: an app's user sent it outside of any.",
    )
    player = serializers.UUIDField(
        source="player_id", read_only=True, allow_null=True, help_text="The id of an app's user."
    )
    type = serializers.CharField(read_only=True)
    at = TimeField(help_text="When it came.")
    client_at = TimeField(allow_null=True, help_text="By the client's clock.")
    data = serializers.JSONField(  # type: ignore[assignment]  # a field is not a class's attribute
        read_only=True, allow_null=True, help_text="As it was sent."
    )
    idempotency_key = serializers.CharField(
        read_only=True, allow_null=True, help_text="What its client calls it."
    )


class AppUserSerializer(serializers.Serializer[AppUser]):
    """What is known of the user of an app."""

    device_id = serializers.CharField(read_only=True, help_text="What its client calls the device.")
    country = serializers.CharField(read_only=True, help_text="ISO 3166, “Unknown”, or empty.")
    sessions = serializers.IntegerField(source="num_sessions", read_only=True)
    seconds = serializers.IntegerField(read_only=True, help_text="Time spent.")
    first_seen_at = TimeField(allow_null=True, help_text="When the first session began.")
    last_seen_at = TimeField(allow_null=True, help_text="When the last session began.")
    last_at = TimeField(allow_null=True, help_text="The last activity.")
    open = serializers.SerializerMethodField(help_text="Whether a session is going on.")
    metrics = serializers.SerializerMethodField(help_text="As they were last counted.")
    details = serializers.JSONField(
        read_only=True, help_text="What was sent about the user, as it was sent."
    )

    def get_open(self, user: AppUser) -> bool:
        return user.state == AppUser.State.OPEN

    @extend_schema_field({"type": "object", "additionalProperties": {"type": "string"}})
    def get_metrics(self, user: AppUser) -> dict[str, str]:
        return metrics_of(user)


class PlayerSerializer(serializers.Serializer[Player]):
    """Somebody who plays on a server, or the user of an app on a device, who is on none.

    The same name on another server is another player.
    """

    # Its context has `app_users`: those of the players that are shown, by the player's id.

    id = serializers.UUIDField(read_only=True)
    name = serializers.CharField(read_only=True)
    server = ServerNameSerializer(read_only=True, allow_null=True)
    external_id = serializers.CharField(
        read_only=True, help_text="Minecraft's UUID, if the log tells it; or empty."
    )
    last_login_at = TimeField(allow_null=True)
    created_at = TimeField(help_text="When it became known.")
    app_user = serializers.SerializerMethodField(help_text="null for those who play on servers.")

    @extend_schema_field(AppUserSerializer(allow_null=True))
    def get_app_user(self, player: Player) -> dict[str, Any] | None:
        user = self.context["app_users"].get(player.pk)
        return AppUserSerializer(user).data if user else None
