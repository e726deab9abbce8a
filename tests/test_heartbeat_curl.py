"""The command lines of heartbeat's clients and of its book, run by curl against a live server."""

import json
import shutil
import subprocess
import time

import pytest

from tests.heartbeat_helpers import of_devices, register_on
from tests.wire_helpers import through_server

pytestmark = pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed")

BEAT = 'curl -s -X POST -H "Authorization: $HEARTBEAT_AUTH" "$HEARTBEAT_HOSTNAME/api/beat"'
REGISTER = (
    "curl -s -XPOST -H \"Authorization: $SECRET\" -H 'Content-Type: application/json'"
    """ -d '{"name": "Laptop"}' "$HEARTBEAT_HOSTNAME/api/devices\""""
)


@pytest.fixture(scope="module")
def keys(server):
    return server.create_project("Curl", "--open")


@pytest.fixture
def device(server, keys, request):
    return register_on(server, keys, request.node.name)


def run(server, line, **env):
    """What a shell prints of this line, which must succeed."""
    done = subprocess.run(
        ["sh", "-c", line],
        env={"PATH": "/usr/local/bin:/usr/bin:/bin", "HEARTBEAT_HOSTNAME": server.url, **env},
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert not done.stderr
    return done.stdout


def counted(server, keys, device):
    """Beats that the device, its rows and its hours count, which must agree."""
    (beats,) = set(of_devices(server, keys["id"])[device["name"]])
    return beats


def test_registering_as_the_book_says_gives_a_token_that_beats(server, keys):
    device = json.loads(run(server, REGISTER, SECRET=keys["secret_key"]))
    assert set(device) == {"id", "name", "token"}
    assert device["name"] == "Laptop"
    before = int(time.time())
    at = run(server, BEAT, HEARTBEAT_AUTH=device["token"])
    assert before <= int(at) <= time.time()
    found = through_server(server, "GET", f"/api/stats?project={keys['slug']}").json
    (listed,) = (each for each in found["devices"] if each["id"] == device["id"])
    assert listed == {"id": device["id"], "name": "Laptop", "last_beat": int(at), "num_beats": 1}


def test_heartbeat_unixs_log_has_a_line_with_the_time_for_each_beat(server, keys, device, tmp_path):
    log = tmp_path / "heartbeat.log"
    script = f'{{ echo "Running Heartbeat"; {BEAT}; echo ""; }} >> {log} 2>&1'
    for _ in range(3):
        run(server, script, HEARTBEAT_AUTH=device["token"])
    run(server, script, HEARTBEAT_AUTH="replaced")
    lines = log.read_text().splitlines()
    assert lines[::2] == ["Running Heartbeat"] * 4
    assert all(len(line) == 10 and line.isdecimal() for line in lines[1:6:2])
    assert lines[7] == "Unauthorized"
    assert counted(server, keys, device) == 3


@pytest.mark.parametrize(
    "line",
    [
        BEAT,
        BEAT.replace("$HEARTBEAT_HOSTNAME/api", "$HEARTBEAT_HOSTNAME//api"),
        f"{BEAT} -d ''",
        f"{BEAT} -d 'anything'",
        f"{BEAT} -F a=b",
        f"{BEAT} -H 'Expect: 100-continue' -d x",
        f"{BEAT} -H 'Transfer-Encoding: chunked' -d ''",
        f"{BEAT} -T - < /dev/null",
        f"{BEAT} --http1.0",
        f"{BEAT} -H 'Connection: Upgrade, HTTP2-Settings' -H 'Upgrade: h2c' -H 'HTTP2-Settings: A'",
        f"{BEAT} --compressed",
        f"{BEAT} -L",
    ],
)
def test_a_beat_gets_its_time_however_curl_is_told_to_send_it(server, keys, device, line):
    # Who asks to be told to go on waits for that longer than this may take.
    limits = "--max-time 15 --expect100-timeout 60"
    at = run(server, line.replace("curl", f"curl {limits}", 1), HEARTBEAT_AUTH=device["token"])
    assert len(at) == 10
    assert at.isdecimal()
    assert counted(server, keys, device) == 1


def test_many_beats_of_one_curl_share_a_connection(server, keys, device):
    line = BEAT.replace('/api/beat"', '/api/beat?[1-20]"') + " -w ' %{num_connects}\\n'"
    lines = run(server, line, HEARTBEAT_AUTH=device["token"]).splitlines()
    assert [each.split()[1] for each in lines] == ["1", *["0"] * 19]
    assert counted(server, keys, device) == 20


def test_statistics_may_be_read_with_nothing_but_their_address(server, keys, device):
    found = run(server, f"curl -sf '{server.url}/api/stats?project={keys['slug']}'")
    assert device["id"] in [each["id"] for each in json.loads(found)["devices"]]
    head = run(server, f"curl -sfI '{server.url}/api/stats'")
    assert head.startswith("HTTP/1.1 200 OK")
