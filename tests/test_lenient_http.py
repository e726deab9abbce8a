"""HTTP that a strict parser refuses and old clients send, over a real socket."""

import asyncio
import socket
from typing import Any

import pytest
import uvicorn

from telemetry.door import lenient
from telemetry.door.lenient import LenientProtocol, with_encoded_target
from tests.server import ServerProcess

NAMES = "SELECT name FROM stats_app_stat WHERE project_id = %s"


@pytest.fixture
def keys(server: ServerProcess) -> dict[str, str]:
    return server.create_project()


def talk(server: ServerProcess, *requests: bytes) -> bytes:
    """What the server says until it hangs up."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        for request in requests:
            connection.sendall(request)
        reply = b""
        while part := connection.recv(65536):
            reply += part
    return reply


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


def test_a_body_longer_than_it_says_is_answered_before_the_line_closes(
    server: ServerProcess, keys: dict[str, str]
) -> None:
    body = f"ezkey={keys['ezkey']}&count=1&stat=größe".encode()
    reply = talk(
        server,
        b"POST /ez HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n%b"
        % (len(body.decode()), body),
    )
    assert reply.startswith(b"HTTP/1.1 200 OK\r\n")
    assert reply.count(b"HTTP/1.1") == 1
    [(name,)] = server.query(NAMES, keys["id"])
    assert name == "grö\N{REPLACEMENT CHARACTER}"


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
    with socket.socket() as ours:
        ours.bind(("127.0.0.1", 0))
        config = uvicorn.Config(
            reads_all, http=LenientProtocol, lifespan="off", log_config=None, timeout_keep_alive=60
        )
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve(sockets=[ours]))
        while not server.started:
            await asyncio.sleep(0.01)
        reader, writer = await asyncio.open_connection(*ours.getsockname())
        writer.write(sent)
        try:
            if answered:  # however long that takes; but the next request is not finished
                assert b" 204 " in await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 20)
                writer.write(b"GET /ez HT")
            assert await asyncio.wait_for(reader.read(), 20) == b""
        finally:
            writer.close()
            server.should_exit = True
            await serving
