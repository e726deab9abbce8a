"""Who used something, from when to when, and what happened meanwhile: of all dialects."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from sessions_app.models.base import MAX_EVENT_TYPE, MAX_NAME, OfProject
from sessions_app.models.servers import Server

__all__ = ["Dialect", "EndReason", "Event", "Player", "Session"]


class Dialect(models.IntegerChoices):
    """The protocol that a session came by."""

    TSTATS = 1, "TStats"
    MCCOAL = 2, "mc-coal"
    COUNTLY = 3, "Countly"


class EndReason(models.TextChoices):
    """Why a session ended. A start of the server says that it had stopped without saying so."""

    CLOSED = "closed", "closed"
    LOGOUT = "logout", "logout"
    RELOGIN = "relogin", "logged in again"
    BEGUN_AGAIN = "begun again", "begun again"
    SERVER_STOP = "server stop", "server stop"
    SERVER_START = "server start", "server was started again"
    TIMEOUT = "timeout", "timeout"


class Player(OfProject):
    """Somebody who plays on a server, or the user of an app on a device (`AppUser`).

    The id is made of the server and the name; of a user's, who is on no server, of the project and
    the device's id, which is the name as well (`keys`).
    """

    server = models.ForeignKey(
        Server, models.DO_NOTHING, null=True, db_constraint=False, db_index=False
    )
    name = models.CharField(max_length=MAX_NAME)
    external_id = models.CharField(
        max_length=64, blank=True, default="", db_default="", help_text="Minecraft's UUID."
    )
    last_login_at = models.DateTimeField("last login", null=True)
    created_at = models.DateTimeField("first seen", db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "server", "name"], name="player_name_unique")
        ]
        # Led by the name: led by the project, it would look good for listing a server's players.
        indexes = [models.Index(fields=["name", "project"], name="player_by_name")]

    def __str__(self) -> str:
        return self.name


class Session(OfProject):
    """From when to when somebody used something. Times are the server's unless they say `client`.

    `username` is kept for itself: the player of that name may be deleted.
    """

    dialect = models.SmallIntegerField(choices=Dialect)
    server = models.ForeignKey(
        Server, models.DO_NOTHING, null=True, db_constraint=False, db_index=False
    )
    player = models.ForeignKey(
        Player, models.DO_NOTHING, null=True, db_constraint=False, db_index=False
    )
    username = models.CharField(max_length=MAX_NAME, db_default="")
    started_at = models.DateTimeField("start")
    last_at = models.DateTimeField("last activity")
    ended_at = models.DateTimeField("end", null=True)
    end_reason = models.CharField(
        "ended by", max_length=12, choices=EndReason, blank=True, db_default=""
    )
    client_started_at = models.DateTimeField("start by the client's clock", null=True)
    client_ended_at = models.DateTimeField("end by the client's clock", null=True)
    num_events = models.IntegerField("events", db_default=0)
    address = models.CharField(max_length=64, db_default="")
    zone = models.CharField(
        max_length=64, db_default="UTC", help_text="In which the client reports times."
    )
    active_seconds = models.IntegerField(
        "time spent, in seconds", null=True, help_text="As its client has counted it."
    )
    data = models.JSONField(null=True, help_text="What its client told of the device.")
    login_line_id = models.UUIDField(null=True)
    logout_line_id = models.UUIDField(null=True)
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [
            models.Index(fields=["project", "dialect", "id"], name="session_by_dialect"),
            models.Index(
                fields=["project", "server", "id"],
                condition=Q(server__isnull=False),
                name="session_by_server",
            ),
            models.Index(
                fields=["project", "player", "id"],
                condition=Q(player__isnull=False),
                name="session_by_player",
            ),
            # Not by the last activity, which every event changes: then each would write an index.
            models.Index(fields=["project", "id"], condition=Q(ended_at=None), name="session_open"),
            models.Index(
                fields=["project", "server", "player"],
                condition=Q(ended_at=None, server__isnull=False),
                name="session_open_on_server",
            ),
        ]

    def __str__(self) -> str:
        who = self.username or str(self.id)
        return f"{who}, {self.started_at:%Y-%m-%d %H:%M}"


class Event(OfProject):
    """Something that happened, mostly during a session. The id is a UUIDv7 of its time."""

    session = models.ForeignKey(
        Session, models.DO_NOTHING, null=True, db_constraint=False, db_index=False
    )
    player = models.ForeignKey(
        Player, models.DO_NOTHING, null=True, db_constraint=False, db_index=False
    )
    type = models.CharField(max_length=MAX_EVENT_TYPE)
    at = models.DateTimeField()
    client_at = models.DateTimeField("by the client's clock", null=True)
    data = models.JSONField(null=True)
    # What the client calls this event, so that sending it again stores nothing.
    idempotency_key = models.CharField(max_length=255, null=True)  # noqa: DJ001 - most have none

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project", "session", "idempotency_key"],
                condition=Q(idempotency_key__isnull=False),
                name="event_idempotent",
            )
        ]
        indexes = [
            models.Index(
                fields=["project", "session", "id"],
                condition=Q(session__isnull=False),
                name="event_by_session",
            ),
            models.Index(
                fields=["project", "player", "id"],
                condition=Q(player__isnull=False),
                name="event_by_player",
            ),
            models.Index(fields=["project", "type", "id"], name="event_by_type"),
        ]

    def __str__(self) -> str:
        return f"{self.type} at {self.at:%Y-%m-%d %H:%M:%S}"
