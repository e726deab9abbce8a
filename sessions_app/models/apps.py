"""A project as an app, for the admin: what it counts has keys of several columns, and no pages."""

from typing import ClassVar

from telemetry.models import Project

__all__ = ["App"]


class App(Project):
    """A project, seen as what Countly's dialect counts for it."""

    class Meta:
        proxy = True
        ordering: ClassVar[list[str]] = ["name", "id"]
