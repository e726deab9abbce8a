"""What agents send one by one: ``POST /api/v1/agents/logline`` and ``GET …/lastline``."""

from datetime import timedelta

import pytest
from django.utils.timezone import now

from sessions_app.models import LogLine, Session
from sessions_app.services.servers import create_server, delete_servers
from telemetry.models import AccessToken
from tests.mccoal_helpers import (
    UNKNOWN,
    agent_token,
    get,
    new_agent,
    open_server,
    post,
    post_json,
    project_of,
    send_line,
    token_of,
)
from tests.minecraft_helpers import chat, login, lost, plays, start

pytestmark = pytest.mark.django_db

LINE, LAST = "/api/v1/agents/logline", "/api/v1/agents/lastline"
NEEDED = "This field is required."


@pytest.fixture
def agent():
    return new_agent()


@pytest.fixture
def token(agent):
    return agent_token(agent)


def test_a_new_line_is_201_and_the_same_line_again_200(agent, token):
    replies = [send_line(login(0), token, zone) for zone in ("UTC", "UTC", "Europe/Berlin")]
    assert [(reply.status, reply.body) for reply in replies] == [
        *((201, b"{}"), (200, b"{}"), (200, b"{}"))
    ]
    assert plays(agent.server) == [("steve", 0, None, "")]


def test_the_same_line_of_another_server_is_another_line(token):
    assert send_line(login(0), token).status == 201
    assert send_line(login(0), agent_token(new_agent())).status == 201


@pytest.mark.parametrize(
    ("form", "errors"),
    [
        ({}, {"line": [NEEDED], "zone": [NEEDED]}),
        ({"line": "", "zone": "UTC"}, {"line": [NEEDED]}),
        ({"line": " \t\r\n", "zone": "UTC"}, {"line": [NEEDED]}),
        ({"line": "x", "zone": " "}, {"zone": [NEEDED]}),
        ({"line": "x"}, {"zone": [NEEDED]}),
    ],
)
def test_a_line_and_a_zone_are_needed(token, form, errors):
    for reply in (post(LINE, form, token), post_json(LINE, form, token)):
        assert (reply.status, reply.json) == (400, {"errors": errors})


def test_a_line_without_a_date_gets_that_of_its_form(agent, token):
    line = "[08:00:00] [Server thread/INFO]: steve joined the game"
    assert send_line(line, token, date="2013-04-13").status == 201
    assert send_line(line, token, date="2013-04-13").status == 200
    assert send_line(line, token, date="2013-04-14").status == 201
    assert plays(agent.server)[0] == ("steve", 0, 86_400, "relogin")
    for date in ("x", "2013-02-30", "13.4.2013", "\x00"):
        reply = send_line(line, token, date=date)
        message = "Not a valid date value, such as 2013-04-13"
        assert (reply.status, reply.json) == (400, {"errors": {"date": [message]}})
    for date in ("0001-01-01", "9999-12-31"):
        assert send_line(f"{line} {date}", token, date=date).status == 201


@pytest.mark.parametrize("path", [LINE, "/api/v1/agents/ping", "/api/v1/agents/loglines"])
def test_an_agent_without_a_token_is_told_401_before_anything_else(path):
    agent = new_agent()
    reader = token_of(agent.server.project, "read")
    for token in (None, "garbage", reader, reader.lower()):
        for reply in (
            post(path, {}, token),
            post(path, None, token, body=b"{", content_type="application/json"),
            post(path, None, token, body=b"x", content_type="multipart/form-data"),
            post(f"{path}?date=x&zone=y", {}, token),
        ):
            assert (reply.status, list(reply.json)) == (401, ["errors"])
    assert get(path).status == 405
    assert get(path).headers["allow"] == "POST"


def test_a_token_that_has_expired_is_401(token):
    AccessToken.objects.update(expires_at=now() - timedelta(seconds=1))
    assert send_line(login(0), token).status == 401
    assert get(LAST, token).status == 401


def test_a_token_of_the_project_names_the_server(agent):
    other = create_server(project=agent.server.project, name="Other").server
    foreign = open_server("q")
    for scope in ("agent", "write", "manage"):
        token = token_of(agent.server.project, scope)
        reply = send_line(chat(0, text=scope), token)
        assert (reply.status, list(reply.json["errors"])) == (400, ["server_key"])
        assert send_line(chat(0, text=scope), token, server_key=other.key).status == 201
        for key in (foreign.key, UNKNOWN, "\x00", "x" * 10_000):
            assert send_line(chat(0, text=scope), token, server_key=key).status == 404
            body = {"line": "x", "zone": "UTC", "server_key": f"{key}\ud800"}
            assert post_json(LINE, body, token).status == 404
    assert set(LogLine.objects.values_list("server_id", flat=True)) == {other.pk}
    delete_servers(servers=[agent.server])
    assert send_line(chat(1), token).status == 201  # there is only one


def test_an_agents_token_speaks_for_its_own_server_only(agent, token):
    other = create_server(project=agent.server.project, name="Other").server
    assert send_line(login(0), token, server_key=agent.server.key).status == 201
    assert send_line(login(1), token, server_key=other.key).status == 404
    assert LogLine.objects.count() == 1


def test_the_agent_of_a_server_that_was_deleted_is_told_401(agent, token):
    delete_servers(servers=[agent.server])
    assert send_line(login(0), token).status == 401
    assert post("/api/v1/agents/ping", {"server_name": "x"}, token).status == 401


def test_lastline_is_the_line_of_the_latest_time_as_it_came(token):
    assert get(LAST, token).body == b'{"lastline": null}'
    for line in (lost(60), login(0), "  at java.lang.Thread", chat(5, text=" \xa7cred ")):
        send_line(line, token)
    assert get(LAST, token).json == {"lastline": lost(60)}
    send_line(chat(70, text=" \xa7cred "), token)
    assert get(LAST, token).json == {"lastline": chat(70, text=" \xa7cred ")}
    assert get(LAST, token, method="HEAD").status == 200
    assert get(LAST).status == 401
    assert post(LAST, {}, token).status == 405


def test_lastline_is_one_that_an_agent_can_find_in_its_file(token):
    for line in (chat(0), chat(1, text="a\x00b"), chat(2, text="x" * 10_000)):
        send_line(line, token)
    assert get(LAST, token).json == {"lastline": chat(0)}


def test_lastline_of_a_projects_token_is_of_the_server_that_it_names(agent):
    other = create_server(project=agent.server.project, name="Other").server
    token = token_of(project_of(), "agent")
    send_line(start(0), token, server_key=other.key)
    assert get(f"{LAST}?server_key={other.key}", token).json == {"lastline": start(0)}
    assert get(f"{LAST}?server_key={agent.server.key}", token).json == {"lastline": None}
    assert get(LAST, token).status == 400
    assert Session.objects.count() == 0
