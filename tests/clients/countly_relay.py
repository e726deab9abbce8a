"""What stands between a client and the server, hands on requests, and loses replies to them."""

import http.client
import json
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

__all__ = ["Relay", "Sent"]

# These differ each time a request is sent.
_NOT_SAID = {"rr", "checksum256"}


@dataclass(frozen=True)
class Sent:
    """A request as the client means it, however often it had to send it."""

    path: str
    fields: tuple[tuple[str, str], ...]

    def __getitem__(self, name: str) -> str:
        return dict(self.fields).get(name, "")


class Relay:
    """`delivered`: how often the server answered each write; `infos`: what it told besides.

    The first reply to each is lost: the client cannot know that it was counted, and sends it again.
    `failed` requests found no server.
    """

    def __init__(self, port: int) -> None:
        self.target = port
        self.delivered: Counter[Sent] = Counter()
        self.methods: Counter[str] = Counter()
        self.failed: Counter[Sent] = Counter()
        self.infos: Counter[str] = Counter()
        self._changed = threading.Condition()
        relay = self

        class Handler(BaseHTTPRequestHandler):
            def _hand_on(self) -> None:
                relay._hand_on(self)

            do_GET = do_POST = do_OPTIONS = _hand_on  # noqa: N815 - so they are called

            def log_message(self, *_: object) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def sent(self, name: str) -> list[Sent]:
        """The different requests with this parameter that the server answered."""
        return [sent for sent in list(self.delivered) if sent[name]]

    def wait_until(self, condition: Callable[[], Any]) -> None:
        with self._changed:
            deadline = time.monotonic() + 60
            while not condition():
                assert time.monotonic() < deadline, (self.delivered, self.failed, self.infos)
                self._changed.wait(0.05)

    def _hand_on(self, request: BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers.get("content-length", 0)))
        sent = _sent(request, body)
        connection = http.client.HTTPConnection("127.0.0.1", self.target, timeout=30)
        try:
            connection.request(request.command, request.path, body, dict(request.headers))
            reply = connection.getresponse()
            content = reply.read()
        except (OSError, http.client.HTTPException):
            with self._changed:
                self.failed[sent] += 1
                self._changed.notify_all()
            return
        finally:
            connection.close()
        with self._changed:
            self.methods[request.command] += 1
            is_write = sent.path.startswith("/i") and request.command != "OPTIONS"
            if is_write:
                self.delivered[sent] += 1
                if info := json.loads(content).get("info"):
                    self.infos[info] += 1
            is_lost = is_write and self.delivered[sent] == 1
            self._changed.notify_all()
        if is_lost:
            return
        request.send_response_only(reply.status)
        for name, value in reply.getheaders():
            if name.lower() not in {"connection", "transfer-encoding", "content-length"}:
                request.send_header(name, value)
        request.send_header("Content-Length", str(len(content)))
        with suppress(OSError):  # a page that has been left
            request.end_headers()
            request.wfile.write(content)


def _sent(request: BaseHTTPRequestHandler, body: bytes) -> Sent:
    url = urlsplit(request.path)
    fields = parse_qsl(url.query, keep_blank_values=True)
    kind = request.headers.get("content-type", "")
    if kind.startswith("multipart/"):
        for part in message_from_bytes(
            b"Content-Type: %b\r\n\r\n%b" % (kind.encode(), body)
        ).walk():
            name = part.get_param("name", header="content-disposition")
            if isinstance(name, str):
                content = part.get_payload(decode=True)
                fields.append((name, content.decode("latin-1")))
    else:
        fields += parse_qsl(body.decode(), keep_blank_values=True)
    return Sent(url.path, tuple((name, value) for name, value in fields if name not in _NOT_SAID))
