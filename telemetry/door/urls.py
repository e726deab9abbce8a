"""Hot routes as ordinary Django URLs: for ``runserver``, WSGI and the test client.

The same function answers, with the same bytes; only the way in is Django's.
"""

import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

from asgiref.sync import async_to_sync
from django.conf import settings
from django.core.exceptions import DisallowedHost, RequestDataTooBig
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import Resolver404, URLPattern, re_path, resolve
from django.utils.deprecation import MiddlewareMixin
from django.views.decorators.csrf import csrf_exempt

from telemetry.door.asgi import wrong_host
from telemetry.door.body import too_large
from telemetry.door.call import call, client_address, host_checker, refuse
from telemetry.door.http import HotRoute, Request, Response

# What Django calls a view: its stubs do not know asynchronous ones.
View = Callable[..., Any]


def urls_of(routes: Iterable[HotRoute]) -> list[URLPattern]:
    """URL patterns for hot routes, to be put first in ``urlpatterns``."""
    return [re_path(f"^{re.escape(route.path[1:])}$", view_of(route)) for route in routes]


def view_of(route: HotRoute) -> View:
    """`route` as an async Django view."""

    async def view(request: HttpRequest) -> HttpResponse:
        return await _reply(route, request)

    view.hot_route = route  # type: ignore[attr-defined]
    return csrf_exempt(view)


async def _reply(route: HotRoute, request: HttpRequest) -> HttpResponse:
    return HotReply(await _answer(route, request))


async def _answer(route: HotRoute, request: HttpRequest) -> Response:
    try:
        body = request.body
    except RequestDataTooBig:
        return refuse(route, too_large(settings.BODY_LIMIT))
    if len(body) > settings.BODY_LIMIT:  # chunked: Django checks the length that was announced
        return refuse(route, too_large(settings.BODY_LIMIT))
    headers = {
        name.lower().encode("latin-1"): value.encode("latin-1", "replace")
        for name, value in request.headers.items()
    }
    address = client_address(
        request.META.get("REMOTE_ADDR", ""),
        request.headers.get("X-Forwarded-For", "").encode("latin-1", "replace"),
        settings.TRUSTED_PROXIES,
    )
    return await call(
        route,
        Request(request.method or "", request.path_info, _query(request), headers, body, address),
    )


def _query(request: HttpRequest) -> bytes:
    if isinstance(request, ASGIRequest):
        return bytes(request.scope["query_string"])
    return str(request.META.get("QUERY_STRING", "")).encode("latin-1", "replace")


class HotReply(HttpResponse):
    """A hot function's reply, which leaves the server just as that function made it."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.body, status=response.status)
        self.own_headers = {
            name.decode(): value.decode()
            for name, value in response.header_list
            if name != b"connection"  # hop-by-hop: the server's own business under WSGI
        }


class HotReplies(MiddlewareMixin):
    """Outermost middleware: takes away what the others add for browsers showing our pages.

    So a client gets the same bytes whichever way its request came in. For the same reason hosts
    are checked here, by the rules of ``WIRE_HOSTS``: the next middleware would refuse with a page.
    """

    def process_request(self, request: HttpRequest) -> HttpResponse | None:
        try:
            request.get_host()
        except DisallowedHost:
            with suppress(Resolver404):
                view = resolve(request.path_info).func
                route = getattr(view, "hot_route", None)
                if route:
                    host = request.META.get("HTTP_HOST", "").encode("latin-1", "replace")
                    if host_checker(settings.WIRE_HOSTS)(host):
                        return async_to_sync(_reply)(route, request)
                    return HotReply(refuse(route, wrong_host()))
        return None

    def process_response(
        self, _request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        if isinstance(response, HotReply):
            for name in list(response.headers):
                del response[name]
            for name, value in response.own_headers.items():
                response[name] = value
        return response
