"""Under load: what was acknowledged is stored and counted, once, and outlives ``kill -9``."""

import asyncio
import json

import pytest

from tests.heartbeat_helpers import processes_talked_to
from tests.load import Load
from tests.server import running_server
from tests.tstats_helpers import send_to

COUNTS = """
SELECT replace(s.id::text, '-', '') || to_hex(s.project_id), s.num_events, count(e.id)::int,
       bool_and(e.id IS NULL OR s.last_at >= e.at)
  FROM sessions_app_session s
  LEFT JOIN sessions_app_event e ON e.project_id = s.project_id AND e.session_id = s.id
 WHERE s.project_id = %s GROUP BY s.project_id, s.id, s.num_events
"""


def events_in(sessions):
    """Each an event in one of these, every other one in the first."""
    first, *others = sessions

    def request(turn):
        session = others[turn // 2 % len(others)] if turn % 2 else first
        body = json.dumps({"clientTime": 1372624765987, "event": {"turn": turn}})
        return session, (
            f"PUT /sessions/{session}/event/turn HTTP/1.1\r\nHost: localhost\r\n"
            f"Content-Length: {len(body)}\r\n\r\n{body}"
        ).encode()

    return request


def load_on(server, keys):
    sessions = [send_to(server, keys, "POST", "/sessions/").json["_id"] for _ in range(7)]
    return Load(server.port, events_in(sessions), connections=32)


def counted(server, keys):
    """Events by session, which rows and sessions must agree on."""
    found = {}
    for session, number, rows, in_time in server.query(COUNTS, keys["id"]):
        assert (number, in_time) == (rows, True)
        found[session] = number
    return found


async def test_events_of_many_connections_in_the_same_sessions_all_count(server):
    keys = await asyncio.to_thread(server.create_project, "Load")
    load = await asyncio.to_thread(load_on, server, keys)
    clients = asyncio.create_task(load.run())
    await load.until(lambda: sum(load.told.stored.values()) > 2000)
    assert len(processes_talked_to(server)) == 2
    load.running = False
    told = await clients
    assert (set(told.statuses), told.unanswered) == ({201}, {})
    assert counted(server, keys) == told.stored


@pytest.mark.timeout(120)
async def test_kill_9_under_load_loses_no_acknowledged_event():
    with running_server() as server:
        keys = server.create_project("Killed")
        load = load_on(server, keys)
        told = await load.outlive(server)
        for session, number in counted(server, keys).items():
            acknowledged = told.stored[session]
            assert acknowledged <= number <= acknowledged + told.unanswered[session]
