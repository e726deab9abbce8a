"""POST /api/devices, refused: by method, by key, by body, in this order; nothing is stored."""

import json

import pytest

from devices_app.models import Device
from telemetry.keys import hash_secret
from tests.heartbeat_helpers import (
    JSON,
    SECRET,
    TEXT,
    default_project,
    new_project,
    post_devices,
    regenerate,
    register,
)
from tests.wire_helpers import through_server, through_urls

PATHS = pytest.mark.parametrize("path", ["/api/devices", "/api/devices/0/token/generate"])
METHODS = ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"]
KEYS = ["", f"Bearer {SECRET}", f"Basic {SECRET}", SECRET.upper(), f"{SECRET}x", f'"{SECRET}"',
        hash_secret(SECRET), "schlüssel", "x" * 100_000, "%00", "'--"]  # fmt: skip

BODIES = {
    "empty": b"",
    "not finished": b'{"name":"x"',
    "bare word": b"Laptop",
    "names without quotes": b'{name:"x"}',
    "single quotes": b"{'name':'x'}",
    "form": b"name=Laptop",
    "something behind": b'{"name":"x"} {}',
    "comma": b'{"name":"x",}',
    "comment": b'{"name":"x"} // x',
    "null": b"null",
    "string": b'"Laptop"',
    "number": b"1",
    "list": b"[]",
    "list of a name": b'["Laptop"]',
    "list of an object": b'[{"name":"x"}]',
    "no name": b"{}",
    "another name": b'{"Name":"x"}',
    "name null": b'{"name":null}',
    "name a number": b'{"name":1}',
    "name true": b'{"name":true}',
    "name a list": b'{"name":["x"]}',
    "name an object": b'{"name":{"name":"x"}}',
    "name empty": b'{"name":""}',
    "name of spaces": b'{"name":" \\t\\n"}',
    "name of 256": json.dumps({"name": "x" * 256}).encode(),
    "name with NUL": b'{"name":"a\\u0000b"}',
    "raw NUL": b'{"name":"a\x00b"}',
    "line feed": b'{"name":"a\nb"}',
    "half a character": b'{"name":"\\ud800"}',
    "half a raw character": b'{"name":"\xed\xa0\x80"}',
    "not UTF-8": b'{"name":"\xff"}',
    "cut off within a character": b'{"name":"\xc3"}',
    "Latin-1": '{"name":"größe"}'.encode("latin-1"),
    "deep list": b"[" * 100_000,
    "deep object": b'{"name":' * 100_000,
    "deep elsewhere": b'{"name":"x","more":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "NaN": b'{"name":"x","more":NaN}',
    "Infinity": b'{"name":"x","more":[-Infinity]}',
}


@pytest.fixture
def project(db):
    return default_project()


def is_bare(reply, status, method="POST"):
    """Whether a refusal is its reason phrase as text, and nothing else."""
    phrase = {401: b"Unauthorized", 404: b"Not Found", 405: b"Method Not Allowed"}[status]
    told = (status, TEXT, b"" if method == "HEAD" else phrase)
    return (reply.status, reply.headers["content-type"], reply.body) == told


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_a_body_that_names_no_device_is_a_400_and_nothing_is_stored(project, body):
    reply = post_devices(body)
    assert (reply.status, reply.headers["content-type"]) == (400, TEXT)
    assert len(reply.body.splitlines()) == 1
    assert len(reply.body) < 200
    assert not Device.objects.exists()
    assert register()["id"] == 0


@pytest.mark.parametrize(
    "content_type",
    ["", "text/plain", "application/x-www-form-urlencoded", "text/json", "application/jsonx",
     "application/json-seq", "xapplication/json", "application", "json", "text/x+json",
     "application/xml; application/json", "text/plain, application/json"],
)  # fmt: skip
def test_what_is_not_announced_as_json_is_a_400(project, content_type):
    reply = post_devices(content_type=content_type)
    assert (reply.status, reply.headers["content-type"]) == (400, TEXT)
    assert not Device.objects.exists()


@pytest.mark.parametrize("key", KEYS)
def test_only_the_key_itself_registers(project, key):
    assert is_bare(post_devices(key=key), 401)
    assert not Device.objects.exists()


def test_a_devices_token_registers_nothing(project):
    token = register()["token"]
    assert is_bare(post_devices(key=token), 401)
    assert is_bare(regenerate(0, token), 401)


@PATHS
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("key", [SECRET, "wrong", ""])
def test_other_methods_are_refused_whoever_asks(project, path, method, key):
    headers = {"authorization": key, "content-type": "text/plain"}
    reply = through_urls(method, path, b"{", headers)
    assert is_bare(reply, 405, method)
    assert reply.headers["allow"] == "POST"


def test_the_key_is_looked_at_before_the_body(project):
    for body in (b"", b"{", b"x" * 100):
        assert is_bare(post_devices(body, "wrong", ""), 401)


@PATHS
@pytest.mark.parametrize("method", ["POST", *METHODS])
@pytest.mark.parametrize("key", [SECRET, "wrong", "", None])
def test_without_a_secret_key_nobody_registers_and_there_is_nothing(db, path, method, key):
    default_project(secret="")
    headers = {"content-type": JSON} | ({"authorization": key} if key is not None else {})
    reply = through_urls(method, path, b'{"name":"x"}', headers)
    assert is_bare(reply, 404, method)
    assert "allow" not in reply.headers


@PATHS
def test_on_a_server_without_projects_there_is_nothing(db, path):
    assert is_bare(through_urls("POST", path, b"{}", {"authorization": SECRET}), 404)


def test_without_the_default_projects_key_anothers_still_works(db):
    default_project(secret="")
    new_project("other", "another-secret-key")
    device = register(key="another-secret-key")
    assert device["id"] == 0
    assert regenerate(0, "another-secret-key").json["token"] != device["token"]
    assert Device.objects.get().project.slug == "other"
    assert through_urls("PUT", "/api/devices").status == 404
    reply = through_urls("PUT", "/api/devices", headers={"authorization": "another-secret-key"})
    assert is_bare(reply, 405)


def test_a_real_server_refuses_in_the_same_words(server):
    key = server.create_project("Refuses")["secret_key"]
    assert is_bare(through_server(server, "POST", "/api/devices"), 401)
    reply = through_server(server, "PUT", "/api/devices", b"{", {"Authorization": key})
    assert is_bare(reply, 405)
    assert reply.headers["allow"] == "POST"
    head = through_server(server, "HEAD", "/api/devices")
    assert is_bare(head, 405, "HEAD")
    assert head.headers["content-length"] == "18"
    headers = {"Authorization": key, "Content-Type": JSON}
    for body in BODIES.values():
        reply = through_server(server, "POST", "/api/devices", body, headers)
        assert (reply.status, reply.headers["content-type"]) == (400, TEXT)
    del headers["Content-Type"]
    reply = through_server(server, "POST", "/api/devices", b'{"name":"x"}', headers)
    assert (reply.status, reply.headers["content-type"]) == (400, TEXT)


def test_a_body_that_is_too_large_is_refused_in_the_same_words_both_ways(server, project):
    headers = {"Authorization": SECRET, "Content-Type": JSON}
    request = "POST", "/api/devices", b"x" * 1_100_000, headers
    reply, other = through_urls(*request), through_server(server, *request)
    for found in (reply, other):
        assert (found.status, found.headers["content-type"]) == (413, TEXT)
    assert reply.body == other.body
