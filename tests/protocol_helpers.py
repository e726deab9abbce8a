"""Our HTTP protocol before an application of a test, over a real socket."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn

from telemetry.door.lenient import LenientProtocol


@asynccontextmanager
async def serving(application: Any, **options: Any) -> AsyncIterator[int]:
    """The port; `options` are uvicorn's."""
    with socket.socket() as ours:
        ours.bind(("127.0.0.1", 0))
        config = uvicorn.Config(
            application,
            interface="asgi3",
            http=LenientProtocol,
            lifespan="off",
            log_config=None,
            access_log=False,
            **options,
        )
        server = uvicorn.Server(config)
        task = asyncio.create_task(server.serve(sockets=[ours]))
        while not server.started:
            await asyncio.sleep(0.01)
        try:
            yield ours.getsockname()[1]
        finally:
            server.should_exit = True
            await task
