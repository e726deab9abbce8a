"""What the tests of heartbeat's websocket share: devices, beats, and a client that nobody here
wrote (``websockets``)."""

import json
import urllib.request
from contextlib import asynccontextmanager

import websockets


def register(server, keys, name="Laptop"):
    """A new device's id and token."""
    request = urllib.request.Request(
        f"{server.url}/api/devices",
        json.dumps({"name": name}).encode(),
        {"Authorization": keys["secret_key"], "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=10) as reply:
        return json.load(reply)


def beat(server, token):
    request = urllib.request.Request(
        f"{server.url}/api/beat", b"", {"Authorization": token}, method="POST"
    )
    with urllib.request.urlopen(request, timeout=10) as reply:
        return int(reply.read())


def address(server, query=""):
    return f"ws://127.0.0.1:{server.port}/api/stats/ws{query}"


@asynccontextmanager
async def watching(server, keys, query="", **options):
    """A connected client; `query` begins with “&”."""
    url = address(server, f"?project={keys['slug']}{query}")
    async with websockets.connect(url, open_timeout=10, **options) as socket:
        yield socket


async def frame(socket):
    """The next frame, which must be text."""
    text = await socket.recv()
    assert isinstance(text, str)
    return json.loads(text)


async def until(socket, condition, frames=20):
    """The first frame that `condition` holds of."""
    for _ in range(frames):
        found = await frame(socket)
        if condition(found):
            return found
    raise AssertionError(found)


async def hung_up(socket):
    """The code with which the server closes it, whatever it says before."""
    async for _ in socket:
        pass
    return socket.close_code
