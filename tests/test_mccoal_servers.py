"""``GET`` and ``POST /api/v1/servers`` and ``…/servers/:key``."""

from datetime import timedelta

import pytest

from sessions_app.models import Server
from sessions_app.services.servers import Ping, create_server, report_ping
from telemetry import clock
from tests.mccoal_helpers import (
    NOON,
    UNKNOWN,
    agent_form,
    agent_token,
    closed_server,
    get,
    new_agent,
    open_server,
    path_of,
    post,
    post_json,
    project_of,
    send_line,
    token_of,
    walk,
)
from tests.minecraft_helpers import send, start, stop

pytestmark = pytest.mark.django_db

SERVERS = "/api/v1/servers"
KEYS = [
    *("key", "name", "short_name", "gce", "running_version", "address", "status", "last_ping"),
    *("server_day", "server_time", "is_raining", "is_thundering", "created", "updated"),
]


def manager(slug="p"):
    return token_of(project_of(slug, "token"), "manage")


def test_a_new_server_has_these_fourteen_keys():
    server = open_server(timezone="America/Chicago")
    Server.objects.update(created_at=NOON, updated_at=NOON)
    shown = get(path_of(server)).json
    assert list(shown) == KEYS
    assert shown == {
        **dict.fromkeys(KEYS),
        "key": server.key,
        "name": "Survival",
        "gce": False,
        "status": "UNKNOWN",
        "created": "2013-04-13 07:00:00 CDT-0500",
        "updated": "2013-04-13 07:00:00 CDT-0500",
    }


def test_what_an_agent_has_told_is_shown(monkeypatch):
    server = open_server()
    monkeypatch.setattr(clock, "now", lambda: NOON)
    ping = Ping(True, 12, 6000, is_raining=False, is_thundering=True, address="mc.example:25565")
    report_ping(server=server, ping=ping)
    shown = get(path_of(server)).json
    assert (shown["status"], shown["address"]) == ("RUNNING", "mc.example:25565")
    assert (shown["server_day"], shown["server_time"]) == (12, 6000)
    assert (shown["is_raining"], shown["is_thundering"]) == (False, True)
    assert shown["last_ping"] == "2013-04-13 12:00:00 UTC+0000"
    # While it runs its time goes on, 20 ticks a second; a day has 24,000.
    for seconds, ticks in ((10, 6200), (-10, 6000), (240, 10_800)):
        monkeypatch.setattr(clock, "now", lambda s=seconds: NOON + timedelta(seconds=s))
        assert get(path_of(server)).json["server_time"] == ticks
    Server.objects.update(time_of_day=23_990)
    assert get(path_of(server)).json["server_time"] == (23_990 + 4800) % 24_000
    monkeypatch.setattr(clock, "now", lambda: NOON + timedelta(minutes=5, seconds=1))
    shown = get(path_of(server)).json
    assert (shown["status"], shown["server_time"]) == ("UNKNOWN", 23_990)


def test_lines_tell_the_status_and_the_version():
    server = open_server()
    send(server, start(0))
    assert get(path_of(server)).json["running_version"] == "1.5.1"
    send(server, stop(5))
    assert get(path_of(server)).json["status"] == "STOPPED"


def test_the_default_projects_servers_are_listed_oldest_first():
    project = project_of(is_default=True)
    servers = [create_server(project=project, name=f"s{n}").server for n in range(12)]
    open_server("q")
    assert [each["key"] for each in walk(SERVERS, "servers", size=5)] == [s.key for s in servers]
    assert get(f"{SERVERS}?size=1&since=x").json["servers"][0] == get(path_of(servers[0])).json
    page = get(SERVERS).json
    assert (len(page["servers"]), list(page)) == (10, ["servers", "cursor"])


def test_a_tokens_own_projects_servers_are_listed():
    project_of("d", is_default=True)
    server = closed_server()
    reader = token_of(server.project, "read")
    (shown,) = get(SERVERS, reader).json["servers"]
    assert shown["key"] == server.key
    assert get(f"{SERVERS}?project=p", reader).json["servers"] == [shown]
    assert get(f"{SERVERS}?project=d", reader).status == 404


def test_an_open_project_is_listed_by_its_slug_and_others_need_a_token():
    server = open_server()
    closed_server("closed")
    assert get(f"{SERVERS}?project=p").json["servers"][0]["key"] == server.key
    assert get(f"{SERVERS}?project=closed").status == 401
    assert get(f"{SERVERS}?project=none").status == 401
    assert get(f"{SERVERS}?project=%00").status == 401
    assert get(SERVERS).status == 404


def test_a_manager_makes_a_server_and_its_agent_can_begin_at_once():
    reply = post(SERVERS, {"name": " My  server ", "gce": "true"}, manager())
    assert reply.status == 201
    assert list(reply.json) == [*KEYS, "agent"]
    assert (reply.json["name"], reply.json["gce"]) == ("My server", False)
    server = Server.objects.get()
    assert reply.json["key"] == server.key
    agent = reply.json["agent"]
    assert list(agent) == ["client_id", "client_secret"]
    form = agent_form(new_agent("other"), **agent, code=agent["client_secret"])
    token = post("/oauth/v1/token", form).json["access_token"]
    assert send_line(start(0), token).status == 201
    assert "agent" not in get(path_of(server), manager()).json


def test_a_server_is_made_and_renamed_by_json_too():
    made = post_json(SERVERS, {"name": "One", "gce": False}, manager())
    assert (made.status, made.json["name"]) == (201, "One")
    renamed = post_json(path_of(made.json["key"]), {"name": "Two"}, manager())
    assert (renamed.status, renamed.json["name"]) == (200, "Two")
    assert get(path_of(made.json["key"]), manager()).json == renamed.json


@pytest.mark.parametrize(
    ("form", "message"),
    [
        ({}, "This field is required."),
        ({"name": "  "}, "This field is required."),
        ({"name": "x" * 256}, "A name has at most 255 characters."),
        ({"name": "a\x07b"}, "A name cannot have control characters."),
    ],
)
def test_a_name_is_needed(form, message):
    server = closed_server()
    for path in (SERVERS, path_of(server)):
        reply = post(path, form, manager())
        assert (reply.status, reply.json) == (400, {"errors": {"name": [message]}})
    assert Server.objects.count() == 1


@pytest.mark.parametrize("path", [SERVERS, f"{SERVERS}/{UNKNOWN}"])
def test_only_a_manage_token_may_make_or_rename(path):
    project = project_of()
    assert post(path, {"name": "x"}).status == 401
    assert post(path, {}, "garbage").status == 401
    for scope in ("read", "write", "agent"):
        assert post(path, {"name": "x"}, token_of(project, scope)).status == 403
    assert Server.objects.count() == 0


def test_servers_of_other_projects_cannot_be_renamed():
    agent = new_agent("open")
    for server in (agent.server, closed_server("q")):
        for key in (server.key, UNKNOWN):
            assert post(path_of(key), {"name": "x"}, manager()).status == 404
    assert set(Server.objects.values_list("name", flat=True)) == {"Survival"}
    assert post(path_of(agent.server), {"name": "x"}, agent_token(agent)).status == 403


@pytest.mark.parametrize("count", [1, 50])
def test_a_page_takes_two_queries_however_many_are_on_it(django_assert_num_queries, count):
    project = project_of(is_default=True)
    for n in range(count):
        create_server(project=project, name=f"s{n}")
    with django_assert_num_queries(2):
        assert len(get(f"{SERVERS}?size=50").json["servers"]) == count
