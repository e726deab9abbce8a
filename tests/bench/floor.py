"""The floor: an ASGI callable that reads a post and answers it, and does nothing else."""

from typing import Any

_BODY = b'{"status":200,"msg":"ok"}'
_HEADERS = [(b"content-type", b"application/json"), (b"content-length", b"25")]


async def application(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] != "http":
        while True:
            message = await receive()
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                return
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
    await send({"type": "http.response.body", "body": _BODY})
