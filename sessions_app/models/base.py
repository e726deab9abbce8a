"""What rows of growing tables have in common, and the lengths of names."""

from django.db import models

from telemetry.models import Project

__all__ = ["MAX_EVENT_TYPE", "MAX_NAME", "OfProject"]

MAX_NAME = 255
MAX_EVENT_TYPE = 128


class OfProject(models.Model):
    """A row of a growing table. See the package's text for what its keys are."""

    id = models.UUIDField(primary_key=True, editable=False)
    project = models.ForeignKey(Project, models.DO_NOTHING, db_constraint=False, db_index=False)

    class Meta:
        abstract = True
