"""Under load: what was acknowledged is counted, once, everywhere it is counted."""

import asyncio

import pytest

from tests.heartbeat_helpers import of_devices, processes_talked_to, register_on
from tests.load import Load, beats
from tests.server import running_server
from tests.wire_helpers import through_server

NAMES = ["shared", *(f"device {number}" for number in range(6))]
LAST = """
    SELECT max(b.at) = max(d.last_beat_at), count(DISTINCT b.id) = count(*)
      FROM devices_app_device d JOIN devices_app_beat b
        ON b.project_id = d.project_id AND b.device_id = d.id
     WHERE d.project_id = %s GROUP BY d.id
"""


def load_on(server, keys):
    """32 connections that beat for these devices, half of the time all for the first."""
    tokens = {name: register_on(server, keys, name)["token"] for name in NAMES}
    return Load(server.port, beats(tokens), connections=32)


def counted(server, keys):
    """Beats by device, and their sum, as statistics tell; rows and hours must say the same."""
    document = through_server(server, "GET", f"/api/stats?project={keys['slug']}").json
    told = {device["name"]: device["num_beats"] for device in document["devices"]}
    stored = of_devices(server, keys["id"])
    assert stored == {name: [number] * 3 for name, number in told.items()}
    assert document["total_beats"] == sum(told.values())
    assert set(server.query(LAST, keys["id"])) == {(True, True)}
    return told


async def test_beats_of_many_connections_for_the_same_devices_all_count(server):
    keys = await asyncio.to_thread(server.create_project, "Counted", "--open")
    load = await asyncio.to_thread(load_on, server, keys)
    clients = asyncio.create_task(load.run())
    await load.until(lambda: sum(load.told.stored.values()) > 2000)
    assert len(processes_talked_to(server)) == 2
    load.running = False
    told = await clients
    assert (set(told.statuses), told.unanswered) == ({200}, {})
    assert set(told.stored) == set(NAMES)
    assert counted(server, keys) == told.stored


async def test_beats_of_different_projects_do_not_mix(server):
    both = [
        await asyncio.to_thread(server.create_project, name, "--open") for name in ("One", "Two")
    ]
    loads = [await asyncio.to_thread(load_on, server, keys) for keys in both]
    clients = asyncio.gather(*(load.run() for load in loads))
    for load in loads:
        await load.until(lambda: sum(load.told.stored.values()) > 300)  # noqa: B023
    for load in loads:
        load.running = False
    for keys, told in zip(both, await clients, strict=True):
        assert counted(server, keys) == told.stored


@pytest.mark.timeout(120)
async def test_kill_9_under_load_loses_no_acknowledged_beat():
    with running_server() as server:
        keys = server.create_project("Killed", "--open")
        load = load_on(server, keys)
        told = await load.outlive(server)
        for name, number in counted(server, keys).items():
            acknowledged = told.stored[name]
            assert acknowledged <= number <= acknowledged + told.unanswered[name], name
