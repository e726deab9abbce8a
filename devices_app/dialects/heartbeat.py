"""heartbeat's API: ``/api/beat``, ``/api/devices`` and ``/api/stats``.

Contract: the seed ``heartbeat.txt``. Its clients are curl in cron, sh and libcurl: they send the
bare token as ``Authorization``, without a scheme, mostly no body, sometimes an empty chunked one,
and log whatever line comes back. Errors are the bare reason phrase where the original's are: its
clients' logs are read by people who compare them. Methods are looked at before keys, and keys
before bodies.
"""

import functools
import json
import re
from http import HTTPStatus
from typing import Any

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest
from django.urls import re_path

from devices_app.rejected import DEVICE_TOKEN
from devices_app.selectors import device_of
from devices_app.services import Registered, create_device, record_beat, regenerate_tokens
from devices_app.snapshot import read_snapshot
from telemetry import wire_json
from telemetry.access import (
    Unauthorized,
    default_project,
    project_of_secret_key,
    project_to_show,
    registers_devices,
)
from telemetry.door.http import HotRoute, Problem, Request, Response
from telemetry.door.urls import wire_view
from telemetry.rejected import ACCESS_TOKEN, SECRET_KEY, Dialect, Key
from telemetry.rejected.log import RejectedLog, bearer_token

__all__ = ["HOT_ROUTES", "WEBSOCKET_PATHS", "error", "urlpatterns"]

_TEXT = b"text/plain; charset=utf-8"
# Statistics are for any page to show, as they are for anybody who asks.
_CORS = ((b"access-control-allow-origin", b"*"),)
_BARE = {401, 403, 404, 405}
_JSON = re.compile(r"\s*application/(?:[^\s;]+\+)?json\s*(?:;.*)?", re.IGNORECASE)


def error(problem: Problem) -> Response:
    """The reply for what went wrong: a line of text."""
    text = HTTPStatus(problem.status).phrase if problem.status in _BARE else problem.message
    return Response(problem.status, text.encode(), _TEXT, problem.headers)


def _key_of(request: Request) -> Key | None:
    """The key of a request that was refused."""
    if token := bearer_token(request):
        return Key(ACCESS_TOKEN, token)
    bare = request.header(b"authorization").decode("latin-1").strip()
    is_beat = request.path.strip("/") == "api/beat"
    return Key(DEVICE_TOKEN if is_beat else SECRET_KEY, bare) if bare else None


_LOG = RejectedLog(Dialect.HEARTBEAT, _key_of)


async def beat(request: Request) -> Response:
    """Store a beat of the device whose token is the ``Authorization``; answers when that was."""
    if request.method != "POST":
        raise _not_allowed("POST")
    token = request.header(b"authorization").strip()
    at = await record_beat(token=token.decode("latin-1")) if token else None
    if at is None:
        raise Problem(401, "there is no such token")
    return _acknowledged(at)


@functools.lru_cache(maxsize=4)
def _acknowledged(at: int) -> Response:
    """The same for all beats of a second."""
    return Response(200, b"%d" % at, _TEXT)


HOT_ROUTES = [
    HotRoute(path, beat, error, takes_body=False, log=_LOG)
    # A client whose base URL ends in a slash asks for two.
    for path in ("/api/beat", "/api/beat/", "//api/beat", "//api/beat/")
]
# Its consumer is in `consumers`.
WEBSOCKET_PATHS = ("/api/stats/ws", "/api/stats/ws/", "//api/stats/ws", "//api/stats/ws/")


@wire_view(error, "/api/devices", _LOG)
def devices(request: HttpRequest) -> Response:
    """Register a device: ``{"name": "Laptop"}``, which gets the next id and a token."""
    project = project_of_secret_key(_key(request))
    if project is None or request.method != "POST":
        raise _refusal(request, known=project is not None)
    try:
        return _registered(create_device(project=project, name=_name(request)))
    except ValidationError as problem:
        raise Problem(400, f"name: {' '.join(problem.messages)}") from problem


