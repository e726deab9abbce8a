"""A small load generator that remembers what it was told: for tests of what is really stored."""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from tests.server import ServerProcess


@dataclass
class Told:
    """What the server told its clients: acknowledged requests by name, and other statuses."""

    stored: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    # Sent, but the connection broke before an answer: stored or not, nobody was promised anything.
    unanswered: Counter[str] = field(default_factory=Counter)


NewRequest = Callable[[int], tuple[str, bytes]]
"""Makes the request of a turn: the name that it counts for, and its bytes."""


def posts_to_ez(ezkey: str, *, stats: int = 20) -> NewRequest:
    """Each a count of 1 for one of so many stats."""

    def request(turn: int) -> tuple[str, bytes]:
        stat = f"load {turn % stats}"
        body = urlencode({"ezkey": ezkey, "stat": stat, "count": 1}).encode()
        return stat, (
            b"POST /ez HTTP/1.1\r\nHost: localhost\r\n"
            b"Content-Type: application/x-www-form-urlencoded\r\n"
            b"Content-Length: %d\r\n\r\n%s" % (len(body), body)
        )

    return request


def beats(tokens: Mapping[str, str]) -> NewRequest:
    """Each a beat of a device, by names with their tokens; every other one is of the first."""
    first, *others = tokens

    def request(turn: int) -> tuple[str, bytes]:
        name = others[turn // 2 % len(others)] if turn % 2 else first
        head = f"POST /api/beat HTTP/1.1\r\nHost: localhost\r\nAuthorization: {tokens[name]}"
        return name, f"{head}\r\n\r\n".encode()

    return request


class Load:
    """`connections` clients, each sending requests one after the other until stopped."""

    def __init__(self, port: int, request: NewRequest, *, connections: int) -> None:
        self.port = port
        self.request = request
        self.connections = connections
        self.told = Told()
        self.running = True

    async def run(self) -> Told:
        await asyncio.gather(*(self._client(number) for number in range(self.connections)))
        return self.told

    async def outlive(self, server: ServerProcess) -> Told:
        """Run while the server is killed by ``kill -9`` and started again."""
        clients = asyncio.create_task(self.run())
        await self.until(lambda: sum(self.told.stored.values()) > 500)
        await asyncio.to_thread(server.kill)
        before = sum(self.told.stored.values())
        await asyncio.to_thread(server.start)
        await self.until(lambda: sum(self.told.stored.values()) > before + 200)
        self.running = False
        told = await clients
        assert told.unanswered, "the kill hit no request in flight: the test proved nothing"
        return told

    async def until(self, condition: Callable[[], bool], seconds: float = 30) -> None:
        async with asyncio.timeout(seconds):
            while not condition():
                await asyncio.sleep(0.01)

    async def _client(self, number: int) -> None:
        turn = number
        while self.running:
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
            except OSError:
                await asyncio.sleep(0.05)
                continue
            try:
                while self.running:
                    turn += 7
                    if not await self._send(reader, writer, *self.request(turn)):
                        break
            finally:
                writer.close()

    async def _send(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, name: str, request: bytes
    ) -> bool:
        try:
            writer.write(request)
            await writer.drain()
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
            await reader.readexactly(length)
        except (OSError, asyncio.IncompleteReadError):
            self.told.unanswered[name] += 1
            return False
        status = int(head.split(b" ", 2)[1])
        self.told.statuses[status] += 1
        if 200 <= status < 300:
            self.told.stored[name] += 1
        return b"connection: close" not in head.lower()
