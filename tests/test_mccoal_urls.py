"""mc-coal's paths: slashes, methods, and what there is not."""

import pytest

from sessions_app.models import Session
from tests.mccoal_helpers import (
    UNKNOWN,
    agent_token,
    get,
    new_agent,
    open_server,
    path_of,
    play_key,
)
from tests.minecraft_helpers import login, send
from tests.stored_sessions import set_clock

pytestmark = pytest.mark.django_db


@pytest.fixture
def server(monkeypatch):
    set_clock(monkeypatch)  # an open session's duration grows
    server = open_server(is_default=True)
    send(server, login(0))
    return server


def reads(server):
    play = play_key(Session.objects.get(), server)
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
    ]


def test_a_slash_at_the_end_or_two_at_the_beginning_change_nothing(server):
    for path in ["/api/v1/servers", *reads(server)]:
        plain = get(path)
        assert plain.status == 200
        for other in (f"{path}/", f"/{path}", f"/{path}/"):
            reply = get(other)
            assert (reply.status, reply.body) == (200, plain.body)


def test_head_is_answered_as_get_without_a_body(server):
    for path in ["/api/v1/servers", *reads(server)]:
        reply = get(path, method="HEAD")
        assert (reply.status, reply.headers["content-type"]) == (200, "application/json")
    assert get(path_of(UNKNOWN, "sessions"), method="HEAD").status == 404


ALLOWED = {
    "servers": "GET, HEAD, POST",
    f"servers/{UNKNOWN}": "GET, HEAD, POST",
    f"servers/{UNKNOWN}/sessions": "GET, HEAD",
    f"servers/{UNKNOWN}/sessions/x": "GET, HEAD",
    f"servers/{UNKNOWN}/players": "GET, HEAD",
    f"servers/{UNKNOWN}/players/x": "GET, HEAD",
    f"servers/{UNKNOWN}/players/x/session": "GET, HEAD",
    f"servers/{UNKNOWN}/players/x/loglines": "GET, HEAD",
    f"servers/{UNKNOWN}/loglines": "GET, HEAD",
    f"servers/{UNKNOWN}/loglines/x": "GET, HEAD",
    "users/self": "GET, HEAD",
    "agents/logline": "POST",
    "agents/loglines": "POST",
    "agents/ping": "POST",
    "agents/lastline": "GET, HEAD",
}


@pytest.mark.parametrize("path", ALLOWED)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "COAL"])
def test_another_method_is_told_405_whoever_asks(path, method):
    if method in ALLOWED[path]:
        return
    for token in (None, "garbage"):
        reply = get(f"/api/v1/{path}", token, method=method)
        assert (reply.status, reply.headers["allow"]) == (405, ALLOWED[path])
        assert list(reply.json) == ["errors"]


@pytest.mark.parametrize(
    "path",
    [
        *("servers/x/y", "servers/x/sessions/y/z", "servers/x/players/y/z", "servers//sessions"),
        *("servers/x/players//sessions", "servers/x/chats", "servers/x/sessions//", "servers//"),
        *("users", "users/", "users/x", "users/self/x", "agents", "agents/", "agents/x"),
        *("servers/x/players/a%2Fb/sessions", "servers/a%2Fb/sessions", "servers/x/sessions/a%2Fb"),
        *("servers/x/Sessions", "agents/logline/x"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_there_is_nothing_else(path, method):
    reply = get(f"/api/v1/{path}", method=method)
    assert (reply.status, list(reply.json)) == (404, ["errors"])
    assert reply.headers["content-type"] == "application/json"


@pytest.mark.parametrize("key", ["%00", "%FF", "%0A", "%20", "..%2F..", "%F0%9F%98%80", "x" * 9000])
def test_a_key_may_be_anything(server, key):
    for path in (f"servers/{key}", f"servers/{key}/sessions", f"servers/{key}/players/{key}"):
        assert get(f"/api/v1/{path}").status == 404
    for path in (f"sessions/{key}", f"players/{key}", f"players/{key}/session", f"loglines/{key}"):
        assert get(f"/api/v1/servers/{server.key}/{path}").status == 404


def test_paths_of_agents_take_slashes_too():
    token = agent_token(new_agent())
    for path in ("/api/v1/agents/lastline/", "//api/v1/agents/lastline"):
        assert get(path, token).status == 200


def test_replies_have_no_headers_of_pages(server):
    for path in [*reads(server), "/api/v1/servers/x/y"]:
        assert set(get(path).headers) == {"content-type", "content-length"}
