"""Devices and their beats.

A device is registered once and then beats: "I am in use, now". Each beat is a fact of its own;
what pages and `/api/stats` show is counted in the same transaction.
"""

from datetime import timedelta

from django.db import models
from django.db.models.functions import Now
from django.utils.timezone import now

from telemetry.models import Project

MAX_NAME = 255


class Fleet(models.Model):
    """What all devices of a project have in common. One row, which beats write very seldom."""

    project = models.OneToOneField(
        Project, models.CASCADE, primary_key=True, related_name="fleet", editable=False
    )
    next_number = models.IntegerField(default=0, db_default=0, editable=False)
    devices = models.IntegerField(default=0, db_default=0, editable=False)
    longest_absence = models.DurationField(
        default=timedelta(),
        db_default=timedelta(),
        editable=False,
        help_text="The longest time between two beats that followed each other, of any devices.",
    )
    longest_absence_ended_at = models.DateTimeField(null=True, editable=False)
    status_page = models.BooleanField(
        default=False,
        db_default=False,
        help_text="A page and badges, for everybody: when the last beat came. No names of devices.",
    )

    def __str__(self) -> str:
        return f"Devices of {self.project}"


class Device(models.Model):
    """Something that beats. `number` is its id in its project, from 0, and never given again.

    `last_beat_at` follows a clock that is put back; `furthest_at` does not, so that no absence is
    seen when that clock is put forward again.
    """

    project = models.ForeignKey(Project, models.CASCADE, related_name="devices", db_index=False)
    number = models.IntegerField("id", editable=False)
    name = models.CharField(max_length=MAX_NAME)
    token_hash = models.CharField(max_length=64, editable=False)
    created_at = models.DateTimeField(default=now, db_default=Now(), editable=False)
    num_beats = models.BigIntegerField("beats", default=0, db_default=0, editable=False)
    last_beat_at = models.DateTimeField("last beat", null=True, editable=False)
    furthest_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "number"], name="device_number_unique"),
            # Leads with the token, which is looked up before the project is known.
            models.UniqueConstraint(fields=["token_hash", "project"], name="device_token_unique"),
        ]

    def __str__(self) -> str:
        return self.name


class OfDevice(models.Model):
    """Rows of which there are many for each device.

    The database checks no foreign keys here, which would cost every beat two look-ups: when a
    project or a device goes, ``telemetry.deletion`` takes them along. Primary keys lead with the
    project so that tables can be sharded by it, and end with the time so that what a page shows
    lies together.
    """

    project = models.ForeignKey(Project, models.DO_NOTHING, db_constraint=False, db_index=False)
    device = models.ForeignKey(Device, models.DO_NOTHING, db_constraint=False, db_index=False)

    class Meta:
        abstract = True


class Beat(OfDevice):
    """A sign of life. Its id is a UUIDv7 of its time: two in one instant are two."""

    pk = models.CompositePrimaryKey("project_id", "device_id", "id")
    id = models.UUIDField()
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.device_id} at {self.at:%Y-%m-%d %H:%M:%S}"


class BeatHour(OfDevice):
    """How often a device beat within an hour (UTC). No row: not at all."""

    pk = models.CompositePrimaryKey("project_id", "device_id", "start")
    start = models.DateTimeField()
    count = models.IntegerField()

    def __str__(self) -> str:
        return f"{self.device_id} at {self.start:%Y-%m-%d %H:00}: {self.count}"


class Absence(OfDevice):
    """A time without beats, between two beats of a device: an hour or more, see `writes`."""

    pk = models.CompositePrimaryKey("project_id", "device_id", "started_at")
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.device_id} from {self.started_at:%Y-%m-%d %H:%M} to {self.ended_at:%H:%M}"


class Tally(models.Model):
    """A part of what is counted for a whole project; the sum of its rows is exact.

    Each serving process adds to a row of its own (``writes.SLOT``): all beats of a project in one
    row would make the processes wait for each other's commits.
    """

    pk = models.CompositePrimaryKey("project_id", "slot")
    project = models.ForeignKey(Project, models.DO_NOTHING, db_constraint=False, db_index=False)
    slot = models.SmallIntegerField()
    beats = models.BigIntegerField(db_default=0)
    visits = models.BigIntegerField(db_default=0)
    # As a device's.
    last_beat_at = models.DateTimeField(null=True)
    furthest_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.project_id}/{self.slot}: {self.beats} beats, {self.visits} visits"
