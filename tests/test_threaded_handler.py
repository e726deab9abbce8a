"""Django behind the door: pages come from a few threads that stay."""

import asyncio
import threading
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.test import override_settings
from django.urls import path

from telemetry.door.django import ThreadedHandler

THREADS: list[str] = []
CLOSED: list[str] = []


class Parts:
    """An iterator that cannot be read whole: each part is made when it is asked for."""

    def __init__(self) -> None:
        self.number = 0

    def __iter__(self) -> "Parts":
        return self

    def __next__(self) -> bytes:
        self.number += 1
        if self.number > 3:
            raise StopIteration
        return b"part %d " % self.number

    def close(self) -> None:
        CLOSED.append("parts")


def echo(request: HttpRequest) -> HttpResponse:
    THREADS.append(threading.current_thread().name)
    response = HttpResponse(f"{request.method} {request.GET.get('q')} {request.body.decode()}")
    response.set_cookie("a", "1")
    response.set_cookie("b", "2")
    return response


def stream(_: HttpRequest) -> StreamingHttpResponse:
    return StreamingHttpResponse(Parts())


def broken(_: HttpRequest) -> HttpResponse:
    raise RuntimeError("broken on purpose")


def endless(_: HttpRequest) -> StreamingHttpResponse:
    parts = Parts()
    parts.number = -(10**9)
    return StreamingHttpResponse(parts)


urlpatterns = [
    path("echo", echo),
    path("stream", stream),
    path("endless", endless),
    path("broken", broken),
]


async def ask(
    target: str, *parts: bytes, method: str = "GET", stays: bool = True
) -> list[dict[str, Any]]:
    where, _, query = target.partition("?")
    scope = {
        "type": "http",
        "method": method,
        "path": where,
        "query_string": query.encode(),
        "headers": [(b"host", b"localhost")],
    }
    sent: list[dict[str, Any]] = []
    incoming = list(parts or [b""])

    async def receive() -> dict[str, Any]:
        if incoming:
            body = incoming.pop(0)
            return {"type": "http.request", "body": body, "more_body": bool(incoming)}
        if stays or len(sent) < 3:
            await asyncio.sleep(0.01 if not stays else 60)
        return {"type": "http.disconnect"} if not stays and len(sent) >= 3 else {"type": "http.x"}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await HANDLERS[0](scope, receive, send)
    return sent


HANDLERS: list[ThreadedHandler] = []


@pytest.fixture(autouse=True)
def handler() -> Any:
    with override_settings(ROOT_URLCONF=__name__, MIDDLEWARE=[]):
        HANDLERS[:] = [ThreadedHandler(threads=2)]
        yield


async def test_a_request_arrives_whole_and_its_response_leaves_whole() -> None:
    start, body = await ask("/echo?q=x%20y", b"the body", method="POST")
    assert start["status"] == 200
    assert body["body"] == b"POST x y the body"
    cookies = [value for name, value in start["headers"] if name == b"set-cookie"]
    assert [cookie.split(b";")[0] for cookie in cookies] == [b"a=1", b"b=2"]


async def test_many_requests_share_few_threads() -> None:
    THREADS.clear()
    await asyncio.gather(*(ask("/echo") for _ in range(40)))
    assert len(THREADS) == 40
    assert len(set(THREADS)) <= 2


async def test_a_streamed_response_leaves_part_by_part_and_is_closed() -> None:
    CLOSED.clear()
    _, *parts = await ask("/stream")
    assert [part["body"] for part in parts] == [b"part 1 ", b"part 2 ", b"part 3 ", b""]
    assert [bool(part.get("more_body")) for part in parts] == [True, True, True, False]
    assert CLOSED == ["parts"]


async def test_a_streamed_response_ends_when_its_reader_has_gone() -> None:
    CLOSED.clear()
    _, *parts = await ask("/endless", stays=False)
    assert len(parts) >= 2
    assert all(part["more_body"] for part in parts)
    assert CLOSED == ["parts"]


async def test_a_view_that_raises_is_a_500_without_a_stack_trace() -> None:
    start, body = await ask("/broken")
    assert start["status"] == 500
    assert b"broken on purpose" not in body["body"]


async def test_a_query_that_is_not_utf_8_is_no_500() -> None:
    start, _ = await ask("/echo?q=%ff\xff")
    assert start["status"] in {200, 400}


@pytest.mark.parametrize(
    ("target", "kind", "text"),
    [
        ("/echo", b"text/plain; charset=utf-8", b"the body is larger than 1000 bytes"),
        ("/api/v1/x", b"application/json", b'{"detail": "the body is larger than 1000 bytes"}'),
    ],
)
async def test_a_body_over_the_limit_is_refused_as_soon_as_it_is(
    settings: Any, target: str, kind: bytes, text: bytes
) -> None:
    settings.BODY_LIMIT = 1000
    start, body = await ask("/echo", b"x" * 600, b"y" * 400, method="POST")
    assert start["status"] == 200
    start, body = await ask(target, b"x" * 600, b"y" * 401, *[b"z" * 600] * 9, method="POST")
    assert start["status"] == 413
    headers = dict(start["headers"])
    assert headers[b"content-type"] == kind
    assert headers[b"connection"] == b"close"
    assert body["body"] == text
