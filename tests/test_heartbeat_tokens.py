"""POST /api/devices/:id/token/generate: a new token, and the old one is worth nothing."""

import http.client
import re
from contextlib import ExitStack, closing

import pytest

from devices_app.models import Beat, Device
from tests.heartbeat_helpers import (
    JSON,
    SECRET,
    TEXT,
    beat,
    default_project,
    new_project,
    processes_talked_to,
    regenerate,
    register,
    register_on,
    stats,
)
from tests.wire_helpers import through_server, through_urls

OTHER = "another-secret-key"
UNKNOWN = pytest.mark.parametrize(
    "number",
    ["1", "-1", "abc", "0x0", "0.0", "1e0", "2147483648", "9223372036854775808", "9" * 5000,
     "%D9%A0", "%00", "0%00", "%20", "+0", "Laptop", "%ED%A0%80"],
)  # fmt: skip


@pytest.fixture
def project(db):
    return default_project()


@pytest.fixture
def device(project):
    return register()


def hashes():
    return list(Device.objects.order_by("pk").values_list("token_hash", flat=True))


def test_the_reply_is_the_device_with_its_new_token(device):
    reply = regenerate(0)
    assert re.fullmatch(rb'\{"id":0,"name":"Laptop","token":"[A-Za-z0-9_-]{27}"\}', reply.body)
    assert (reply.status, reply.headers["content-type"]) == (200, JSON)
    assert reply.json["token"] != device["token"]


def test_the_old_token_is_refused_and_the_new_one_beats(device):
    fresh = regenerate(0).json["token"]
    assert beat(device["token"]).status == 401
    assert beat(fresh).status == 200
    newest = regenerate(0).json["token"]
    assert [beat(token).status for token in (device["token"], fresh, newest)] == [401, 401, 200]
    assert Beat.objects.count() == 2


def test_what_the_device_has_done_stays(device):
    beat(device["token"])
    before = stats().json["devices"]
    regenerate(0)
    assert stats().json["devices"] == before
    assert before[0]["num_beats"] == 1


def test_other_devices_keep_their_tokens(device):
    other = register("Phone")
    regenerate(0)
    assert beat(other["token"]).status == 200


@pytest.mark.parametrize("body", [b"", b"{", b'{"name":"x"}', b"\xff" * 1000])
@pytest.mark.parametrize("content_type", ["", JSON, "text/plain"])
def test_a_body_is_passed_over(device, body, content_type):
    headers = {"authorization": SECRET, "content-type": content_type}
    reply = through_urls("POST", "/api/devices/0/token/generate", body, headers)
    assert (reply.status, reply.json["name"]) == (200, "Laptop")


@pytest.mark.parametrize(
    "path", ["/api/devices/0/token/generate/", "//api/devices/0/token/generate"]
)
def test_a_slash_too_many_is_forgiven(device, path):
    assert through_urls("POST", path, headers={"authorization": SECRET}).status == 200


@UNKNOWN
def test_a_device_that_is_not_there_is_a_404(device, number):
    before = hashes()
    reply = regenerate(number)
    assert (reply.status, reply.body) == (404, b"Not Found")
    assert reply.headers["content-type"] == TEXT
    assert hashes() == before


@UNKNOWN
@pytest.mark.parametrize("key", [None, "", "wrong", f"Bearer {SECRET}"])
def test_who_has_no_key_is_not_told_which_devices_there_are(device, number, key):
    for asked in (number, 0):
        reply = regenerate(asked, key)
        assert (reply.status, reply.body) == (401, b"Unauthorized")
    assert beat(device["token"]).status == 200


def test_a_deleted_device_is_a_404(device):
    Device.objects.all().delete()
    assert regenerate(0).status == 404


def test_a_devices_own_token_does_not_regenerate_it(device):
    assert regenerate(0, device["token"]).status == 401
    assert beat(device["token"]).status == 200


def test_another_projects_key_cannot_touch_this_projects_device(device):
    new_project("other", OTHER)
    register("not there")
    before = hashes()
    assert regenerate(0, OTHER).status == 404
    theirs = register("theirs", OTHER)
    assert regenerate(0, OTHER).json["name"] == "theirs"
    assert regenerate(1, OTHER).status == 404
    assert hashes()[:2] == before
    assert beat(device["token"]).status == 200
    assert beat(theirs["token"]).status == 401


def test_an_old_token_is_refused_by_the_very_next_beat_in_every_process(server):
    keys = server.create_project("Tokens")
    device = register_on(server, keys)
    path = f"/api/devices/{device['id']}/token/generate"
    key = {"Authorization": keys["secret_key"]}
    with ExitStack() as stack:
        connect = lambda: closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=10))  # noqa: E731
        lines = [stack.enter_context(connect()) for _ in range(20)]

        def beats(token):
            for line in lines:
                line.request("POST", "/api/beat", headers={"Authorization": token})
            replies = [line.getresponse() for line in lines]
            return {(reply.status, reply.read().isdigit()) for reply in replies}

        assert beats(device["token"]) == {(200, True)}
        assert len(processes_talked_to(server)) == 2
        token = device["token"]
        for _ in range(5):
            fresh = through_server(server, "POST", path, headers=key).json["token"]
            assert beats(token) == {(401, False)}
            assert beats(fresh) == {(200, True)}
            token = fresh
