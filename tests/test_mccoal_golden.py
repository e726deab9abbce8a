"""The seed's example documents, byte for byte but for the keys, which are ours."""

import json
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from sessions_app.keys import key_of, line_id, play_id, player_id, user_key
from sessions_app.models import ClaimedName, Dialect, Session
from telemetry.models import User
from tests.mccoal_helpers import get, open_server, path_of, player_of

pytestmark = pytest.mark.django_db

FOLDER = Path(__file__).parent / "golden" / "mccoal"
ZONE = ZoneInfo("America/Chicago")


def example(name):
    return (FOLDER / f"{name}.json").read_text()


def sessions_in(name):
    document = json.loads(example(name))
    return document.get("sessions", [document])


def stored(server, users, shown):
    """The example's session in the database; returns what stands for its keys in the example."""

    def at(name):
        text = shown[name].removesuffix(" CDT-0500")
        return datetime.fromisoformat(text).replace(tzinfo=ZONE)

    login, logout = (
        line_id(server.pk, None, shown[f"{name}_logline_key"]) for name in ("login", "logout")
    )
    play = play_id(at("login_timestamp"), login)
    username = shown["username"]
    Session.objects.create(
        id=play,
        project_id=server.project_id,
        server_id=server.pk,
        dialect=Dialect.MCCOAL,
        player_id=player_id(server.pk, username),
        username=username,
        started_at=at("login_timestamp"),
        last_at=at("logout_timestamp"),
        ended_at=at("logout_timestamp"),
        created_at=at("created"),
        updated_at=at("updated"),
        zone="America/Chicago",
        login_line_id=login,
        logout_line_id=logout,
    )
    return {
        shown["key"]: key_of(server.key, "session", play),
        shown["server_key"]: server.key,
        shown["player_key"]: key_of(server.key, "player", player_id(server.pk, username)),
        shown["user_key"]: user_key(users[username].pk),
        shown["login_logline_key"]: key_of(server.key, "line", login),
        shown["logout_logline_key"]: key_of(server.key, "line", logout),
    }


@pytest.fixture
def server():
    return open_server(timezone="America/Chicago")


@pytest.fixture
def keys(server):
    """The examples' keys, each with ours."""
    users = {}
    for name in ("gumptionthomas", "vesicular"):
        player_of(server, name)
        users[name] = User.objects.create_user(name)
        ClaimedName.objects.create(project=server.project, user=users[name], name=name)
    found = {}
    for shown in {each["key"]: each for each in _all_shown()}.values():
        found |= stored(server, users, shown)
    return found


def _all_shown():
    return [*sessions_in("sessions"), *sessions_in("session"), *sessions_in("player_sessions")]


def with_our_keys(text, keys):
    for theirs, ours in keys.items():
        text = text.replace(f'"{theirs}"', f'"{ours}"')
    return text


def shows(reply, name, keys):
    """Whether the reply is the example, as the original wrote it: without the line breaks."""
    expected = with_our_keys(example(name), keys)
    assert reply.status == 200
    assert reply.headers["content-type"] == "application/json"
    assert json.dumps(reply.json, indent=2) + "\n" == expected
    assert reply.body == json.dumps(json.loads(expected)).encode()
    return True


def test_the_list_of_sessions(server, keys):
    reply = get(path_of(server, "sessions", before="2013-04-14 12:00:00"))
    assert shows(reply, "sessions", keys)


def test_one_session(server, keys):
    key = keys[sessions_in("session")[0]["key"]]
    assert shows(get(path_of(server, "sessions", key)), "session", keys)


@pytest.mark.parametrize("path", ["session", "sessions"])
def test_a_players_sessions_in_the_singular_as_in_the_example_and_in_the_plural(server, keys, path):
    reply = get(path_of(server, "players", "gumptionthomas", path))
    assert shows(reply, "player_sessions", keys)


def test_a_players_sessions_by_the_players_key(server, keys):
    key = keys[sessions_in("session")[0]["player_key"]]
    assert shows(get(path_of(server, "players", key, "sessions")), "player_sessions", keys)


def test_all_that_is_not_ascii_is_escaped(server, keys):
    player_of(server, "jos\xe9")
    reply = get(path_of(server, "players", "jos\xe9"))
    assert rb'"username": "jos\u00e9"' in reply.body
