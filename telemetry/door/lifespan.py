"""What a serving process does when it starts and before it ends."""

import asyncio
import sys

from telemetry.door.asgi import Application, Receive, Scope, Send
from telemetry.store import close_store, get_store


def with_lifespan(application: Application) -> Application:
    """`application`, with the store opened at start-up and emptied at shutdown."""

    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
        else:
            await application(scope, receive, send)

    return wrapped


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            # The event loop and the writer share one interpreter: let neither hold it for long.
            sys.setswitchinterval(0.001)
            get_store()
            await send({"type": "lifespan.startup.complete"})
        else:
            # By now the server has answered the requests in flight; whatever is left is stored.
            await asyncio.to_thread(close_store)
            await send({"type": "lifespan.shutdown.complete"})
            return
