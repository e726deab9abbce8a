"""``/i/apps``, ``/o/apps``, ``/o/users`` and ``/api-key``: managing apps as Countly's tools do.

An app is a project. Whoever asks has a member's key, or an access token, which is good for its own
project: with the scope `manage` it updates and resets it. Administrators of the whole server
(staff) create and delete. What is wrong is told in Countly's order of 2014: the key that is
missing, the third segment of the path, whose key it is; then, to create and to delete, whether
they may, and to update and to reset, what is wrong with ``args``.
"""

from base64 import b64decode
from collections.abc import Callable
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest

from sessions_app.dialects.countly.access import app_id_of, hex_id, holder_in, project_of_app_id
from sessions_app.dialects.countly.asking import SUCCESS, Asked, asking, storable
from sessions_app.dialects.countly.words import error
from sessions_app.services.apps import create_app, reset_app, update_app
from telemetry.access import Project
from telemetry.api_keys import KeyHolder, Member, all_members, issue_api_key
from telemetry.door.http import Problem, Response
from telemetry.door.urls import wire_view
from telemetry.services import delete_projects

__all__ = ["api_key", "manage_apps", "read_apps", "read_users"]

_Verb = Callable[[KeyHolder, Any], Any]
_TEXT = b"text/plain; charset=utf-8"
_TEXT_HEADERS = ((b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff"))


def _holder(asked: Asked, what: str, known: tuple[str, ...]) -> KeyHolder:
    if not asked.key:
        raise Problem(400, 'Missing parameter "api_key"')
    if what not in known:
        *most, last = (f"/{name}" for name in known)
        raise Problem(400, f"Invalid path, must be one of {', '.join(most)} or {last}")
    return holder_in(asked)


def _only_admins(holder: KeyHolder) -> None:
    if not holder.is_admin:
        raise Problem(401, "User is not a global administrator")


# Reading


@asking("/o/apps")
def read_apps(asked: Asked, what: str = "") -> Any:
    """``all`` apps, for administrators, and those that are ``mine``."""
    holder = _holder(asked, what, ("all", "mine"))
    if what == "all":
        _only_admins(holder)
    managed, readable = holder.projects()
    return {"admin_of": _apps(managed), "user_of": _apps(readable)}


def _apps(projects: list[Project]) -> dict[str, Any]:
    return {app_id_of(project): _app(project) for project in projects}


def _app(project: Project) -> dict[str, str]:
    return {
        "_id": app_id_of(project),
        "category": project.category,
        "country": project.country,
        "key": project.app_key,
        "name": project.name,
        "timezone": project.timezone,
    }


@asking("/o/users")
def read_users(asked: Asked, what: str = "") -> Any:
    """Who asks: ``me``; or ``all`` users, for administrators. A token is nobody."""
    holder = _holder(asked, what, ("all", "me"))
    user = holder.user
    if user is None:
        raise Problem(401, "User does not exist")
    if what == "all":
        _only_admins(holder)
        found = {}
        for each in all_members():
            is_asking = each.user.pk == user.pk
            own = _user(each) | ({"api_key": asked.key} if is_asking else {})
            found[own["_id"]] = {**own, "is_current_user": is_asking}
        return found
    managed, readable = holder.projects()
    ids = ([project.pk for project in each] for each in (managed, readable))
    return {**_user(Member(user, holder.is_admin, *ids)), "api_key": asked.key}


def _user(member: Member) -> dict[str, Any]:
    user = member.user
    return {
        "_id": hex_id(user.pk),
        "full_name": user.get_full_name() or user.get_username(),
        "username": user.get_username(),
        "email": user.email,
        "global_admin": member.is_admin,
        "admin_of": [hex_id(pk) for pk in member.managed],
        "user_of": [hex_id(pk) for pk in member.readable],
    }


# Changing


@asking("/i/apps")
def manage_apps(asked: Asked, what: str = "") -> Any:
    """Create, update, delete or reset an app, as the JSON of ``args`` says."""
    holder = _holder(asked, what, tuple(_VERBS))
    try:
        return _VERBS[what](holder, asked.document("args"))
    except ValidationError as problem:
        raise Problem(400, " ".join(problem.messages)) from problem


def _create(holder: KeyHolder, args: Any) -> Any:
    _only_admins(holder)
    texts = _texts(args, "name", "timezone", "country", "category")
    if not texts.get("name"):
        raise Problem(400, "Not enough args")
    return _app(create_app(**texts))


def _update(holder: KeyHolder, args: Any) -> Any:
    project = _own_app(holder, args)
    changed = update_app(
        project=project,
        changes=_texts(args, "name", "timezone", "country", "category", "key"),
    )
    return changed or {"result": "Nothing changed"}


def _reset(holder: KeyHolder, args: Any) -> Any:
    reset_app(project=_own_app(holder, args))
    return SUCCESS


def _delete(holder: KeyHolder, args: Any) -> Any:
    _only_admins(holder)
    project = project_of_app_id(_app_id(args))
    if project is None or not delete_projects(projects=[project]):
        raise Problem(404, "App not found")
    return SUCCESS


_VERBS: dict[str, _Verb] = {
    "create": _create,
    "update": _update,
    "delete": _delete,
    "reset": _reset,
}


def _own_app(holder: KeyHolder, args: Any) -> Project:
    project = project_of_app_id(_app_id(args))
    if project is None and holder.is_admin:
        raise Problem(404, "App not found")
    if project is None or not holder.may_manage(project):
        raise Problem(401, "User does not have admin rights for this app")
    return project


def _app_id(args: Any) -> str:
    app_id = args.get("app_id") if isinstance(args, dict) else None
    if not isinstance(app_id, str) or len(app_id) != 24:
        raise Problem(400, "Not enough args")
    return app_id


def _texts(args: Any, *names: str) -> dict[str, str]:
    if not isinstance(args, dict):
        raise Problem(400, "Not enough args")
    texts = {name: args[name] for name in names if name in args}
    if not all(isinstance(text, str) for text in texts.values()):
        raise Problem(400, "Not enough args")
    return {name: storable(text) for name, text in texts.items()}


# A member's key


@wire_view(error, "/api-key")
def api_key(request: HttpRequest) -> Response:
    """The key of whoever says by HTTP Basic who they are, as text."""
    if request.method not in {"GET", "HEAD"}:
        raise Problem(405, "Method not allowed", ((b"allow", b"GET, HEAD"),))
    username, password = _credentials(request.headers.get("Authorization", ""))
    key = issue_api_key(username=username, password=password)
    if key is None:
        challenge = (b"www-authenticate", b'Basic realm="api-key", charset="UTF-8"')
        return Response(401, b"Unauthorized", _TEXT, (*_TEXT_HEADERS, challenge))
    return Response(200, key.encode(), _TEXT, _TEXT_HEADERS)


def _credentials(authorization: str) -> tuple[str, str]:
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        username, _, password = b64decode(encoded.strip(), validate=True).decode().partition(":")
    except ValueError:
        return "", ""
    return username, password
