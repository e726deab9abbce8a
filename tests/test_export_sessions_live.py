"""A large export from a real server: every row once, from the first moment on, in flat memory."""

import json
import time

import psutil
import pytest

from tests.bench.pages import signed_in
from tests.server import running_server

COUNT = 60_000
# Sessions of one project, with ids of the times at which they began.
FILL = """
WITH added AS (
     INSERT INTO sessions_app_session
            (project_id, id, dialect, started_at, last_at, ended_at, end_reason, address)
     SELECT %s, (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7'
                 || substr(md5(n::text), 1, 3) || '8' || substr(md5(n::text), 4, 15))::uuid,
            1, at, at, at + interval '1 minute', 'closed', '192.0.2.7'
       FROM (SELECT n, timestamptz '2026-01-01' + n * interval '1 second' AS at
               FROM generate_series(1, %s) n) x
     RETURNING 1)
SELECT count(*) FROM added
"""


@pytest.fixture(scope="module")
def exporting():
    """A server of one process, its project's slug, and a browser."""
    with running_server(workers=1) as server:
        project = server.create_project("Large")
        assert server.query(FILL, project["id"], COUNT) == [(COUNT,)]
        yield server, f"{server.url}/projects/{project['slug']}/sessions", signed_in(server)


def memory_of(server):
    """Of all processes that serve, in MiB."""
    root = psutil.Process(server.process.pid)
    return sum(p.memory_info().rss for p in [root, *root.children(recursive=True)]) / 2**20


@pytest.mark.parametrize("kind", ["csv", "ndjson"])
def test_every_session_arrives_once_and_the_first_come_early(exporting, kind):
    server, url, browser = exporting
    browser.open(f"{url}/").read()  # so that what is loaded once is loaded
    before = memory_of(server)
    began = time.monotonic()
    with browser.open(f"{url}/export.{kind}") as reply:
        lines = [reply.readline()]
        first_after = time.monotonic() - began
        lines += reply
    took = time.monotonic() - began
    if kind == "csv":
        assert lines.pop(0).startswith(b"id,dialect,")
        ids = [line.partition(b",")[0].decode() for line in lines]
    else:
        ids = [json.loads(line)["id"] for line in lines]
    assert len(ids) == len(set(ids)) == COUNT
    assert ids == sorted(ids, reverse=True)
    assert first_after < took / 2, (first_after, took)
    assert memory_of(server) - before < 30


def test_readers_who_go_away_leave_it_serving(exporting):
    server, url, browser = exporting
    for _ in range(12):  # more than there are threads for pages
        with browser.open(f"{url}/export.ndjson") as reply:
            reply.readline()
    with browser.open(f"{url}/") as reply:
        assert reply.status == 200
    assert "Traceback" not in server.output()


def test_a_filter_narrows_it_down(exporting):
    _, url, browser = exporting
    query = "since=2026-01-01T00:01:00&until=2026-01-01T00:02:00&dialect=tstats"
    with browser.open(f"{url}/export.ndjson?{query}") as reply:
        assert len(reply.readlines()) == 60
