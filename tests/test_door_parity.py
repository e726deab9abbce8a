"""A hot path gives the same reply through the direct door and through Django's URLs."""

import json

import pytest
from django.db import transaction

from stats_app.models import Stat
from tests.stathat_helpers import EZ_KEY, FORM, JSON, USER_KEY, buckets, new_project
from tests.wire_helpers import through_door, through_urls

EZ = f"/ez?ezkey={EZ_KEY}&stat=a&t=60"
GOOD = f"ezkey={EZ_KEY}&stat=a&count=1&t=60"
CLASSIC = f"key=hits&ukey={USER_KEY}&t=60"
BATCH = {"ezkey": EZ_KEY, "data": [{"stat": "a~x,y", "count": 2, "t": 60}, {"stat": "b"}]}
FIELDS = "multipart/form-data; boundary=b"
MULTIPART = f'--b\r\nContent-Disposition: form-data; name="ezkey"\r\n\r\n{EZ_KEY}\r\n--b--'

REQUESTS = {
    "get": ("GET", f"{EZ}&count=1", "", {}),
    "post a form": ("POST", "/ez", GOOD, {"content-type": FORM}),
    "post a query": ("POST", f"{EZ}&value=1e%2B06", "", {}),
    "raw query": ("POST", f"{EZ}&value=1&stat=a b~x, y,größe", "", {}),
    "no type": ("POST", "/ez", GOOD, {}),
    "raw bytes": ("POST", "/ez", b"stat=gr\xc3\xb6\xc3&" + GOOD.encode(), {"content-type": FORM}),
    "json": ("POST", "/ez", json.dumps(BATCH), {"content-type": f"{JSON}; charset=utf-8"}),
    "all bad": ("POST", "/ez", json.dumps({**BATCH, "data": [{}]}), {"content-type": JSON}),
    "not json": ("POST", "/ez", "{", {"content-type": JSON}),
    "multipart": ("POST", f"{EZ}&count=1", MULTIPART, {"content-type": FIELDS}),
    "bad multipart": ("POST", "/ez", MULTIPART, {"content-type": "multipart/form-data"}),
    "bad number": ("GET", f"{EZ}&count=9,95", "", {}),
    "nul": ("GET", f"{EZ}%00&count=1", "", {}),
    "unknown key": ("GET", "/ez?ezkey=x&stat=a&count=1", "", {}),
    "classic": ("GET", f"/c?{CLASSIC}", "", {}),
    "classic post": ("POST", "/c", CLASSIC, {"content-type": FORM}),
    "wrong kind": ("GET", f"/v?{CLASSIC}&value=1", "", {}),
    "no stat": ("GET", f"/c?key=x&ukey={USER_KEY}", "", {}),
    "nothing": ("GET", "/v", "", {}),
    "head": ("HEAD", "/ez", "", {}),
    "put": ("PUT", "/ez", GOOD, {"content-type": FORM}),
    "delete": ("DELETE", "/c", "", {}),
    "options": ("OPTIONS", "/ez", "", {"origin": "https://example.org"}),
    "wrong host": ("GET", f"{EZ}&count=1", "", {"host": "example.org"}),
    "original's host": ("GET", f"{EZ}&count=1", "", {"host": "api.stathat.com"}),
    "gzip": ("POST", "/ez", b"\x1f\x8b\x08\x00", {"content-encoding": "gzip"}),
    "port": ("GET", f"{EZ}&count=1", "", {"host": "LOCALHOST:8000"}),
    "no port": ("GET", f"{EZ}&count=1", "", {"host": "localhost:x"}),
    "too large": ("POST", "/ez", "x" * (1024 * 1024 + 1), {"content-type": FORM}),
    "cookies": ("GET", f"{EZ}&count=1", "", {"cookie": "sessionid=x", "accept": "text/html"}),
    "compressible": ("GET", "/ez", "", {"accept-encoding": "gzip", "if-none-match": "*"}),
}  # fmt: skip


@pytest.fixture(autouse=True)
def project(db, monkeypatch):
    project = new_project()
    Stat.objects.create(project=project, name="hits", kind=Stat.Kind.COUNTER, key="hits")


def outcome(through, request):
    """The reply and what is stored after it; then everything is as it was."""
    method, target, body, headers = request
    body = body.encode() if isinstance(body, str) else body
    with transaction.atomic():
        reply = through(method, target, body, headers)
        stored = buckets(), sorted(Stat.objects.values_list("name", "kind"))
        transaction.set_rollback(True)
    hop_by_hop = {"connection"}
    found = {name: text for name, text in reply.headers.items() if name not in hop_by_hop}
    # A server sends no body after HEAD; which layer leaves it out does not matter.
    return reply.status, found, b"" if method == "HEAD" else reply.body, stored


@pytest.mark.parametrize("request_", REQUESTS.values(), ids=REQUESTS)
def test_both_ways_give_the_same_reply_and_store_the_same(request_):
    assert outcome(through_door, request_) == outcome(through_urls, request_)


def test_other_paths_are_djangos_both_ways():
    for path in ("/ez/", "/ez.php", "/EZ", "/c/x"):
        (_, _, body, _), (_, _, other, _) = (
            outcome(through, ("GET", path, "", {})) for through in (through_door, through_urls)
        )
        assert b'"msg"' not in body
        assert body == other
