"""The direct door as an ASGI application: hot paths here, everything else to the next one.

Django's ASGI handler starts a thread for every request, which would cost a hot write many times
what the write itself does. What middleware would have done for these paths is done here: allowed
hosts, the body's limit, the client's address behind trusted proxies, the request log, errors.
"""

import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from types import MappingProxyType

from telemetry.door.body import pass_over_body, read_body
from telemetry.door.call import Networks, access_log, call, client_address, turn_away
from telemetry.door.http import (
    Disconnected,
    HotRoute,
    Problem,
    Request,
    Response,
    last_on_its_line,
)
from telemetry.door.lifespan import Receive, Scope, Send, live

Application = Callable[[Scope, Receive, Send], Awaitable[None]]
NONE: Mapping[str, Application] = MappingProxyType({})


class Door:
    """Answers `routes` and `websockets` (by their exact path), hands all else to `otherwise`."""

    def __init__(
        self,
        routes: Iterable[HotRoute],
        *,
        otherwise: Application,
        allows_host: Callable[[bytes], bool],
        body_limit: int,
        websockets: Mapping[str, Application] = NONE,
        trusted_proxies: Networks = (),
        log_requests: bool = False,
    ) -> None:
        routes = list(routes)
        self._routes = {route.path: route for route in routes}
        self._prefixes = [route for route in routes if route.is_prefix]
        self._otherwise = otherwise
        self._allows_host = allows_host
        self._body_limit = body_limit
        self._websockets = websockets
        self._trusted = trusted_proxies
        self._log = log_requests

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        route = self._route(scope) if scope["type"] == "http" else None
        if route is None:
            if scope["type"] == "lifespan":
                await live(receive, send)
            elif scope["type"] == "websocket":
                await self._speak(scope, receive, send)
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
                "headers": response.header_list,
            }
        )
        await send({"type": "http.response.body", "body": response.body})
        if self._log:
            access_log.info(
                "%s %s %s %d %d %.1fms",
                self._client(scope) or "-",
                scope["method"],
                scope["path"],
                response.status,
                len(response.body),
                (time.monotonic() - began) * 1000,
            )

    def _route(self, scope: Scope) -> HotRoute | None:
        path = scope["path"]
        route = self._routes.get(path)
        if route is None:
            for other in self._prefixes:
                if path.startswith(other.path):
                    route = other
                    break
            else:
                return None
        return None if route.leaves and scope["method"] in route.leaves else route

    def has_websocket(self, path: str) -> bool:
        """Whether there is a websocket at this path."""
        return path in self._websockets

    async def _speak(self, scope: Scope, receive: Receive, send: Send) -> None:
        websocket = self._websockets.get(scope["path"])
        if websocket and self._allows_host(dict(scope["headers"]).get(b"host", b"")):
            await websocket(scope, receive, send)
        else:
            await send({"type": "websocket.close"})  # before it is accepted: a 403

    async def _answer(self, route: HotRoute, scope: Scope, receive: Receive) -> Response:
        headers = dict(scope["headers"])
        request = Request(
            scope["method"], scope["path"], scope["query_string"], headers, b"", self._client(scope)
        )
        if not self._allows_host(headers.get(b"host", b"")):
            return await turn_away(route, request, wrong_host())
        is_read, limit = True, self._body_limit * route.limits
        try:
            if route.takes_body:
                request.body = await read_body(receive, headers, limit)
            else:
                is_read = await pass_over_body(receive, headers, limit)
        except Problem as problem:
            return await turn_away(route, request, problem)
        response = await call(route, request)
        return response if is_read else last_on_its_line(response)

    def _client(self, scope: Scope) -> str:
        """The address that a request came from, as far as trusted proxies say."""
        peer: str = scope["client"][0] if scope.get("client") else ""
        if not self._trusted:
            return peer
        forwarded = b",".join(v for name, v in scope["headers"] if name == b"x-forwarded-for")
        return client_address(peer, forwarded, self._trusted)


def wrong_host() -> Problem:
    """The error for a ``Host`` header that names somebody else."""
    # The body has not been read, so nothing else can come on this line.
    close = ((b"connection", b"close"),)
    return Problem(400, "this server does not answer for that host name", close)
