"""How Countly says things: always JSON, always with a ``result``, or JSONP to who asks for it.

Browsers of any origin send and read, so every reply carries ``Access-Control-Allow-Origin: *``.
"""

import re
from typing import Any

from telemetry import wire_json
from telemetry.door.http import Problem, Response

__all__ = ["HEADERS", "PREFLIGHT", "SUCCESS", "error", "is_callback", "reply", "result", "success"]

HEADERS = (
    (b"access-control-allow-origin", b"*"),
    (b"x-content-type-options", b"nosniff"),
)
PREFLIGHT = Response(
    200,
    headers=(
        *HEADERS,
        (b"access-control-allow-methods", b"POST, GET, OPTIONS"),
        (b"access-control-allow-headers", b"countly-token, Content-Type"),
        (b"access-control-max-age", b"86400"),
    ),
)
_JSON = b"application/json; charset=utf-8"
_SCRIPT = b"application/javascript; charset=utf-8"
_CALLBACK = re.compile(r"[A-Za-z0-9_$.]{1,128}", re.ASCII).fullmatch

# What nearly every request is answered with. SDKs of today take an empty body for a failure.
SUCCESS = Response(200, b'{"result":"Success"}', _JSON, HEADERS)


def is_callback(name: str) -> bool:
    """Whether a script may call a function of this name: jQuery's ``jQuery172_13`` may."""
    return _CALLBACK(name) is not None


def reply(
    status: int,
    document: Any,
    callback: str = "",
    headers: tuple[tuple[bytes, bytes], ...] = (),
) -> Response:
    """`document` as JSON; as a script that calls `callback` with it, if that is a safe name."""
    text = wire_json.dump(document)
    if callback and is_callback(callback):
        # Two characters end a line in scripts, but not in JSON.
        text = text.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
        body = f"{callback}({text})"
        return Response(status, body.encode(), _SCRIPT, (*HEADERS, *headers))
    return Response(status, text.encode("utf-8", "replace"), _JSON, (*HEADERS, *headers))


def result(status: int, message: str, callback: str = "") -> Response:
    return reply(status, {"result": message}, callback)


def success(info: str, callback: str = "") -> Response:
    """Success, and why (a part of) the request was not counted: sending it again cannot help."""
    return reply(200, {"result": "Success", "info": info}, callback)


def error(problem: Problem, callback: str = "") -> Response:
    """The reply for what went wrong."""
    return reply(problem.status, {"result": problem.message}, callback, problem.headers)
