"""``GET /api/v1/users/self``."""

import pytest

from sessions_app.models import ClaimedName
from telemetry.models import AccessToken, User
from tests.mccoal_helpers import (
    NOON,
    agent_token,
    get,
    new_agent,
    open_server,
    path_of,
    player_of,
    project_of,
    signed_in,
    token_of,
)

pytestmark = pytest.mark.django_db

SELF = "/api/v1/users/self"
KEYS = [
    *("key", "usernames", "email", "nickname", "active", "admin"),
    *("last_coal_login", "created", "updated"),
]


def test_a_token_is_a_user_of_its_own():
    secret = token_of(project_of(timezone="America/Chicago"), "read")
    AccessToken.objects.update(created_at=NOON)
    shown = get(SELF, secret).json
    assert list(shown) == KEYS
    assert (shown["nickname"], shown["active"], shown["admin"]) == ("test", True, False)
    assert (shown["usernames"], shown["email"], shown["last_coal_login"]) == ([], "", None)
    assert shown["created"] == shown["updated"] == "2013-04-13 07:00:00 CDT-0500"
    assert get(SELF, token_of(project_of(), "manage")).json["admin"] is True


def test_who_is_signed_in_is_told_the_names_and_the_same_key_as_sessions_have():
    server = open_server(is_default=True)
    client = signed_in("thomas", email="t@example.com")
    user = User.objects.get()
    for name in ("steve", "alex"):
        ClaimedName.objects.create(project=server.project, user=user, name=name)
    ClaimedName.objects.create(project=project_of("q"), user=user, name="alex")
    player_of(server, "steve")
    shown = get(SELF, client=client).json
    assert list(shown) == KEYS
    assert (shown["usernames"], shown["email"]) == (["alex", "steve"], "t@example.com")
    assert (shown["nickname"], shown["admin"]) == ("thomas", False)
    assert shown["key"] == get(path_of(server, "players", "steve")).json["user_key"]


def test_who_may_not_read_the_default_project_is_told_who_they_are_too():
    project_of("d", "token", is_default=True)
    shown = get(SELF, client=signed_in("thomas", (project_of("q"), "viewer")))
    assert (shown.status, shown.json["nickname"]) == (200, "thomas")
    assert shown.json["created"].endswith(" UTC+0000")


def test_nobody_and_an_agent_are_told_401():
    agent = new_agent(is_default=True)
    assert get(SELF).status == 401
    for token in ("garbage", agent_token(agent), token_of(project_of(), "write")):
        assert get(SELF, token).status == 401
        assert get(SELF, token, client=signed_in(f"user{token[:8]}")).status == 401
