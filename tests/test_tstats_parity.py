"""TStats' hot paths give the same reply through the direct door and through Django's URLs."""

import random
from uuid import UUID

import pytest
from django.db import transaction

from sessions_app.models import Event, Session
from sessions_app.services import sessions as services
from tests.tstats_helpers import APP_KEY, FORM, JSON, default_project, open_session, set_clock
from tests.wire_helpers import through_door, through_urls

FIELDS = "multipart/form-data; boundary=b"
MULTIPART = '--b\r\nContent-Disposition: form-data; name="event"\r\n\r\njump\r\n--b--'
EVENT, CLOSE = "/sessions/{}/event", "/sessions/{}/close"

REQUESTS = {
    "open": ("POST", "/sessions/", '{"clientTime":1}', {"content-type": JSON}),
    "open no slash": ("POST", "/sessions", "", {}),
    "open two slashes": ("POST", "//sessions//", "", {}),
    "open typo": ("POST", "/sesssions/", "clientTime=1", {"content-type": FORM}),
    "open key": ("POST", "/sessions", "", {"x-app-key": APP_KEY}),
    "open query key": ("POST", f"/sessions?app_key={APP_KEY}&a=b", "", {}),
    "open unknown key": ("POST", "/sessions", "", {"x-app-key": "x"}),
    "open odd key": ("POST", "/sessions", "", {"x-app-key": "\xff"}),
    "open bad time": ("POST", "/sessions", "clientTime=x", {"content-type": FORM}),
    "open bad json": ("POST", "/sessions", "{", {"content-type": JSON}),
    "event": ("PUT", EVENT, '{"event":{"a":[1,"ö"]}}', {"content-type": JSON}),
    "event post": ("POST", f"{EVENT}/", "event=jump", {"content-type": FORM}),
    "event no type": ("PUT", EVENT, '{"event":"jump"}', {}),
    "event path": ("PUT", f"{EVENT}/Game%20started/", "", {}),
    "event path plus": ("PUT", f"{EVENT}/a+b%2Bc", "", {}),
    "event path utf-8": ("PUT", f"{EVENT}/gr%C3%B6%C3%9Fe", "", {}),
    "event path slashes": ("PUT", f"{EVENT}/a/b%2Fc//d/", "", {}),
    "event path dots": ("PUT", f"{EVENT}/../x/.", "", {}),
    "event path signs": ("PUT", f"{EVENT}/%3Fa%23b;c=d&e", "", {}),
    "event path nul": ("PUT", f"{EVENT}/%00", "", {}),
    "event empty": ("PUT", EVENT, "", {}),
    "event multipart": ("POST", EVENT, MULTIPART, {"content-type": FIELDS}),
    "event bad multipart": ("POST", EVENT, MULTIPART, {"content-type": "multipart/form-data"}),
    "event unity text": ("POST", EVENT, "%7b%22event%22%3a%22a+b%22%7d", {"content-type": FORM}),
    "event raw bytes": ("PUT", EVENT, b'{"event":"\xff"}', {"content-type": JSON}),
    "event form bytes": ("PUT", EVENT, b"event=\xff%ff", {"content-type": FORM}),
    "event surrogate": ("PUT", EVENT, '{"event":"\\ud800"}', {}),
    "event key": ("PUT", f"{EVENT}/a", "", {"idempotency-key": "k"}),
    "event odd key": ("PUT", f"{EVENT}/a", "", {"idempotency-key": "\xff\xe9"}),
    "event foreign": ("PUT", EVENT, "event=a", {"x-app-key": "key-of-other"}),
    "close": ("PUT", CLOSE, "", {}),
    "close post": ("POST", f"{CLOSE}/", '{"clientTime":"2013-06-30T20:39:25Z"}', {}),
    "close unknown": ("PUT", "/sessions/51d0977e4218431852000001/close", "", {}),
    "close other": ("PUT", f"{CLOSE}/now", "", {}),
    "nothing": ("POST", "/sessions/x/y/z", "", {}),
    "put": ("PUT", "/sessions/", "", {}),
    "delete": ("DELETE", "/sessions/{}", "", {}),
    "options": ("OPTIONS", EVENT, "", {"origin": "https://example.org"}),
    "wrong host": ("POST", "/sessions/", "", {"host": "example.org"}),
    "wrong host below": ("PUT", EVENT, "event=a", {"host": "example.org"}),
    "original's host": ("POST", "/sessions/", "", {"host": "api.stathat.com"}),
    "gzip": ("POST", "/sessions/", b"\x1f\x8b\x08\x00", {"content-encoding": "gzip"}),
    "too large": ("PUT", EVENT, "x" * (1024 * 1024 + 1), {"content-type": FORM}),
    "cookies": ("POST", "/sessions/", "", {"cookie": "sessionid=x", "accept": "text/html"}),
    "compressible": ("PUT", f"{EVENT}/a", '{"event":"%s"}' % ("a" * 5000),
                     {"accept-encoding": "gzip", "if-none-match": "*", "range": "bytes=0-1"}),
}  # fmt: skip


@pytest.fixture(autouse=True)
def session(db, monkeypatch):
    set_clock(monkeypatch)
    default_project()
    return open_session()


def outcome(through, request, session, monkeypatch):
    """The reply and what is stored after it; then everything is as it was."""
    method, target, body, headers = request
    body = body.encode() if isinstance(body, str) else body
    chance = random.Random(1)  # the same ids both times
    monkeypatch.setattr("telemetry.ids.getrandbits", chance.getrandbits)
    monkeypatch.setattr(services, "new_id", lambda at: UUID(services.new_hex_id(at)))
    with transaction.atomic():
        reply = through(method, target.format(session), body, headers)
        stored = [list(model.objects.order_by("id").values()) for model in (Session, Event)]
        for row in stored[0]:
            del row["created_at"], row["updated_at"]
        transaction.set_rollback(True)
    found = {name: text for name, text in reply.headers.items() if name != "connection"}
    return reply.status, found, reply.body, stored


@pytest.mark.parametrize("request_", REQUESTS.values(), ids=REQUESTS)
def test_both_ways_give_the_same_reply_and_store_the_same(session, monkeypatch, request_):
    one, other = (
        outcome(through, request_, session, monkeypatch) for through in (through_door, through_urls)
    )
    assert one == other
    assert one[0] < 500


@pytest.mark.parametrize("path", ["/sessionsx/", "/sessions.json", "/session"])
def test_other_paths_are_djangos_both_ways(path):
    replies = [through("POST", path) for through in (through_door, through_urls)]
    assert {reply.status for reply in replies} == {404}
    assert b"<html" in replies[0].body
