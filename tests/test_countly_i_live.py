"""Against a real server: clients at once, a database that is away, and kill -9."""

import json
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode

import pytest

from tests.countly_writes import FORM, JSON
from tests.load import Load
from tests.server import ForeignDatabase, open_folder, running_server
from tests.wire_helpers import through_server

SUCCESS = b'{"result":"Success"}'
YEAR = """
SELECT coalesce(sum(t), 0)::int, coalesce(sum(n), 0)::int, coalesce(sum(u), 0)::int,
       coalesce(sum(d), 0)::int, coalesce(sum(e), 0)::int
  FROM sessions_app_usagecounter WHERE project_id = %s AND dimension = 0 AND bucket < 10000
"""
COUNTED = """
SELECT event, c::int FROM sessions_app_eventcounter WHERE project_id = %s AND bucket < 10000
"""
STORED = "SELECT type, count(*)::int FROM sessions_app_event WHERE project_id = %s GROUP BY type"


def year(server, keys):
    """t, n, u, d and e, whatever year it is."""
    return server.query(YEAR, keys["id"])[0]


def send(server, keys, device="d1", **params):
    query = urlencode({"app_key": keys["app_key"], "device_id": device, **params})
    return through_server(server, "GET", f"/i?{query}")


def at_once(work, count=24):
    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(work, range(count)))


def test_begins_of_one_new_device_at_once_are_one_user(server):
    keys = server.create_project("At once")

    def begin(number):
        if number % 3:
            return send(server, keys, begin_session="1")
        items = [{"device_id": "d1", "begin_session": 1}]
        body = json.dumps({"requests": items, "app_key": keys["app_key"]}).encode()
        return through_server(server, "POST", "/i/bulk", body, {"Content-Type": JSON})

    replies = at_once(begin)
    assert {(reply.status, reply.body) for reply in replies} == {(200, SUCCESS)}
    assert year(server, keys) == (24, 1, 1, 0, 24)


def test_one_delivery_that_comes_many_times_at_once_counts_once(server):
    keys = server.create_project("Again")
    moment = str(int(time.time() * 1000))
    replies = at_once(lambda n: send(server, keys, begin_session="1", timestamp=moment, rr=n))
    assert {reply.status for reply in replies} == {200}
    infos = Counter(reply.json.get("info", "") for reply in replies)
    assert infos == {"": 1, "Request ignored: Duplicate request": 23}
    assert year(server, keys) == (1, 1, 1, 0, 1)


def test_devices_that_merge_at_once_lose_nothing(server):
    keys = server.create_project("Merged")

    def use(number):
        replies = [send(server, keys, f"old{number}", begin_session="1")]
        replies += [send(server, keys, "new", old_device_id=f"old{number}") for _ in range(2)]
        return [reply.status for reply in replies]

    assert {status for each in at_once(use) for status in each} == {200}
    assert year(server, keys) == (24, 24, 24, 0, 72)
    sql = "SELECT device_id, num_sessions FROM sessions_app_appuser WHERE project_id = %s"
    assert server.query(sql, keys["id"]) == [("new", 24)]
    sql = "SELECT player_id FROM sessions_app_session WHERE project_id = %s"
    players = server.query(sql, keys["id"])
    assert (len(players), len(set(players))) == (24, 1)


# The database is away


@pytest.mark.timeout(120)
def test_what_cannot_be_stored_is_a_503_and_counts_when_it_is_sent_again():
    with open_folder() as folder:
        database = ForeignDatabase(folder / "var")
        try:
            with running_server(workers=1, DATABASE_URL=database.url) as server:
                keys = server.create_project("Away", "--open")
                moment = int(time.time() * 1000)
                assert send(server, keys, begin_session="1").body == SUCCESS
                database.stop()
                refused(server, keys, moment)
                database.start()
                deadline = time.monotonic() + 20
                while send(server, keys, session_duration="7", timestamp=moment).status != 200:
                    assert time.monotonic() < deadline, "it did not come back"
                    time.sleep(0.1)
                again = send(server, keys, session_duration="7", timestamp=moment)
                assert again.json["info"] == "Request ignored: Duplicate request"
                target = f"/o?method=sessions&app_key={keys['app_key']}"
                document = through_server(server, "GET", target).json
                (told,) = [document[key] for key in document if key.isdigit()]
                assert [told.get(name) for name in "tnude"] == [1, 1, 1, 7, 2]
                assert "Traceback" not in server.output()
        finally:
            database.stop()


def refused(server, keys, moment):
    """All at once, since each may take as long as it is tried to be stored."""
    form = urlencode({"app_key": keys["app_key"], "requests": '[{"device_id":"d1"}]'}).encode()
    asked = [
        lambda: send(server, keys, session_duration="7", timestamp=moment),
        lambda: send(server, keys, session_duration="7", timestamp=moment, callback="cb"),
        lambda: through_server(server, "POST", "/i/bulk", form, {"Content-Type": FORM}),
    ]
    with ThreadPoolExecutor(3) as pool:
        replies = list(pool.map(lambda ask: ask(), asked))
    for reply in replies:
        assert reply.status == 503
        assert int(reply.headers["retry-after"]) >= 1
        assert reply.headers["access-control-allow-origin"] == "*"
    assert replies[0].json["result"]
    assert replies[1].body.startswith(b'cb({"result":')
    # Nothing has to be looked up for these.
    assert through_server(server, "GET", "/i").status == 400
    assert through_server(server, "PUT", "/i").status == 405


# kill -9


def events_of(app_key):
    """Each an event of its own key, of one of many devices; every other one in a bulk."""

    def request(turn):
        key, device = f"e{turn % 20}", f"d{turn % 50}"
        events = [{"key": key, "count": 1}]
        params = {"app_key": app_key, "device_id": device, "events": json.dumps(events)}
        path = "/i"
        if turn % 2:
            path = "/i/bulk"
            item = {"device_id": device, "events": events, "begin_session": 1}
            params = {"app_key": app_key, "requests": json.dumps([item])}
        body = urlencode(params).encode()
        head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {FORM}\r\n"
        return key, f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body

    return request


@pytest.mark.timeout(180)
async def test_kill_9_loses_nothing_that_was_acknowledged_and_counts_nothing_twice():
    with running_server() as server:
        keys = server.create_project()
        load = Load(server.port, events_of(keys["app_key"]), connections=24)
        told = await load.outlive(server)
        stored = dict(server.query(STORED, keys["id"]))
        assert dict(server.query(COUNTED, keys["id"])) == stored
        for key, acknowledged in told.stored.items():
            most = acknowledged + told.unanswered[key]
            assert acknowledged <= stored[key] <= most, key
        assert year(server, keys)[4] == sum(stored.values())
