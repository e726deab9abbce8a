"""Many at once, and hostile ones, against a real server of two processes."""

import gzip
import http.client
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode

import pytest

from tests.minecraft_helpers import chat, login, lost, start, stop
from tests.wire_helpers import talk, through_server

LINE, BULK = "/api/v1/agents/logline", "/api/v1/agents/loglines"
DELETE = """
from sessions_app.models import Server
from sessions_app.services.servers import delete_servers
from telemetry.models import Project
from telemetry.services import delete_projects
{}
"""


@pytest.fixture
def keys(server):
    return server.create_project("Many")


@pytest.fixture
def key(server, keys):
    form = {"Authorization": f"Bearer {keys['manage_token']}", "Content-Type": "application/json"}
    reply = through_server(server, "POST", "/api/v1/servers", '{"name": "x"}', form)
    return reply.json["key"]


class Line:
    """A connection that stays, to whichever process has taken it."""

    def __init__(self, server, token):
        self.http = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
        self.headers = {"Authorization": f"Bearer {token}"}

    def post(self, text, key):
        form = urlencode({"line": text, "zone": "UTC", "server_key": key})
        headers = {**self.headers, "Content-Type": "application/x-www-form-urlencoded"}
        self.http.request("POST", LINE, form, headers)
        return self._status()

    def upload(self, lines, key):
        self.http.request("POST", f"{BULK}?server_key={key}", "\n".join(lines), self.headers)
        return self._status()

    def _status(self):
        reply = self.http.getresponse()
        reply.read()
        return reply.status


def day(players=5, rounds=10):
    lines = []
    for n in range(rounds):
        lines += [start(n * 100)] if n % 5 == 0 else []
        for player in range(players):
            name = f"player{player}"
            lines += [login(n * 100 + 20 + player, name), chat(n * 100 + 40 + player, name)]
            lines += [lost(n * 100 + 60 + player, name)] if n % 3 else []
        lines += [stop(n * 100 + 90)] if n % 5 == 4 else []
    return lines


def at_once(work, count=6):
    with ThreadPoolExecutor(count) as pool:
        return [future.result() for future in [pool.submit(work, n) for n in range(count)]]


def rows(server, project_id):
    """How many lines, players and sessions a project has."""
    tables = ("logline", "player", "session")
    return [
        server.query(f"SELECT count(*) FROM sessions_app_{t} WHERE project_id = %s", project_id)[0][
            0
        ]
        for t in tables
    ]


def sessions_in(server, project_id):
    return server.query(
        "SELECT username, started_at, ended_at, end_reason, login_line_id IS NULL"
        " FROM sessions_app_session WHERE project_id = %s ORDER BY 1, 2, 3",
        project_id,
    )


def test_agents_that_post_the_same_lines_at_once_store_each_once(server, keys, key):
    lines = day()

    def work(n):
        line = Line(server, keys["manage_token"])
        if n % 3 == 2:
            return [line.upload(lines[at : at + 40], key) for at in range(0, len(lines), 40)]
        turned = lines if n % 2 else lines[::-1]
        return [line.post(text, key) for text in turned]

    statuses = at_once(work)
    assert {status for each in statuses for status in each} <= {200, 201}
    assert rows(server, keys["id"])[:2] == [len(lines), 5]
    many = sessions_in(server, keys["id"])
    other = server.create_project("One")
    made = through_server(
        server,
        "POST",
        "/api/v1/servers",
        '{"name": "x"}',
        {"Authorization": f"Bearer {other['manage_token']}", "Content-Type": "application/json"},
    )
    one = Line(server, other["manage_token"])
    assert {one.post(text, made.json["key"]) for text in lines} == {201}
    assert [row[:4] for row in many] == [row[:4] for row in sessions_in(server, other["id"])]


