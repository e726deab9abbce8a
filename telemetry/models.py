"""Tenants and who may do what: users, projects, memberships, access tokens."""

import zoneinfo
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.timezone import now

from telemetry.keys import new_key

# Keys travel raw in form bodies, URLs and headers of clients that encode nothing.
_key_characters = RegexValidator(
    r"^[A-Za-z0-9._@~:+-]+$", "Use letters, digits and . _ @ ~ : + - only."
)


def validate_timezone(name: str) -> None:
    if name not in zoneinfo.available_timezones():
        raise ValidationError(f"“{name}” is not a time zone, such as Europe/Berlin.")


class User(AbstractUser):
    """A person who signs in. Our own class from the first migration on, so that it can grow."""

    # Of the key that Countly's tools get by /api-key; None until it was asked for.
    api_key_hash = models.CharField(max_length=64, null=True, unique=True, editable=False)  # noqa: DJ001


class Project(models.Model):
    """A tenant: everything that is stored belongs to one, and every key leads to one."""

    class ReadPolicy(models.TextChoices):
        OPEN = "open", "open: whoever has the key or URL may read"
        TOKEN = "token", "token: a token or a signed-in member"

    class AddressPolicy(models.TextChoices):
        KEEP = "keep", "keep them"
        SHORTEN = "shorten", "shorten them: the last part of each is 0"
        DROP = "drop", "store none"

    name = models.CharField(max_length=100)
    slug = models.SlugField(max_length=60, unique=True)
    timezone = models.CharField(max_length=64, default="UTC", validators=[validate_timezone])
    read_policy = models.CharField(
        max_length=5,
        choices=ReadPolicy,
        default=ReadPolicy.TOKEN,
        help_text="Who may read what the dialects' own URLs show.",
    )
    is_default = models.BooleanField(
        default=False, help_text="Shown where a dialect's URL names no project. At most one."
    )
    app_key = models.CharField(
        max_length=64,
        unique=True,
        default=new_key,
        validators=[_key_characters],
        help_text="Countly and TStats: write sessions and events.",
    )
    ezkey = models.CharField(
        "EZ key",
        max_length=254,
        unique=True,
        default=new_key,
        validators=[_key_characters],
        help_text="StatHat EZ: create and feed stats. May be an e-mail address.",
    )
    ez_enabled = models.BooleanField(
        "EZ API", default=True, help_text="Off: the EZ key is refused and creates no stats."
    )
    ukey = models.CharField(
        "user key",
        max_length=64,
        unique=True,
        default=new_key,
        validators=[_key_characters],
        help_text="StatHat Classic: together with a stat's own key, feeds that stat.",
    )
    secret_key_hash = models.CharField(
        max_length=64,
        blank=True,
        editable=False,
        help_text="heartbeat: SHA-256 of the key that registers devices; empty: nobody may.",
    )
    session_timeout = models.PositiveIntegerField(
        "session timeout, in minutes",
        default=30,
        db_default=30,
        validators=[MinValueValidator(1), MaxValueValidator(7 * 24 * 60)],
        help_text="A session that is silent for so long has ended at its last activity.",
    )
    address_policy = models.CharField(
        "addresses of clients",
        max_length=7,
        choices=AddressPolicy,
        default=AddressPolicy.KEEP,
        db_default=AddressPolicy.KEEP,
        help_text="What is stored of the addresses that sessions come from. A country is looked "
        "up before.",
    )
    country = models.CharField(
        max_length=2,
        blank=True,
        default="",
        db_default="",
        validators=[RegexValidator(r"^[A-Z]{2}$", "Use two capital letters, such as TR.")],
        help_text="Countly: cities are counted of this country only; empty: of all.",
    )
    category = models.CharField(
        max_length=32,
        blank=True,
        default="",
        db_default="",
        help_text="Countly: what its tools store of an app; it has no meaning here.",
    )
    checksum_salt = models.CharField(
        max_length=128,
        blank=True,
        default="",
        db_default="",
        help_text="Countly: requests must carry a checksum made with it; empty: none is asked for.",
    )
    merged_shapes = models.BooleanField(
        "Countly's later shapes",
        default=False,
        db_default=False,
        help_text="/o answers as Countly 15.03 and later do; off: as 12.08 did.",
    )
    created_at = models.DateTimeField(default=now, db_default=Now(), editable=False)

    class Meta:
        ordering: ClassVar[list[str]] = ["name", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["is_default"], condition=Q(is_default=True), name="project_one_default"
            ),
            models.UniqueConstraint(
                fields=["secret_key_hash"],
                condition=~Q(secret_key_hash=""),
                name="project_secret_key_unique",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        return zoneinfo.ZoneInfo(self.timezone)


class Membership(models.Model):
    """What a user may do in a project: a viewer reads, a manager also changes and deletes."""

    class Role(models.TextChoices):
        VIEWER = "viewer"
        MANAGER = "manager"

    project = models.ForeignKey(Project, models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=7, choices=Role, default=Role.VIEWER)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "user"], name="membership_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.project} ({self.role})"


class AccessToken(models.Model):
    """A secret for the native API and mc-coal, with scopes. Stored hashed, shown once."""

    class Scope(models.TextChoices):
        READ = "read", "read: everything of the project"
        WRITE = "write", "write: send data"
        MANAGE = "manage", "manage: create, rename, delete"
        AGENT = "agent", "agent: a Minecraft server's log agent"

    project = models.ForeignKey(Project, models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=100, help_text="What it is for, e.g. “Grafana”.")
    scopes = ArrayField(models.CharField(max_length=10, choices=Scope))
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    hint = models.CharField("ends in", max_length=4, editable=False)
    created_at = models.DateTimeField(default=now, db_default=Now(), editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["project", "name", "id"]

    def __str__(self) -> str:
        return f"{self.name} (…{self.hint})"

    def allows(self, scope: str) -> bool:
        """Whether the token carries `scope`; `manage` includes reading and writing."""
        granted: Any = set(self.scopes)
        if self.Scope.MANAGE in granted:
            granted |= {self.Scope.READ, self.Scope.WRITE}
        return scope in granted


class RejectedInput(models.Model):
    """Something a client sent that was not taken, for whoever writes that client to find out why.

    A growing table, though a capped one: in the database its key is (project, id). No address is
    kept, and no secret; see ``rejected.masking``.
    """

    class Dialect(models.TextChoices):
        STATHAT = "stathat", "StatHat"
        HEARTBEAT = "heartbeat", "heartbeat"
        TSTATS = "tstats", "TStats"
        MCCOAL = "mccoal", "mc-coal"
        COUNTLY = "countly", "Countly"

    MAX_PATH = 200
    MAX_REASON = 300
    MAX_WHAT = 2000

    id = models.UUIDField(primary_key=True, editable=False)
    project = models.ForeignKey(Project, models.DO_NOTHING, db_constraint=False, db_index=False)
    dialect = models.CharField(max_length=10, choices=Dialect)
    at = models.DateTimeField()
    status = models.SmallIntegerField(help_text="What the client was told.")
    path = models.CharField(max_length=MAX_PATH, help_text="Method and path.")
    reason = models.CharField(max_length=MAX_REASON)
    what = models.TextField(blank=True, help_text="The input, as far as it is kept.")
    # Of a flood only a few are kept.
    more = models.PositiveIntegerField(default=0, db_default=0, help_text="How many more like it.")

    class Meta:
        verbose_name = "rejected input"
        verbose_name_plural = "rejected input"

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}"
