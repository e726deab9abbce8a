"""Who may read an app, and in which order it is told what is wrong.

Two kinds of readers are served, by the first of these that applies:

1. a callback's name that is not safe: 400 ``Invalid parameter "callback"``
2. ``app_id`` or ``user_id`` that has not 24 characters: 400 ``Invalid parameter "app_id"``
3. neither ``api_key`` nor ``app_key``: 400 ``Missing parameter "api_key"``. An app's id is no
   secret, so by itself it opens nothing.
4. ``api_key`` but neither ``app_id`` nor ``app_key``: 400 ``Missing parameter "app_id"``
5. a method that there is not: 400 ``Invalid method`` (a third segment of the path likewise)

With an ``api_key`` (a member's, or an access token), as Countly 12.12 to 14.08 had it:

6. nobody's: 401 ``User does not exist``
7. of somebody who may not read that app, or any other if there is none such:
   401 ``User does not have view right for this application``
8. of an administrator, for an app that does not exist: 401 ``App does not exist``

With an ``app_key`` alone, as Countly 12.08 had it, and the seed:

6. of no app: 400 ``App does not exist``. Countly answered 200 without a body, which a reader takes
   for a failure that it cannot explain.
7. of an app whose reads are not open: 401 ``User does not have view right for this application``

Who names an app both by its id and by its key has to mean the same.
"""

from sessions_app.dialects.countly.asking import Asked
from telemetry.access import Project, project_of_app_key, project_of_id, reads_are_open
from telemetry.api_keys import KeyHolder, key_holder
from telemetry.door.http import Problem

__all__ = [
    "app_id_of",
    "app_to_read",
    "check_parameters",
    "hex_id",
    "holder_in",
    "project_of_app_id",
]

_NO_RIGHT = "User does not have view right for this application"
_HEX = 16


def hex_id(pk: int) -> str:
    """24 hexadecimal digits, as Countly's ids have."""
    return f"{pk:024x}"


def app_id_of(project: Project) -> str:
    return hex_id(project.pk)


def project_of_app_id(app_id: str) -> Project | None:
    try:
        pk = int(app_id, _HEX)
    except ValueError:
        return None
    # Another spelling (signs, underscores, capitals) is another id; no key is as large.
    return project_of_id(pk) if hex_id(pk) == app_id and pk < 2**63 else None


def check_parameters(asked: Asked) -> None:
    """Problem 400 if nobody is named who reads, or no app: steps 3 and 4."""
    if not asked.key and not asked.has("app_key"):
        raise Problem(400, 'Missing parameter "api_key"')
    if not asked.has("app_id") and not asked.has("app_key"):
        raise Problem(400, 'Missing parameter "app_id"')


def app_to_read(asked: Asked) -> Project:
    """The app that is asked for: steps 6 to 8."""
    project = _named(asked)
    if not asked.key:
        if project is None:
            raise Problem(400, "App does not exist")
        if not reads_are_open(project):
            raise Problem(401, _NO_RIGHT)
        return project
    holder = holder_in(asked)
    if project is None:
        raise Problem(401, "App does not exist" if holder.is_admin else _NO_RIGHT)
    if not holder.may_read(project):
        raise Problem(401, _NO_RIGHT)
    return project


def holder_in(asked: Asked) -> KeyHolder:
    """Whose key it is. Problem 401 if it is nobody's."""
    holder = key_holder(asked.key)
    if holder is None:
        raise Problem(401, "User does not exist")
    return holder


def _named(asked: Asked) -> Project | None:
    app_id = asked.text("app_id")
    if not asked.has("app_key"):
        return project_of_app_id(app_id)
    project = project_of_app_key(asked.text("app_key"))
    if project and app_id and app_id_of(project) != app_id:
        return None
    return project
