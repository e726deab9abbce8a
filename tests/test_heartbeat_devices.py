"""POST /api/devices: a device gets the next id, the name that was sent, and a token."""

import json
import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from devices_app.models import Device
from devices_app.services import delete_devices
from tests.heartbeat_helpers import (
    JSON,
    beat,
    default_project,
    new_project,
    post_devices,
    regenerate,
    register,
    register_on,
    stats,
)
from tests.wire_helpers import talk

TOKEN = rb"[A-Za-z0-9_-]{27}"


@pytest.fixture
def project(db):
    return default_project()


def test_the_seeds_example_gets_the_seeds_reply(project):
    reply = post_devices(b'{"name": "Laptop"}')
    assert re.fullmatch(rb'\{"id":0,"name":"Laptop","token":"%b"\}' % TOKEN, reply.body)
    assert reply.status == 200
    assert reply.headers == {"content-type": JSON, "content-length": str(len(reply.body))}


def test_the_reply_of_a_real_server_is_these_very_bytes(server):
    keys = server.create_project("Very bytes")
    head = (
        "POST {} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 18\r\n"
        f"Authorization: {keys['secret_key']}\r\nContent-Type: application/json\r\n\r\n"
    )
    for number, path in enumerate(("/api/devices", "/api/devices/", "//api/devices")):
        reply = talk(server, head.format(path).encode() + b'{"name": "Laptop"}')
        assert re.fullmatch(
            rb"HTTP/1\.1 200 OK\r\ndate: [^\r]+ GMT\r\n"
            rb"content-type: application/json\r\ncontent-length: 62\r\nconnection: close\r\n\r\n"
            rb'\{"id":%d,"name":"Laptop","token":"%b"\}' % (number, TOKEN),
            reply,
        ), reply


def test_ids_count_from_0_in_each_project(project):
    new_project("other", "another-secret-key")
    assert [register()["id"] for _ in range(3)] == [0, 1, 2]
    assert [register(key="another-secret-key")["id"] for _ in range(2)] == [0, 1]
    assert register()["id"] == 3


def test_an_id_is_never_given_again(project):
    for _ in range(3):
        register()
    delete_devices(project=project, numbers=[2])
    assert register()["id"] == 3
    delete_devices(project=project, numbers=[0, 1, 3])
    assert not Device.objects.exists()
    assert register()["id"] == 4


def test_those_who_register_at_once_get_ids_and_tokens_of_their_own(server):
    keys = server.create_project("At once")
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda _: register_on(server, keys), range(40)))
    assert sorted(device["id"] for device in found) == list(range(40))
    assert len({device["token"] for device in found}) == 40


def test_devices_may_have_the_same_name(project):
    one, other = register("Phone"), register("Phone")
    assert (one["id"], other["id"]) == (0, 1)
    assert one["token"] != other["token"]


@pytest.mark.parametrize(
    "name",
    ["größe", "携帯", "📱", "'\"\\/", "</script>", "\n\t\x01\x7f", "\u2028\ufeff", " Laptop ", "0",
     "x" * 255, "📱" * 255],
)  # fmt: skip
@pytest.mark.parametrize("ascii_only", [True, False])
def test_a_name_is_kept_as_it_was_sent(project, name, ascii_only):
    reply = post_devices(json.dumps({"name": name}, ensure_ascii=ascii_only).encode())
    assert (reply.status, reply.json["name"]) == (200, name)
    assert stats().json["devices"][0]["name"] == name
    assert regenerate(0).json["name"] == name


def test_other_members_of_the_object_are_passed_over(project):
    reply = post_devices({"id": 7, "token": "mine", "name": "Laptop", "more": [{"name": None}]})
    assert (reply.json["id"], reply.json["name"]) == (0, "Laptop")
    assert beat("mine").status == 401


@pytest.mark.parametrize(
    "content_type",
    ["application/json; charset=utf-8", "APPLICATION/JSON", "application/json;",
     "application/json ", "application/vnd.api+json", "application/json ; x=y; z"],
)  # fmt: skip
def test_every_way_to_say_json_is_understood(project, content_type):
    assert post_devices(content_type=content_type).status == 200


@pytest.mark.parametrize("path", ["/api/devices/", "//api/devices", "//api/devices/"])
def test_a_slash_too_many_is_forgiven(project, path):
    assert post_devices(path=path).json["id"] == 0


def test_the_token_is_kept_nowhere(project):
    token = register()["token"]
    assert token not in str(Device.objects.values_list().get())
    assert token.encode() not in stats().body


def test_a_new_device_has_no_beats_and_is_listed_at_once(project):
    register()
    assert stats().json["devices"] == [
        {"id": 0, "name": "Laptop", "last_beat": None, "num_beats": 0}
    ]
