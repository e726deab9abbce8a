"""HTTP that a strict parser refuses and old clients send, over a real socket."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest

from telemetry.door import lenient
from telemetry.door.lenient import with_encoded_target
from tests.protocol_helpers import serving
from tests.server import ServerProcess
from tests.wire_helpers import talk

NAMES = "SELECT name FROM stats_app_stat WHERE project_id = %s"
SUMS = (
    "SELECT s.name, sum(b.sum) FROM stats_app_stat s JOIN stats_app_minutebucket b"
    " ON b.project_id = s.project_id AND b.stat_id = s.id WHERE s.project_id = %s GROUP BY 1"
)


@pytest.fixture
def keys(server: ServerProcess) -> dict[str, str]:
    return server.create_project()


@pytest.mark.parametrize(
    ("raw", "name"), [("größe", "größe"), ("ws0 load average", "ws0 load average")]
)
def test_a_name_may_stand_raw_in_the_url(
    server: ServerProcess, keys: dict[str, str], raw: str, name: str
) -> None:
    reply = talk(
        server,
        f"GET /ez?ezkey={keys['ezkey']}&stat={raw}&count=1 HTTP/1.1\r\n"
        "Host: localhost\r\nConnection: close\r\n\r\n".encode(),
    )
    assert reply.startswith(b"HTTP/1.1 200 OK\r\n")
    assert server.query(NAMES, keys["id"]) == [(name,)]


@pytest.mark.parametrize(
    ("fields", "stored"),
    [
        # What StatHat's own Node client sends: the number last, the length in characters.
        ("count=1234&stat=größe", ("größe", 1234)),
        ("stat=zähl größe&count=1234", ("zähl größe", 1234)),
        ("stat=🎲🎲&count=1234", ("🎲🎲", 1234)),
        ("stat=☃&value=0.125", ("☃", 0.125)),
    ],
)
@pytest.mark.parametrize("apart", [False, True])
def test_what_a_client_that_counts_characters_has_cut_off_is_put_back(
    server: ServerProcess, keys: dict[str, str], fields: str, stored: tuple[str, float], apart: bool
) -> None:
    body = f"ezkey={keys['ezkey']}&{fields}"
    length = len(body.encode("utf-16-le")) // 2
    head = b"POST /ez HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % length
    reply = talk(server, *([head, body.encode()] if apart else [head + body.encode()]))
    assert reply.startswith(b"HTTP/1.1 200 OK\r\n")
    assert reply.count(b"HTTP/1.1") == 1
    assert server.query(SUMS, keys["id"]) == [stored]


@pytest.mark.parametrize("cut", [-6, -3, -2])
def test_it_is_put_back_however_the_body_was_divided(
    server: ServerProcess, keys: dict[str, str], cut: int
) -> None:
    body = f"ezkey={keys['ezkey']}&stat=Zürich&count=123"
    head = b"POST /ez HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % len(body)
    raw = body.encode()
    assert b" 200 OK" in talk(server, head, raw[:cut], raw[cut:])
    assert server.query(SUMS, keys["id"]) == [("Zürich", 123)]


def test_a_letter_is_put_back_though_it_could_begin_a_request(
    server: ServerProcess, keys: dict[str, str]
) -> None:
    body = f"ezkey={keys['ezkey']}&count=1&stat=MÜG"
    head = b"POST /ez HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % len(body)
    assert b" 200 OK" in talk(server, head + body.encode())
    assert server.query(SUMS, keys["id"]) == [("MÜG", 1)]


def test_a_body_that_may_be_cut_off_anywhere_is_refused_and_not_stored(
    server: ServerProcess, keys: dict[str, str]
) -> None:
    body = f"ezkey={keys['ezkey']}&stat=größe&count=1"
    head = b"POST /ez HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n"
    reply = talk(server, head % len(body.encode()) + body.encode() + b"234")
    assert reply.startswith(b"HTTP/1.1 400 ")
    assert server.query(SUMS, keys["id"]) == []


def test_surplus_after_plain_text_is_passed_over(
    server: ServerProcess, keys: dict[str, str]
) -> None:
    body = f"ezkey={keys['ezkey']}&stat=plain&count=1".encode()
    head = b"POST /ez HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % len(body)
    assert b" 200 OK" in talk(server, head + body + b"}}")
    assert server.query(SUMS, keys["id"]) == [("plain", 1)]


def test_a_body_is_never_taken_for_a_request(server: ServerProcess, keys: dict[str, str]) -> None:
    inner = f"GET /ez?ezkey={keys['ezkey']}&stat=smügg&count=1 HTTP/1.1\r\nHost: x\r\n\r\n"
    length = len(inner.encode())
    # Refused before the body comes; and answered when it has come, with a broken byte behind it.
    for line, announced in (("POST /ez", 10**9), ("POST /ez", length), ("POST /nothing", length)):
        head = f"{line} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {announced}\r\n\r\n"
        with contextlib.suppress(OSError):  # it may hang up while we send
            talk(server, head.encode(), inner.encode() + b"{", b"\r\n\r\n" * 20)
    assert server.query(SUMS, keys["id"]) == []


def test_a_head_without_end_is_refused(server: ServerProcess) -> None:
    sent = 0
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as line:
        line.sendall(b"GET /ez HTTP/1.1\r\nHost: localhost\r\nX-A: ")
        with contextlib.suppress(OSError):
            while sent < 50_000_000:
                sent += line.send(b"a" * 65_536)
    assert sent < 20_000_000


def test_who_half_closes_still_gets_an_answer(server: ServerProcess, keys: dict[str, str]) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as line:
        target = f"/ez?ezkey={keys['ezkey']}&stat=half&count=1"
        line.sendall(f"GET {target} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        line.shutdown(socket.SHUT_WR)
        reply = b"".join(iter(lambda: line.recv(65_536), b""))
    assert b" 200 OK" in reply
    assert server.query(SUMS, keys["id"]) == [("half", 1)]


@pytest.mark.parametrize("where", [5, 30, 60, 61, 62, 63, 70, 90])
def test_a_raw_url_may_come_in_pieces(
    server: ServerProcess, keys: dict[str, str], where: int
) -> None:
    request = (
        f"GET /ez?ezkey={keys['ezkey']}&stat=größe der ☃&count=2 HTTP/1.1\r\n"
        "Host: localhost\r\nConnection: close\r\n\r\n"
    ).encode()
    reply = talk(server, request[:where], request[where : where + 2], request[where + 2 :])
    assert reply.startswith(b"HTTP/1.1 200 OK\r\n")
    assert server.query(SUMS, keys["id"]) == [("größe der ☃", 2)]


def test_what_is_not_http_at_all_is_still_refused(server: ServerProcess) -> None:
    assert talk(server, b"hello there\r\n\r\n").startswith(b"HTTP/1.1 400 ")
    assert talk(server, b"GET / HTTP/9.9\r\n\r\n").startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize(
    "data",
    [b"", b"GET /fine HTTP/1.1\r\n\r\n", b"GET /a b", b"GET /a\r\nb HTTP/1.1\r\n", b"\xff\xfe"],
)
def test_only_a_url_that_can_be_mended_is(data: bytes) -> None:
    assert with_encoded_target(data) is None


async def reads_all(scope: Any, receive: Any, send: Any) -> None:
    """An application that answers when it has the whole body, and takes longer than is silent."""
    while (await receive()).get("more_body"):
        pass
    await asyncio.sleep(1.5)
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body"})


@contextlib.asynccontextmanager
async def line_to(
    application: Any, keep_alive: int
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A connection to a server of our protocol."""
    async with serving(application, timeout_keep_alive=keep_alive) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            yield reader, writer
        finally:
            writer.close()


