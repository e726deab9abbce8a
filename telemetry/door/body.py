"""Reading the body of a request, up to a limit."""

import asyncio
import math

from telemetry.door.http import Disconnected, Headers, Problem
from telemetry.door.lifespan import Receive

# Seconds that a body which is of no interest is waited for.
_MOMENT = 1.0
# How many times the limit is read of a body that is over it.
_PATIENCE = 8


async def read_body(receive: Receive, headers: Headers, limit: int) -> bytes:
    """The whole body. Problem 413 if it is too large, at once if it says that it is by far.

    Most clients see a reply only after they have sent all: what is a little too much is read and
    forgotten, unless the client waits to be told to go on. Raises ``Disconnected``.
    """
    announced = _length(headers.get(b"content-length", b"0"))
    if announced > limit and (announced > limit * _PATIENCE or b"expect" in headers):
        raise too_large(limit)
    message = await receive()
    if message["type"] != "http.request":
        raise Disconnected
    body: bytes = message.get("body", b"")
    if not message.get("more_body") and len(body) <= limit >= announced:
        return body
    parts = [body]
    size = len(body)
    while message.get("more_body") and size <= limit * _PATIENCE:
        message = await receive()
        if message["type"] != "http.request":
            raise Disconnected
        body = message.get("body", b"")
        size += len(body)
        if size <= limit:
            parts.append(body)
    if size > limit or announced > limit:
        raise too_large(limit)
    return b"".join(parts)


async def pass_over_body(receive: Receive, headers: Headers, limit: int) -> bool:
    """Whether the body has been read, and forgotten; else nothing else can come on this line.

    One that is announced and does not come is not waited for: there are clients that never end
    their chunked bodies, since nobody has ever read them.
    """
    if headers.get(b"content-length", b"0") == b"0" and b"transfer-encoding" not in headers:
        return True
    left = limit
    try:
        async with asyncio.timeout(_MOMENT):
            while left >= 0:
                message = await receive()
                if message["type"] != "http.request":
                    break
                if not message.get("more_body"):
                    return True
                left -= len(message.get("body", b""))
    except TimeoutError:
        pass
    return False


def _length(text: bytes) -> float:
    """The number of a ``Content-Length``; infinite if it is none, or too long for ``int``."""
    return int(text) if text.isdigit() and len(text) < 19 else math.inf


def too_large(limit: int) -> Problem:
    """The error for a body over `limit` bytes. It may be read in part only, so the line closes."""
    return Problem(413, f"the body is larger than {limit} bytes", ((b"connection", b"close"),))
