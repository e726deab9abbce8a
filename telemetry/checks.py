"""System checks: ``manage.py check --deploy`` names what strangers may read, and what is amiss."""

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Warning, register  # noqa: A004 - Django's own name
from django.db import DatabaseError

from telemetry import geo
from telemetry.models import Project


@register(deploy=True)
def open_projects(**_: Any) -> Sequence[CheckMessage]:
    """A warning for each project whose reads are open, such as the default one after a start."""
    try:
        projects = list(Project.objects.filter(read_policy=Project.ReadPolicy.OPEN))
    except DatabaseError:  # not there, or not migrated yet: nothing is open
        return []
    return [
        Warning(
            f"The project “{project}” is open: whoever has its keys or URLs may read it.",
            hint="Set its read policy to “token” in the admin, unless that is what you want.",
            id="telemetry.W001",
        )
        for project in projects
    ]


@register(deploy=True)
def countries(**_: Any) -> Sequence[CheckMessage]:
    """A warning if the database of countries that was asked for cannot be used."""
    problem = geo.problem()
    hint = "Countries and cities that clients do not name stay unknown. See docs/operating.md."
    return [Warning(problem, hint=hint, id="telemetry.W002")] if problem else []
