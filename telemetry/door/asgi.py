"""The direct door as an ASGI application: hot paths here, everything else to the next one.

Django's ASGI handler starts a thread for every request, which would cost a hot write many times
what the write itself does. What middleware would have done for these paths is done here: allowed
hosts, the body's limit, the client's address behind trusted proxies, the request log, errors.
"""

import time
from collections.abc import Awaitable, Callable, Iterable

from telemetry.door.call import Networks, access_log, call, client_address
from telemetry.door.http import HotRoute, Problem, Request, Response
from telemetry.door.lifespan import Receive, Scope, Send, live

# How many times the limit is read of a body that is over it.
_PATIENCE = 8

Application = Callable[[Scope, Receive, Send], Awaitable[None]]


class Disconnected(Exception):
    """The client went away before its request was complete."""


class Door:
    """Answers `routes` (matched by their exact path) and hands all else to `otherwise`."""

    def __init__(
        self,
        routes: Iterable[HotRoute],
        *,
        otherwise: Application,
        allows_host: Callable[[bytes], bool],
        body_limit: int,
        trusted_proxies: Networks = (),
        log_requests: bool = False,
    ) -> None:
        self._routes = {route.path: route for route in routes}
        self._otherwise = otherwise
        self._allows_host = allows_host
        self._body_limit = body_limit
        self._trusted = trusted_proxies
        self._log = log_requests

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        route = self._routes.get(scope["path"]) if scope["type"] == "http" else None
        if route is None:
            if scope["type"] == "lifespan":
                await live(receive, send)
            else:
                await self._otherwise(scope, receive, send)
            return
        began = time.monotonic() if self._log else 0.0
        try:
            response = await self._answer(route, scope, receive)
        except Disconnected:
            return
        # A reply to HEAD describes a body that is not sent; servers leave it out.
        await send(
            {
                "type": "http.response.start",
                "status": response.status,
                "headers": response.header_list(),
            }
        )
        await send({"type": "http.response.body", "body": response.body})
        if self._log:
            _log(scope, response, time.monotonic() - began)

    async def _answer(self, route: HotRoute, scope: Scope, receive: Receive) -> Response:
        host = forwarded = length = b""
        for name, value in scope["headers"]:
            if name == b"host":
                host = value
            elif name == b"content-length":
                length = value
            elif name == b"x-forwarded-for":
                forwarded = forwarded + b"," + value if forwarded else value
        if not self._allows_host(host):
            return route.error(wrong_host())
        try:
            body = await self._body(receive, length)
        except Problem as problem:
            return route.error(problem)
        peer = scope["client"][0] if scope.get("client") else ""
        if forwarded and self._trusted:
            peer = client_address(peer, forwarded, self._trusted)
        request = Request(
            scope["method"], scope["path"], scope["query_string"], scope["headers"], body, peer
        )
        return await call(route, request)

    async def _body(self, receive: Receive, length: bytes) -> bytes:
        limit = self._body_limit
        # More digits than any limit has: ``int`` refuses very long ones by an error.
        fits = not length or (length.isdigit() and len(length) < 19 and int(length) <= limit)
        message = await receive()
        if message["type"] != "http.request":
            raise Disconnected
        body: bytes = message.get("body", b"")
        if fits and len(body) <= limit and not message.get("more_body"):
            return body
        parts = [body]
        size = len(body)
        # Most clients see a reply only after they have sent all: what is too much is read, for a
        # while, and forgotten.
        while message.get("more_body") and size <= limit * _PATIENCE:
            message = await receive()
            if message["type"] != "http.request":
                raise Disconnected
            body = message.get("body", b"")
            size += len(body)
            if fits and size <= limit:
                parts.append(body)
        if not fits or size > limit:
            raise too_large(limit)
        return b"".join(parts)


def too_large(limit: int) -> Problem:
    """The error for a body over `limit` bytes. It may be read in part only, so the line closes."""
    return Problem(413, f"the body is larger than {limit} bytes", ((b"connection", b"close"),))


def wrong_host() -> Problem:
    """The error for a ``Host`` header that names somebody else."""
    return Problem(400, "this server does not answer for that host name")


def _log(scope: Scope, response: Response, seconds: float) -> None:
    client = scope["client"][0] if scope.get("client") else "-"
    access_log.info(
        "%s %s %s %d %d %.1fms",
        client,
        scope["method"],
        scope["path"],
        response.status,
        len(response.body),
        seconds * 1000,
    )