@pytest.mark.parametrize(
    "how",
    [
        "delete_servers(servers=list(Server.objects.filter(key='{key}')))",
        "delete_projects(projects=list(Project.objects.filter(pk={id})))",
    ],
    ids=["server", "project"],
)
def test_nothing_is_left_of_what_is_deleted_while_lines_come(server, keys, key, how):
    gone = threading.Event()
    seen = []

    def work(n):
        line = Line(server, keys["manage_token"])
        statuses = []
        count = 0
        while not gone.is_set() or len(statuses) == 0 or statuses[-1] < 400:
            count += 1
            text = login(count * 20, f"player{n}")
            lines = [chat(count * 20 + n, f"p{n}", text=str(m)) for m in range(20)]
            statuses.append(line.upload(lines, key) if n % 2 else line.post(text, key))
        return statuses

    with ThreadPoolExecutor(6) as pool:
        futures = [pool.submit(work, n) for n in range(6)]
        time.sleep(0.5)
        server.manage("shell", "-c", DELETE.format(how.format(key=key, id=keys["id"])))
        gone.set()
        seen = [future.result() for future in futures]
    statuses = {status for each in seen for status in each}
    assert statuses <= {200, 201, 401, 404}
    assert statuses & {401, 404}
    assert rows(server, keys["id"]) == [0, 0, 0]
    path = f"/api/v1/servers/{key}/sessions"
    token = {"Authorization": f"Bearer {keys['read_token']}"}
    assert through_server(server, "GET", path, headers=token).status in {401, 404}


def test_progress_arrives_while_the_log_is_taken(server, keys, key):
    lines = [chat(n, f"player{n % 50}", text=f"number {n}") for n in range(20_000)]
    body = gzip.compress("\n".join(lines).encode())
    http_line = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    headers = {"Authorization": f"Bearer {keys['manage_token']}"}
    http_line.request("POST", f"{BULK}?progress=1&server_key={key}", body, headers)
    reply = http_line.getresponse()
    assert reply.headers["Content-Type"] == "application/x-ndjson"
    told, times = [], []
    while part := reply.readline():
        told.append(json.loads(part))
        times.append(time.monotonic())
    come = [each["lines"] for each in told]
    assert come == sorted(come)
    assert len(come) > 5
    assert told[-1]["new"] == told[-1]["total"] == 20_000
    assert times[-1] - times[0] > 0.02


HOSTILE = [
    b"GET /api/v1/servers/\xff\xfe/sessions HTTP/1.1",
    b"GET /api/v1/servers/%00%ff%2f/sessions?size=%ff&since=%00&cursor=%f0%9f HTTP/1.1",
    b"GET /api/v1/servers/x/players/%ed%a0%80/sessions HTTP/1.1",
    b"GET /api/v1/servers/%2e%2e%2f%2e%2e/sessions HTTP/1.1",
    b"GET /api/v1/servers/x/sessions?" + b"a=1&" * 8000 + b" HTTP/1.1",
    b"GET /api/v1/servers?project=%00\xff HTTP/1.1",
    b"GET http://localhost/api/v1/servers/x/sessions HTTP/1.1",
    b"POST /api/v1/agents/logline HTTP/1.1",
    b"POST /oauth/v1/token HTTP/1.1",
    b"COAL /api/v1/servers/x/sessions HTTP/1.1",
]


@pytest.mark.parametrize("first", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize(
    "lines",
    [
        [],
        [b"Authorization: Bearer \xff\xfe"],
        [b"Authorization: Bearer " + b"x" * 30_000],
        [b"Cookie: sessionid=\xff; sessionid=" + b"x" * 3000],
        [b"Content-Type: application/json", b"Content-Length: 2"],
        [b"Content-Type: multipart/form-data; boundary=\xff", b"Content-Length: 2"],
        [b"Content-Type: x; boundary=rot13", b"Transfer-Encoding: chunked"],
    ],
    ids=["plain", "bearer", "long bearer", "cookie", "json", "multipart", "chunked"],
)
def test_hostile_requests_are_refused_at_once(server, first, lines):
    head = b"\r\n".join([first, b"Host: localhost", *lines, b"Connection: close", b"", b""])
    body = b"2\r\n{}\r\n0\r\n\r\n" if b"chunked" in head else b"{}"
    status = talk(server, head + body).split(b" ")[1]
    assert status[:1] == b"4", status


def test_a_refresh_token_is_good_for_one_of_many_who_come_at_once(server, keys):
    form = {"Authorization": f"Bearer {keys['manage_token']}", "Content-Type": "application/json"}
    made = through_server(server, "POST", "/api/v1/servers", '{"name": "x"}', form).json["agent"]

    def ask(**fields):
        body = json.dumps({**made, "scope": "agent", **fields})
        return through_server(server, "POST", "/oauth/v1/token", body, form)

    code = {"grant_type": "authorization_code", "code": made["client_secret"], "redirect_uri": "/"}
    refresh = {"grant_type": "refresh_token", "refresh_token": ask(**code).json["refresh_token"]}
    replies = at_once(lambda _: ask(**refresh))
    assert sorted(reply.status for reply in replies) == [200, *[400] * 5]
    assert {reply.json.get("error") for reply in replies} == {None, "invalid_grant"}
