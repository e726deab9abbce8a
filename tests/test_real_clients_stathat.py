"""Published clients, as their registries hand them out, against a live server.

They know no other address than api.stathat.com. What takes them here is what takes them to any
server in its place: the name (for Node), a proxy (HTTP_PROXY), or the client's own option.
"""

import json
import sys

import pytest

from tests.clients.packages import CLIENTS, node_packages, python_packages, run
from tests.server import running_server

OK = {"status": 200, "msg": "ok"}
JSON = '{{"ezkey":"{ezkey}","stat":"größe, all","count":1}}'
T = 1_363_118_126


@pytest.fixture(scope="module")
def server():
    with running_server(workers=1, ALLOWED_HOSTS="api.stathat.com,127.0.0.1") as server:
        yield server


@pytest.fixture
def keys(server):
    return server.create_project("Clients")


@pytest.fixture(scope="module")
def node():
    return node_packages()


@pytest.fixture(scope="module")
def python():
    return python_packages()


def run_node(server, node, client, *calls):
    command = ["node", "-r", CLIENTS / "node" / "at.js", CLIENTS / "node" / "post.js", client]
    env = {"PORT": str(server.port), "NODE_PATH": str(node / "node_modules")}
    return run(command, given=json.dumps(calls), **env)


def run_python(server, python, script, *args):
    env = {"PYTHONPATH": str(python), "http_proxy": server.url, "HTTP_PROXY": server.url}
    return run([sys.executable, CLIENTS / "python" / script, *args], **env)


def stored(server, keys):
    """By stat: its kind, how many points it has and their sum."""
    rows = server.query(
        "SELECT s.name, s.kind, sum(b.count)::int, sum(b.sum) FROM stats_app_stat s"
        " JOIN stats_app_minutebucket b ON b.project_id = s.project_id AND b.stat_id = s.id"
        " WHERE s.project_id = %s GROUP BY 1, 2",
        keys["id"],
    )
    return {name: numbers for name, *numbers in rows}


def classic_keys(server, keys, *names):
    query = "SELECT key FROM stats_app_stat WHERE project_id = %s AND name = %s"
    return [server.query(query, keys["id"], name)[0][0] for name in names]


@pytest.mark.parametrize("client", ["stathat", "node-stathat"])
def test_node(server, keys, node, client):
    ez, user = keys["ezkey"], keys["ukey"]
    told = run_node(
        server,
        node,
        client,
        ["trackEZCount", ez, "ws0: page views, all", 1_000_000],
        ["trackEZValue", ez, "load~total,ws 0", 1.5e-7],
        ["trackEZCountWithTime", ez, "ws0: page views, all", 2, T],
        ["trackEZValueWithTime", ez, "load~total", 1e21, T],
        ["trackEZValue", ez, "ws0: page views, all", 1],
        ["trackEZCount", "nobody@example.org", "new", 1],
    )
    refused = [400, {"status": 400, "msg": "this stat is a counter: send count, not value"}]
    unknown = [401, {"status": 401, "msg": "invalid keys"}]
    assert told == [[200, OK]] * 4 + [refused, unknown]

    hits, load = classic_keys(server, keys, "ws0: page views, all", "load ws 0")
    told = run_node(
        server,
        node,
        client,
        ["trackCount", user, hits, 3],
        ["trackCountWithTime", user, hits, 4, T],
        ["trackValue", user, load, 0.5],
        ["trackValueWithTime", user, load, -0.5, T],
        ["trackCount", user, "unknown", 1],
    )
    assert told == [[200, OK]] * 4 + [[404, {"status": 404, "msg": "no stat"}]]
    assert stored(server, keys) == {
        "ws0: page views, all": [0, 4, 1_000_009],
        "load total": [1, 2, pytest.approx(1e21)],
        "load ws 0": [1, 3, pytest.approx(1.5e-7)],
    }


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="the client cannot be built any more")
def test_stathat_py(server, keys, python):
    told = run_python(server, python, "post_stathat.py", keys["ezkey"])
    assert told == [True, True, True, False, False]
    assert stored(server, keys) == {
        "py wtfs/minute": [0, 1, 10],
        "py größe & co": [1, 1, 0.375],
        "py sent total": [0, 1, 2],
        "py sent to all": [0, 1, 2],
    }


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="the client cannot be built any more")
def test_stathat_async(server, keys, python):
    run_python(server, python, "post_stathat_async.py", keys["ezkey"])
    assert stored(server, keys) == {"async hits": [0, 3, 6], "async load": [1, 1, 1.5]}


def test_flask_stathat(server, keys, python):
    url = f"{server.url}/ez"
    (reply,) = run_python(server, python, "post_flask_stathat.py", keys["ezkey"], url)
    assert (reply["msg"], reply["multiple"]) == ("ok", 3)
    assert [(error["index"], error["stat"]) for error in reply["errors"]] == [
        (3, "flask sent total")
    ]
    assert stored(server, keys) == {
        "flask größe ☃": [0, 1, 2],
        "flask sent total": [0, 1, 1],
        "flask sent europe": [0, 1, 1],
        "flask load": [1, 1, 0.732],
    }


@pytest.mark.parametrize(
    "options",
    [
        ["-d", "ezkey={ezkey}&stat=größe, all&count=1"],
        ["-d", "ezkey={ezkey}", "--data-urlencode", "stat=größe, all", "-d", "count=1"],
        ["-d", "email={ezkey}", "-d", "stat=größe, all", "-d", "count=1", "-d", "vb=1"],
        ["-G", "-d", "ezkey={ezkey}", "--data-urlencode", "stat=größe, all", "-d", "count=1"],
        ["-F", "ezkey={ezkey}", "-F", "stat=größe, all", "-F", "count=1"],
        ["-H", "Content-Type: application/json", "-d", JSON],
        ["-d", JSON],
        ["-H", "Transfer-Encoding: chunked", "-d", "ezkey={ezkey}&stat=größe, all&count=1"],
        ["-H", "Expect: 100-continue", "-d", "ezkey={ezkey}&stat=größe, all&count=1"],
        ["--http1.0", "-d", "ezkey={ezkey}&stat=größe, all&count=1"],
    ],
)  # fmt: skip
def test_curl(server, keys, options):
    filled = [option.format(**keys) for option in options]
    assert run(["curl", "-sS", f"{server.url}/ez", *filled]) == OK
    assert stored(server, keys) == {"größe, all": [0, 1, 1]}
