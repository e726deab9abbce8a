"""Who may read: 401 for who is not known, 403 for who is and may not, 404 for what is not there."""

from datetime import timedelta

import pytest
from django.utils.timezone import now

from sessions_app.keys import key_of
from sessions_app.models import LogLine, Session
from telemetry.models import AccessToken, User
from tests.mccoal_helpers import (
    UNKNOWN,
    agent_token,
    closed_server,
    get,
    new_agent,
    open_server,
    path_of,
    project_of,
    signed_in,
    token_of,
)
from tests.minecraft_helpers import login, send

pytestmark = pytest.mark.django_db


def paths(server):
    """Every read of a server that has a session."""
    send(server, login(0))
    play = key_of(server.key, "session", Session.objects.get(server=server).pk)
    line = key_of(server.key, "line", LogLine.objects.get(server=server).pk)
    return [
        path_of(server),
        path_of(server, "sessions"),
        path_of(server, "sessions", play),
        path_of(server, "players"),
        path_of(server, "players", "steve"),
        path_of(server, "players", "steve", "session"),
        path_of(server, "players", "steve", "sessions"),
        path_of(server, "players", "steve", "loglines"),
        path_of(server, "loglines"),
        path_of(server, "loglines", line),
    ]


def statuses(server, token=None, **how):
    return {get(path, token, **how).status for path in paths(server)}


def test_an_open_project_is_read_by_whoever_knows_the_servers_key():
    server = open_server()
    assert statuses(server) == {200}
    stranger = signed_in("stranger")
    for token in ("garbage", token_of(project_of("q", "token"), "read"), agent_token(new_agent())):
        assert {get(path_of(server, "sessions"), token).status} == {200}
        assert {get(path_of(server, "sessions"), token, client=stranger).status} == {200}


def test_another_is_read_with_a_token_of_the_scope_read():
    server = closed_server()
    for scopes in (["read"], ["manage"], ["read", "agent"]):
        secret = token_of(server.project, *scopes)
        assert get(path_of(server, "sessions"), secret).status == 200
    assert statuses(server, token_of(server.project, "read")) == {200}


def test_nobody_is_told_401_in_json_on_every_path():
    server = closed_server()
    assert statuses(server) == {401}
    reply = get(path_of(server, "sessions"))
    assert list(reply.json) == ["errors"]
    assert reply.headers["content-type"] == "application/json"
    assert reply.headers["www-authenticate"] == 'Bearer error="invalid_token"'


@pytest.mark.parametrize(
    "header",
    [
        *("Bearer", "Bearer ", "Bearer garbage", "bearer {}", "BEARER {}", "{}", "Token {}"),
        *("Basic {}", "Bearer: {}", "Bearer {}x", "Bearer x {}", "Bearer \xff", "Bearer\xa0{}x"),
    ],
)
def test_what_is_no_bearer_of_ours_is_401(header):
    server = closed_server()
    header = header.format(token_of(server.project, "read"))
    for key in (server.key, UNKNOWN):
        assert get(path_of(key, "sessions"), authorization=header).status in (
            {401, 404} if not header.split() else {401}
        )


@pytest.mark.parametrize("header", ["Bearer {}", "  Bearer   {}  ", "Bearer\t{}", "Bearer {} more"])
def test_the_second_word_is_the_token(header):
    server = closed_server()
    header = header.format(token_of(server.project, "read"))
    assert get(path_of(server, "sessions"), authorization=header).status == 200


def test_the_tokens_of_agents_and_of_writers_may_not_read():
    agent = new_agent(policy="token")
    for token in (agent_token(agent), token_of(agent.server.project, "agent", "write")):
        assert get(path_of(agent.server, "sessions"), token).status == 401
    assert statuses(agent.server, agent_token(agent)) == {401}


def test_an_expired_token_is_401():
    server = closed_server()
    secret = token_of(server.project, "read", expires_at=now() + timedelta(hours=1))
    assert get(path_of(server, "sessions"), secret).status == 200
    AccessToken.objects.update(expires_at=now() - timedelta(seconds=1))
    assert get(path_of(server, "sessions"), secret).status == 401


def test_to_the_tokens_of_other_projects_there_is_no_such_server():
    server = closed_server()
    for scope in ("read", "manage"):
        foreign = token_of(project_of("q", "token"), scope)
        known, unknown = (get(path_of(key, "sessions"), foreign) for key in (server.key, UNKNOWN))
        assert (known.status, known.body) == (404, unknown.body)
    assert statuses(server, foreign) == {404}


@pytest.mark.parametrize(
    ("role", "fields", "status"),
    [
        ("viewer", {}, 200),
        ("manager", {}, 200),
        ("", {"is_staff": True}, 200),
        ("", {}, 403),
        ("viewer", {"is_active": False}, 401),
    ],
)
def test_members_and_staff_read_by_their_session_cookie(role, fields, status):
    server = closed_server()
    client = signed_in("anna", *([(server.project, role)] if role else []), **fields)
    assert statuses(server, client=client) == {status}


def test_who_was_a_member_is_not_any_more():
    server = closed_server()
    client = signed_in("anna", (server.project, "viewer"))
    User.objects.get().memberships.all().delete()
    assert get(path_of(server, "sessions"), client=client).status == 403


def test_of_an_unknown_server_nothing_is_told():
    paths = (path_of(UNKNOWN, *parts) for parts in ((), ("sessions",), ("players", "x", "session")))
    for path in paths:
        assert get(path).status == 404
        assert get(path, "garbage").status == 401
        assert get(path, token_of(project_of(), "read")).status == 404
    assert get(path, client=signed_in("anna")).status == 404
