"""What Countly's dialect counts: users of apps, and counters by what and when.

Sessions and events themselves are in the tables that all dialects share. The tables here say how
often, in every year, month, week, day and hour of the project's time zone; reads look at nothing
else, so their cost does not depend on how much was ever sent.

A `bucket` is such a stretch of time as a number that tells what it is by its digits: 2012,
201207, 2012029 (the 29th week), 20120720, 2012072014 (see ``sessions_app.usage.buckets``).
"""

from django.db import models
from django.db.models import Q

from sessions_app.models.base import MAX_EVENT_TYPE, MAX_NAME
from sessions_app.models.sessions import Player
from telemetry.models import Project

__all__ = ["MAX_VALUE", "AppUser", "Dimension", "EventCounter", "KnownName", "UsageCounter"]

MAX_VALUE = 256
# What may be counted is compared by its bytes, in the order that the statements lock it in.
_BYTES = "C"


class Dimension(models.IntegerChoices):
    """By what sessions are counted, and what kinds of names there are."""

    SESSIONS = 0, "sessions"
    COUNTRY = 1, "country"
    CITY = 2, "city"
    CARRIER = 3, "carrier"
    DEVICE = 4, "device"
    OS = 5, "operating system"
    OS_VERSION = 6, "version of the operating system"
    RESOLUTION = 7, "resolution"
    APP_VERSION = 8, "app version"
    # Ranges, named "0", "1" and so on; `t` counts.
    FREQUENCY = 9, "time since the last session"
    LOYALTY = 10, "number of sessions"
    DURATION = 11, "length of the session"
    # Names only; their counters are those of events.
    EVENT = 20, "event"
    SEGMENT = 21, "segment of an event"
    SEGMENT_VALUE = 22, "value of a segment"


class AppUser(models.Model):
    """One device's state in an app: all that decides how its next request is counted.

    Every request of a device changes this row, so no index but one on `is_unfinished` (which only
    the ends of sessions change) is on anything that it changes.
    """

    class State(models.IntegerChoices):
        """Of the device's session: a timed out one goes on when something is heard of it."""

        NONE = 0, "none yet"
        OPEN = 1, "open"
        ENDED = 2, "ended"
        TIMED_OUT = 3, "timed out"

    pk = models.CompositePrimaryKey("project_id", "device_id")
    project = models.ForeignKey(Project, models.DO_NOTHING, db_constraint=False, db_index=False)
    device_id = models.CharField(max_length=MAX_NAME, db_collation=_BYTES)
    player = models.ForeignKey(Player, models.DO_NOTHING, db_constraint=False, db_index=False)
    first_seen_at = models.DateTimeField(null=True, help_text="When its first session began.")
    last_seen_at = models.DateTimeField(null=True, help_text="When its last session began.")
    num_sessions = models.IntegerField("sessions", db_default=0)
    seconds = models.BigIntegerField("time spent, in seconds", db_default=0)
    session_id = models.UUIDField(null=True, help_text="The open or else the last one.")
    state = models.SmallIntegerField(choices=State, db_default=State.NONE)
    running_seconds = models.IntegerField(db_default=0, help_text="Not yet counted as a length.")
    last_at = models.DateTimeField("last activity", null=True)
    heard_at = models.DateTimeField("last heard of", null=True, help_text="By the server's clock.")
    is_unfinished = models.BooleanField(db_default=False)
    # What the last end has counted, in case that the session goes on.
    ended_at = models.DateTimeField(null=True)
    ended_seconds = models.IntegerField(db_default=0)
    country = models.CharField(max_length=8, db_default="")
    metrics = models.JSONField(db_default={}, help_text="As they were last counted.")
    details = models.JSONField(db_default={}, help_text="What was sent about the user.")
    # Of the last requests with a timestamp: eight bytes of a hash, newest last.
    recent = models.BinaryField(db_default=b"")

    class Meta:
        verbose_name = "app user"
        indexes = [
            models.Index(
                fields=["project", "device_id"],
                condition=Q(is_unfinished=True),
                name="app_user_unfinished",
            )
        ]

    def __str__(self) -> str:
        return self.device_id


class UsageCounter(models.Model):
    """What was counted of one value of a dimension in one bucket. No row: nothing was."""

    pk = models.CompositePrimaryKey("project_id", "dimension", "bucket", "value")
    project = models.ForeignKey(Project, models.DO_NOTHING, db_constraint=False, db_index=False)
    dimension = models.SmallIntegerField(choices=Dimension)
    bucket = models.IntegerField()
    value = models.CharField(max_length=MAX_VALUE, db_collation=_BYTES)
    t = models.BigIntegerField("sessions", db_default=0)
    n = models.BigIntegerField("new users", db_default=0)
    u = models.BigIntegerField("users", db_default=0)
    d = models.BigIntegerField("seconds", db_default=0)
    e = models.BigIntegerField("requests", db_default=0)

    def __str__(self) -> str:
        return f"{self.get_dimension_display()} {self.value} in {self.bucket}"


class EventCounter(models.Model):
    """What was counted of an event in one bucket: in all (`segment` is empty), or of a value."""

    pk = models.CompositePrimaryKey("project_id", "event", "segment", "bucket", "value")
    project = models.ForeignKey(Project, models.DO_NOTHING, db_constraint=False, db_index=False)
    event = models.CharField(max_length=MAX_EVENT_TYPE, db_collation=_BYTES)
    segment = models.CharField(max_length=MAX_EVENT_TYPE, db_collation=_BYTES)
    bucket = models.IntegerField()
    value = models.CharField(max_length=MAX_VALUE, db_collation=_BYTES)
    c = models.FloatField("count", db_default=0)
    s = models.FloatField("sum", db_default=0)
    dur = models.FloatField("seconds", db_default=0)

    def __str__(self) -> str:
        return f"{self.event} {self.segment} {self.value} in {self.bucket}"


class KnownName(models.Model):
    """A name that is counted under, in the order in which they were first seen.

    Of an event's key only `event` is set, of a segment's also `segment`; the value of a segment
    has all three, that of any other dimension just `value`.
    """

    pk = models.CompositePrimaryKey("project_id", "dimension", "event", "segment", "value")
    project = models.ForeignKey(Project, models.DO_NOTHING, db_constraint=False, db_index=False)
    dimension = models.SmallIntegerField(choices=Dimension)
    event = models.CharField(max_length=MAX_EVENT_TYPE, db_collation=_BYTES)
    segment = models.CharField(max_length=MAX_EVENT_TYPE, db_collation=_BYTES)
    value = models.CharField(max_length=MAX_VALUE, db_collation=_BYTES)
    place = models.BigIntegerField(help_text="Sorts by when it was first seen.")

    def __str__(self) -> str:
        return " ".join(filter(None, [self.event, self.segment, self.value]))
