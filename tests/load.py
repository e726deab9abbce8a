"""A small load generator that remembers what it was told: for tests of what is really stored."""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlencode


@dataclass
class Told:
    """What the server told its clients: acknowledged counts by stat, and other statuses."""

    stored: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    # Sent, but the connection broke before an answer: stored or not, nobody was promised anything.
    unanswered: Counter[str] = field(default_factory=Counter)


class Load:
    """`connections` clients, each posting counts to `/ez` one after the other until stopped."""

    def __init__(self, port: int, ezkey: str, *, connections: int, stats: int = 20) -> None:
        self.port = port
        self.ezkey = ezkey
        self.connections = connections
        self.stats = stats
        self.told = Told()
        self.running = True

    async def run(self) -> Told:
        await asyncio.gather(*(self._client(number) for number in range(self.connections)))
        return self.told

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
                    if not await self._post(reader, writer, f"load {turn % self.stats}"):
                        break
            finally:
                writer.close()

    async def _post(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, stat: str
    ) -> bool:
        body = urlencode({"ezkey": self.ezkey, "stat": stat, "count": 1}).encode()
        try:
            writer.write(
                b"POST /ez HTTP/1.1\r\nHost: localhost\r\n"
                b"Content-Type: application/x-www-form-urlencoded\r\n"
                b"Content-Length: %d\r\n\r\n%s" % (len(body), body)
            )
            await writer.drain()
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
            await reader.readexactly(length)
        except (OSError, asyncio.IncompleteReadError):
            self.told.unanswered[stat] += 1
            return False
        status = int(head.split(b" ", 2)[1])
        self.told.statuses[status] += 1
        if status == 200:
            self.told.stored[stat] += 1
        return b"connection: close" not in head.lower()
