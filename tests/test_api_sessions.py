"""GET /api/v1/sessions/: the sessions of both dialects, newest first, in pages."""

from base64 import b64encode
from datetime import timedelta
from uuid import UUID

import pytest

from sessions_app.models import LogLine, Server, Session
from sessions_app.services.servers import delete_players
from tests import tstats_helpers as tstats
from tests.api_helpers import new_project, signed_in, with_token
from tests.minecraft_helpers import login, lost, new_server, send
from tests.sent_sessions import PLAYERS, SESSIONS, game, player, results, walk

pytestmark = pytest.mark.django_db


@pytest.fixture
def server():
    return new_server("lab")


@pytest.fixture
def lab(server):
    return server.project


@pytest.fixture
def reader(lab):
    return with_token(lab, "read")


def test_a_minecraft_session_is_shown(reader, server, settings):
    settings.TIME_ZONE = "Asia/Tokyo"
    send(server, login(0), lost(60.0))
    (shown,) = results(reader.get(SESSIONS))
    lines = {line.line: str(line.id) for line in LogLine.objects.all()}
    assert shown == {
        "id": str(Session.objects.get().id),
        "dialect": "mccoal",
        "server": {"key": server.key, "name": "Survival"},
        "player": str(player(server).id),
        "username": "steve",
        "started_at": "2013-04-13T08:00:00Z",
        "last_at": "2013-04-13T08:01:00Z",
        "ended_at": "2013-04-13T08:01:00Z",
        "end_reason": "logout",
        "open": False,
        "duration": 60.0,
        "client_started_at": None,
        "client_ended_at": None,
        "events": 0,
        "address": "10.0.0.1",
        "active_seconds": None,
        "data": None,
        "zone": "UTC",
        "login_line": lines[login(0)],
        "logout_line": lines[lost(60)],
    }
    assert reader.get(f"{SESSIONS}{shown['id']}/").json() == shown


def test_a_tstats_session_is_shown_while_it_grows(reader, lab, monkeypatch):
    clock = tstats.set_clock(monkeypatch)
    session = game(lab, "jump")
    clock.tick(90.5)
    shown = reader.get(f"{SESSIONS}{session}/").json()
    assert (shown["dialect"], shown["server"], shown["player"]) == ("tstats", None, None)
    assert (shown["username"], shown["events"], shown["address"]) == ("", 1, "127.0.0.1")
    assert (shown["started_at"], shown["ended_at"]) == ("2013-06-30T20:39:26.015000Z", None)
    assert (shown["open"], shown["end_reason"], shown["duration"]) == (True, None, 90.5)
    clock.tick(1)
    assert results(reader.get(SESSIONS))[0]["duration"] == 91.5


def test_the_times_of_a_client_are_shown_beside_ours(reader, lab, monkeypatch):
    clock = tstats.set_clock(monkeypatch)
    session = tstats.open_session({"clientTime": "2013-01-01T00:00:00Z"}, key=lab.app_key)
    clock.tick(10)
    tstats.close(session, {"clientTime": "2013-01-01T00:00:11Z"}, key=lab.app_key)
    (shown,) = results(reader.get(SESSIONS))
    assert shown["client_started_at"] == "2013-01-01T00:00:00Z"
    assert shown["client_ended_at"] == "2013-01-01T00:00:11Z"
    assert (shown["duration"], shown["end_reason"]) == (10.0, "closed")


def test_a_list_takes_the_same_few_queries_however_long(
    reader, lab, server, django_assert_num_queries
):
    viewer = signed_in("v", (lab, "viewer"))
    others = [server, *(new_server("lab") for _ in range(4))]
    for length in range(1, 4):
        for each in others[: 2 * length]:
            send(each, login(length * 100), lost(length * 100 + 1))
            game(lab)
        with django_assert_num_queries(2):  # the token with its project, sessions with servers
            assert results(reader.get(SESSIONS))
        with django_assert_num_queries(4):  # session, user, project, sessions
            viewer.get(SESSIONS)
    session = Session.objects.first()
    with django_assert_num_queries(2):
        reader.get(f"{SESSIONS}{session.id}/")


