"""What goes with a project, with a server, and with a player."""

import pytest
from django.apps import apps

from devices_app.models import Device
from devices_app.writes import RecordBeat
from sessions_app.models import AgentToken, Event, LogLine, Player, Server, Session
from sessions_app.services.servers import delete_players, delete_servers, new_agent_tokens
from sessions_app.writes.loglines import RecordLines
from sessions_app.writes.sessions import OpenSession
from stats_app.models import Stat
from stats_app.writes import RecordByName
from telemetry.deletion import _related
from telemetry.models import AccessToken, Project
from telemetry.services import delete_projects
from tests.minecraft_helpers import login, new_server, plays, send
from tests.wire_helpers import through_door

pytestmark = pytest.mark.django_db


def fill(slug):
    server = new_server(slug)
    send(server, login(0))
    key = {"x-app-key": server.project.app_key}
    session = through_door("POST", "/sessions/", headers=key).json["_id"]
    assert through_door("PUT", f"/sessions/{session}/event/x", headers=key).status == 201
    new_agent_tokens(server=server)
    return server


def counts():
    tables = [m for m in apps.get_app_config("sessions_app").get_models() if not m._meta.proxy]
    counted = {model.__name__: model.objects.count() for model in tables}
    return {name: count for name, count in counted.items() if count}


def test_everything_goes_with_its_project(django_capture_on_commit_callbacks):
    gone, stays = fill("a"), fill("b")
    before = counts()
    assert set(before) == {"Server", "AgentToken", "Player", "Session", "Event", "LogLine"}
    with django_capture_on_commit_callbacks(execute=True):
        assert delete_projects(projects=[gone.project]) == 1
    assert counts() == {name: count // 2 for name, count in before.items()}
    assert plays(stays)
    assert Project.objects.get() == stays.project


def test_a_server_goes_with_its_lines_and_sessions(django_capture_on_commit_callbacks):
    gone, stays = fill("a"), fill("b")
    with django_capture_on_commit_callbacks(execute=True):
        assert delete_servers(servers=[gone]) == 1
    assert list(Server.objects.all()) == [stays]
    for model in (LogLine, Player):
        assert {row.server_id for row in model.objects.all()} == {stays.pk}
    assert Session.objects.filter(server_id=gone.pk).count() == 0
    assert Session.objects.filter(project=gone.project).count() == 1  # TStats'
    assert Event.objects.count() == 2
    assert AgentToken.objects.get().server == stays
    assert AccessToken.objects.filter(project=gone.project).count() == 0


def test_a_player_who_is_forgotten_comes_back_with_the_same_sessions():
    server = new_server()
    send(server, login(0))
    player = Player.objects.get()
    assert delete_players(players=[player]) == 1
    assert Player.objects.count() == 0
    assert plays(server) == [("steve", 0, None, "")]
    send(server, login(60))
    assert Player.objects.get() == player
    assert Session.objects.filter(player_id=player.pk).count() == 2


def test_batches_and_deletions_lock_tables_in_one_order():
    deleted = [model for model in _related(constrained=True) if model in (Server, Stat, Device)]
    assert deleted == [Server, Stat, Device]
    assert RecordLines.order < RecordByName.order < RecordBeat.order < OpenSession.order
