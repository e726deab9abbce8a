"""A server that sweeps by itself, with two processes; and one whose database goes away."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.server import ForeignDatabase, open_folder, running_server
from tests.tstats_helpers import JSON, send_to

STATE = """
SELECT replace(id::text, '-', '') || to_hex(project_id), end_reason, ended_at = last_at, num_events
  FROM sessions_app_session WHERE project_id = %s
"""
NO_PATIENCE = "UPDATE telemetry_project SET session_timeout = 0 WHERE id = %s RETURNING 1"


def wait_for(condition, seconds=45):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.1)


@pytest.mark.timeout(150)
def test_a_server_ends_silent_sessions_by_itself():
    with running_server(SWEEP_SECONDS="1") as server:
        keys, quick = server.create_project("Patient"), server.create_project("Quick")
        patient = send_to(server, keys, "POST", "/sessions/").json["_id"]
        silent, closed = (send_to(server, quick, "POST", "/sessions/").json["_id"] for _ in "ab")
        assert send_to(server, quick, "PUT", f"/sessions/{silent}/event/a").status == 201
        assert send_to(server, quick, "PUT", f"/sessions/{closed}/close").status == 200
        server.query(NO_PATIENCE, quick["id"])

        def state(project=quick):
            return {row[0]: row[1:] for row in server.query(STATE, project["id"])}

        wait_for(lambda: state()[silent][0])
        assert state() == {silent: ("timeout", True, 1), closed: ("closed", True, 0)}
        assert state(keys) == {patient: ("", None, 0)}
        # Back from where it was: it goes on, and may be closed.
        assert send_to(server, quick, "PUT", f"/sessions/{silent}/event/b").status == 201
        reply = send_to(server, quick, "PUT", f"/sessions/{silent}/close")
        assert (reply.status, reply.json["endedBy"]) == (200, "closed")
        assert state()[silent] == ("closed", True, 2)
        assert "Traceback" not in server.output()


def test_the_command_does_it_for_cron(server):
    keys = server.create_project("Cron")
    sessions = [send_to(server, keys, "POST", "/sessions/").json["_id"] for _ in range(3)]
    server.query(NO_PATIENCE, keys["id"])
    with ThreadPoolExecutor(3) as threads:
        told = list(threads.map(lambda _: server.manage("end_silent_sessions"), range(3)))
    assert all(text.endswith((" ended.\n", " is just doing that.\n")) for text in told)
    rows = {row[0]: row[1] for row in server.query(STATE, keys["id"])}
    assert rows == dict.fromkeys(sessions, "timeout")


def check_refusals(server, keys, session):
    """All at once, since each may take as long as it is tried to be stored."""
    asked = [
        ("POST", "/sessions/"),
        ("PUT", f"/sessions/{session}/event/lost"),
        ("PUT", f"/sessions/{session}/close"),
        ("PUT", "/sessions/" + "0" * 32 + "1/event/x"),  # nobody can tell now whether it is one
        ("GET", "/sessions/"),
        ("GET", f"/sessions/{session}"),
    ]
    with ThreadPoolExecutor(8) as threads:
        for reply in threads.map(lambda each: send_to(server, keys, *each), asked):
            assert (reply.status, reply.headers["content-type"]) == (503, JSON)
            assert reply.json["error"]["code"] == "unavailable"
            assert int(reply.headers["retry-after"]) >= 1
            assert reply.headers["access-control-allow-origin"] == "*"
    # Nothing has to be looked up for these.
    assert send_to(server, keys, "PUT", "/sessions/x/close").status == 404
    assert send_to(server, keys, "POST", "/sessions/", b"{").status == 400
    assert send_to(server, keys, "OPTIONS", "/sessions/").status == 204


def check(server, database):
    keys = server.create_project("Away", "--open")
    session = send_to(server, keys, "POST", "/sessions/").json["_id"]
    path = f"/sessions/{session}/event"
    assert send_to(server, keys, "PUT", f"{path}/before").status == 201
    database.stop()
    check_refusals(server, keys, session)
    # The sweeper, too, has to do without: it says so once in each of two processes.
    wait_for(lambda: "Silent sessions cannot be ended" in server.output(), 70)
    database.start()
    wait_for(lambda: send_to(server, keys, "PUT", f"{path}/after").status == 201, 20)
    assert send_to(server, keys, "PUT", f"/sessions/{session}/close").status == 200
    [found] = send_to(server, keys, "GET", "/sessions/").json["sessions"]
    assert (found["events"], found["endedBy"]) == (2, "closed")
    wait_for(lambda: "Silent sessions are ended again." in server.output(), 70)
    assert server.output().count("Silent sessions cannot be ended") <= 2


@pytest.mark.timeout(300)
def test_what_cannot_be_stored_is_a_503_and_later_requests_count():
    with open_folder() as folder:
        database = ForeignDatabase(folder / "var")
        try:
            with running_server(DATABASE_URL=database.url, SWEEP_SECONDS="1") as server:
                check(server, database)
        finally:
            database.stop()
