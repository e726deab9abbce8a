"""Django behind ASGI, on threads that stay.

Django's own ASGI handler starts a thread for every request of a synchronous view, and a new
database connection (or a trip to a pool) with it. All our views are synchronous: here they run on
a few threads that live as long as the process and keep their connections, as under a threaded
WSGI server. Measured by ``make bench``, that serves several times as many pages.
"""

import asyncio
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from io import BytesIO
from typing import Any

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.core.handlers.asgi import ASGIHandler, get_script_prefix
from django.core.handlers.base import BaseHandler
from django.core.signals import request_started
from django.http import HttpResponseBadRequest
from django.http.response import HttpResponseBase
from django.urls import Resolver404, resolve, set_script_prefix

from telemetry.door.body import read_body
from telemetry.door.http import Disconnected, Problem, Request, Response
from telemetry.door.lifespan import Receive, Scope, Send

THREADS = 8


class ThreadedHandler(ASGIHandler):
    """An ASGI application that answers HTTP with Django's synchronous request handling."""

    def __init__(self, threads: int = THREADS) -> None:
        BaseHandler.__init__(self)
        self.load_middleware(is_async=False)
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="django")

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            raise ValueError(f"Django does not answer {scope['type']} connections.")
        await self._serve(scope, receive, send)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            body = await read_body(receive, dict(scope["headers"]), settings.BODY_LIMIT)
        except Disconnected:
            return
        except Problem as problem:
            await _send_problem(scope, send, problem)
            return
        body_file = BytesIO(body)
        in_thread = partial(asyncio.get_running_loop().run_in_executor, self._threads)
        response, content = await in_thread(self._respond, scope, body_file)
        await send(
            {
                "type": "http.response.start",
                "status": response.status_code,
                "headers": _headers(response),
            }
        )
        if isinstance(content, bytes):
            await send({"type": "http.response.body", "body": content})
            return
        # Servers take what is sent to nobody without a word: so this is how we hear of it.
        gone = asyncio.ensure_future(_disconnected(receive))
        try:
            while not gone.done():
                part = await in_thread(next, content, None)
                if part is None:
                    await send({"type": "http.response.body", "body": b""})
                    break
                await send({"type": "http.response.body", "body": part, "more_body": True})
        finally:
            gone.cancel()
            await in_thread(response.close)

    def _respond(
        self, scope: Any, body_file: Any
    ) -> tuple[HttpResponseBase, bytes | Iterator[bytes]]:
        """In a thread of ours: the response, and its whole body or an iterator of its parts."""
        set_script_prefix(get_script_prefix(scope))
        request_started.send(sender=self.__class__, scope=scope)
        try:
            request, refusal = self.create_request(scope, body_file)
        except (SuspiciousOperation, LookupError) as reason:  # of its query or its charset
            request, refusal = None, HttpResponseBadRequest(str(reason), "text/plain")
        response: Any = refusal if request is None else self.get_response(request)
        response._handler_class = self.__class__  # as Django's own handlers do
        if response.streaming:
            return response, iter(response)
        body: bytes = response.content
        response.close()
        body_file.close()
        return response, body


async def _disconnected(receive: Receive) -> None:
    """Returns when whoever asked has hung up."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def _send_problem(scope: Scope, send: Send, problem: Problem) -> None:
    """Refuse a body: in the words of the dialect whose path it is, if it is one's."""
    path = scope["path"]
    error = log = None
    with suppress(Resolver404):
        view: Any = resolve(path).func
        error, log = getattr(view, "wire_error", None), getattr(view, "wire_log", None)
    if log:
        known = dict(scope["headers"])
        request = Request(scope["method"], path, scope["query_string"], known, b"", "")
        await log.note(request, problem)
    if error:
        response: Response = error(problem)
    elif path.startswith("/api/v1/"):
        body = json.dumps({"detail": problem.message}).encode()
        response = Response(problem.status, body, headers=problem.headers)
    else:
        text = b"text/plain; charset=utf-8"
        response = Response(problem.status, problem.message.encode(), text, problem.headers)
    headers = response.header_list
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": response.body})


def _headers(response: HttpResponseBase) -> list[tuple[bytes, bytes]]:
    headers = [
        (name.lower().encode("ascii"), value.encode("latin-1")) for name, value in response.items()
    ]
    headers += [
        (b"set-cookie", cookie.output(header="").strip().encode("ascii"))
        for cookie in response.cookies.values()
    ]
    return headers
