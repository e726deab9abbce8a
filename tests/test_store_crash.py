"""What was acknowledged is in the database, however the server ends."""

import asyncio
import random

import pytest

from tests.load import Load, Told, posts_to_ez
from tests.server import ServerProcess, running_server

SUMS = """
SELECT s.name, sum(b.sum)::int FROM stats_app_stat s
JOIN {table} b ON b.project_id = s.project_id AND b.stat_id = s.id
WHERE s.project_id = %s GROUP BY s.name
"""


def check_nothing_lost(server: ServerProcess, project: int, told: Told) -> None:
    for table in ("stats_app_minutebucket", "stats_app_hourbucket", "stats_app_daybucket"):
        stored = dict(server.query(SUMS.format(table=table), project))
        for stat, acknowledged in told.stored.items():
            most = acknowledged + told.unanswered[stat]
            assert acknowledged <= stored.get(stat, 0) <= most, (table, stat)


@pytest.mark.timeout(240)
async def test_kill_9_at_random_moments_loses_no_acknowledged_write() -> None:
    chance = random.Random(20)
    with running_server() as server:
        keys = server.create_project()
        load = Load(server.port, posts_to_ez(keys["ezkey"]), connections=32)
        clients = asyncio.create_task(load.run())
        for _ in range(10):
            before = sum(load.told.stored.values())
            await load.until(lambda: sum(load.told.stored.values()) > before + 50)  # noqa: B023
            await asyncio.sleep(chance.uniform(0.01, 0.4))
            await asyncio.to_thread(server.kill)
            await asyncio.to_thread(server.start)
        load.running = False
        told = await clients
        assert told.unanswered, "no kill hit a request in flight: the test proved nothing"
        check_nothing_lost(server, keys["id"], told)


async def test_a_graceful_stop_under_load_answers_what_is_in_flight() -> None:
    with running_server() as server:
        keys = server.create_project()
        load = Load(server.port, posts_to_ez(keys["ezkey"]), connections=32)
        clients = asyncio.create_task(load.run())
        await load.until(lambda: sum(load.told.stored.values()) > 500)
        stopping = asyncio.create_task(asyncio.to_thread(server.stop))
        await asyncio.sleep(1)
        load.running = False
        told = await clients
        await stopping
        assert set(told.statuses) <= {200, 503}
        check_nothing_lost(server, keys["id"], told)
        stored = sum(
            dict(server.query(SUMS.format(table="stats_app_minutebucket"), keys["id"])).values()
        )
        assert stored == sum(told.stored.values()), "a request was stored and not answered"
