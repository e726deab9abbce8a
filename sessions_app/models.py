"""Sessions: who used something from when to when, and what happened meanwhile.

Sessions of all dialects are in one table. Growing tables have no foreign keys in the database,
which would cost every write look-ups, and their primary keys are (project, id) there, so that they
can be sharded by project; to Django the id alone is the key, which is unique by itself (UUIDs).
Ids begin with a time, so that lists in the order of time are lists in the order of ids.
"""

import secrets
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.timezone import now

from sessions_app.lines import Kind
from telemetry.models import AccessToken, Project, User

__all__ = [
    "MAX_EVENT_TYPE",
    "MAX_NAME",
    "AgentToken",
    "ClaimedName",
    "Dialect",
    "EndReason",
    "Event",
    "LogLine",
    "Player",
    "Server",
    "Session",
]

MAX_NAME = 255
MAX_EVENT_TYPE = 128


class Dialect(models.IntegerChoices):
    """The protocol that a session came by."""

    TSTATS = 1, "TStats"
    MCCOAL = 2, "mc-coal"


class EndReason(models.TextChoices):
    """Why a session ended. A start of the server says that it had stopped without saying so."""

    CLOSED = "closed", "closed"
    LOGOUT = "logout", "logout"
    RELOGIN = "relogin", "logged in again"
    SERVER_STOP = "server stop", "server stop"
    SERVER_START = "server start", "server was started again"
    TIMEOUT = "timeout", "timeout"


def new_server_key() -> str:
    """A URL-safe key of 48 characters: whoever knows it may read a server of an open project.

    None begins with a hyphen: on a command line that would be an option.
    """
    key = secrets.token_urlsafe(36)
    return new_server_key() if key.startswith("-") else key


class Server(models.Model):
    """A game server. What its agent reports about it is the latest news, no history."""

    class Status(models.TextChoices):
        UNKNOWN = "UNKNOWN", "unknown"
        RUNNING = "RUNNING", "running"
        STOPPED = "STOPPED", "stopped"

    project = models.ForeignKey(Project, models.CASCADE, related_name="servers")
    key = models.CharField(max_length=64, unique=True, default=new_server_key, editable=False)
    name = models.CharField(max_length=MAX_NAME)
    agent_client_id = models.CharField(max_length=64, unique=True, editable=False)
    agent_secret_hash = models.CharField(max_length=64, editable=False)
    running_version = models.CharField(max_length=255, null=True, editable=False)  # noqa: DJ001
    address = models.CharField(max_length=255, null=True, blank=True)  # noqa: DJ001 - null in JSON
    status = models.CharField(max_length=7, choices=Status, default=Status.UNKNOWN, editable=False)
    last_ping_at = models.DateTimeField(null=True, editable=False)
    day = models.BigIntegerField(null=True, editable=False)
    time_of_day = models.BigIntegerField(null=True, editable=False)
    is_raining = models.BooleanField(null=True, editable=False)
    is_thundering = models.BooleanField(null=True, editable=False)
    num_overloads = models.BigIntegerField(null=True, editable=False)
    ms_behind = models.BigIntegerField(null=True, editable=False)
    skipped_ticks = models.BigIntegerField(null=True, editable=False)
    # No line of a later time is stored.
    last_line_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(default=now, db_default=Now(), editable=False)
    updated_at = models.DateTimeField(default=now, db_default=Now(), editable=False)

    class Meta:
        ordering: ClassVar[list[str]] = ["created_at", "id"]

    def __str__(self) -> str:
        return self.name


class AgentToken(models.Model):
    """The access token of a server's agent, and what it is renewed with (OAuth 2)."""

    token = models.OneToOneField(AccessToken, models.CASCADE, primary_key=True)
    server = models.ForeignKey(Server, models.CASCADE, related_name="agent_tokens")
    refresh_hash = models.CharField(max_length=64, unique=True)

    def __str__(self) -> str:
        return f"{self.token} of {self.server}"


class ClaimedName(models.Model):
    """A player's name that belongs to a user of this server: mc-coal's `usernames` of a user."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="claimed_names")
    user = models.ForeignKey(User, models.CASCADE, related_name="claimed_names")
    name = models.CharField("player's name", max_length=MAX_NAME)

    class Meta:
        verbose_name = "player of a user"
        verbose_name_plural = "players of users"
        constraints = [
            models.UniqueConstraint(fields=["project", "name"], name="claimed_name_unique")
        ]

    def __str__(self) -> str:
        return f"{self.name} is {self.user}"


class OfProject(models.Model):
    """A row of a growing table. See the module's text for what its keys are."""

    id = models.UUIDField(primary_key=True, editable=False)
    project = models.ForeignKey(Project, models.DO_NOTHING, db_constraint=False, db_index=False)

    class Meta:
        abstract = True


class Player(OfProject):
    """Somebody who plays on a server. The id is made of the server and the name (`keys`)."""

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
    """Something that happened during a session. The id is a UUIDv7 of its time."""

    session = models.ForeignKey(Session, models.DO_NOTHING, db_constraint=False, db_index=False)
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
            models.Index(fields=["project", "session", "id"], name="event_by_session"),
            models.Index(fields=["project", "type", "id"], name="event_by_type"),
        ]

    def __str__(self) -> str:
        return f"{self.type} at {self.at:%Y-%m-%d %H:%M:%S}"


class LogLine(OfProject):
    """A line of a server's log, as it came. What it says is read from it again (`lines`).

    The id is made of the server, the time as the line has it and the text: the same line once more
    is the same row.
    """

    server = models.ForeignKey(Server, models.DO_NOTHING, db_constraint=False, db_index=False)
    player = models.ForeignKey(
        Player, models.DO_NOTHING, null=True, db_constraint=False, db_index=False
    )
    kind = models.SmallIntegerField(choices=[(kind.value, kind.name.lower()) for kind in Kind])
    line = models.TextField()
    is_cut = models.BooleanField("shortened", db_default=False)
    zone = models.CharField(max_length=64, db_default="UTC", help_text="As the agent called it.")
    at = models.DateTimeField("time", null=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [
            models.Index(fields=["project", "server", "at", "id"], name="line_by_server"),
            models.Index(
                fields=["project", "player", "at", "id"],
                condition=Q(player__isnull=False),
                name="line_by_player",
            ),
            # The starts, stops and crashes of a server.
            models.Index(
                fields=["project", "server", "at"],
                condition=Q(kind__in=[Kind.START, Kind.STOP, Kind.CRASH]),
                name="line_start_or_stop",
            ),
        ]

    def __str__(self) -> str:
        return self.line[:100]
