"""A response leaves in one piece, whatever kind of response it is, over real sockets."""

import asyncio
from functools import partial
from typing import Any

import pytest

from telemetry.door.one_write import OneWrite
from tests.protocol_helpers import serving


class Recorder:
    """Stands below the transport in question and notes what is written when."""

    def __init__(self) -> None:
        self.written: list[bytes] = []
        self.closed_after: int | None = None

    def write(self, data: bytes) -> None:
        self.written.append(data)

    def close(self) -> None:
        self.closed_after = len(self.written)

    def is_closing(self) -> bool:
        return self.closed_after is not None

    def get_extra_info(self, name: str) -> str:
        return f"info: {name}"


async def test_two_writes_become_one_and_a_single_one_does_not_wait_for_ever() -> None:
    below = Recorder()
    transport = OneWrite(below, asyncio.get_running_loop())
    transport.write(b"head")
    transport.write(b"body")
    assert below.written == [b"headbody"]
    transport.write(b"head alone")
    assert below.written == [b"headbody"]
    await asyncio.sleep(0)
    assert below.written == [b"headbody", b"head alone"]
    transport.write(b"head")
    transport.write(b"")
    assert below.written[2:] == [b"head"]
    transport.write(b"last")
    transport.close()
    assert (below.written[3:], below.closed_after) == ([b"last"], 4)
    assert transport.get_extra_info("peername") == "info: peername"


async def application(scope: Any, receive: Any, send: Any, *, go_on: Any) -> None:
    kind = scope["path"]
    if kind == "/read":
        while (await receive()).get("more_body"):
            pass
    headers = [(b"content-length", b"5")] if kind != "/stream" else []
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    if kind == "/stream":
        for part in (b"one", b"", b"two"):
            await asyncio.sleep(0.05)
            await send({"type": "http.response.body", "body": part, "more_body": True})
    elif kind == "/late":
        await asyncio.sleep(0.05)
    elif kind == "/when-told":
        await go_on.wait()
    body = b"hello" if kind != "/stream" else b""
    await send({"type": "http.response.body", "body": body})


@pytest.mark.parametrize(
    ("request_", "body"),
    [
        (b"GET / HTTP/1.1", b"hello"),
        (b"HEAD / HTTP/1.1", b""),
        (b"GET /late HTTP/1.1", b"hello"),
        (b"GET /stream HTTP/1.1", b"3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n"),
        (b"GET / HTTP/1.0", b"hello"),
    ],
)
async def test_every_kind_of_response_arrives_whole(request_: bytes, body: bytes) -> None:
    async with serving(partial(application, go_on=None)) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(request_ + b"\r\nHost: x\r\nConnection: close\r\n\r\n")
        head, _, found = (await asyncio.wait_for(reader.read(), 10)).partition(b"\r\n\r\n")
        writer.close()
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert found == body


async def test_the_head_does_not_wait_for_a_body_that_comes_late() -> None:
    go_on = asyncio.Event()
    async with serving(partial(application, go_on=go_on)) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /when-told HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b"200 OK" in await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)
        go_on.set()
        assert await reader.readexactly(5) == b"hello"
        writer.close()


async def test_a_client_that_asks_before_it_sends_is_told_to_go_on() -> None:
    async with serving(partial(application, go_on=None)) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        head = (
            b"POST /read HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"
        )
        writer.write(head)
        assert b"100 Continue" in await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)
        writer.write(b"ab")
        assert b"200 OK" in await asyncio.wait_for(reader.readuntil(b"hello"), 10)
        writer.close()


async def test_pipelined_requests_are_answered_in_order() -> None:
    async with serving(partial(application, go_on=None)) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        paths = [b"/late", b"/", b"/stream", b"/"]
        writer.write(b"".join(b"GET %b HTTP/1.1\r\nHost: x\r\n\r\n" % path for path in paths))
        for path in paths:
            assert b"200 OK" in await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)
            end = b"0\r\n\r\n" if path == b"/stream" else b"hello"
            await asyncio.wait_for(reader.readuntil(end), 10)
        writer.close()
