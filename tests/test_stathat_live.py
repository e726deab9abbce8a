"""StatHat over a real connection to a real server: exact bytes, two processes, large bodies."""

import http.client
import re

import pytest

from tests.stathat_helpers import FORM, OK
from tests.wire_helpers import talk


@pytest.fixture
def keys(server):
    return server.create_project("Live")


def post(server, **params):
    body = "&".join(f"{name}={value}" for name, value in params.items())
    line = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    line.request("POST", "/ez", body, {"Content-Type": FORM})
    reply = line.getresponse()
    found = reply.status, reply.read()
    line.close()
    return found


def stored(server, keys):
    return server.query(
        "SELECT s.name, sum(b.count)::int, sum(b.sum) FROM stats_app_stat s"
        " JOIN stats_app_minutebucket b ON b.project_id = s.project_id AND b.stat_id = s.id"
        " WHERE s.project_id = %s GROUP BY 1 ORDER BY 1",
        keys["id"],
    )


def test_the_reply_to_a_post_is_these_very_bytes(server, keys):
    body = f"ezkey={keys['ezkey']}&stat=a&count=1"
    head = "POST /ez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {}\r\n\r\n"
    reply = talk(server, (head.format(len(body)) + body).encode())
    assert re.sub(rb"date: [^\r]+ GMT\r\n", b"", reply) == (
        b"HTTP/1.1 200 OK\r\n"
        b"content-type: application/json\r\n"
        b"content-length: 25\r\n"
        b"access-control-allow-origin: *\r\n"
        b"connection: close\r\n\r\n" + OK
    )


def test_many_posts_share_a_connection(server, keys):
    get = f"GET /ez?ezkey={keys['ezkey']}&stat=a&count=1 HTTP/1.1\r\nHost: localhost\r\n"
    reply = talk(server, f"{get}\r\n{get}\r\n{get}Connection: close\r\n\r\n".encode())
    assert reply.count(OK) == 3
    assert stored(server, keys) == [("a", 3, 3)]


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS"])
def test_a_reply_without_a_body_has_none(server, method):
    request = f"{method} /ez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    reply = talk(server, request.encode())
    assert reply.endswith(b"\r\n\r\n")
    assert reply.startswith(b"HTTP/1.1 405" if method == "HEAD" else b"HTTP/1.1 204")


def test_a_rotated_key_is_refused_by_the_very_next_request_in_every_process(server, keys):
    for _ in range(20):
        assert post(server, ezkey=keys["ezkey"], stat="a", count=1) == (200, OK)
    fresh = server.manage("rotate_key", keys["slug"], "ezkey").strip()
    for _ in range(20):
        assert post(server, ezkey=keys["ezkey"], stat="a", count=1)[0] == 401
        assert post(server, ezkey=fresh, stat="a", count=1) == (200, OK)
    assert stored(server, keys) == [("a", 40, 40)]


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("size", [1024 * 1024 + 1, 5 * 1024 * 1024])
def test_a_client_that_sends_too_much_is_told_so(server, size, chunked):
    """Such a client reads the reply only after it has sent all of its body."""
    line = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    parts = (b"x" * 65_536 for _ in range(size // 65_536 + 1))
    line.request("POST", "/ez", parts if chunked else b"x" * size, encode_chunked=chunked)
    reply = line.getresponse()
    assert reply.status == 413
    assert reply.read() == b'{"status":413,"msg":"the body is larger than 1048576 bytes"}'
    line.close()


@pytest.mark.parametrize(("path", "status"), [("/ez", 400), ("/", 200), ("/ws", 404)])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_wish_for_a_websocket_is_passed_over(server, path, status, method):
    reply = talk(
        server,
        f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade, close\r\n"
        "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode(),
    )
    if (method, path) == ("POST", "/"):
        status = 403
    assert reply.startswith(b"HTTP/1.1 %d " % status)
    assert "Traceback" not in server.output()
