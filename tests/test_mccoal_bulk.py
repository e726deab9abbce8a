"""``POST /api/v1/agents/loglines``: a log file, or a part of one, at once."""

import gzip
import json
import time

import pytest
from django.test import Client

from sessions_app.dialects.mccoal import agents
from sessions_app.models import LogLine, Session
from sessions_app.services import loglines
from sessions_app.services.servers import delete_servers
from tests.mccoal_helpers import agent_token, closed_server, new_agent, post, token_of
from tests.minecraft_helpers import chat, login, lost, plays, send, stop

pytestmark = pytest.mark.django_db

BULK = "/api/v1/agents/loglines"
LINES = [login(0), chat(5), "  at java.lang.Thread.run", lost(60)]
LOG = "\n".join(LINES).encode() + b"\n"
TOLD = {"lines": 4, "new": 4, "duplicates": 0, "unknown": 1}


@pytest.fixture
def agent():
    return new_agent()


@pytest.fixture
def token(agent):
    return agent_token(agent)


def upload(token, body=LOG, query="", content_type="text/plain"):
    return post(BULK + query, None, token, body=body, content_type=content_type)


def told(reply):
    assert reply.status == 200, reply
    return reply.json


def stored():
    return set(LogLine.objects.values_list("line", flat=True))


def form(*bodies, name="log"):
    parts = [
        b'--x\r\nContent-Disposition: form-data; name="%s%d"; filename="a"\r\n\r\n%s\r\n'
        % (name.encode(), n, body)
        for n, body in enumerate(bodies)
    ]
    return b"".join([*parts, b"--x--\r\n"])


def upload_form(token, *bodies):
    return upload(token, form(*bodies), content_type="multipart/form-data; boundary=x")


@pytest.mark.parametrize(
    "body",
    [
        LOG,
        LOG.rstrip(b"\n"),
        LOG.replace(b"\n", b"\r\n"),
        b"\xef\xbb\xbf" + LOG,
        b"\n \n\r\n" + LOG.replace(b"\n", b"\n\n"),
        gzip.compress(LOG),
        gzip.compress(LOG[:70]) + gzip.compress(LOG[70:]),
        gzip.compress(b"") + gzip.compress(b"\xef\xbb\xbf" + LOG) + b"\0" * 100,
    ],
    ids=["plain", "no end", "CRLF", "BOM", "blanks", "gzip", "two members", "padded"],
)
def test_a_log_is_taken_however_it_is_packed_and_once(agent, token, body):
    for upload_it in (upload, upload_form):
        LogLine.objects.all().delete()
        Session.objects.all().delete()
        assert told(upload_it(token, body)) == TOLD
        assert stored() == set(LINES)
        assert plays(agent.server) == [("steve", 0, 60, "logout")]
        assert told(upload_it(token, body)) == {**TOLD, "new": 0, "duplicates": 4}


def test_lines_that_came_one_by_one_are_the_same_lines(agent, token):
    send(agent.server, *LINES[:3])
    assert told(upload(token)) == {**TOLD, "new": 1, "duplicates": 3}


def test_lines_of_another_encoding_are_those_of_windows(token):
    text = chat(0, text="caf\xe9 \u20ac")
    assert told(upload(token, (text + "\n").encode("cp1252") + text.encode()))["duplicates"] == 1
    assert stored() == {text}


@pytest.mark.parametrize("body", [b"", b"\n", b"\r\n \t\n", gzip.compress(b"")])
def test_an_empty_log_has_no_lines(token, body):
    empty = {"lines": 0, "new": 0, "duplicates": 0, "unknown": 0}
    assert told(upload(token, body)) == empty
    assert told(upload_form(token, body)) == empty


