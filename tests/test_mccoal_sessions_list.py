"""``GET /api/v1/servers/:key/sessions``."""

from datetime import timedelta
from uuid import uuid4

import pytest

from sessions_app.dialects.mccoal import shapes
from sessions_app.models import Player, Session
from sessions_app.services.servers import delete_players
from tests.mccoal_helpers import (
    NOON,
    get,
    new_play,
    open_server,
    path_of,
    player_of,
    plays_of,
    seconds_of,
    walk,
)
from tests.minecraft_helpers import login, lost, send, start, stop

pytestmark = pytest.mark.django_db

KEYS = [
    *("username", "updated", "logout_timestamp", "login_timestamp", "created", "user_key"),
    *("player_key", "login_logline_key", "key", "server_key", "duration", "logout_logline_key"),
]


def sessions(server, **query):
    reply = get(path_of(server, "sessions", **query))
    assert reply.status == 200, reply
    return reply.json["sessions"]


def test_a_server_without_sessions_has_an_empty_list_and_no_cursor():
    assert get(path_of(open_server(), "sessions")).body == b'{"sessions": []}'


def test_the_latest_login_comes_first_also_of_those_who_are_playing():
    server = open_server()
    plays_of(server, 30, 10)
    plays_of(server, 20, lasts=None)
    assert seconds_of(sessions(server)) == [30, 20, 10]


def test_a_session_has_these_twelve_keys_in_this_order_and_nulls_for_what_is_not():
    server = open_server()
    new_play(server, lasts=None, login_line_id=None, player_id=None).save()
    (shown,) = sessions(server)
    assert list(shown) == KEYS
    nulls = {"logout_timestamp", "user_key", "player_key", "login_logline_key"}
    assert {key for key in KEYS if shown[key] is None} == {*nulls, "logout_logline_key"}


def test_keys_of_lines_are_those_under_which_they_can_be_read():
    server = open_server()
    send(server, login(0), lost(60))
    (shown,) = sessions(server)
    for which, line in (("login", login(0)), ("logout", lost(60))):
        reply = get(path_of(server, "loglines", shown[f"{which}_logline_key"]))
        assert (reply.json["line"], reply.json["key"]) == (line, shown[f"{which}_logline_key"])
    assert get(path_of(server, "players", shown["player_key"])).json["username"] == "steve"


def test_a_player_who_was_deleted_has_no_key_and_the_sessions_stay():
    server = open_server()
    send(server, login(0), lost(60))
    assert sessions(server)[0]["player_key"]
    delete_players(players=Player.objects.all())
    (shown,) = sessions(server)
    assert (shown["username"], shown["player_key"]) == ("steve", None)


def test_duration_is_whole_seconds_and_grows_while_a_session_is_open(monkeypatch):
    server = open_server()
    new_play(server, lasts=None).save()
    for passed, seconds in ((0.9, 0), (1.0, 1), (8126.99, 8126)):
        at = NOON + timedelta(seconds=passed)
        monkeypatch.setattr(shapes.clock, "now", lambda at=at: at)
        assert sessions(server)[0]["duration"] == seconds


def test_duration_is_never_below_zero_and_a_logout_before_the_login_is_kept_as_sent():
    server = open_server()
    new_play(server, 100, lasts=-40).save()
    (shown,) = sessions(server)
    assert shown["logout_timestamp"] == "2013-04-13 12:01:00 UTC+0000"
    assert shown["duration"] == 0
    assert type(shown["duration"]) is int


def test_whoever_logs_in_twice_without_logging_out_has_two_sessions_with_one_line_between():
    server = open_server()
    send(server, login(0), login(60, port=5001))
    second, first = sessions(server)
    assert first["logout_timestamp"] == second["login_timestamp"]
    assert first["logout_logline_key"] == second["login_logline_key"] is not None


@pytest.mark.parametrize("line", [stop(90), start(90)])
def test_a_stop_and_a_start_end_all_sessions(line):
    server = open_server()
    send(server, login(0), login(10, "alex"), line)
    for shown in sessions(server):
        assert shown["logout_timestamp"]
        assert shown["logout_logline_key"]


def test_since_is_inclusive_and_before_exclusive_to_the_second():
    server = open_server()
    plays_of(server, 0, 1, 2, 3)
    at = "2013-04-13 12:00:0{}".format
    assert seconds_of(sessions(server, since=at(1))) == [3, 2, 1]
    assert seconds_of(sessions(server, before=at(2))) == [1, 0]
    assert seconds_of(sessions(server, since=at(1), before=at(3))) == [2, 1]
    assert sessions(server, since=at(2), before=at(2)) == []
    assert sessions(server, since=at(3), before=at(1)) == []


def test_a_session_between_two_seconds_is_before_the_later():
    server = open_server()
    new_play(server, 0.9996).save()
    assert len(sessions(server, since="2013-04-13 12:00:00", before="2013-04-13 12:00:01")) == 1
    assert sessions(server, since="2013-04-13 12:00:01") == []


def test_ten_are_a_page_and_the_last_page_has_no_cursor():
    server = open_server()
    plays_of(server, *range(10))
    assert list(get(path_of(server, "sessions")).json) == ["sessions"]
    plays_of(server, 10)
    first = get(path_of(server, "sessions")).json
    assert list(first) == ["sessions", "cursor"]
    second = get(path_of(server, "sessions", cursor=first["cursor"])).json
    assert list(second) == ["sessions"]
    assert seconds_of([*first["sessions"], *second["sessions"]]) == list(range(10, -1, -1))


def test_a_cursor_carries_no_filters_they_are_sent_again():
    server = open_server()
    plays_of(server, *range(6))
    query = {"since": "2013-04-13 12:00:01", "before": "2013-04-13 12:00:05", "size": 2}
    assert seconds_of(walk(path_of(server, "sessions"), **query)) == [4, 3, 2, 1]
    cursor = get(path_of(server, "sessions", **query)).json["cursor"]
    assert seconds_of(sessions(server, cursor=cursor)) == [2, 1, 0]


def test_sessions_of_other_servers_are_not_in_the_list():
    server, other = open_server(), open_server()
    plays_of(server, 1)
    plays_of(other, 2)
    plays_of(open_server("q"), 3)
    assert seconds_of(sessions(server)) == [1]


@pytest.mark.parametrize("count", [0, 1, 50])
def test_a_page_takes_four_queries_however_many_are_on_it(django_assert_num_queries, count):
    server = open_server()
    for each in range(count):
        player_of(server, f"player{each}")
    for each, play in enumerate(plays_of(server, *range(count))):
        Session.objects.filter(pk=play.pk).update(username=f"player{each}", login_line_id=uuid4())
    with django_assert_num_queries(4 if count else 2):
        assert len(sessions(server, size=50)) == count