@pytest.mark.parametrize(
    ("sent", "answered"),
    [
        (b"", False),
        (b"POST /ez HTTP/1.1\r\nHost: x\r\n", False),
        (b"POST /ez HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n", False),
        (b"POST /ez HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc", False),
        (b"GET /ez HTTP/1.1\r\nHost: x\r\n\r\n", True),
    ],
)
async def test_who_falls_silent_within_a_request_is_hung_up_on(
    monkeypatch: pytest.MonkeyPatch, sent: bytes, answered: bool
) -> None:
    monkeypatch.setattr(lenient, "PATIENCE", 0.2)
    async with line_to(reads_all, keep_alive=60) as (reader, writer):
        writer.write(sent)
        if answered:  # however long that takes; but the next request is not finished
            assert b" 204 " in await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 20)
            writer.write(b"GET /ez HT")
        assert await asyncio.wait_for(reader.read(), 20) == b""


async def test_a_line_on_which_no_other_request_comes_is_hung_up_on() -> None:
    """But not while a request takes longer than that to be answered."""
    async with line_to(reads_all, keep_alive=1) as (reader, writer):
        for pipelined in (1, 2):
            writer.write(b"GET /ez HTTP/1.1\r\nHost: x\r\n\r\n" * pipelined)
            for _ in range(pipelined):
                assert b" 204 " in await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 20)
        assert await asyncio.wait_for(reader.read(), 20) == b""