@wire_view(error, "/api/devices/:id/token/generate", _LOG)
def generate_token(request: HttpRequest, number: str) -> Response:
    """Give a device a new token; the one that it had is refused from the next beat on."""
    project = project_of_secret_key(_key(request))
    if project is None or request.method != "POST":
        raise _refusal(request, known=project is not None)
    device = device_of(project, number)
    if device is None or not (fresh := regenerate_tokens(devices=[device])):
        raise Problem(404, "there is no such device")
    return _registered(fresh[0])


@wire_view(error, "/api/stats", _LOG)
def stats(request: HttpRequest) -> Response:
    """What the project's devices have done; for anybody, if the project's reads are open."""
    if request.method not in {"GET", "HEAD"}:
        raise _not_allowed("GET, HEAD")
    try:
        project = project_to_show(
            slug=request.GET.get("project", ""),
            # Not set on the way of a request that names another host.
            user=getattr(request, "user", None),
            authorization=request.headers.get("Authorization", ""),
        )
    except Http404 as reason:
        raise Problem(404, str(reason)) from reason
    except Unauthorized as reason:
        raise Problem(401, "this project's statistics need a token") from reason
    snapshot = read_snapshot(project.pk)
    if snapshot is None:
        raise Problem(404, "the project is gone")
    return Response(200, snapshot.json().encode(), headers=_CORS)


@wire_view(error, "/api/stats/ws")
def stats_ws(request: HttpRequest) -> Response:
    """Where the websocket is, for a request that does not ask for one as it should."""
    if request.method != "GET":
        raise _not_allowed("GET")
    for name, wanted in (("Connection", "upgrade"), ("Upgrade", "websocket")):
        if wanted not in request.headers.get(name, "").lower():
            raise Problem(400, f"`{name}` header did not include '{wanted}'")
    if request.headers.get("Sec-WebSocket-Version") != "13":
        raise Problem(400, "`Sec-WebSocket-Version` header did not include '13'")
    if not request.headers.get("Sec-WebSocket-Key"):
        raise Problem(400, "`Sec-WebSocket-Key` header missing")
    raise Problem(400, "this is no websocket handshake")


def _key(request: HttpRequest) -> str:
    return request.headers.get("Authorization", "").strip()


def _refusal(request: HttpRequest, *, known: bool) -> Problem:
    """Why a request about devices is not answered, by the original's order of checks."""
    if not known and not registers_devices(default_project()):
        return Problem(404, "nobody may register devices")
    if request.method != "POST":
        return _not_allowed("POST")
    return Problem(401, "there is no such secret key")


def _registered(new: Registered) -> Response:
    device = {"id": new.device.number, "name": new.device.name, "token": new.token}
    return Response(200, json.dumps(device, ensure_ascii=False, separators=(",", ":")).encode())


def _name(request: HttpRequest) -> str:
    """The name in a request's body; whatever is wrong with that is a 400, by the seed."""
    if not _JSON.fullmatch(request.headers.get("Content-Type", "")):
        raise Problem(400, "the Content-Type must be application/json")
    try:
        found: Any = wire_json.load(request.body)
    except ValueError as reason:
        raise Problem(400, f"the body is not JSON: {reason}") from None
    except RecursionError:
        raise Problem(400, "the body is nested too deeply") from None
    if not isinstance(found, dict):
        raise Problem(400, 'the body must be an object such as {"name": "Laptop"}')
    name = found.get("name")
    if not isinstance(name, str):
        raise Problem(400, "name is missing" if name is None else "name must be a string")
    return name


def _not_allowed(allowed: str) -> Problem:
    return Problem(405, f"use {allowed}", ((b"allow", allowed.encode()),))


urlpatterns = [
    re_path("^(?:/)?api/devices/?$", devices),
    re_path("^(?:/)?api/devices/(?P<number>[^/]+)/token/generate/?$", generate_token),
    re_path("^(?:/)?api/stats/?$", stats),
    re_path("^(?:/)?api/stats/ws/?$", stats_ws),
]
