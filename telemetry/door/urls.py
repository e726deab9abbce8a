"""The dialects' paths as ordinary Django URLs.

Hot routes are here for ``runserver``, WSGI and the test client: the same function answers, with the
same bytes, only the way in is Django's. What is not hot, or has more in its path than a name, is a
`wire_view`.
"""

import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial, wraps
from typing import Any

from asgiref.sync import async_to_sync, iscoroutinefunction, sync_to_async
from django.conf import settings
from django.core.exceptions import DisallowedHost, RequestDataTooBig
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponse, RawPostDataException
from django.http.response import HttpResponseBase
from django.urls import Resolver404, URLPattern, re_path, resolve
from django.utils.deprecation import MiddlewareMixin
from django.views.decorators.csrf import csrf_exempt

from telemetry.door.asgi import wrong_host
from telemetry.door.body import too_large
from telemetry.door.call import call, client_address, host_checker, problem_of, refuse, turn_away
from telemetry.door.http import HotRoute, Log, Problem, Request, Response
from telemetry.metrics import count_request

# What Django calls a view: its stubs do not know asynchronous ones.
View = Callable[..., Any]
WireView = Callable[..., Response | HttpResponseBase]


def urls_of(routes: Iterable[HotRoute]) -> list[URLPattern]:
    """URL patterns for hot routes, to be put first in ``urlpatterns``."""
    # The group is empty: Django warns of patterns that begin with a slash, as those of two do.
    return [
        re_path(f"^(?:){re.escape(route.path[1:])}{'' if route.is_prefix else '$'}", view_of(route))
        for route in routes
    ]


def view_of(route: HotRoute, otherwise: View | None = None) -> View:
    """`route` as an async Django view. `otherwise` answers the methods that the route leaves."""

    async def view(request: HttpRequest, **parts: str) -> HttpResponse:
        if otherwise and request.method in route.leaves:
            answer: HttpResponse = await sync_to_async(otherwise)(request, **parts)
            return answer
        return HotReply(await _answer(route, request))

    return _on_the_wire(view, partial(refuse, route), route.log)


def wire_view(
    error: Callable[[Problem], Response], path: str, log: Log | None = None
) -> Callable[[WireView], View]:
    """Makes a Django view of a function that answers as hot ones do, but in a thread.

    It gets Django's request and what the URL holds, returns a ``Response`` and may raise what hot
    functions may. One that takes long may return a response of Django's that streams. `path` is
    what its requests are counted under, and in `log` it is noted what goes wrong.
    """

    def respond(response: Response | HttpResponseBase) -> HttpResponseBase:
        if not isinstance(response, Response):
            count_request(path, response.status_code)
            return response
        count_request(path, response.status)
        return HotReply(response)

    def refused(request: HttpRequest, problem: Problem) -> Response:
        if log:
            log.note_and_wait(_request(request, _body_again(request)), problem)
        return error(problem)

    def decorate(function: WireView) -> View:
        @wraps(function)
        def view(request: HttpRequest, **parts: str) -> HttpResponseBase:
            try:
                response = function(request, **parts)
            except RequestDataTooBig:
                response = refused(request, too_large(settings.BODY_LIMIT))
            except Exception as problem:  # noqa: BLE001 - it becomes a reply, or is logged
                told = problem_of(problem, request.method or "", request.path_info)
                response = refused(request, told)
            return respond(response)

        return _on_the_wire(view, error, log)

    return decorate


def _on_the_wire(view: View, error: Callable[[Problem], Response], log: Log | None) -> View:
    view.wire_error = error  # type: ignore[attr-defined]
    view.wire_log = log  # type: ignore[attr-defined]
    return csrf_exempt(view)


def _answer_now(view: View, request: HttpRequest, parts: dict[str, Any]) -> HttpResponse:
    answer = async_to_sync(view) if iscoroutinefunction(view) else view
    response: HttpResponse = answer(request, **parts)
    return response


async def _answer(route: HotRoute, request: HttpRequest) -> Response:
    limit = settings.BODY_LIMIT * route.limits
    # Not by `request.body`, which knows one limit for all.
    body = request.read(limit + 1) if route.takes_body else b""
    if len(body) > limit:
        return await turn_away(route, _request(request), too_large(limit))
    return await call(route, _request(request, body))


def _request(request: HttpRequest, body: bytes = b"") -> Request:
    """A request of Django's as the door has them."""
    headers = {
        name.lower().encode("latin-1"): value.encode("latin-1", "replace")
        for name, value in request.headers.items()
    }
    address = client_address(
        request.META.get("REMOTE_ADDR", ""),
        request.headers.get("X-Forwarded-For", "").encode("latin-1", "replace"),
        settings.TRUSTED_PROXIES,
    )
    return Request(request.method or "", request.path_info, _query(request), headers, body, address)


def _body_again(request: HttpRequest) -> bytes:
    """The body of a request that has been answered; of a form with files what its fields said."""
    try:
        return request.body
    except RawPostDataException:
        return request.POST.urlencode().encode()
    except (OSError, RequestDataTooBig):
        return b""


def _query(request: HttpRequest) -> bytes:
    if isinstance(request, ASGIRequest):
        return bytes(request.scope["query_string"])
    return str(request.META.get("QUERY_STRING", "")).encode("latin-1", "replace")


class HotReply(HttpResponse):
    """A hot function's reply, which leaves the server just as that function made it."""

    def __init__(self, response: Response) -> None:
        kind = response.content_type.decode()
        super().__init__(response.body, content_type=kind, status=response.status)
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
                view, _, parts = resolve(request.path_info)
                error = getattr(view, "wire_error", None)
                if error:
                    host = request.META.get("HTTP_HOST", "").encode("latin-1", "replace")
                    if not host_checker(settings.WIRE_HOSTS)(host):
                        if view.wire_log:
                            view.wire_log.note_and_wait(_request(request), wrong_host())
                        return HotReply(error(wrong_host()))
                    return _answer_now(view, request, parts)
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
