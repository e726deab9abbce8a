"""Requests and replies of hot routes: the little of HTTP that dialects need, in plain classes.

Hot functions are written once against these and reached two ways: directly from the ASGI server
(``door.asgi``) and through Django's URLs (``door.urls``). Both give the same bytes.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

Headers = Mapping[bytes, bytes]


class Request:
    """A request whose body has been read. `headers` have lower-case names, the last of each."""

    __slots__ = ("body", "client", "headers", "method", "path", "query")

    def __init__(
        self, method: str, path: str, query: bytes, headers: Headers, body: bytes, client: str
    ) -> None:
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.body = body
        self.client = client

    def header(self, name: bytes) -> bytes:
        """A header's value, or empty."""
        return self.headers.get(name, b"")


class Response:
    """A whole reply. ``Content-Length`` is added, but not to a 204, which may have none."""

    __slots__ = ("body", "content_type", "header_list", "headers", "status")

    def __init__(
        self,
        status: int,
        body: bytes = b"",
        content_type: bytes = b"application/json",
        headers: tuple[tuple[bytes, bytes], ...] = (),
    ) -> None:
        self.status = status
        self.body = body
        self.content_type = content_type
        self.headers = headers
        self.header_list = [*headers]
        if status != 204:
            length = (b"content-length", b"%d" % len(body))
            self.header_list = [(b"content-type", content_type), length, *headers]


def last_on_its_line(response: Response) -> Response:
    """The same reply, after which the connection closes."""
    headers = (*response.headers, (b"connection", b"close"))
    return Response(response.status, response.body, response.content_type, headers)


Hot = Callable[[Request], Awaitable[Response]]


class Disconnected(Exception):
    """The client went away before its request was complete."""


class Problem(Exception):
    """A request that gets an error reply: HTTP `status`, a `message` for people, more headers."""

    def __init__(
        self, status: int, message: str, headers: tuple[tuple[bytes, bytes], ...] = ()
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.headers = headers

    @property
    def reason(self) -> str:
        """What is wrong, for the log of rejected input."""
        return self.message


class Log(Protocol):
    """Where a dialect notes requests that it rejects. Neither raises anything, nor takes long."""

    async def note(self, request: Request, problem: Problem) -> None: ...

    def note_and_wait(self, request: Request, problem: Problem) -> None: ...


@dataclass(frozen=True, slots=True)
class HotRoute:
    """A path, the function that answers it, and how its dialect words an error.

    `hot` may raise ``Problem`` or ``StoreError``; `error` turns what went wrong, there or in the
    door itself (body too large, wrong host, encoded body), into that dialect's reply.
    `preflight` answers ``OPTIONS``, for browsers; without one `hot` does. Unless it `takes_body`,
    a body is read and forgotten, whatever it is. `is_prefix`: all paths that begin with `path` are
    this route's. Methods that it `leaves` are answered by Django. `log` is told what goes wrong.
    Bodies may have `limits` times as many bytes as usual.
    """

    path: str
    hot: Hot
    error: Callable[[Problem], Response]
    preflight: Response | None = None
    takes_body: bool = True
    is_prefix: bool = False
    leaves: frozenset[str] = frozenset()
    log: Log | None = None
    limits: int = 1