@pytest.mark.parametrize(
    "body", [b"\x00\x01\x02", bytes(range(256)) * 50, b"\x7fELF" + b"\xff" * 9999, b"a" * 999_999]
)
def test_what_is_no_log_is_taken_all_the_same(token, body):
    assert told(upload(token, body))["lines"] > 0
    assert told(upload(token, body))["new"] == 0


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (gzip.compress(LOG)[:-9], "The gzip ends too early."),
        (gzip.compress(LOG)[:5], "The gzip ends too early."),
        (gzip.compress(LOG) + gzip.compress(LOG)[:-1], "The gzip ends too early."),
        (b"\x1f\x8b", "The gzip ends too early."),
        (b"\x1f\x8bxxxxxxxxxxxxxxxx", "This is no gzip: "),
        (gzip.compress(LOG)[:10] + b"\xff" * 50, "This is no gzip: "),
        (gzip.compress(LOG)[:-8] + b"\0" * 8, "This is no gzip: "),
        (gzip.compress(LOG) + b"rest", "This is no gzip: "),
    ],
)
def test_a_broken_gzip_is_refused_as_a_whole(token, body, message):
    for reply in (upload(token, body), upload_form(token, body)):
        assert (reply.status, list(reply.json)) == (400, ["errors"])
        assert reply.json["errors"].startswith(message)
    assert not stored()


def test_a_bomb_is_refused(token, monkeypatch):
    monkeypatch.setattr(agents, "MAX_LOG", 1000)
    assert told(upload(token, gzip.compress(b"x" * 1000)))["lines"] == 1
    for body in (gzip.compress(b"x" * 1001), gzip.compress(b"x" * 600) * 2):
        reply = upload(token, body)
        assert (reply.status, list(reply.json)) == (413, ["errors"])


def test_a_log_of_too_many_lines_is_refused(token, monkeypatch):
    monkeypatch.setattr(agents, "MAX_LINES", 3)
    reply = upload(token)
    assert (reply.status, reply.json["errors"]) == (
        413,
        "The log has more than 3 lines: send it in parts.",
    )


def test_a_gzip_of_very_many_members_takes_no_longer_than_its_size(token):
    body = gzip.compress(b"x\n") * 40_000
    began = time.monotonic()
    assert told(upload(token, body))["lines"] == 40_000
    assert time.monotonic() - began < 30


def test_a_body_over_the_limit_is_refused(token, settings):
    settings.BODY_LIMIT = settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 5000
    for reply in (upload(token, b"x" * 5001), upload(token, b"x=1&" * 5000, "?a=b")):
        assert (reply.status, list(reply.json)) == (413, ["errors"])


@pytest.mark.parametrize("bodies", [(), (LOG, LOG)])
def test_one_file_is_wanted(token, bodies):
    reply = upload_form(token, *bodies)
    assert (reply.status, reply.json) == (400, {"errors": {"file": ["Send one file."]}})


def progress(token, body=LOG):
    response = Client().post(
        f"{BULK}?progress=1", body, "text/plain", headers={"authorization": f"Bearer {token}"}
    )
    assert response["content-type"] == "application/x-ndjson"
    return response


def read(response):
    return [json.loads(line) for line in response.getvalue().splitlines()]


def test_progress_is_told_in_lines_of_json(token, monkeypatch):
    monkeypatch.setattr(loglines, "LINES_AT_ONCE", 3)
    assert read(progress(token)) == [
        {"lines": 3, "new": 3, "duplicates": 0, "unknown": 1, "total": 4},
        {**TOLD, "total": 4},
    ]
    (empty,) = read(progress(token, b""))
    assert (empty["lines"], empty["total"]) == (0, 0)


def test_who_watches_is_told_when_the_server_goes_away(agent, token, monkeypatch):
    monkeypatch.setattr(loglines, "LINES_AT_ONCE", 3)
    response = progress(token)
    parts = iter(response.streaming_content)
    assert json.loads(next(parts))["lines"] == 3
    delete_servers(servers=[agent.server])
    (last,) = [json.loads(part) for part in parts]
    assert last == {**TOLD, "lines": 3, "new": 3, "total": 4, "errors": "There is no such server."}


def test_a_log_is_only_for_servers_of_the_tokens_project(agent, token):
    other = closed_server("q")
    assert upload(token, LOG, f"?server_key={other.key}").status == 404
    assert upload(token_of(other.project, "write"), LOG, f"?server_key={other.key}").status == 200
    assert set(LogLine.objects.values_list("server_id", flat=True)) == {other.pk}


def test_a_stop_in_a_log_ends_all_sessions(agent, token):
    log = "\n".join([login(0), login(1, "alex"), stop(5)]).encode()
    assert told(upload(token, log))["new"] == 3
    assert {reason for *_, reason in plays(agent.server)} == {"server stop"}
