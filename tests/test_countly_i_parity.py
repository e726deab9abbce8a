"""``/i`` and ``/i/bulk`` give the same reply through the direct door and through Django's URLs."""

import json
from urllib.parse import urlencode

import pytest
from django.db import transaction

from sessions_app.models import AppUser, Event, EventCounter, KnownName, Session, UsageCounter
from telemetry.models import RejectedInput
from tests.countly_helpers import set_clock
from tests.countly_writes import FORM, JSON, NOON, multipart, new_app
from tests.wire_helpers import through_door, through_urls

KEY = "the-app-key"
Q = f"app_key={KEY}&device_id=d1"
BEGIN = f"{Q}&begin_session=1&timestamp={NOON}"
METRICS = urlencode({"metrics": '{"_os":"Ä","_carrier":"a b"}'})
BODY, FIELDS = multipart(app_key=KEY, device_id="d1", begin_session="1")
ITEMS = json.dumps([{"device_id": "d1", "begin_session": 1}, {}, 5, {"device_id": "ö"}])

REQUESTS = {
    "get": ("GET", f"/i?{BEGIN}&{METRICS}", "", {}),
    "get slash": ("GET", f"/i/?{BEGIN}", "", {}),
    "get two slashes": ("GET", f"//i?{BEGIN}", "", {}),
    "get raw bytes": ("GET", f"/i?{Q}\udcff%ff&begin_session=1&x=%00", "", {}),
    "get utf-8": ("GET", f"/i?{Q}&events=ö", "", {}),
    "get nothing": ("GET", "/i", "", {}),
    "get jsonp": ("GET", f"/i?{BEGIN}&callback=cb", "", {}),
    "get bad callback": ("GET", f"/i?{BEGIN}&callback=a(", "", {}),
    "get with a body": ("GET", f"/i?{Q}", f"begin_session=1&{METRICS}", {"content-type": FORM}),
    "post form": ("POST", "/i", f"{BEGIN}&{METRICS}", {"content-type": FORM}),
    "post both": ("POST", f"/i?{Q}", "begin_session=1&device_id=x", {"content-type": FORM}),
    "post no type": ("POST", "/i", BEGIN, {}),
    "post plain": ("POST", "/i", BEGIN, {"content-type": "text/plain;charset=UTF-8"}),
    "post raw bytes": ("POST", "/i", BEGIN.encode() + b"&x=\xff\0%00", {"content-type": FORM}),
    "post json": ("POST", "/i", json.dumps({"app_key": KEY, "device_id": 5, "events": [{}]}),
                  {"content-type": JSON}),
    "post bad json": ("POST", f"/i?{BEGIN}", "{", {"content-type": JSON}),
    "post multipart": ("POST", "/i", BODY, {"content-type": FIELDS}),
    "post bad multipart": ("POST", f"/i?{BEGIN}", BODY, {"content-type": "multipart/form-data"}),
    "post empty": ("POST", "/i", "", {"content-type": FORM}),
    "post zeros": ("POST", "/i", f"app_key={KEY}&device_id=00000000-0000-0000-0000-000000000000",
                   {"content-type": FORM}),
    "unknown app": ("POST", "/i", "app_key=x&device_id=d", {"content-type": FORM}),
    "bulk get": ("GET", f"/i/bulk?app_key={KEY}&" + urlencode({"requests": ITEMS}), "", {}),
    "bulk form": ("POST", "/i/bulk", f"app_key={KEY}&" + urlencode({"requests": ITEMS}),
                  {"content-type": FORM}),
    "bulk json": ("POST", "/i/bulk/", json.dumps({"app_key": KEY, "requests": json.loads(ITEMS)}),
                  {"content-type": JSON}),
    "bulk nothing": ("POST", "//i/bulk", f"app_key={KEY}", {"content-type": FORM}),
    "bulk no array": ("POST", "/i/bulk", f"app_key={KEY}&requests=5", {"content-type": FORM}),
    "put": ("PUT", f"/i?{BEGIN}", "", {}),
    "delete": ("DELETE", f"/i/bulk?{BEGIN}", "", {}),
    "head": ("HEAD", f"/i?{BEGIN}", "", {}),
    "options": ("OPTIONS", "/i", "", {"origin": "https://example.org"}),
    "wrong host": ("GET", f"/i?{BEGIN}", "", {"host": "example.org"}),
    "gzip": ("POST", f"/i?{BEGIN}", b"\x1f\x8b", {"content-encoding": "gzip"}),
    "too large": ("POST", f"/i?{BEGIN}", "x" * (8 * 1024 * 1024 + 1), {"content-type": FORM}),
    "browser": ("GET", f"/i?{BEGIN}", "", {"cookie": "sessionid=x", "accept-encoding": "gzip",
                "origin": "https://a.example", "range": "bytes=0-1", "if-none-match": "*"}),
}  # fmt: skip


@pytest.fixture(autouse=True)
def app(db, monkeypatch):
    set_clock(monkeypatch, NOON + 60)
    return new_app(app_key=KEY)


def rows(model, *without):
    found = list(model.objects.order_by("pk").values())
    for row in found:
        for name in ("id", "session_id", "created_at", "updated_at", "place", "at", *without):
            row.pop(name, None)
    return sorted(map(str, found))


def outcome(through, request):
    """The reply and what is stored after it; then everything is as it was."""
    method, target, body, headers = request
    body = body.encode() if isinstance(body, str) else body
    with transaction.atomic():
        reply = through(method, target, body, headers)
        models = (AppUser, Session, Event, UsageCounter, EventCounter, KnownName, RejectedInput)
        stored = [rows(model) for model in models]
        transaction.set_rollback(True)
    found = {name: text for name, text in reply.headers.items() if name != "connection"}
    return reply.status, found, b"" if method == "HEAD" else reply.body, stored


@pytest.mark.parametrize("request_", REQUESTS.values(), ids=REQUESTS)
def test_both_ways_give_the_same_reply_and_store_the_same(request_):
    one, other = (outcome(through, request_) for through in (through_door, through_urls))
    assert one == other
    assert one[0] < 500


@pytest.mark.parametrize("path", ["/i/x", "/ix", "/i/bulk/x", "/I", "/i.php"])
def test_other_paths_are_not_these_both_ways(path):
    replies = [through("POST", path, b"") for through in (through_door, through_urls)]
    assert {reply.status for reply in replies} <= {400, 404}
    assert replies[0].status == replies[1].status
