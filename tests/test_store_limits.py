"""A store that cannot keep up refuses at once, and one whose database hangs refuses in time."""

import asyncio
import os
import signal
from collections.abc import Iterator

import pytest
from django.db import connection

from telemetry.models import Project
from telemetry.store import StoreOverloaded, StoreUnavailable
from telemetry.store.group import GroupStore
from telemetry.store.process import connect
from tests.test_store_group_commit import count

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def project() -> Project:
    return Project.objects.create(name="P", slug="p", ezkey="key")


@pytest.fixture
def store() -> Iterator[GroupStore]:
    store = GroupStore(connect, queue_limit=100)
    yield store
    store.close()


@pytest.fixture
def busy_database() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("BEGIN; LOCK TABLE stats_app_minutebucket IN ACCESS EXCLUSIVE MODE")
        yield
        cursor.execute("ROLLBACK")


async def test_a_full_queue_refuses_at_once_and_holds_no_more_than_its_limit(
    store: GroupStore, project: Project, busy_database: None
) -> None:
    refused = 0
    for _ in range(100_000):
        try:
            store.submit(count("a"))
        except StoreOverloaded:
            refused += 1
    assert refused == 99_900
    assert store.waiting == 100


async def test_a_hanging_database_refuses_within_5_seconds_and_service_resumes(
    store: GroupStore, project: Project
) -> None:
    await store.submit(count("a"))
    writer = await asyncio.to_thread(_backend_of_writer)
    os.kill(writer, signal.SIGSTOP)
    try:
        async with asyncio.timeout(5):
            first = store.submit(count("a"))
            await asyncio.sleep(0.5)
            second = store.submit(count("a"))
            for waiting in (first, second):
                with pytest.raises(StoreUnavailable):
                    await waiting
    finally:
        os.kill(writer, signal.SIGCONT)
    async with asyncio.timeout(10):
        await store.submit(count("b"))


async def test_a_connection_lost_while_idle_costs_no_write_an_error(
    store: GroupStore, project: Project
) -> None:
    await store.submit(count("a"))
    for _ in range(3):
        pid = await asyncio.to_thread(_backend_of_writer)
        await asyncio.to_thread(_execute, f"SELECT pg_terminate_backend({pid})")
        await asyncio.sleep(0.2)
        await store.submit(count("a"))
    assert await asyncio.to_thread(_execute, "SELECT sum FROM stats_app_minutebucket") == "4.0"


async def test_writes_handed_in_before_closing_are_stored(project: Project) -> None:
    store = GroupStore(connect, queue_limit=1000)
    waiting = [store.submit(count("a")) for _ in range(500)]
    await asyncio.to_thread(store.close)
    await asyncio.gather(*waiting)
    with pytest.raises(StoreUnavailable):
        store.submit(count("a"))
    assert await asyncio.to_thread(_execute, "SELECT sum FROM stats_app_minutebucket") == "500.0"


def _backend_of_writer() -> int:
    return int(
        _execute(
            "SELECT pid FROM pg_stat_activity WHERE application_name = 'telemetry-store'"
            " AND datname = current_database() ORDER BY backend_start DESC LIMIT 1"
        )
    )


def _execute(sql: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        found = cursor.fetchone()[0]
    connection.close()
    return str(found)
