"""``/i/apps/reset``: all that came by Countly goes, though more is coming."""

import json
import threading
import time
from urllib.parse import quote

import pytest

from sessions_app.models import (
    AppUser,
    Dialect,
    Dimension,
    Event,
    EventCounter,
    KnownName,
    Player,
    Session,
    UsageCounter,
)
from sessions_app.services.servers import create_server
from tests import stored_sessions
from tests.countly_helpers import make_project
from tests.countly_reads import app_id, ask, o, send_example, token_of, usage
from tests.server import ServerProcess
from tests.wire_helpers import through_server

GROWING = (AppUser, UsageCounter, EventCounter, KnownName, Player, Session, Event)
METHODS = ["sessions", "users", "locations", "devices", "device_details", "carriers", "cities"]


def counts(project):
    return {model.__name__: model.objects.filter(project=project).count() for model in GROWING}


def reset(project):
    args = json.dumps({"app_id": app_id(project)})
    return ask("/i/apps/reset", api_key=token_of(project, "manage"), args=args)


@pytest.mark.django_db
def test_nothing_is_left_of_the_app_and_all_of_others(client, monkeypatch):
    project, other = make_project(), make_project()
    for each in (project, other):
        send_example(client, each, monkeypatch)
    before = counts(other)
    assert all(before.values())
    assert reset(project).json == {"result": "Success"}
    assert counts(project) == dict.fromkeys(before, 0)
    assert counts(other) == before
    for method in METHODS:
        assert o(project, method) == {"2012": {}}
    assert o(project, "events") == o(project, "get_events") == {}


@pytest.mark.django_db
def test_what_came_by_other_dialects_stays(client, monkeypatch):
    project = make_project()
    session = stored_sessions.tstats(project, lasts=1)
    stored_sessions.add_event(session, 0)
    server = create_server(project=project, name="Survival").server
    stored_sessions.play(server, lasts=1)
    before = counts(project)
    send_example(client, project, monkeypatch)
    assert reset(project).status == 200
    assert counts(project) == before
    dialects = set(Session.objects.values_list("dialect", flat=True))
    assert dialects == {Dialect.TSTATS, Dialect.MCCOAL}


@pytest.mark.django_db
def test_who_comes_after_is_new(client, monkeypatch):
    project = make_project()
    send_example(client, project, monkeypatch)
    before = o(project, "sessions"), o(project, "users"), o(project, "get_events")
    reset(project)
    send_example(client, project, monkeypatch)
    assert (o(project, "sessions"), o(project, "users"), o(project, "get_events")) == before


@pytest.mark.django_db
def test_more_than_goes_at_once(monkeypatch):
    monkeypatch.setattr("sessions_app.deletion._AT_ONCE", 2)
    project = make_project()
    for value in "abcde":
        usage(project, Dimension.DEVICE, value, b2012={"t": 1})
        Player.objects.create(
            id=f"00000000-0000-7000-8000-00000000000{value}", project=project, name=value
        )
    reset(project)
    assert not any(counts(project).values())


def test_while_clients_go_on_sending_nothing_is_counted_in_part(server: ServerProcess):
    project = server.create_project("Reset")
    stop = threading.Event()
    replies = []

    def send(number):
        sent = 0
        while not stop.is_set():
            sent += 1
            query = f"app_key={project['app_key']}&device_id=d{number}-{sent % 20}&begin_session=1"
            event = {"key": f"e{sent % 3}", "count": 1, "segmentation": {"s": "v"}}
            target = f"/i?{query}&events={quote(json.dumps([event]))}"
            replies.append(through_server(server, "GET", target).status)

    threads = [threading.Thread(target=send, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    args = quote(json.dumps({"app_id": f"{project['id']:024x}"}))
    for _ in range(6):
        time.sleep(0.3)
        reply = through_server(
            server, "GET", f"/i/apps/reset?api_key={project['manage_token']}&args={args}"
        )
        assert reply.json == {"result": "Success"}
    time.sleep(0.3)
    stop.set()
    for thread in threads:
        thread.join()
    assert set(replies) == {200}
    [(users, sessions)] = server.query(
        "SELECT count(*), sum(num_sessions)::int FROM sessions_app_appuser WHERE project_id = %s",
        project["id"],
    )
    assert 0 < users <= 80
    assert 0 < sessions < len(replies)
    year = "dimension = 0 AND bucket < 10000 AND project_id = %s"
    counted = f"SELECT n, u, t, e FROM sessions_app_usagecounter WHERE {year}"
    assert server.query(counted, project["id"]) == [(users, users, sessions, sessions)]
    for table in ("session", "event"):
        count = f"SELECT count(*) FROM sessions_app_{table} WHERE project_id = %s"
        assert server.query(count, project["id"]) == [(sessions,)]
    events = "segment = '' AND bucket < 10000 AND project_id = %s"
    total = f"SELECT sum(c)::int FROM sessions_app_eventcounter WHERE {events}"
    assert server.query(total, project["id"]) == [(sessions,)]
    names = "SELECT count(*) FROM sessions_app_knownname WHERE project_id = %s AND dimension = 20"
    assert server.query(names, project["id"]) == [(3,)]
