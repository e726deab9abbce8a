"""``GET /api/v1/servers/:key/sessions/:key``."""

import pytest

from sessions_app.keys import key_of
from sessions_app.models import ClaimedName
from telemetry.models import User
from tests.mccoal_helpers import (
    UNKNOWN,
    get,
    new_play,
    open_server,
    path_of,
    play_key,
    player_of,
    plays_of,
)

pytestmark = pytest.mark.django_db


def test_a_session_is_shown_as_in_the_list():
    server = open_server()
    player_of(server)
    (play,) = plays_of(server, 5)
    (listed,) = get(path_of(server, "sessions")).json["sessions"]
    reply = get(path_of(server, "sessions", play_key(play, server)))
    assert (reply.status, reply.json) == (200, listed)


def test_a_user_who_claims_a_name_has_its_sessions_from_before():
    server = open_server()
    (play,) = plays_of(server, 5)
    path = path_of(server, "sessions", play_key(play, server))
    assert get(path).json["user_key"] is None
    user = User.objects.create_user("thomas")
    ClaimedName.objects.create(project=server.project, user=user, name="Steve")
    assert get(path).json["user_key"] is None  # names are exact
    ClaimedName.objects.create(project=server.project, user=user, name="steve")
    key = get(path).json["user_key"]
    assert len(key) == 40
    other = open_server("q")
    (there,) = plays_of(other, 5)
    path = path_of(other, "sessions", play_key(there, other))
    assert get(path).json["user_key"] is None


def keys_of_others(server):
    same_project, other_project = open_server(), open_server("q")
    (play,) = plays_of(server, 5)
    (here,), (there,) = plays_of(same_project, 5), plays_of(other_project, 5)
    key = play_key(play, server)
    return [
        play_key(here, same_project),
        play_key(there, other_project),
        play_key(here, server),  # signed as one of this server
        key_of(server.key, "player", play.player_id),
        key_of(server.key, "line", play.login_line_id),
        key_of(server.key, "line", play.pk),
        server.key,
        key[:-1],
        key + "A",
        key[:-1] + ("B" if key[-1] == "A" else "A"),
        ("B" if key[0] == "A" else "A") + key[1:],
        key.swapcase(),
        f"{key} ",
        str(play.pk),
        play.pk.hex,
        "0" * 44,
        "=" * 44,
        "x",
        "\x00",
        "\N{GRINNING FACE}" * 44,
        "\N{ARABIC-INDIC DIGIT FIVE}" * 44,
        "..",
        "a/b",
        "/",
        "x" * 20_000,
    ]


def test_every_other_key_is_unknown():
    server = open_server()
    for key in keys_of_others(server):
        reply = get(path_of(server, "sessions", key))
        assert (reply.status, list(reply.json)) == (404, ["errors"]), (key, reply)


def test_a_session_is_not_found_under_another_server():
    server, other = open_server(), open_server()
    (play,) = plays_of(server, 5)
    assert get(path_of(other, "sessions", play_key(play, server))).status == 404
    assert get(path_of(UNKNOWN, "sessions", play_key(play, server))).status == 404


def test_an_open_session_has_neither_logout_nor_its_line():
    server = open_server()
    play = new_play(server, lasts=None)
    play.save()
    shown = get(path_of(server, "sessions", play_key(play, server))).json
    assert (shown["logout_timestamp"], shown["logout_logline_key"]) == (None, None)
    assert shown["duration"] > 0


def test_it_takes_four_queries(django_assert_num_queries):
    server = open_server()
    (play,) = plays_of(server, 5)
    with django_assert_num_queries(4):
        get(path_of(server, "sessions", play_key(play, server)))
