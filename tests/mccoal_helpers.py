"""What the tests of mc-coal's wire share: who asks, how, and rows as they would be later."""

import json
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, urlencode
from uuid import uuid4

from django.test import Client

from sessions_app.keys import key_of, play_id, player_id
from sessions_app.models import Dialect, Player, Session
from sessions_app.services.servers import create_server
from telemetry.models import Membership, Project, User
from telemetry.services import create_token
from tests.wire_helpers import through_urls

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
NOON = datetime(2013, 4, 13, 12, 0, 0, tzinfo=UTC)
UNKNOWN = "k" * 48


def project_of(slug="p", policy="open", **fields):
    fields = {"name": slug, "read_policy": policy, **fields}
    return Project.objects.get_or_create(slug=slug, defaults=fields)[0]


def new_agent(slug="p", policy="open", **fields):
    """A new server, and the secret of its agent."""
    return create_server(project=project_of(slug, policy, **fields), name="Survival")


def open_server(slug="p", **fields):
    return new_agent(slug, **fields).server


def closed_server(slug="p", **fields):
    return new_agent(slug, "token", **fields).server


def path_of(server, *parts, **query):
    key = getattr(server, "key", server)
    path = "/".join(["/api/v1/servers", *(quote(str(part), safe="") for part in (key, *parts))])
    return f"{path}?{urlencode(query)}" if query else path


def get(path, token=None, *, method="GET", client=None, **headers):
    if token:
        headers["authorization"] = f"Bearer {token}"
    return through_urls(method, path, headers=headers, client=client)


def post(path, fields=None, token=None, *, body=None, content_type=FORM):
    """The reply to a form, or to a body as it is."""
    body = urlencode(fields or {}).encode() if body is None else body
    headers = {"content-type": content_type}
    if token:
        headers["authorization"] = f"Bearer {token}"
    return through_urls("POST", path, body, headers)


def post_json(path, document, token=None):
    return post(path, None, token, body=json.dumps(document).encode(), content_type=JSON)


def token_of(project, *scopes, **fields):
    return create_token(project=project, name="test", scopes=scopes, **fields)[1]


def agent_form(agent, **changes):
    """What an agent asks its first token with; a field that is None is left out."""
    form = {
        "grant_type": "authorization_code",
        "client_id": agent.client_id,
        "client_secret": agent.client_secret,
        "code": agent.client_secret,
        "redirect_uri": "/",
        "scope": "agent",
        **changes,
    }
    return {name: value for name, value in form.items() if value is not None}


def tokens_of(agent):
    """The tokens that an agent gets for its secret."""
    reply = post("/oauth/v1/token", agent_form(agent))
    assert reply.status == 200, reply
    return reply.json


def agent_token(agent):
    return tokens_of(agent)["access_token"]


def send_line(line, token, zone="UTC", **fields):
    return post("/api/v1/agents/logline", {"line": line, "zone": zone, **fields}, token)


def signed_in(username, *memberships, **fields):
    """A browser of a member of (project, role) pairs."""
    user = User.objects.create_user(username, **fields)
    for project, role in memberships:
        Membership.objects.create(user=user, project=project, role=role)
    client = Client()
    client.force_login(user)
    return client


def new_play(server, seconds=0, username="steve", lasts=60, **fields):
    """A session that began some seconds after noon; still open if it `lasts` None."""
    started_at = NOON + timedelta(seconds=seconds)
    ended_at = None if lasts is None else started_at + timedelta(seconds=lasts)
    login = uuid4()
    fields = {
        "id": play_id(started_at, login),
        "project_id": server.project_id,
        "server_id": server.pk,
        "dialect": Dialect.MCCOAL,
        "player_id": player_id(server.pk, username),
        "username": username,
        "started_at": started_at,
        "last_at": ended_at or started_at,
        "ended_at": ended_at,
        "login_line_id": login,
        **fields,
    }
    return Session(**fields)


def plays_of(server, *seconds, **fields):
    return Session.objects.bulk_create(new_play(server, each, **fields) for each in seconds)


def player_of(server, name="steve", **fields):
    pk = player_id(server.pk, name)
    return Player.objects.create(
        id=pk, project_id=server.project_id, server_id=server.pk, name=name, **fields
    )


def play_key(session, server):
    return key_of(server.key, "session", session.pk)


def walk(path, kind="sessions", *, size=50, **query):
    """All that a list has, page by page."""
    found, cursor = [], None
    while True:
        asked = {"size": size, **query, **({"cursor": cursor} if cursor else {})}
        reply = get(f"{path}?{urlencode(asked)}")
        assert reply.status == 200, reply
        found += reply.json[kind]
        cursor = reply.json.get("cursor")
        if cursor is None:
            return found


def seconds_of(sessions):
    """When sessions of a UTC server began, in seconds after noon."""
    times = [session["login_timestamp"].removesuffix(" UTC+0000") for session in sessions]
    return [int((datetime.fromisoformat(f"{t}+00:00") - NOON).total_seconds()) for t in times]
