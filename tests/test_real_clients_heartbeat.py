"""Websocket clients that nobody here wrote: Node's ``ws`` and Python's websocket-client."""

import sys

import pytest

from tests.clients.packages import CLIENTS, node_packages, python_packages, run
from tests.websocket_helpers import address, beat, register


def watch_with_node(url):
    env = {"NODE_PATH": str(node_packages() / "node_modules")}
    return run(["node", CLIENTS / "node" / "watch.js", url], **env)


def watch_with_python(url):
    env = {"PYTHONPATH": str(python_packages())}
    return run([sys.executable, CLIENTS / "python" / "watch.py", url], **env)


@pytest.mark.parametrize("watch", [watch_with_node, watch_with_python])
@pytest.mark.parametrize("path", ["/api/stats/ws", "//api/stats/ws/"])
def test_a_published_websocket_client_reads_pings_and_closes(server, watch, path):
    keys = server.create_project("Clients", "--open")
    at = beat(server, register(server, keys)["token"])
    url = address(server, f"?project={keys['slug']}").replace("/api/stats/ws", path)
    told = watch(url)
    assert [frame["last_seen"] for frame in told["frames"]] == [at] * 3
    assert [device["num_beats"] for device in told["frames"][0]["devices"]] == [1]
    assert (told["pong"], told["closed"]) == ("there?", 4321)
