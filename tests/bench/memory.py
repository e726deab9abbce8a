"""Does a serving process stay small?"""

from typing import Any

import psutil

from tests.bench.load import peak_mib, wrk
from tests.server import ServerProcess


def measure(server: ServerProcess, posts: int) -> dict[str, Any]:
    """Resident memory in MiB of the largest serving process as `posts` come in."""
    assert server.process
    # The parent only watches over them.
    serving = [child.pid for child in psutil.Process(server.process.pid).children()]
    keys = server.create_project("Memory")
    sent = 0
    after: dict[int, float] = {}
    while sent < posts:
        sent += wrk(server.url, "ez.lua", connections=64, seconds=5, key=keys["ezkey"])["requests"]
        after[sent] = round(peak_mib(serving), 1)
    quarters = list(after.items())
    return {"mib_after_posts": dict(quarters[:: max(1, len(quarters) // 8)] + quarters[-1:])}
