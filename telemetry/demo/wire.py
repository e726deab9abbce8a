"""HTTP as simulated clients speak it: requests, and a connection that is kept."""

import http.client
import json
from dataclasses import dataclass, field
from threading import Event
from typing import Any, Protocol
from urllib.parse import urlencode, urlsplit

__all__ = ["Connection", "Refused", "Request", "Sender", "form", "json_body"]

_TIMEOUT = 60
_WAITS = (0.2, 0.5, 1, 2, 4, 8)


class Refused(Exception):
    """The server does not take a request, or is not there (`status` 0); one line."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent; `holds` is how many of what its protocol is about."""

    method: str
    path: str
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    holds: int = 1


class Sender(Protocol):
    def send(self, request: Request) -> Any:
        """The reply's document. ``Refused`` if there is none."""


class Connection:
    """One connection at a time to the server, for one thread; opened again if it was closed."""

    def __init__(self, url: str, stop: Event) -> None:
        self._host = urlsplit(url).netloc
        self._stop = stop
        self._http: http.client.HTTPConnection | None = None

    def send(self, request: Request) -> Any:
        """The document that the server answers, once it takes the request."""
        problem, status = "", 0
        for wait in _WAITS:
            try:
                status, body = self._exchange(request)
            except (OSError, http.client.HTTPException) as reason:
                self.close()
                problem, status = str(reason) or type(reason).__name__, 0
            else:
                if status < 400:
                    return json.loads(body) if body else None
                problem = f"{status} {body.decode(errors='replace')[:200]}"
                if status != 503:
                    break
            if self._stop.wait(wait):
                break
        raise Refused(f"{request.method} {request.path.partition('?')[0]}: {problem}", status)

    def close(self) -> None:
        if self._http is not None:
            self._http.close()
            self._http = None

    def _exchange(self, request: Request) -> tuple[int, bytes]:
        if self._http is None:
            self._http = http.client.HTTPConnection(self._host, timeout=_TIMEOUT)
        self._http.request(request.method, request.path, request.body, request.headers)
        reply = self._http.getresponse()
        return reply.status, reply.read()


def form(path: str, fields: dict[str, Any], headers: dict[str, str] | None = None) -> Request:
    """A form that is posted."""
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    return Request("POST", path, urlencode(fields).encode(), kind | (headers or {}))


def json_body(
    method: str,
    path: str,
    document: Any,
    headers: dict[str, str] | None = None,
    holds: int = 1,
) -> Request:
    """A document of JSON that is sent."""
    body = json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()
    kind = {"Content-Type": "application/json"}
    return Request(method, path, body, kind | (headers or {}), holds)
