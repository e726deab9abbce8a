"""What the tests of TStats share: a project, its sessions, and a clock to set."""

import json

from sessions_app.keys import parse_public_id
from sessions_app.models import Event, Session
from telemetry.models import Project
from tests.wire_helpers import through_door, through_server, through_urls

APP_KEY = "an-app-key"
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
OCTETS = "application/octet-stream"
START = 1_372_624_766.015  # the seed's example: 30 June 2013, 20:39:26.015 UTC
SERVER_TIME = "2013-06-30T20:39:26.015Z"
CLIENT_TIME = "2013-06-30T20:39:25.987Z"
MINUTE = 60


class Clock:
    """What the server's time is in a test."""

    def __init__(self, at=START):
        self.at = at

    def __call__(self):
        return float(self.at)

    def tick(self, seconds):
        self.at += seconds


def set_clock(monkeypatch, at=START):
    clock = Clock(at)
    monkeypatch.setattr("telemetry.clock.time", clock)
    return clock


def new_project(slug="p", **fields):
    """A project with a well-known key."""
    fields.setdefault("app_key", APP_KEY if slug == "p" else f"key-of-{slug}")
    return Project.objects.create(name=slug.title(), slug=slug, **fields)


def default_project(**fields):
    """The project that an empty server begins with: the default one, its reads open."""
    return new_project(**{"is_default": True, "read_policy": "open", **fields})


def send(method, path, body=b"", *, key=None, through=through_door, **headers):
    """A request; a body that is not bytes is sent as JSON. `headers` may have _ for -."""
    if not isinstance(body, bytes):
        body = json.dumps(body).encode()
        headers.setdefault("content_type", JSON)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    if key is not None:
        named["x-app-key"] = key
    return through(method, path, body, named)


def open_session(body=b"", **options):
    """The id of a new session."""
    reply = send("POST", "/sessions/", body, **options)
    assert reply.status == 201, reply
    return reply.json["_id"]


def add_event(session, event="jump", type_="", **options):
    """The reply to an event; with a type it is in the path."""
    path = f"/sessions/{session}/event" + (f"/{type_}" if type_ else "")
    return send("PUT", path, {"event": event}, **options)


def close(session, body=b"", **options):
    return send("PUT", f"/sessions/{session}/close", body, **options)


def listed(query="", *, client=None, key=None, **headers):
    """The reply to a question for sessions."""
    if key is not None:
        headers["x-app-key"] = key
    return through_urls("GET", f"/sessions/{query}", headers=headers, client=client)


def row(session):
    """The session as it is stored."""
    project, pk = parse_public_id(session)
    return Session.objects.get(project_id=project, pk=pk)


def events(session):
    """What is stored of a session, in order: types and data. What it counts must agree."""
    project, pk = parse_public_id(session)
    found = Event.objects.filter(project_id=project, session_id=pk).order_by("id")
    stored = list(found.values_list("type", "data"))
    assert row(session).num_events == len(stored)
    return stored


def problem(reply, status, code, field=None):
    """The message of an error that must be of this kind."""
    error = reply.json["error"]
    assert (reply.status, error["code"], error.get("field")) == (status, code, field), reply
    assert error.keys() == {"code", "message", *(["field"] if field else [])}
    assert reply.headers["access-control-allow-origin"] == "*"
    return error["message"]


def send_to(server, keys, method, path, body=b"", **headers):
    """As `send`, to a real server, in the project with these keys."""
    if not isinstance(body, bytes):
        body = json.dumps(body).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    if keys:
        named["X-App-Key"] = keys["app_key"]
    return through_server(server, method, path, body, {"Content-Type": JSON, **named})
