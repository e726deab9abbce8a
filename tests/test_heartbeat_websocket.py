"""heartbeat's websocket over a real socket: what it says, to whom, and when it stops."""

import asyncio
import json
import urllib.request

import pytest
import websockets

from tests.websocket_helpers import address, beat, frame, hung_up, register, until, watching

KEYS = [
    "last_seen",
    "last_seen_relative",
    "longest_absence",
    "num_visits",
    "total_beats",
    "devices",
    "uptime",
]


@pytest.fixture
def keys(server):
    return server.create_project("Watched", "--open")


async def test_the_first_frame_comes_at_once_and_has_the_keys_of_the_seed(server, keys):
    register(server, keys)
    async with watching(server, keys) as socket:
        text = await socket.recv()
        found = json.loads(text)
        assert list(found) == KEYS
        assert found["devices"] == [{"id": 0, "name": "Laptop", "last_beat": None, "num_beats": 0}]
        assert text.startswith('{"last_seen":null,"last_seen_relative":0,"longest_absence":0,')


async def test_a_frame_is_the_document_of_the_http_api(server, keys):
    device = register(server, keys, "Büro “1”\n")
    beat(server, device["token"])
    async with watching(server, keys) as socket:
        by_socket = await frame(socket)
    with urllib.request.urlopen(f"{server.url}/api/stats?project={keys['slug']}") as reply:
        by_http = json.load(reply)
    for moving in ("uptime", "last_seen_relative", "longest_absence"):
        by_socket.pop(moving), by_http.pop(moving)
    assert by_socket == by_http


async def test_frames_go_on_and_tell_of_beats_of_any_process(server, keys):
    device = register(server, keys)
    async with watching(server, keys) as one, watching(server, keys) as two:
        for count in (1, 2, 3):
            at = beat(server, device["token"])
            for socket in (one, two):
                found = await until(socket, lambda found: found["total_beats"] == count)  # noqa: B023
                assert found["last_seen"] == at
                assert found["devices"][0]["num_beats"] == count


async def test_it_answers_pings_and_closes_and_passes_over_what_is_sent(server, keys):
    async with watching(server, keys) as socket:
        await frame(socket)
        await (await socket.ping(b"are you there"))
        await socket.send("hello")
        await socket.send(b"\0" * 1000)
        await frame(socket)
        await socket.close()
        assert socket.close_code == 1000


async def test_who_says_too_much_is_hung_up_on(server, keys):
    async with watching(server, keys) as socket:
        await socket.send("x" * 100_000)
        with pytest.raises(websockets.ConnectionClosed):
            await hung_up(socket)
        assert socket.close_code == 1009


@pytest.mark.parametrize("path", ["/api/stats/ws", "/api/stats/ws/", "//api/stats/ws"])
async def test_without_a_project_the_default_one_is_shown(server, path):
    async with websockets.connect(f"ws://127.0.0.1:{server.port}{path}") as socket:
        assert list(await frame(socket)) == KEYS


async def test_only_the_devices_asked_for_are_listed(server, keys):
    for name in ("a", "b", "c"):
        register(server, keys, name)
    async with (
        watching(server, keys, "&devices=2,0,99") as some,
        watching(server, keys, "&devices=") as none,
        watching(server, keys) as everything,
    ):
        listed = []
        for socket in (some, none, everything):
            found = await frame(socket)
            listed.append("".join(device["name"] for device in found["devices"]))
        assert listed == ["ac", "", "abc"]


@pytest.mark.parametrize("query", ["&devices=x", "&devices=-1", "&devices=1,,2"])
async def test_a_list_of_devices_that_is_none_is_refused(server, keys, query):
    with pytest.raises(websockets.InvalidStatus) as refused:
        async with watching(server, keys, query):
            pass
    assert refused.value.response.status_code == 403


@pytest.mark.parametrize("path", ["/", "/ez", "/api/beat", "/api/stats", "/nope"])
async def test_there_is_no_other_websocket(server, path):
    with pytest.raises(websockets.InvalidStatus):
        async with websockets.connect(f"ws://127.0.0.1:{server.port}{path}"):
            pass


async def test_who_watches_a_deleted_project_is_told_to_go(server, keys):
    async with watching(server, keys) as socket:
        await frame(socket)
        server.query(
            "DELETE FROM telemetry_accesstoken WHERE project_id = %s RETURNING 1", keys["id"]
        )
        server.query("DELETE FROM telemetry_project WHERE id = %s RETURNING 1", keys["id"])
        assert await hung_up(socket) == 1001


async def test_hundreds_may_watch_and_all_are_told(server, keys):
    device = register(server, keys)

    async def watch(number):
        async with watching(server, keys) as socket:
            await frame(socket)
            if number == 0:
                beat(server, device["token"])
            return await until(socket, lambda found: found["total_beats"] == 1)

    found = await asyncio.gather(*(watch(number) for number in range(200)))
    assert len(found) == 200


async def test_an_address_with_another_method_or_half_a_handshake_is_plain_http(server):
    url = address(server).replace("ws:", "http:")
    for method, headers, status, text in (
        ("GET", {}, 400, "`Connection` header did not include 'upgrade'"),
        ("POST", {}, 405, "Method Not Allowed"),
    ):
        request = urllib.request.Request(url, headers=headers, method=method)
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(request, timeout=10)
        assert (refused.value.status, refused.value.read().decode()) == (status, text)
