"""``GET /api/v1/servers/:key/players`` and ``…/players/:player``."""

import pytest

from sessions_app.models import ClaimedName
from telemetry.models import User
from tests.mccoal_helpers import (
    get,
    new_play,
    open_server,
    path_of,
    player_of,
    plays_of,
    walk,
)
from tests.minecraft_helpers import chat, login, lost, send

pytestmark = pytest.mark.django_db


@pytest.fixture
def server():
    return open_server()


def names(players):
    return [player["username"] for player in players]


def test_players_are_listed_by_name_capitals_first(server):
    for name in ("bob", "Zoe", "alice", "Bob", "_x", "\xe9ric"):
        player_of(server, name)
    found = get(path_of(server, "players")).json["players"]
    assert names(found) == ["Bob", "Zoe", "_x", "alice", "bob", "\xe9ric"]


def test_a_player_has_these_seven_keys(server):
    send(server, login(0), lost(60))
    (player,) = get(path_of(server, "players")).json["players"]
    assert player == {
        "key": player["key"],
        "server_key": server.key,
        "username": "steve",
        "user_key": None,
        "last_login": "2013-04-13 08:00:00 UTC+0000",
        "last_session_duration": 60,
        "is_playing": False,
    }
    assert get(path_of(server, "players", player["key"])).json == player
    assert get(path_of(server, "players", "steve")).json == player


def test_whoever_only_said_something_has_never_logged_in(server):
    send(server, chat(0, "alex"))
    player = get(path_of(server, "players", "alex")).json
    assert (player["last_login"], player["last_session_duration"]) == (None, None)
    assert player["is_playing"] is False


def test_a_player_who_is_logged_in_is_playing_for_as_long_as_the_session_is_open(server):
    send(server, login(0))
    player = get(path_of(server, "players", "steve")).json
    assert player["is_playing"] is True
    assert player["last_session_duration"] > 60
    send(server, lost(60))
    assert get(path_of(server, "players", "steve")).json["is_playing"] is False


def test_the_last_session_is_the_latest_by_login_also_if_an_earlier_one_is_open(server):
    player_of(server, "steve")
    new_play(server, 0, lasts=None).save()
    new_play(server, 100, lasts=7).save()
    player = get(path_of(server, "players", "steve")).json
    assert (player["last_session_duration"], player["is_playing"]) == (7, True)


def test_the_last_login_is_in_the_zone_of_the_latest_session(server):
    send(server, login(0), zone="America/Chicago")
    player = get(path_of(server, "players", "steve")).json
    assert player["last_login"] == "2013-04-13 08:00:00 CDT-0500"


def test_a_users_key_is_the_same_for_all_names_of_the_user(server):
    user = User.objects.create_user("thomas")
    for name in ("steve", "alex"):
        player_of(server, name)
        ClaimedName.objects.create(project=server.project, user=user, name=name)
    player_of(server, "zoe")
    found = get(path_of(server, "players")).json["players"]
    keys = {player["username"]: player["user_key"] for player in found}
    assert keys["alex"] == keys["steve"] is not None
    assert keys["zoe"] is None


def test_the_list_is_walked_page_by_page_while_players_come(server):
    everybody = [f"player{each:02}" for each in range(25)]
    for name in everybody:
        player_of(server, name)
    first = get(path_of(server, "players", size=10)).json
    player_of(server, "aaa")  # before: was not to be seen any more
    player_of(server, "player09a")
    rest = walk(path_of(server, "players"), "players", size=7)
    assert names(rest) == sorted([*everybody, "aaa", "player09a"])
    second = get(path_of(server, "players", size=50, cursor=first["cursor"])).json
    assert names(second["players"]) == ["player09a", *everybody[10:]]


def test_times_are_no_parameters_of_this_list(server):
    assert get(path_of(server, "players", since="x", before="y")).status == 200
    reply = get(path_of(server, "players", size="x", since="x"))
    assert (reply.status, list(reply.json["errors"])) == (400, ["size"])


def test_players_of_other_servers_are_not_in_the_list(server):
    player_of(server, "steve")
    player_of(open_server(), "alex")
    player_of(open_server("q"), "zoe")
    assert names(get(path_of(server, "players")).json["players"]) == ["steve"]
    assert get(path_of(server, "players", "alex")).status == 404


@pytest.mark.parametrize("count", [1, 50])
def test_a_page_takes_six_queries_however_many_are_on_it(server, django_assert_num_queries, count):
    for each in range(count):
        player_of(server, f"player{each}")
        plays_of(server, each, each + 1, username=f"player{each}")
    with django_assert_num_queries(6):
        assert len(get(path_of(server, "players", size=50)).json["players"]) == count
    with django_assert_num_queries(6):
        assert get(path_of(server, "players", "player0")).status == 200
