"""Beats over real sockets: what the server says byte for byte, and what it puts up with."""

import re
import socket
import time

import pytest

from tests.heartbeat_helpers import of_devices, register_on
from tests.wire_helpers import talk

OK = (
    rb"HTTP/1\.1 200 OK\r\ndate: [^\r]+ GMT\r\ncontent-type: text/plain; charset=utf-8\r\n"
    rb"content-length: 10\r\nconnection: close\r\n\r\n\d{10}"
)


@pytest.fixture(scope="module")
def keys(server):
    return server.create_project("Beating", "--open")


@pytest.fixture
def device(server, keys, request):
    return register_on(server, keys, request.node.name)


def head(device, *lines, path="/api/beat", close="Connection: close"):
    """A request's head, up to where `lines` are its last."""
    lines = ["Host: localhost", f"Authorization: {device['token']}", *lines]
    lines += [close] if close else []
    return "\r\n".join([f"POST {path} HTTP/1.1", *lines, "", ""]).encode()


def beats(server, keys, device):
    """Beats that the device, its rows and its hours count, which must agree."""
    (count,) = set(of_devices(server, keys["id"])[device["name"]])
    return count


@pytest.mark.parametrize(
    "path", ["/api/beat", "/api/beat/", "//api/beat", "//api/beat/", "/api/beat?a=b"]
)
def test_the_reply_is_these_very_bytes(server, keys, device, path):
    assert re.fullmatch(OK, talk(server, head(device, path=path)))
    assert beats(server, keys, device) == 1


@pytest.mark.parametrize(
    ("lines", "body"),
    [
        (["Content-Length: 0"], b""),
        (["Content-Length: 4"], b"\xff\x00{["),
        (["Content-Length: 2", "Content-Type: application/json"], b"{}"),
        (["Content-Length: 2", "Content-Encoding: gzip"], b"\x1f\x8b"),
        (["Transfer-Encoding: chunked"], b"0\r\n\r\n"),
        (["Transfer-Encoding: chunked"], b"3\r\nabc\r\n0\r\n\r\n"),
        (["Transfer-Encoding: chunked"], b"1;x=y\r\na\r\n0\r\nTrailer: x\r\n\r\n"),
        (["Transfer-Encoding: chunked", "Content-Encoding: zstd"], b"0\r\n\r\n"),
    ],
)
def test_a_body_is_passed_over_however_it_comes(server, keys, device, lines, body):
    assert re.fullmatch(OK, talk(server, head(device, *lines) + body))
    assert re.fullmatch(OK, talk(server, head(device, *lines), body))
    assert beats(server, keys, device) == 2


def test_who_waits_to_be_told_to_go_on_is_told(server, keys, device):
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as line:
        lines = "Transfer-Encoding: chunked", "Expect: 100-continue"
        line.sendall(head(device, *lines))
        told = line.recv(65_536)
        assert told == b"HTTP/1.1 100 Continue\r\n\r\n"
        line.sendall(b"0\r\n\r\n")
        assert re.fullmatch(OK, b"".join(iter(lambda: line.recv(65_536), b"")))
    assert beats(server, keys, device) == 1


@pytest.mark.parametrize("lines", [(), ("Content-Length: 0",), ("Host: localhost",)])
def test_http_1_0_is_understood(server, keys, device, lines):
    request = ["POST /api/beat HTTP/1.0", f"Authorization: {device['token']}", *lines, "", ""]
    reply = talk(server, "\r\n".join(request).encode())
    assert re.fullmatch(OK, reply)
    assert beats(server, keys, device) == 1


@pytest.mark.parametrize(
    "line",
    ["authorization: {}", "AUTHORIZATION:{}", "Authorization: \t {}", "Authorization: {} \t"],
)
def test_neither_case_nor_space_of_a_header_matters(server, keys, device, line):
    request = f"POST /api/beat HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{line}\r\n\r\n"
    assert re.fullmatch(OK, talk(server, request.format(device["token"]).encode()))


@pytest.mark.parametrize(
    ("method", "key", "status", "text"),
    [
        ("POST", "", b"401 Unauthorized", b"Unauthorized"),
        ("POST", "Authorization: \r\n", b"401 Unauthorized", b"Unauthorized"),
        ("POST", "Authorization: Bearer {}\r\n", b"401 Unauthorized", b"Unauthorized"),
        ("POST", "Authorization: \xff\r\n", b"401 Unauthorized", b"Unauthorized"),
        ("GET", "Authorization: {}\r\n", b"405 Method Not Allowed", b"Method Not Allowed"),
        ("HEAD", "", b"405 Method Not Allowed", b""),
    ],
)
def test_a_refusal_is_these_very_bytes(server, keys, device, method, key, status, text):
    key = key.format(device["token"]).encode("latin-1")
    request = b"%b /api/beat HTTP/1.1\r\nHost: x\r\n%bConnection: close\r\n\r\n"
    reply = talk(server, request % (method.encode(), key))
    allow = b"allow: POST\r\n" if status.startswith(b"405") else b""
    assert re.sub(rb"date: [^\r]+ GMT\r\n", b"", reply) == (
        b"HTTP/1.1 %b\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: %d\r\n"
        b"%bconnection: close\r\n\r\n%b" % (status, len(status) - 4, allow, text)
    )
    assert beats(server, keys, device) == 0


def test_many_beats_share_a_connection_and_all_count(server, keys, device):
    reply = talk(server, head(device, close="") * 30 + head(device))
    assert len(re.findall(rb"\r\n\r\n\d{10}", reply)) == 31
    assert beats(server, keys, device) == 31


def until(condition):
    """Wait for what nobody is told of; for ever is until the test's time is over."""
    while not condition():
        time.sleep(0.05)


def test_who_hangs_up_in_a_body_has_beaten_all_the_same(server, keys, device):
    for _ in range(5):
        with socket.create_connection(("127.0.0.1", server.port), timeout=10) as line:
            line.sendall(head(device, "Content-Length: 10") + b"12345")
    assert re.fullmatch(OK, talk(server, head(device)))
    until(lambda: beats(server, keys, device) == 6)
    assert "Traceback" not in server.output()


@pytest.mark.parametrize(
    ("head", "body"),
    [
        ("Transfer-Encoding: chunked\r\nExpect: 100-continue", b""),
        ("Transfer-Encoding: chunked", b"3\r\nabc\r\n"),
        ("Content-Length: 10", b"hello"),
        ("Content-Length: 999999999", b"hello"),
    ],
)
def test_a_body_that_never_ends_keeps_no_beat_from_being_stored(server, keys, device, head, body):
    """As curl's, told to send chunks and given none: it then waits, as would we."""
    request = f"POST /api/beat HTTP/1.1\r\nHost: x\r\nAuthorization: {device['token']}\r\n{head}"
    reply = talk(server, f"{request}\r\n\r\n".encode() + body)
    assert b"HTTP/1.1 200 OK\r\n" in reply
    assert b"\r\nconnection: close\r\n" in reply
    assert beats(server, keys, device) == 1
