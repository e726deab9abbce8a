"""Sessions of players, from lines that come one by one as an agent sends them."""

from datetime import timedelta

import pytest

from sessions_app.models import LogLine, Player, Session
from tests.minecraft_helpers import (
    at,
    chat,
    joined,
    left,
    login,
    lost,
    new_server,
    plays,
    send,
    start,
    stop,
    upload,
)

pytestmark = pytest.mark.django_db


def test_a_login_and_a_logout_are_a_session():
    server = new_server()
    assert send(server, login(0), lost(60)) == [True, True]
    assert plays(server) == [("steve", 0, 60, "logout")]
    session = Session.objects.get()
    lines = {line.line: line.id for line in LogLine.objects.all()}
    assert session.login_line_id == lines[login(0)]
    assert session.logout_line_id == lines[lost(60)]
    assert session.address == "10.0.0.1"
    assert Player.objects.get().name == "steve"
    assert session.player_id == Player.objects.get().pk


def test_the_same_line_again_changes_nothing():
    server = new_server()
    assert send(server, login(0), lost(60)) == [True, True]
    assert send(server, login(0), lost(60), login(0)) == [False, False, False]
    assert plays(server) == [("steve", 0, 60, "logout")]
    assert LogLine.objects.count() == 2


def test_a_login_without_a_logout_before_ends_the_session_before():
    server = new_server()
    send(server, login(0), login(60, port=5001))
    assert plays(server) == [("steve", 0, 60, "relogin"), ("steve", 60, None, "")]
    first, second = Session.objects.order_by("id")
    assert first.logout_line_id == second.login_line_id


def test_a_logout_without_a_login_makes_a_player_and_no_session():
    server = new_server()
    send(server, lost(0))
    assert plays(server) == []
    assert Player.objects.get().name == "steve"


def test_a_stop_ends_all_sessions():
    server = new_server()
    send(server, login(0), login(5, "alex"), stop(60), lost(60), lost(61, "alex"))
    assert plays(server) == [("alex", 5, 60, "server stop"), ("steve", 0, 60, "server stop")]


def test_a_start_ends_sessions_at_the_last_line_before():
    server = new_server()
    send(server, login(0), chat(30), start(600), login(700))
    assert plays(server) == [("steve", 0, 30, "server start"), ("steve", 700, None, "")]
    server.refresh_from_db()
    assert (server.status, server.running_version) == ("RUNNING", "1.5.1")


def test_a_crash_ends_sessions():
    server = new_server()
    send(server, login(0), at(50, "Considering it to be crashed, server will forcibly shutdown."))
    assert plays(server) == [("steve", 0, 50, "server stop")]


def test_both_lines_of_a_modern_login_are_one_session():
    for shift, lines in enumerate(
        ([login(0), joined(0), lost(60), left(60)], [joined(0), login(1), left(60), lost(60)])
    ):
        server = new_server(f"p{shift}")
        send(server, *lines, *[login(90), joined(90)])
        assert plays(server) == [("steve", 0, 60, "logout"), ("steve", 90, None, "")]


def test_a_quick_return_is_not_taken_for_the_end_of_what_it_begins():
    server = new_server()
    send(server, login(0), joined(0), lost(60), left(61), login(61, port=1), joined(61))
    assert plays(server) == [("steve", 0, 60, "logout"), ("steve", 61, None, "")]
    send(server, lost(90), left(90), login(90, port=2), joined(90))
    assert plays(server)[1:] == [("steve", 61, 90, "logout"), ("steve", 90, None, "")]


def test_a_logout_after_a_login_is_none_of_the_logout_before():
    server = new_server()
    send(server, login(0), lost(5), login(6, port=1), left(8))
    assert plays(server) == [("steve", 0, 5, "logout"), ("steve", 6, 8, "logout")]


def test_a_logout_before_the_login_ends_it_as_it_says():
    server = new_server()
    send(server, login(3600), lost(0))
    assert plays(server) == [("steve", 3600, 0, "logout")]
    send(server, lost(4000))
    assert plays(server) == [("steve", 3600, 4000, "logout")]


def test_a_logout_that_gets_its_login_after_all_leaves_the_other_session_open():
    server = new_server()
    send(server, login(3600), lost(100), login(50, port=1))
    assert plays(server) == [("steve", 50, 100, "logout"), ("steve", 3600, None, "")]


def test_a_stranger_line_is_stored():
    server = new_server()
    assert send(server, "no line at all", "2013-13-45 08:11:26 [INFO] x") == [True, True]
    assert send(server, "no line at all") == [False]
    assert set(LogLine.objects.values_list("at", "kind")) == {(None, 0)}


def test_a_long_line_is_shortened_and_marked():
    server = new_server()
    text = chat(0, text="x" * 10_000)
    assert send(server, text, text) == [True, False]
    line = LogLine.objects.get()
    assert (len(line.line), line.is_cut) == (8192, True)


def test_servers_do_not_mix():
    one, other = new_server("a"), new_server("b")
    send(one, login(0))
    send(other, login(0), lost(5), stop(10))
    assert plays(one) == [("steve", 0, None, "")]
    assert plays(other) == [("steve", 0, 5, "logout")]
    assert Player.objects.count() == 2


def test_a_session_outlives_the_lines_that_made_it():
    server = new_server()
    send(server, login(0), lost(60), login(90, port=1))
    LogLine.objects.filter(server=server).delete()
    send(server, lost(100), stop(200))
    assert plays(server) == [("steve", 0, 60, "logout"), ("steve", 90, 100, "logout")]
    LogLine.objects.filter(server=server).delete()
    send(server, login(62, port=2), lost(65))
    assert plays(server) == [
        ("steve", 0, 60, "logout"),
        ("steve", 62, 65, "logout"),
        ("steve", 90, 100, "logout"),
    ]


def test_a_logout_that_is_free_again_ends_the_session_that_began_with_it():
    server = new_server()
    upload(server, login(600, port=2), lost(600))
    upload(server, login(200))
    assert plays(server) == [("steve", 200, 600, "logout"), ("steve", 600, None, "")]
    upload(server, stop(300), start(320))
    assert plays(server) == [("steve", 200, 300, "server stop"), ("steve", 600, 600, "logout")]


def test_what_a_server_writes_before_it_says_that_it_starts_is_no_play():
    server = new_server()
    upload(
        server,
        "[10:00:00] [Server thread/INFO]: Bob joined the game",
        "[10:20:00] [Server thread/INFO]: <Bob> hi",
        "[11:59:40] [ServerMain/INFO]: Environment: Environment[…]",
        "[11:59:55] [ServerMain/INFO]: Loaded 1271 recipes",
        "[12:00:00] [Server thread/INFO]: Starting minecraft server version 1.20.4",
    )
    session = Session.objects.get()
    assert session.ended_at - session.started_at == timedelta(minutes=20)
    upload(server, "[11:59:57] [Worker-Main-2/INFO]: Loaded 1 advancements")
    session.refresh_from_db()
    assert session.ended_at - session.started_at == timedelta(minutes=20)
