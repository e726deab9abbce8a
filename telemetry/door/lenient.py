"""HTTP as old clients speak it: uvicorn's protocol, kinder to two mistakes of theirs, and not to
those who begin a request and never end it.

- Some write a stat's name raw into the URL (curl with an umlaut, libraries that encode nothing).
- StatHat's official Node client counts characters where ``Content-Length`` counts bytes: the end
  of its body, often a part of the number, follows the request and looks like a second, broken one.
"""

import asyncio
import re
import urllib.parse
from typing import cast

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from telemetry.door.one_write import OneWrite
from telemetry.door.websocket import is_handshake

# Seconds of silence in the middle of a request (or before the first) after which we hang up.
PATIENCE = 30.0
# The same when the server is about to stop.
LAST_PATIENCE = 2.0
_LONGEST_HEAD = 65_536

_REQUEST_LINE = re.compile(rb"([A-Z]+) ([^\r\n]+) (HTTP/1\.[01]\r\n)")
_BEGINNING_OF_LINE = re.compile(rb"(GET|POST|HEAD|OPTIONS) /[^\r\n]*\r?")
_NOT_IN_URLS = re.compile(rb"[^\x21-\x7e]")


class LenientProtocol(HttpToolsProtocol):
    """Costs an ordinary request next to nothing: it acts when the strict parser has failed."""

    # What has come since a request began, until it is whole; empty if it has become too long, or
    # begins with what belongs to the request before.
    _seen = b""
    # The same, if it is already known that its URL must be mended before it is parsed.
    _unparsed = b""
    _heard = 0.0
    # Since when the line is idle: its last request has been answered, and nothing has come since.
    _idle_since: float | None = None
    _watch: asyncio.TimerHandle

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(cast("asyncio.Transport", OneWrite(transport, self.loop)))
        self._heard = self.loop.time()
        self._look_again(PATIENCE)

    def connection_lost(self, exc: Exception | None) -> None:
        self._watch.cancel()
        super().connection_lost(exc)

    def eof_received(self) -> bool:  # type: ignore[override]
        """A client that has said all it has to say still gets its answer."""
        if self.cycle is None or self.cycle.response_complete or self.cycle.more_body:
            return False
        self.cycle.keep_alive = False
        return True

    def _should_upgrade(self) -> bool:
        """Only where there is a websocket, and who asks for it as one must."""
        has_websocket = getattr(self.app, "has_websocket", None)
        path = urllib.parse.unquote(self.url.partition(b"?")[0].decode("ascii"))
        return bool(
            has_websocket
            and has_websocket(path)
            and is_handshake(self.scope["method"], dict(self.headers))
        )

    def handle_websocket_upgrade(self) -> None:
        """From now on another protocol has the line, and writes for itself."""
        self._watch.cancel()
        self.transport = cast("OneWrite", self.transport).inner
        super().handle_websocket_upgrade()

    def _unset_keepalive_if_required(self) -> None:
        """Called when something comes."""
        self._idle_since = None

    def on_response_complete(self) -> None:
        """Go on with the next request, or wait for one.

        uvicorn's own sets a timer after each request, and takes it away at the next. Ours has one
        for the whole connection.
        """
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
        else:
            self._idle_since = self.loop.time()

    def data_received(self, data: bytes) -> None:
        self._heard = self.loop.time()
        if self._unparsed:
            data, self._unparsed = self._unparsed + data, b""
            self._mend(data, "Invalid HTTP request received.")
            return
        if self._head_is_begun:
            if len(self._seen) > _LONGEST_HEAD:
                super().send_400_response("The head of the request is too long.")
                return
            self._seen += data
        elif self.cycle is None or not self.cycle.more_body:
            self._seen = data
        elif self._seen and len(self._seen) < _LONGEST_HEAD:
            self._seen += data
        else:
            self._seen = b""
        super().data_received(data)
        if self._head_is_begun and self.cycle is not None:
            # A surplus that could begin a request, such as a single letter.
            self._put_back()

    @property
    def _head_is_begun(self) -> bool:
        """Whether the parser is within the head of a request."""
        scope = cast("object", self.scope)
        return scope is not None and (self.cycle is None or self.cycle.scope is not scope)

    def send_400_response(self, msg: str) -> None:
        """Called for what cannot be parsed."""
        if self.cycle is None or self.cycle.response_complete:
            self._mend(self._seen, msg)
        elif not self._put_back():
            if self._seen and self._seen.isascii():
                # Surplus after a whole request: it gets its answer, then we hang up.
                self.cycle.keep_alive = False
            else:
                # Perhaps cut off, who knows where: better refused than stored wrong.
                self.cycle.disconnected = True
                self.cycle.message_event.set()
                super().send_400_response(msg)

    def _put_back(self) -> bool:
        """Give the present request what a client that counts characters has cut off its body."""
        if self.cycle.response_complete or not self._seen:
            return False
        length = dict(self.cycle.scope["headers"]).get(b"content-length", b"")
        surplus = cut_off(self._seen, int(length)) if length.isdigit() else b""
        if surplus:
            self._seen = b""
            self.cycle.body += surplus
            self.cycle.keep_alive = False
        return bool(surplus)

    def _mend(self, data: bytes, msg: str) -> None:
        """Go on with a request whose URL has raw characters, or refuse what is none."""
        encoded = with_encoded_target(data)
        if encoded is not None:
            self.parser = httptools.HttpRequestParser(self)
            self._seen = encoded
            super().data_received(encoded)
        elif len(data) < _LONGEST_HEAD and _BEGINNING_OF_LINE.fullmatch(data):
            self._unparsed = data  # the rest of the line is on its way
        else:
            super().send_400_response(msg)

    def shutdown(self) -> None:
        super().shutdown()
        self._watch.cancel()
        self._watch = self.loop.call_later(LAST_PATIENCE, self._hang_up_if_incomplete)

    def _look_for_silence(self) -> None:
        """Every now and then: hang up if a request has begun and nothing more of it comes, or if
        no other one comes.
        """
        if self._idle_since is None:
            left = self._heard + PATIENCE - self.loop.time()
            if left <= 0:
                self._hang_up_if_incomplete()
        else:
            left = self._idle_since + self.timeout_keep_alive - self.loop.time()
            if left <= 0:
                self.transport.close()
        if not self.transport.is_closing():
            self._look_again(left)

    def _look_again(self, seconds: float) -> None:
        # In time for what may begin meanwhile.
        after = max(1.0, min(seconds, PATIENCE, self.timeout_keep_alive))
        self._watch = self.loop.call_later(after, self._look_for_silence)

    def _hang_up_if_incomplete(self) -> None:
        if self._is_incomplete:
            self.transport.close()

    @property
    def _is_incomplete(self) -> bool:
        head_is_whole: bool = self.cycle is not None
        if not head_is_whole:
            return True
        if not self.cycle.response_complete:
            return bool(self.cycle.more_body)
        return self._idle_since is None  # the head of another one has begun


def with_encoded_target(data: bytes) -> bytes | None:
    """A request whose URL has raw spaces or bytes beyond ASCII, with those percent-encoded.

    None if that is not what is wrong with it.
    """
    line = _REQUEST_LINE.match(data)
    if not line or not _NOT_IN_URLS.search(line[2]):
        return None
    target = _NOT_IN_URLS.sub(lambda found: b"%%%02X" % found[0][0], line[2])
    return b"%b %b %b%b" % (line[1], target, line[3], data[line.end() :])


def cut_off(request: bytes, length: int) -> bytes:
    """What follows the body of `request` and belongs to it, if its client counted characters.

    `length` is what it took for the body's. It is certain that it did when the whole has that many
    characters, as JavaScript counts them.
    """
    start = request.find(b"\r\n\r\n") + 4
    whole = request[start:]
    try:
        characters = len(whole.decode().encode("utf-16-le")) // 2
    except UnicodeDecodeError:
        return b""
    return whole[length:] if start > 3 and characters == length else b""
