"""Without its database the server says 503 to devices, and never the 200 of a stored beat."""

import json
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.heartbeat_helpers import JSON, TEXT, beat_on, register_on
from tests.server import ForeignDatabase, open_folder, running_server
from tests.websocket_helpers import address
from tests.wire_helpers import talk, through_server


def ask(server, method, path, authorization="", body=b""):
    headers = {"Authorization": authorization, "Content-Type": JSON}
    return through_server(server, method, path, body, headers)


def check_refusals(server, keys, token):
    """All at once, since each may take as long as a beat is tried to be stored."""
    secret = keys["secret_key"]
    http_1_0 = f"POST /api/beat HTTP/1.0\r\nAuthorization: {token}\r\n\r\n".encode()
    with ThreadPoolExecutor(8) as threads:
        raw = threads.submit(talk, server, http_1_0)
        refused = [
            threads.submit(ask, server, *request)
            for request in (
                ("POST", "/api/beat", token),
                ("POST", "/api/beat", token),
                ("POST", "/api/beat", "unknown"),  # nobody can tell now that it is
                ("POST", "/api/devices", secret, b'{"name":"x"}'),
                ("POST", "/api/devices/0/token/generate", secret),
                ("GET", "/api/stats", ""),
            )
        ]
        for reply in (future.result() for future in refused):
            assert (reply.status, reply.headers["content-type"]) == (503, TEXT)
            assert len(reply.body.splitlines()) == 1
            assert not reply.body.isdigit()
            assert int(reply.headers["retry-after"]) >= 1
        assert raw.result().startswith(b"HTTP/1.1 503 ")
    # Nothing has to be looked up for these.
    assert ask(server, "POST", "/api/beat").status == 401
    assert ask(server, "GET", "/api/beat", token).status == 405
    assert ask(server, "POST", "/api/stats").status == 405


def check_that_watchers_come_later(url):
    with connect(url) as socket:
        with pytest.raises(ConnectionClosed):
            socket.recv(timeout=20)
        assert socket.close_code == 1013  # try again later


def check(server, database):
    keys = server.create_project("Away", "--open")
    token = register_on(server, keys)["token"]
    assert beat_on(server, token).status == 200
    url = address(server, f"?project={keys['slug']}")
    with connect(url) as watcher:
        assert json.loads(watcher.recv(timeout=20))["total_beats"] == 1
        database.stop()
        check_refusals(server, keys, token)
        check_that_watchers_come_later(url)
        database.start()
        deadline = time.monotonic() + 20
        while beat_on(server, token).status != 200:
            assert time.monotonic() < deadline, "service has not resumed"
        while json.loads(watcher.recv(timeout=20))["total_beats"] != 2:
            pass  # told again over the same line, until the test's time is over
    document = ask(server, "GET", f"/api/stats?project={keys['slug']}").json
    assert (document["total_beats"], document["devices"][0]["num_beats"]) == (2, 2)
    assert register_on(server, keys)["id"] == 1


def test_a_beat_that_cannot_be_stored_is_a_503_and_later_ones_count():
    with open_folder() as folder:
        database = ForeignDatabase(folder / "var")
        try:
            with running_server(DATABASE_URL=database.url) as server:
                check(server, database)
        finally:
            database.stop()
