"""Ways for the tests of a dialect to send a request: straight to the door, through Django's URLs,
and to a real server. What comes back is the same kind of reply."""

import http.client
import itertools
import json
import socket
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, unquote_to_bytes

from asgiref.sync import async_to_sync
from django.test import Client

from telemetry.asgi import application


@dataclass(frozen=True)
class Reply:
    """A whole reply; names of headers are in lower case, those that tell the time left out."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def msg(self) -> str:
        return str(self.json["msg"])


def through_door(method, target, body=b"", headers=None, *, more_body=()):
    """A request straight to the ASGI application, as uvicorn would hand it over.

    Only for hot routes: Django answers the others in threads of its own, which do not see what a
    test has not committed.
    """
    path, _, query = target.partition("?")
    pairs = {"host": "localhost", "content-length": str(len(body)), **(headers or {})}
    pairs = {name.lower(): value for name, value in pairs.items() if value is not None}
    scope = {
        "type": "http",
        "method": method,
        "path": unquote(path),
        "query_string": query.encode("utf-8", "surrogateescape"),
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in pairs.items()],
        "client": ("127.0.0.1", 5),
    }
    parts = itertools.chain([body], more_body, [b""] if more_body else [])
    sent: list[Any] = []

    async def receive():
        part = next(parts, None)
        assert part is not None, "the door reads on after the end"
        return {"type": "http.request", "body": part, "more_body": bool(more_body) and part != b""}

    async def send(message):
        sent.append(message)

    async_to_sync(application)(scope, receive, send)
    start, *rest = sent
    found = {name.decode(): value.decode("latin-1") for name, value in start["headers"]}
    return Reply(start["status"], b"".join(message["body"] for message in rest), found)


def through_urls(method, target, body=b"", headers=None, *, client=None):
    """The same request to Django's URLs, as a WSGI server would hand it over."""
    path, _, query = target.partition("?")
    headers = {"host": "localhost", **(headers or {})}
    named = {name.lower().replace("-", "_"): value for name, value in headers.items() if value}
    extra = {
        f"HTTP_{name.upper()}": value
        for name, value in named.items()
        if name not in {"content_type", "content_length"}
    }
    response = (client or Client()).generic(
        method,
        "/",
        body,
        content_type=named.get("content_type", ""),
        # Not by the argument, which takes two slashes at its start for those before a host.
        PATH_INFO=unquote_to_bytes(path).decode("latin-1"),
        QUERY_STRING=query.encode("utf-8", "surrogateescape").decode("latin-1"),
        **extra,
    )
    found = {name.lower(): value for name, value in response.headers.items()}
    return Reply(response.status_code, response.content, found)


def through_server(server, method, target, body=None, headers=None):
    """The same request to a real server, over a connection of its own."""
    line = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    line.request(method, target, body, headers or {})
    response = line.getresponse()
    found = {name.lower(): value for name, value in response.getheaders() if name != "date"}
    reply = Reply(response.status, response.read(), found)
    line.close()
    return reply


def talk(server, *requests):
    """What a real server says, byte for byte, until it hangs up."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as line:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for request in requests:
            line.sendall(request)
            if len(requests) > 1:
                time.sleep(0.1)  # so that each is received for itself
        return b"".join(iter(lambda: line.recv(65_536), b""))


def exchange(server, request):
    """A real server's reply to a raw request, on a connection that may stay open."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as line:
        line.sendall(request)
        response = http.client.HTTPResponse(line, method=request.partition(b" ")[0].decode())
        response.begin()
        found = {name.lower(): value for name, value in response.getheaders() if name != "date"}
        return Reply(response.status, response.read(), found)


def parsed(request):
    """Method, target, body and headers of a raw request; of the body only what was announced."""
    head, _, body = request.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    method, target, _ = first.split(" ")
    headers = dict(line.split(": ", 1) for line in lines)
    known = {name.lower(): value for name, value in headers.items()}
    if known.get("transfer-encoding") == "chunked":
        assert body == b"0\r\n\r\n", "only empty bodies are recorded in chunks"
        return method, target, b"", headers
    length = known.get("content-length")
    return method, target, body[: int(length)] if length else body, headers
