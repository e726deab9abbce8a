"""Requests as heartbeat's clients send them, with the exact reply and what is stored.

Those of curl and libcurl were recorded, from the lines of heartbeat-unix and of the book, and from
the calls of heartbeat-windows; the others were written after what such clients send. To add one:
put its request beside the others and run the test with GOLDEN=write, then read what it wrote.
"""

import json
import os
import re
from pathlib import Path

import pytest

from devices_app.models import Device
from tests.heartbeat_helpers import (
    SECRET,
    default_project,
    register,
    register_on,
    set_clock,
)
from tests.wire_helpers import exchange, parsed, through_door, through_urls

FOLDER = Path(__file__).parent / "golden" / "heartbeat"
EXPECTED = FOLDER / "expected.json"
REQUESTS = sorted(FOLDER.glob("*.http"))
POSTS = [path for path in REQUESTS if path.read_bytes().startswith(b"POST ")]
BEATS = [path for path in REQUESTS if b"/api/beat" in path.read_bytes()]


# What middleware adds to pages and pictures; and the length, which what is masked may change.
OF_PAGES = {"content-length", "content-security-policy", "cross-origin-opener-policy",
            "referrer-policy", "x-content-type-options", "x-frame-options"}  # fmt: skip
COLUMNS = ("number", "name", "num_beats")
DEVICES = f"SELECT {', '.join(COLUMNS)} FROM devices_app_device WHERE project_id = %s"


def each(paths):
    return pytest.mark.parametrize("path", paths, ids=lambda path: path.stem)


def filled(path, token, secret_key):
    """The request with the keys that stand for this device and its project."""
    request = path.read_bytes().replace(b"{token}", token.encode())
    return request.replace(b"{secret_key}", secret_key.encode())


def beats_of(devices):
    return sum(beats for _, beats in devices.values())


def outcome(reply, before, after):
    """The reply without what differs each time, and what is new in the lists of devices."""
    body = reply.body.decode()
    for pattern, mask in (
        (r'"token":"[\w-]{27}"', '"token":"<token>"'),
        (r'"id":\d+', '"id":<id>'),
        (r"\b\d{10}\b", "<time>"),
        (r'"uptime":\d+', '"uptime":<seconds>'),
        (r"<svg.*<title>(.*)</title>.*</svg>", r"<svg: \1>"),
    ):
        body = re.sub(pattern, mask, body)
    headers = {name: value for name, value in reply.headers.items() if name not in OF_PAGES}
    return {
        "status": reply.status,
        "headers": headers,
        "body": body,
        "devices": [name for number, (name, _) in after.items() if number not in before],
        "beats": beats_of(after) - beats_of(before),
    }


def check(path, found):
    expected = json.loads(EXPECTED.read_text()) if EXPECTED.exists() else {}
    if os.environ.get("GOLDEN") == "write":
        expected[path.stem] = found
        text = json.dumps(expected, indent=2, sort_keys=True, ensure_ascii=False)
        EXPECTED.write_text(f"{text}\n")
    else:
        assert found == expected[path.stem]


def devices():
    return {number: rest for number, *rest in Device.objects.values_list(*COLUMNS)}


def check_within(path, through, monkeypatch):
    default_project()
    set_clock(monkeypatch)
    request = parsed(filled(path, register("Phone")["token"], SECRET))
    before = devices()
    reply = through(*request)
    check(path, outcome(reply, before, devices()))


@each(REQUESTS)
def test_a_clients_request_has_its_reply_and_is_stored(db, monkeypatch, path):
    check_within(path, through_urls, monkeypatch)


@each(BEATS)
def test_so_has_a_beat_that_goes_straight_to_the_door(db, monkeypatch, path):
    check_within(path, through_door, monkeypatch)


@pytest.fixture(scope="module")
def keys(server):
    return server.create_project("Golden")


@each(POSTS)
def test_so_has_every_post_byte_for_byte_to_a_real_server(server, keys, path):
    def devices():
        return {number: rest for number, *rest in server.query(DEVICES, keys["id"])}

    token = register_on(server, keys, "Phone")["token"]
    before = devices()
    reply = exchange(server, filled(path, token, keys["secret_key"]))
    check(path, outcome(reply, before, devices()))
