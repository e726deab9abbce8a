"""Game servers, who may speak for them, and the lines of their logs."""

import secrets
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.timezone import now

from sessions_app.lines import Kind
from sessions_app.models.base import MAX_NAME, OfProject
from telemetry.models import AccessToken, Project, User

__all__ = ["AgentToken", "ClaimedName", "LogLine", "Server", "new_server_key"]


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


class LogLine(OfProject):
    """A line of a server's log, as it came. What it says is read from it again (`lines`).

    The id is made of the server, the time as the line has it and the text: the same line once more
    is the same row.
    """

    server = models.ForeignKey(Server, models.DO_NOTHING, db_constraint=False, db_index=False)
    player = models.ForeignKey(
        "sessions_app.Player", models.DO_NOTHING, null=True, db_constraint=False, db_index=False
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
