"""HTTP as old clients speak it: uvicorn's protocol, kinder to two mistakes of theirs, and not to
those who begin a request and never end it.

- Some write a stat's name raw into the URL (curl with an umlaut, libraries that encode nothing).
- StatHat's official Node client counts characters where ``Content-Length`` counts bytes: the end
  of its body, often a part of the number, follows the request and looks like a second, broken one.
"""

import asyncio
import re
from typing import cast

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from telemetry.door.one_write import OneWrite

# Seconds of silence in the middle of a request (or before the first) after which we hang up.
PATIENCE = 30.0
# The same when the server is about to stop.
LAST_PATIENCE = 2.0
_LONGEST_URL = 65_536

_REQUEST_LINE = re.compile(rb"([A-Z]+) ([^\r\n]+) (HTTP/1\.[01]\r\n)")
_BEGINNING_OF_LINE = re.compile(rb"(GET|POST|HEAD|OPTIONS) /[^\r\n]*\r?")
_NOT_IN_URLS = re.compile(rb"[^\x21-\x7e]")


class LenientProtocol(HttpToolsProtocol):
    """Costs an ordinary request next to nothing: it acts when the strict parser has failed."""

    # What has come of a request since it began, as long as its head is not whole, or else the
    # latest piece.
    _latest = b""
    # The same, if it is already known that its URL must be mended before it is parsed.
    _unparsed = b""
    _heard = 0.0
    _watch: asyncio.TimerHandle

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(cast("asyncio.Transport", OneWrite(transport, self.loop)))
        self._heard = self.loop.time()
        self._watch = self.loop.call_later(PATIENCE, self._look_for_silence)

    def connection_lost(self, exc: Exception | None) -> None:
        self._watch.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._heard = self.loop.time()
        if self._unparsed:
            data, self._unparsed = self._unparsed + data, b""
            self._mend(data, "Invalid HTTP request received.")
            return
        self._latest = self._latest + data if self._head_is_begun else data
        super().data_received(data)

    @property
    def _head_is_begun(self) -> bool:
        """Whether the parser is within the head of a request."""
        scope = cast("object", self.scope)
        return scope is not None and (self.cycle is None or self.cycle.scope is not scope)

    def send_400_response(self, msg: str) -> None:
        """Called for what cannot be parsed."""
        if self.cycle is not None and not self.cycle.response_complete:
            # Surplus after a request that is being answered: it gets its answer, then we hang up.
            self.cycle.keep_alive = False
            self.cycle.body += cut_off(bytes(self.cycle.body), self._latest)
            return
        self._mend(self._latest, msg)

    def _mend(self, data: bytes, msg: str) -> None:
        """Go on with a request whose URL has raw characters, or refuse what is none."""
        encoded = with_encoded_target(data)
        if encoded is not None:
            self.parser = httptools.HttpRequestParser(self)
            self._latest = encoded
            super().data_received(encoded)
        elif len(data) < _LONGEST_URL and _BEGINNING_OF_LINE.fullmatch(data):
            self._unparsed = data  # the rest of the line is on its way
        else:
            super().send_400_response(msg)

    def handle_websocket_upgrade(self) -> None:
        self.transport = cast("OneWrite", self.transport).inner
        super().handle_websocket_upgrade()

    def shutdown(self) -> None:
        super().shutdown()
        self._watch.cancel()
        self._watch = self.loop.call_later(LAST_PATIENCE, self._hang_up_if_incomplete)

    def _look_for_silence(self) -> None:
        """Every now and then: hang up if a request has begun and nothing more of it comes."""
        if self.transport.is_closing() or self.transport.get_protocol() is not self:
            return  # a websocket now, which has pings of its own
        silence = self.loop.time() - self._heard
        if silence >= PATIENCE:
            self._hang_up_if_incomplete()
        if not self.transport.is_closing():
            self._watch = self.loop.call_later(max(1.0, PATIENCE - silence), self._look_for_silence)

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
        return self.timeout_keep_alive_task is None  # the head of another one has begun


def with_encoded_target(data: bytes) -> bytes | None:
    """A request whose URL has raw spaces or bytes beyond ASCII, with those percent-encoded.

    None if that is not what is wrong with it.
    """
    line = _REQUEST_LINE.match(data)
    if not line or not _NOT_IN_URLS.search(line[2]):
        return None
    target = _NOT_IN_URLS.sub(lambda found: b"%%%02X" % found[0][0], line[2])
    return b"%b %b %b%b" % (line[1], target, line[3], data[line.end() :])


def cut_off(body: bytes, piece: bytes) -> bytes:
    """What follows `body` in `piece` and belongs to it, if its client counted characters.

    `piece` is the latest that was received, with the end of the body in it. It is certain when the
    whole has as many characters (as JavaScript counts them) as the body has bytes.
    """
    start = piece.find(b"\r\n\r\n") + 4 if _BEGINNING_OF_LINE.match(piece) else 0
    surplus = piece[start + len(body) :] if piece[start:].startswith(body) else b""
    try:
        whole = (body + surplus).decode()
    except UnicodeDecodeError:
        return b""
    return surplus if len(whole.encode("utf-16-le")) == 2 * len(body) else b""
