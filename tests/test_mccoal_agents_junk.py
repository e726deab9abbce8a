"""What agents send that is no line, or no form: it is taken, or refused in a way that is told."""

import json

import pytest

from sessions_app.models import LogLine, Player
from tests.mccoal_helpers import agent_token, get, new_agent, post, post_json, send_line

pytestmark = pytest.mark.django_db

LINE = "/api/v1/agents/logline"


@pytest.fixture
def agent():
    return new_agent()


@pytest.fixture
def token(agent):
    return agent_token(agent)


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
