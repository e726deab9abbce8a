"""``POST /oauth/v1/token``: how agents get their tokens."""

from datetime import timedelta

import pytest
from django.utils.timezone import now

from sessions_app.models import AgentToken
from sessions_app.services.servers import delete_servers, new_agent_secret
from telemetry.models import AccessToken
from tests.mccoal_helpers import (
    agent_form,
    get,
    new_agent,
    path_of,
    post,
    post_json,
    send_line,
    tokens_of,
)
from tests.minecraft_helpers import chat, login

pytestmark = pytest.mark.django_db

TOKEN = "/oauth/v1/token"


@pytest.fixture
def agent():
    return new_agent(policy="token")


def refresh_form(agent, refresh, **changes):
    renewal = {"grant_type": "refresh_token", "refresh_token": refresh}
    return agent_form(agent, code=None, redirect_uri=None, **{**renewal, **changes})


def refused(reply, code):
    assert (reply.status, reply.body) == (400, b'{"error": "%s"}' % code.encode())
    return True


def test_a_secret_gets_a_pair_of_tokens(agent):
    reply = post(TOKEN, agent_form(agent))
    assert reply.status == 200
    assert list(reply.json) == ["access_token", "token_type", "expires_in", "refresh_token"]
    assert (reply.json["token_type"], reply.json["expires_in"]) == ("Bearer", 30 * 86_400)
    assert reply.headers["content-type"] == "application/json;charset=UTF-8"
    assert (reply.headers["cache-control"], reply.headers["pragma"]) == ("no-store", "no-cache")
    assert send_line(login(0), reply.json["access_token"]).status == 201


def test_json_is_understood_too(agent):
    assert post_json(TOKEN, agent_form(agent)).status == 200
    assert post_json(f"{TOKEN}/", agent_form(agent)).status == 200


def test_a_secret_can_be_used_again_and_again(agent):
    tokens = [tokens_of(agent)["access_token"] for _ in range(3)]
    assert len(set(tokens)) == 3
    for n, token in enumerate(tokens):
        assert send_line(chat(n), token).status == 201


# What is wrong, in the order in which it is looked at: each is told before those that follow.
WRONG = [
    ({"scope": None}, "invalid_request"),
    ({"grant_type": "password"}, "unsupported_grant_type"),
    ({"client_secret": "x"}, "invalid_client"),
    ({"code": "x"}, "invalid_grant"),
    ({"scope": "data"}, "invalid_scope"),
]


def test_errors_are_told_in_this_order(agent):
    for place, (_, code) in enumerate(WRONG):
        changes = {}
        for change, _ in reversed(WRONG[place:]):
            changes |= change
        assert refused(post(TOKEN, agent_form(agent, **changes)), code)


@pytest.mark.parametrize(
    "name", ["grant_type", "client_id", "client_secret", "code", "redirect_uri", "scope"]
)
@pytest.mark.parametrize("value", [None, "", " "])
def test_every_field_is_needed(agent, name, value):
    assert refused(post(TOKEN, agent_form(agent, **{name: value})), "invalid_request")


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("client_id", "mc-coal-agent-1", "invalid_client"),
        ("client_id", "\x00", "invalid_client"),
        ("client_id", "x" * 100_000, "invalid_client"),
        ("client_secret", "\N{SNOWMAN}", "invalid_client"),
        ("code", "x", "invalid_grant"),
        ("redirect_uri", "/x", "invalid_grant"),
        ("scope", "agent data", "invalid_scope"),
        ("grant_type", "refresh_token", "unsupported_grant_type"),
    ],
)
def test_what_is_wrong_is_told(agent, name, value, code):
    assert refused(post(TOKEN, agent_form(agent, **{name: value})), code)


