"""How Countly is asked, other than by what writes: parameters, methods, JSONP.

What is asked for may be in the query or in the body: fields of a form come first, the query
overwrites them, and an object of JSON overwrites both. Any origin may ask, and nobody is known by
a cookie: a page that somebody has open elsewhere could read by JSONP with it.
"""

import json
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from django.core.exceptions import BadRequest, RequestDataTooBig, SuspiciousOperation
from django.http import HttpRequest, UnreadablePostError
from django.http.multipartparser import MultiPartParserError

from sessions_app.dialects.countly.words import PREFLIGHT, error, is_callback, reply
from telemetry import wire_json
from telemetry.door.http import Problem, Response
from telemetry.door.urls import View, wire_view

__all__ = ["SUCCESS", "Asked", "asked_by", "asking", "storable"]

SUCCESS = {"result": "Success"}


class Asked:
    """The parameters of a request: text, or whatever an object of JSON has for it."""

    def __init__(self, values: Mapping[str, Any], token: str = "") -> None:
        self._values = values
        # What an api_key, an auth_token or a header of tools of today said.
        self.key = self.text("api_key") or self.text("auth_token") or token

    def text(self, name: str) -> str:
        """A parameter as text that can be looked up; empty if there is none."""
        value = self._values.get(name)
        if value is None or isinstance(value, dict | list):
            return ""
        return storable(value if isinstance(value, str) else json.dumps(value))

    def document(self, name: str) -> Any:
        """A parameter that is JSON, or the text of such; None if there is none, or it is wrong."""
        value = self._values.get(name)
        if not isinstance(value, str):
            return value
        try:
            return wire_json.load(value.encode("utf-8", "surrogateescape"))
        except (ValueError, RecursionError):
            return None

    def has(self, name: str) -> bool:
        return bool(self._values.get(name))


def storable(text: str) -> str:
    """JSON can spell halves of characters, and PostgreSQL has no NUL."""
    return text.encode("utf-8", "replace").decode().replace("\0", "\ufffd")


def asked_by(request: HttpRequest) -> Asked:
    """What a request asks. Problem 400 for a body that cannot be read."""
    values: dict[str, Any] = {}
    try:
        if (request.encoding or "utf-8").lower() != "utf-8":
            request.encoding = "utf-8"
        if request.method == "POST":
            values.update(request.POST.items())
        values.update(request.GET.items())
        if request.method == "POST" and request.content_type == "application/json":
            values.update(_object_in(request.body))
    except RequestDataTooBig:
        raise
    except (BadRequest, MultiPartParserError, SuspiciousOperation, UnreadablePostError) as reason:
        raise Problem(400, f"The request cannot be read: {reason}") from None
    return Asked(values, request.headers.get("countly-token", ""))


def _object_in(body: bytes) -> dict[str, Any]:
    try:
        found = wire_json.load(body) if body else {}
    except (ValueError, RecursionError) as reason:
        raise Problem(400, f"The body is not JSON: {reason}") from None
    return found if isinstance(found, dict) else {}


def asking(path: str) -> Callable[[Callable[..., Any]], View]:
    """Makes a view of a function that gets what is asked and returns the document to answer with.

    It may raise ``Problem``, which is told to a callback as well.
    """

    def decorate(function: Callable[..., Any]) -> View:
        @wire_view(error, path)
        @wraps(function)
        def view(request: HttpRequest, **parts: str) -> Response:
            if request.method == "OPTIONS":
                return PREFLIGHT
            if request.method not in {"GET", "POST"}:
                allowed = ((b"allow", b"GET, POST, OPTIONS"),)
                raise Problem(405, "Method not allowed", allowed)
            asked = asked_by(request)
            callback = asked.text("callback")
            if callback and not is_callback(callback):
                raise Problem(400, 'Invalid parameter "callback"')
            try:
                for name in ("app_id", "user_id"):
                    if asked.has(name) and len(asked.text(name)) != 24:
                        raise Problem(400, f'Invalid parameter "{name}"')
                return reply(200, function(asked, **parts), callback)
            except Problem as problem:
                return error(problem, callback)

        return view

    return decorate
