"""Stats and their buckets.

A stat is a counter (what is shown is a sum) or a value (what is shown is a mean). Its points are
not kept one by one: each is added to its minute, its hour and its UTC day, all in one transaction.
"""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.timezone import now

from telemetry.keys import new_key
from telemetry.models import Project


class Stat(models.Model):
    """A named series of counts or values in a project."""

    class Kind(models.IntegerChoices):
        COUNTER = 0, "counter"
        VALUE = 1, "value"

    # No index of its own, and the one for keys leads with the key: when a database is young, all
    # its indexes look equal to the planner, and it must not choose one that reads all of a
    # project's stats for each point.
    project = models.ForeignKey(Project, models.CASCADE, related_name="stats", db_index=False)
    name = models.CharField(max_length=255)
    kind = models.SmallIntegerField(choices=Kind)
    key = models.CharField(max_length=64, default=new_key, editable=False)
    public = models.BooleanField(
        default=False, db_default=False, help_text="May be seen and embedded by anyone."
    )
    unit = models.CharField(max_length=32, blank=True, default="", db_default="")
    created_at = models.DateTimeField(default=now, db_default=Now(), editable=False)
    last_received_at = models.DateTimeField(
        null=True,
        editable=False,
        help_text="To the second; a busy stat's row is not always written.",
    )
    # NULL: the managers are yet to be told of it (see ``mail``). Only EZ creates such rows.
    announced_at = models.DateTimeField(null=True, default=now, editable=False)

    class Meta:
        indexes = [
            models.Index(
                fields=["project"], condition=Q(announced_at=None), name="stat_unannounced"
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["project", "name"], name="stat_name_unique"),
            models.UniqueConstraint(fields=["key", "project"], name="stat_key_unique"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_counter(self) -> bool:
        return self.kind == self.Kind.COUNTER


class Bucket(models.Model):
    """What a stat received in one stretch of time: enough for sum, mean, spread and extremes.

    No row: no data. The database checks no foreign keys here, which would cost every write two
    look-ups: when a project or a stat goes, ``deletion`` takes them along. The primary key leads
    with the project so that the table can be sharded by it, and ends with the time so that a
    page's rows lie together.
    """

    project = models.ForeignKey(Project, models.DO_NOTHING, db_constraint=False, db_index=False)
    stat = models.ForeignKey(Stat, models.DO_NOTHING, db_constraint=False, db_index=False)
    start = models.DateTimeField(help_text="Its first instant, in UTC.")
    count = models.BigIntegerField(help_text="Number of points received.")
    sum = models.FloatField()
    min = models.FloatField()
    max = models.FloatField()
    sum_squares = models.FloatField()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.stat_id} at {self.start:%Y-%m-%d %H:%M}: {self.count}"


class MinuteBucket(Bucket):
    pk = models.CompositePrimaryKey("project_id", "stat_id", "start")
    seconds: ClassVar[int] = 60


class HourBucket(Bucket):
    pk = models.CompositePrimaryKey("project_id", "stat_id", "start")
    seconds: ClassVar[int] = 3600


class DayBucket(Bucket):
    pk = models.CompositePrimaryKey("project_id", "stat_id", "start")
    seconds: ClassVar[int] = 86400


RESOLUTIONS: tuple[type[MinuteBucket], type[HourBucket], type[DayBucket]] = (
    MinuteBucket,
    HourBucket,
    DayBucket,
)
