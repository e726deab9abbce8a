"""Websockets by uvicorn's protocol, which by itself waits for ever for readers that do not read."""

import asyncio
import base64
import binascii
from collections.abc import Mapping

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

__all__ = ["PatientSocket", "is_handshake"]

# Seconds after which a reader who takes nothing is hung up on.
PATIENCE = 10.0


class PatientSocket(WebSocketsSansIOProtocol):
    """Hangs up on a reader whose line has been full for too long, or who answers no ping.

    What waits for such a reader is never sent: a close that were sent after it would not arrive.
    """

    _overdue: asyncio.TimerHandle | None = None

    def pause_writing(self) -> None:
        super().pause_writing()
        self._overdue = self.loop.call_later(PATIENCE, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._stop_waiting()

    def keepalive_timeout(self) -> None:
        super().keepalive_timeout()
        self.transport.abort()

    def shutdown(self) -> None:
        super().shutdown()
        if not self.writable.is_set():
            self.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def _stop_waiting(self) -> None:
        if self._overdue is not None:
            self._overdue.cancel()
            self._overdue = None


def is_handshake(method: str, headers: Mapping[bytes, bytes]) -> bool:
    """Whether a request asks for a websocket as RFC 6455 wants it to; else it is plain HTTP."""
    return (
        method == "GET"
        and b"upgrade"
        in [part.strip() for part in headers.get(b"connection", b"").lower().split(b",")]
        and headers.get(b"upgrade", b"").strip().lower() == b"websocket"
        and headers.get(b"sec-websocket-version", b"").strip() == b"13"
        and _is_key(headers.get(b"sec-websocket-key", b"").strip())
    )


def _is_key(text: bytes) -> bool:
    try:
        return len(base64.b64decode(text, validate=True)) == 16
    except binascii.Error:
        return False
