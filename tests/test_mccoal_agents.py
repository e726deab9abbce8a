"""What agents send one by one: ``POST /api/v1/agents/logline`` and ``GET …/lastline``."""

import json
from datetime import timedelta

import pytest
from django.utils.timezone import now

from sessions_app.models import LogLine, Player, Session
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


HOSTILE = [
    "x",
    "Exception in thread \"main\" java.lang.NullPointerException",
    "2013-13-45 99:99:99 [INFO] steve lost connection: x",
    "0000-00-00 00:00:00 [INFO] x",
    "9999-12-31 23:59:59 [INFO] <steve> x",
    "0001-01-01 00:00:00 [INFO] <steve> x",
    "[23:59:60] [Server thread/INFO]: steve joined the game",
    "\x00",
    "2013-04-13 08:00:00 [INFO] <steve> a\x00b",
    "2013-04-13 08:00:00 [INFO] " + "x" * 100_000 + " joined the game",
    "2013-04-13 08:00:00 [INFO] " + "x" * 100_000 + " lost connection: x",
    "2013-04-13 08:00:00 [INFO] " + "x" * 256 + " joined the game",
    "2013-04-13 08:00:00 [INFO] <steve> " + "\N{GRINNING FACE}" * 9000,
    "2013-04-13 08:00:00 [INFO] <steve> \x1b[31m\x07\x7f\x85\u2028\u202e\ufeff\ufffe",
    "2013-04-13 08:00:00 [INFO] a b[/10.0.0.1:1] logged in with entity id 1 at (1e999, 0, 0)",
    "2013-04-13 08:00:00 [INFO] s[/1.2.3.4:99999] logged in with entity id 1 at (1.0, 2.0, 3.0)",
]  # fmt: skip


@pytest.mark.parametrize("line", HOSTILE, ids=range(len(HOSTILE)))
def test_whatever_a_line_is_it_is_taken_once(agent, token, line):
    assert [send_line(line, token).status for _ in range(3)] == [201, 200, 200]
    assert post_json(LINE, {"line": line, "zone": "UTC"}, token).status == 200
    assert LogLine.objects.count() == 1
    assert get("/api/v1/servers/" + agent.server.key + "/loglines?size=50").status == 200


@pytest.mark.parametrize("line", ["\ud800", "2013-04-13 08:00:00 [INFO] <steve> \udfff!"])
def test_half_a_character_is_no_reason_to_refuse_a_line(token, line):
    for status in (201, 200):
        assert post_json(LINE, {"line": line, "zone": "\ud800"}, token).status == status


@pytest.mark.parametrize(
    ("line", "stored"),
    [(5, "5"), (True, "True"), (["a", "b"], "a"), ({"a": 1}, "{'a': 1}"), (1e400, "inf")],
)
def test_what_is_no_text_is_taken_as_one(token, line, stored):
    body = json.dumps({"line": line, "zone": "UTC"}).encode()
    assert post(LINE, None, token, body=body, content_type="application/json").status == 201
    assert LogLine.objects.get().line == stored


@pytest.mark.parametrize(
    "body", [b"[]", b"5", b"null", b'"x"', b"{", b"\xff\xfe\x00", b"[" * 100_000, b'{"line": NaN'],
)  # fmt: skip
def test_a_body_of_json_that_is_no_object_is_a_400(token, body):
    reply = post(LINE, None, token, body=body, content_type="application/json; charset=utf-8")
    assert reply.status == 400
    assert reply.json["errors"].startswith("Unhandled form parsing exception: ")


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data", b"x"),
        ("multipart/form-data; boundary=x", b"--x\r\n"),
        ("multipart/form-data; boundary=" + "\xe9" * 300, b"x"),
        ("application/x-www-form-urlencoded", b"a=1&" * 5000),
    ],
)
def test_a_form_that_cannot_be_read_is_a_400(token, kind, body):
    reply = post(LINE, None, token, body=body, content_type=kind)
    assert (reply.status, list(reply.json)) == (400, ["errors"])


@pytest.mark.parametrize("charset", ["latin-1", "rot13", "utf-16", "nonsense", "UTF-8"])
def test_a_form_is_utf_8_whatever_it_says(token, charset):
    body = b"line=2013-04-13+08:00:00+[INFO]+<jos%C3%A9>+x&zone=UTC"
    kind = f"application/x-www-form-urlencoded; charset={charset}"
    assert post(LINE, None, token, body=body, content_type=kind).status == 201
    assert Player.objects.get().name == "jos\xe9"


def test_bytes_of_another_encoding_are_taken(token):
    body = b"line=2013-04-13+08:00:00+[INFO]+<steve>+caf%E9\xe9&zone=UTC"
    assert [post(LINE, None, token, body=body).status for _ in range(2)] == [201, 200]


def test_multipart_and_the_query_are_read_too(token):
    body = b'--x\r\nContent-Disposition: form-data; name="line"\r\n\r\nhello\r\n--x--\r\n'
    kind = "multipart/form-data; boundary=x"
    assert post(f"{LINE}?zone=UTC", None, token, body=body, content_type=kind).status == 201
    assert post(f"{LINE}?line=hello&zone=UTC", {"line": "other"}, token).status == 200


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