def test_pages_lead_through_all_newest_first_and_back(reader, lab, server, monkeypatch):
    clock = tstats.set_clock(monkeypatch)
    for second in range(3):
        clock.tick(second % 2)  # some begin at the same instant
        game(lab)
        send(server, login(1000 * second), lost(1000 * second + 1))
    pages = walk(reader, SESSIONS, page_size=4)
    assert [len(page) for page in pages] == [4, 2]
    found = [UUID(each) for page in pages for each in page]
    assert found == sorted({session.id for session in Session.objects.all()}, reverse=True)
    second = reader.get(reader.get(SESSIONS, {"page_size": 4}).json()["next"])
    assert [row["id"] for row in results(reader.get(second.json()["previous"]))] == pages[0]


def test_what_begins_between_two_pages_moves_nothing(reader, lab, monkeypatch):
    clock = tstats.set_clock(monkeypatch)
    ids = []
    for _ in range(4):
        clock.tick(1)
        ids.insert(0, game(lab))
    first = reader.get(SESSIONS, {"page_size": 2}).json()
    clock.tick(1)
    game(lab)
    second = reader.get(first["next"]).json()
    assert [row["id"] for page in (first, second) for row in page["results"]] == ids


def test_a_session_stays_when_the_player_is_deleted(reader, server):
    send(server, login(0))
    before = results(reader.get(SESSIONS))[0]["player"]
    delete_players(players=[player(server)])
    (shown,) = results(reader.get(SESSIONS))
    assert (shown["player"], shown["username"]) == (before, "steve")


def test_a_server_that_is_just_being_deleted_breaks_nothing(reader, server):
    send(server, login(0))
    Server.objects.all().delete()  # its sessions go a moment later
    (shown,) = results(reader.get(SESSIONS))
    assert (shown["server"], shown["username"]) == (None, "steve")


@pytest.mark.parametrize("end", [-5, 5])
def test_a_duration_is_never_below_zero(reader, lab, end, monkeypatch):
    clock = tstats.set_clock(monkeypatch)
    session = game(lab)
    clock.tick(end)
    assert reader.get(f"{SESSIONS}{session}/").json()["duration"] == max(0, end)


@pytest.mark.parametrize("session", ["1", "x", "0" * 32, "9" * 99, "%00", "-", f"{timedelta()}"])
def test_there_is_no_such_session(reader, lab, session):
    game(lab)
    for path in (f"{SESSIONS}{session}/", f"{SESSIONS}{session}/events/"):
        response = reader.get(path)
        assert (response.status_code, list(response.json())) == (404, ["detail"])


@pytest.mark.parametrize("text", [b"p=x", b"p=9", b"p=2013-04-13", b"x=1", b"p=a%00b"])
def test_a_cursor_that_is_none_is_refused(reader, lab, text):
    response = reader.get(SESSIONS, {"cursor": b64encode(text).decode()})
    assert (response.status_code, list(response.json())) == (400, ["cursor"])


def test_nothing_can_be_changed_here(lab):
    manager, session = with_token(lab, "manage"), game(lab)
    for path in (SESSIONS, f"{SESSIONS}{session}/", f"{SESSIONS}{session}/events/"):
        for method in (manager.post, manager.put, manager.patch, manager.delete):
            assert method(path, {"username": "x"}).status_code == 405
    assert Session.objects.get().username == ""


def test_a_slash_at_the_end_may_be_left_out(reader, lab):
    session = game(lab)
    assert reader.get(SESSIONS.rstrip("/")).status_code == 200
    assert reader.get(f"{SESSIONS}{session}").json()["id"] == session


def test_members_of_several_projects_name_one(lab):
    other = new_project("other")
    game(lab)
    member = signed_in("m", (lab, "viewer"), (other, "viewer"))
    assert member.get(SESSIONS).status_code == 400
    assert len(results(member.get(SESSIONS, {"project": "lab"}))) == 1
    assert results(member.get(SESSIONS, {"project": "other"})) == []


def test_the_schema_tells_of_every_path(client):
    text = client.get("/api/schema/").content.decode()
    for path in ("", "{id}/", "{id}/events/"):
        assert f"{SESSIONS}{path}:\n" in text
    assert f"{PLAYERS}{{id}}/sessions/:\n" in text
    assert "server stop" in text
