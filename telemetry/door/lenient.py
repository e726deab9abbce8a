"""HTTP as old clients speak it: uvicorn's protocol, kinder to two mistakes of theirs, and not to
those who begin a request and never end it.

- Some write a stat's name raw into the URL (curl with an umlaut, libraries that encode nothing).
- StatHat's official Node client counts characters where ``Content-Length`` counts bytes, so that
  a few bytes of its body follow the request and look like a second, broken one.
"""

import asyncio
import re
from typing import cast

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from telemetry.door.one_write import OneWrite

_REQUEST_LINE = re.compile(rb"([A-Z]+) ([^\r\n]+) (HTTP/1\.[01]\r\n)")
_NOT_IN_URLS = re.compile(rb"[^\x21-\x7e]")


# Seconds of silence in the middle of a request (or before the first) after which we hang up.
PATIENCE = 30.0


class LenientProtocol(HttpToolsProtocol):
    """Costs an ordinary request nothing but a call: it acts when the strict parser has failed."""

    _latest = b""
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
        self._latest = data
        self._heard = self.loop.time()
        super().data_received(data)

    def handle_websocket_upgrade(self) -> None:
        self.transport = cast("OneWrite", self.transport).inner
        super().handle_websocket_upgrade()

    def _look_for_silence(self) -> None:
        """Every now and then: hang up if a request has begun and nothing more of it comes."""
        if self.transport.is_closing() or self.transport.get_protocol() is not self:
            return  # a websocket now, which has pings of its own
        silence = self.loop.time() - self._heard
        if silence >= PATIENCE and self._is_incomplete:
            self.transport.close()
        else:
            self._watch = self.loop.call_later(max(1.0, PATIENCE - silence), self._look_for_silence)

    @property
    def _is_incomplete(self) -> bool:
        head_is_whole: bool = self.cycle is not None
        if not head_is_whole:
            return True
        if not self.cycle.response_complete:
            return bool(self.cycle.more_body)
        return self.timeout_keep_alive_task is None  # the head of another one has begun

    def send_400_response(self, msg: str) -> None:
        """Called for what cannot be parsed."""
        if self.cycle is not None and not self.cycle.response_complete:
            # Surplus after a request that is being answered: it gets its answer, then we hang up.
            self.cycle.keep_alive = False
            return
        encoded = with_encoded_target(self._latest)
        if encoded is None:
            super().send_400_response(msg)
            return
        self.parser = httptools.HttpRequestParser(self)
        self.data_received(encoded)


def with_encoded_target(data: bytes) -> bytes | None:
    """A request whose URL has raw spaces or bytes beyond ASCII, with those percent-encoded.

    None if that is not what is wrong with it.
    """
    line = _REQUEST_LINE.match(data)
    if not line or not _NOT_IN_URLS.search(line[2]):
        return None
    target = _NOT_IN_URLS.sub(lambda found: b"%%%02X" % found[0][0], line[2])
    return b"%b %b %b%b" % (line[1], target, line[3], data[line.end() :])
