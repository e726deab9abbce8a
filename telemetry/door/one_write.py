"""A transport that sends a response's head and body together.

uvicorn writes them one after the other, and each write is a system call (and often a packet):
with small replies the second one was a tenth of all work of a serving process.
"""

import asyncio
from typing import Any


class OneWrite:
    """Two writes that come within one turn of the event loop become one. All else is `inner`'s."""

    __slots__ = ("_held", "_loop", "inner")

    def __init__(self, inner: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self.inner = inner
        self._loop = loop
        self._held = b""

    def write(self, data: bytes) -> None:
        if self._held:
            self._held += data
            self.flush()
        elif data:
            self._held = data
            self._loop.call_soon(self.flush)

    def flush(self) -> None:
        if self._held:
            held, self._held = self._held, b""
            if not self.inner.is_closing():  # the client may be gone while it is answered
                self.inner.write(held)

    def close(self) -> None:
        self.flush()
        self.inner.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)
