"""``GET /api/v1/servers/:key/players/:player/sessions``, and in the singular."""

import pytest

from sessions_app.keys import key_of, player_id
from tests.mccoal_helpers import (
    get,
    open_server,
    path_of,
    player_of,
    plays_of,
    seconds_of,
    walk,
)
from tests.minecraft_helpers import login, lost, send

pytestmark = pytest.mark.django_db


@pytest.fixture
def server():
    return open_server()


def key_in(server, name):
    return key_of(server.key, "player", player_id(server.pk, name))


@pytest.mark.parametrize("last", ["session", "sessions"])
def test_only_this_players_sessions_are_listed_by_name_and_by_key(server, last):
    for name in ("steve", "alex"):
        player_of(server, name)
    plays_of(server, 1, 3)
    plays_of(server, 2, username="alex")
    for player in ("steve", key_in(server, "steve")):
        found = get(path_of(server, "players", player, last)).json["sessions"]
        assert seconds_of(found) == [3, 1]
        assert {session["username"] for session in found} == {"steve"}


def test_a_player_who_has_never_logged_in_has_an_empty_list(server):
    send(server, lost(0))
    reply = get(path_of(server, "players", "steve", "sessions"))
    assert (reply.status, reply.body) == (200, b'{"sessions": []}')


@pytest.mark.parametrize(
    "name", ["Steve", "steve ", " steve", "nobody", "st%65ve", "steve\x00", "a/b", "x" * 20_000]
)
def test_names_are_exact(server, name):
    player_of(server, "steve")
    plays_of(server, 1)
    reply = get(path_of(server, "players", name, "sessions"))
    assert (reply.status, list(reply.json)) == (404, ["errors"])


@pytest.mark.parametrize("name", ["jos\xe9", "a.b", "*gast", "\N{CJK UNIFIED IDEOGRAPH-4E2D}", "."])
def test_a_name_may_be_any_word_percent_encoded(server, name):
    player_of(server, name)
    plays_of(server, 1, username=name)
    reply = get(path_of(server, "players", name, "sessions"))
    assert seconds_of(reply.json["sessions"]) == [1]


def test_players_of_other_servers_are_unknown(server):
    here, elsewhere = open_server(), open_server("q")
    for other in (here, elsewhere):
        player_of(other, "alex")
        for player in ("alex", key_in(other, "alex")):
            assert get(path_of(server, "players", player, "sessions")).status == 404


def test_a_session_stays_as_it_was_when_its_player_comes_again(server):
    send(server, login(0), lost(60))
    path = path_of(server, "players", "steve", "sessions")
    (before,) = get(path).json["sessions"]
    send(server, login(100))
    assert get(path).json["sessions"][1] == before


def test_a_list_is_walked_page_by_page_among_those_of_others(server):
    player_of(server, "steve")
    plays_of(server, *range(0, 40, 2))
    plays_of(server, *range(1, 40, 2), username="alex")
    path = path_of(server, "players", "steve", "sessions")
    assert seconds_of(walk(path, size=3)) == list(range(38, -1, -2))
    query = {"since": "2013-04-13 12:00:10", "before": "2013-04-13 12:00:20"}
    assert seconds_of(walk(path, size=2, **query)) == [18, 16, 14, 12, 10]


@pytest.mark.parametrize("count", [1, 50])
def test_a_page_takes_five_queries_however_many_are_on_it(server, django_assert_num_queries, count):
    player_of(server, "steve")
    plays_of(server, *range(count))
    with django_assert_num_queries(5):
        reply = get(path_of(server, "players", "steve", "sessions", size=50))
    assert len(reply.json["sessions"]) == count
