"""Requests as clients of TStats send them, with the exact reply and what is stored.

Those of curl, Node, Python and the browser were recorded; Unity's were written after what its
players send. To add one: put its request beside the others and run the test with GOLDEN=write,
then read what it wrote.
"""

import json
import os
import re
from pathlib import Path

import pytest

from sessions_app.models import Event, Session
from tests.tstats_helpers import APP_KEY, default_project, open_session, set_clock
from tests.wire_helpers import exchange, parsed, through_door, through_server, through_urls

FOLDER = Path(__file__).parent / "golden" / "tstats"
EXPECTED = FOLDER / "expected.json"
REQUESTS = sorted(FOLDER.glob("*.http"))
HOT = [path for path in REQUESTS if not path.read_bytes().startswith(b"GET ")]
# By their place in the database: what a real server is asked for.
SESSIONS = """
SELECT replace(id::text, '-', '') || to_hex(project_id), end_reason FROM sessions_app_session
 WHERE project_id = %s ORDER BY id
"""
EVENTS = "SELECT type, data FROM sessions_app_event WHERE project_id = %s ORDER BY id"


def each(paths):
    return pytest.mark.parametrize("path", paths, ids=lambda path: path.stem)


def filled(path, session, app_key):
    request = path.read_bytes().replace(b"{session}", session.encode())
    return request.replace(b"{app_key}", app_key.encode())


def outcome(reply, sessions, events, session):
    """The reply without what differs each time, and what is stored: of the session, and new."""
    body = reply.body.decode().replace(session, "<session>")
    for pattern, mask in (
        (r'"_id":"[0-9a-f]{33,47}"', '"_id":"<new>"'),
        (r'"_id":"[0-9a-f]{32}"', '"_id":"<event>"'),
        (r'"(serverTime|closeTime)":"20[\d:.T-]+Z"', r'"\1":"<time>"'),
        (r'"duration":[\d.]+', '"duration":<seconds>'),
    ):
        body = re.sub(pattern, mask, body)
    masked = {"content-length"} if body.encode() != reply.body else set()
    return {
        "status": reply.status,
        "headers": {k: v for k, v in reply.headers.items() if k not in {"connection", *masked}},
        "body": body,
        "ended": dict(sessions)[session],
        "new": len(sessions) - 1,
        "events": [list(event) for event in events],
    }


def check(path, found):
    expected = json.loads(EXPECTED.read_text()) if EXPECTED.exists() else {}
    if os.environ.get("GOLDEN") == "write":
        expected[path.stem] = found
        text = json.dumps(expected, indent=2, sort_keys=True, ensure_ascii=False)
        EXPECTED.write_text(f"{text}\n")
    else:
        assert found == expected[path.stem]


def check_within(path, through, monkeypatch):
    default_project()
    set_clock(monkeypatch)
    session = open_session()
    reply = through(*parsed(filled(path, session, APP_KEY)))
    sessions = [
        (f"{pk.hex}{project:x}", reason)
        for pk, project, reason in Session.objects.values_list("pk", "project_id", "end_reason")
    ]
    events = Event.objects.order_by("id").values_list("type", "data")
    check(path, outcome(reply, sessions, events, session))


@each(REQUESTS)
def test_a_clients_request_has_its_reply_and_is_stored(db, monkeypatch, path):
    check_within(path, through_urls, monkeypatch)


@each(HOT)
def test_so_has_one_that_goes_straight_to_the_door(db, monkeypatch, path):
    check_within(path, through_door, monkeypatch)


@each(REQUESTS)
def test_so_has_it_byte_for_byte_from_a_real_server(server, path):
    # That of an empty server is the default one, which requests without a key are for.
    rows = server.query("SELECT id, app_key FROM telemetry_project WHERE is_default")
    [(project, app_key)] = rows
    for table in ("event", "session"):
        server.query(f"DELETE FROM sessions_app_{table} WHERE project_id = %s RETURNING 1", project)
    session = through_server(server, "POST", "/sessions").json["_id"]
    reply = exchange(server, filled(path, session, app_key))
    check(
        path,
        outcome(reply, server.query(SESSIONS, project), server.query(EVENTS, project), session),
    )
