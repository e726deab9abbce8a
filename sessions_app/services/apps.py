"""The verbs of apps, as Countly calls projects: create, update, and reset what it has counted.

What cannot be done is a Django ``ValidationError`` whose message is meant for people.
"""

import re
from collections.abc import Mapping
from zoneinfo import available_timezones

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from sessions_app.deletion import reset_countly
from telemetry.models import Project
from telemetry.services import clean_name, create_project

__all__ = ["KeyInUse", "create_app", "reset_app", "update_app"]

_COUNTRY = re.compile(r"[A-Z]{2}", re.ASCII).fullmatch
_COLUMNS = {
    "name": "name",
    "timezone": "timezone",
    "country": "country",
    "category": "category",
    "key": "app_key",
}


class KeyInUse(ValidationError):
    """Another project has this app key."""


def create_app(*, name: str, timezone: str = "", country: str = "", category: str = "") -> Project:
    """Make a project, in UTC if no time zone is given."""
    with transaction.atomic():
        _check({"timezone": timezone, "country": country})
        project = create_project(name=name, timezone=timezone or "UTC").project
        update_app(project=project, changes={"country": country, "category": category})
    return project


def update_app(*, project: Project, changes: Mapping[str, str]) -> dict[str, str]:
    """Change ``name``, ``timezone``, ``country``, ``category`` and ``key``.

    Returns what has changed. Counters stay in the buckets of the time zone that they were counted
    in; so what is no time zone is refused, while Countly passed it over.
    """
    _check(changes)
    wanted = dict(changes)
    if "name" in wanted:
        wanted["name"] = clean_name(wanted["name"])
    changed = {
        name: value for name, value in wanted.items() if getattr(project, _COLUMNS[name]) != value
    }
    if not changed:
        return {}
    with transaction.atomic():
        current = Project.objects.select_for_update().filter(pk=project.pk).first()
        if current is None:
            raise ValidationError("That project is gone.")
        key = changed.get("key")
        if key and Project.objects.filter(app_key=key).exists():
            raise KeyInUse("App key already in use")
        for name, value in changed.items():
            setattr(current, _COLUMNS[name], value)
        current.full_clean()
        try:
            with transaction.atomic():
                current.save(update_fields=[_COLUMNS[name] for name in changed])
        except IntegrityError as error:
            raise KeyInUse("App key already in use") from error
    for name, value in changed.items():
        setattr(project, _COLUMNS[name], value)
    return changed


def _check(changes: Mapping[str, str]) -> None:
    timezone, country = changes.get("timezone"), changes.get("country")
    if timezone and timezone not in available_timezones():
        raise ValidationError(f"timezone: {timezone[:64]} is none, such as Europe/Istanbul")
    if country and not _COUNTRY(country):
        raise ValidationError("country: give two capital letters, such as TR")


def reset_app(*, project: Project) -> None:
    """Delete all that came by Countly: counters, names, users, sessions and events.

    What is on its way is either gone or counted anew, never in part. Sessions of other dialects
    stay.
    """
    reset_countly(project.pk)