@pytest.mark.parametrize("junk", ["\ud800", "\x00", 5, True, {"a": 1}, [[]], "x" * 100_000])
def test_junk_in_json_is_refused(agent, junk):
    for name in agent_form(agent):
        assert post_json(TOKEN, agent_form(agent, **{name: junk})).status == 400
    assert post_json(TOKEN, refresh_form(agent, junk)).status == 400


@pytest.mark.parametrize("body", [b"", b"x", b"[]", b"{", b"5", b"\xff"])
def test_a_body_that_says_nothing_is_refused_in_words_of_oauth(body):
    for kind in ("application/json", "application/x-www-form-urlencoded", "", "text/plain"):
        reply = post(TOKEN, None, body=body, content_type=kind)
        assert (reply.status, reply.json) == (400, {"error": "invalid_request"})


def test_a_refresh_token_is_good_once_and_the_old_pair_dies(agent):
    old = tokens_of(agent)
    reply = post(TOKEN, refresh_form(agent, old["refresh_token"]))
    assert reply.status == 200
    assert send_line(login(0), old["access_token"]).status == 401
    assert send_line(login(0), reply.json["access_token"]).status == 201
    assert refused(post(TOKEN, refresh_form(agent, old["refresh_token"])), "invalid_grant")
    assert AccessToken.objects.count() == AgentToken.objects.count() == 1


def test_what_is_wrong_with_a_refresh_is_told_in_another_order(agent):
    wrong = [WRONG[0], WRONG[1], WRONG[2], WRONG[4], ({"refresh_token": "x"}, "invalid_grant")]
    refresh = tokens_of(agent)["refresh_token"]
    for place, (_, code) in enumerate(wrong):
        changes = {}
        for change, _ in reversed(wrong[place:]):
            changes |= change
        assert refused(post(TOKEN, refresh_form(agent, refresh, **changes)), code)
    assert post(TOKEN, refresh_form(agent, refresh)).status == 200


def test_a_refresh_token_is_of_one_server_only(agent):
    refresh = tokens_of(agent)["refresh_token"]
    other = new_agent()
    assert refused(post(TOKEN, refresh_form(other, refresh)), "invalid_grant")
    assert refused(post(TOKEN, refresh_form(agent, tokens_of(agent)["access_token"])),
                   "invalid_grant")  # fmt: skip


def test_a_pair_that_has_expired_is_refused_and_the_secret_still_good(agent):
    refresh = tokens_of(agent)["refresh_token"]
    AccessToken.objects.update(expires_at=now() - timedelta(seconds=1))
    assert refused(post(TOKEN, refresh_form(agent, refresh)), "invalid_grant")
    assert send_line(login(0), tokens_of(agent)["access_token"]).status == 201
    assert AccessToken.objects.count() == 1


def test_a_new_secret_ends_the_old_and_its_tokens(agent):
    old = tokens_of(agent)
    fresh = new_agent_secret(server=agent.server)
    assert send_line(login(0), old["access_token"]).status == 401
    assert refused(post(TOKEN, agent_form(agent)), "invalid_client")
    assert refused(post(TOKEN, refresh_form(agent, old["refresh_token"])), "invalid_client")
    assert refused(post(TOKEN, refresh_form(fresh, old["refresh_token"])), "invalid_grant")
    assert send_line(login(0), tokens_of(fresh)["access_token"]).status == 201


def test_an_agents_token_has_the_scope_agent_and_no_other(agent):
    token = tokens_of(agent)["access_token"]
    assert get(path_of(agent.server), token).status == 401
    assert AccessToken.objects.get().scopes == ["agent"]


def test_the_agent_of_a_server_that_was_deleted_is_no_client(agent):
    delete_servers(servers=[agent.server])
    assert refused(post(TOKEN, agent_form(agent)), "invalid_client")
    assert AccessToken.objects.count() == 0


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"])
def test_tokens_are_posted_for(method):
    reply = get(TOKEN, method=method)
    assert (reply.status, reply.headers["allow"]) == (405, "POST")
    assert reply.headers["cache-control"] == "no-store"
