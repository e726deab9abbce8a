"""What each dialect refuses is in the log of the project whose key came with it."""

import json

import pytest

from devices_app.services import create_device
from stats_app.models import Stat
from telemetry.models import RejectedInput
from tests import heartbeat_helpers as heartbeat
from tests import mccoal_helpers as mccoal
from tests import stathat_helpers as stathat
from tests import tstats_helpers as tstats
from tests.wire_helpers import through_door, through_urls

pytestmark = pytest.mark.django_db

BAD_HOST = {"host": "example.com"}
both_ways = pytest.mark.parametrize("through", [through_door, through_urls])


def logged():
    """All that is logged: dialect, status, path, reason, what."""
    columns = ("dialect", "status", "path", "reason", "what")
    return list(RejectedInput.objects.order_by("id").values_list(*columns))


# StatHat


@pytest.mark.parametrize(
    ("path", "query", "body", "status", "reason", "what"),
    [
        ("/ez", "", f"ezkey={stathat.EZ_KEY}&stat=a&count=x", 400, "count must be a number",
         "ezkey=an-…&stat=a&count=x"),
        ("/ez", f"ezkey={stathat.EZ_KEY}&stat=a", "", 400, "count or value is missing",
         "?ezkey=an-…&stat=a"),
        ("/ez", "", f'{{"ezkey": "{stathat.EZ_KEY}", "data": [', 400, "the body is not JSON",
         '{"ezkey": "an-…", "data": ['),
        ("/ez", "", f'{{"data": 1, "ezkey": "{stathat.EZ_KEY}"}}', 400, "data must be an array",
         '{"data": 1, "ezkey": "an-…"}'),
        ("/c", f"ukey={stathat.USER_KEY}&key=abcdefghijkl", "", 404, "no stat",
         "?ukey=a-u…&key=abcd…"),
        ("/v", "", f"ukey={stathat.USER_KEY}&key=hits&value=", 400, "value is missing",
         "ukey=a-u…&key=h…&value="),
    ],
)  # fmt: skip
@both_ways
def test_stathats_refusals_are_logged(through, path, query, body, status, reason, what):
    stathat.new_project()
    assert through("POST", f"{path}?{query}", body.encode()).status == status
    (row,) = logged()
    assert row[:3] == ("stathat", status, f"POST {path}")
    assert row[3].startswith(reason)
    assert row[4] == what


def test_an_e_mail_address_that_is_an_ez_key_is_masked():
    stathat.new_project(ezkey="me+you@example.org")
    stathat.post("/ez", b"email=me+you@example.org&stat=a")
    stathat.post("/ez", b"email=me%2Byou%40example.org&stat=me+you@example.org&value=x")
    assert len(logged()) == 2
    assert all("example" not in text for row in logged() for text in map(str, row))


def test_a_key_that_is_switched_off_is_told_where_it_is_looked_for():
    stathat.new_project(ez_enabled=False)
    assert stathat.ez(stat="a", count=1).status == 401
    assert [row[:4] for row in logged()] == [("stathat", 401, "POST /ez", "invalid keys")]


def test_the_refused_items_of_a_batch_are_logged_though_others_are_stored():
    project = stathat.new_project()
    Stat.objects.create(project=project, name="v", kind=Stat.Kind.VALUE)
    good, bad, wrong = {"stat": "a", "count": 1}, {"stat": "b"}, {"stat": "v", "count": 1}
    assert stathat.batch(good, bad, good, wrong).json["multiple"] == 2
    ((_, status, _, reason, what),) = logged()
    assert status == 200
    assert reason == "data[1]: count or value is missing; 2 of 4 items were refused"
    assert json.loads(what) == [bad, wrong]


# heartbeat


def test_heartbeats_refusals_are_logged():
    heartbeat.new_project()
    assert heartbeat.post_devices(b'{"name":').status == 400
    assert heartbeat.post_devices({"name": "x" * 300}).status == 400
    assert heartbeat.post_devices(content_type="text/plain").status == 400
    assert heartbeat.regenerate(7).status == 404
    rows = logged()
    assert [row[1] for row in rows] == [400, 400, 400, 404]
    assert rows[0][3].startswith("the body is not JSON")
    assert rows[0][4] == '{"name":'
    assert rows[3][2:4] == ("POST /api/devices/7/token/generate", "there is no such device")


@both_ways
def test_a_beat_to_another_host_is_logged_by_its_device(through):
    project = heartbeat.new_project()
    token = create_device(project=project, name="Laptop").token
    headers = {"authorization": token, **BAD_HOST}
    assert through("POST", "/api/beat", headers=headers).status == 400
    reason = "this server does not answer for that host name"
    assert logged() == [("heartbeat", 400, "POST /api/beat", reason, "")]


# TStats


@both_ways
def test_tstats_refusals_are_logged_by_the_app_key_or_the_session(through):
    project = tstats.new_project()
    session = tstats.open_session(key=tstats.APP_KEY)
    tstats.send("POST", "/sessions/", {"clientTime": "x"}, key=tstats.APP_KEY, through=through)
    tstats.send("POST", f"/sessions/?app_key={tstats.APP_KEY}", b"{", through=through)
    tstats.add_event(session, True, through=through)
    unknown = session[:31] + ("0" if session[31] != "0" else "1") + session[32:]
    tstats.add_event(unknown, True, through=through)
    tstats.close(unknown, key=tstats.APP_KEY, through=through)
    rows = logged()
    assert [row[1] for row in rows] == [400, 400, 400, 404]
    assert rows[1][4] == "?app_key=an-…\n{"
    assert rows[2][2:4] == (
        f"PUT /sessions/{session}/event",
        "event must be a string, a number, an object or an array",
    )
    assert set(RejectedInput.objects.values_list("project_id", flat=True)) == {project.pk}


def test_without_a_key_it_is_the_default_project():
    tstats.default_project()
    tstats.send("POST", "/sessions/", b"[1]")
    assert [row[3] for row in logged()] == ['the body must be an object such as {"clientTime": …}']


def test_a_list_that_cannot_be_understood_is_logged():
    tstats.default_project()
    assert through_urls("GET", "/sessions/?since=x&app_key=").status == 400
    assert through_urls("GET", "/sessions/nothing").status == 404
    assert [(row[1], row[2], row[4]) for row in logged()] == [
        (400, "GET /sessions/", "?since=x&app_key=")
    ]


# mc-coal


def test_what_agents_send_in_vain_is_logged():
    agent = mccoal.new_agent()
    token = mccoal.agent_token(agent)
    mccoal.post("/api/v1/agents/logline", {"line": "x"}, token)
    mccoal.post("/api/v1/agents/ping", {"server_name": "x", "server_day": "y"}, token)
    mccoal.post("/api/v1/agents/loglines?zone=Mars", {}, token, body=b"x")
    mccoal.post("/api/v1/agents/loglines", {}, token, body=b"\x1f\x8bx")
    form = mccoal.agent_form(agent, code="wrong", scope="all")
    mccoal.post("/oauth/v1/token", form)
    rows = logged()
    assert [row[3].partition(":")[0] for row in rows] == [
        *("zone", "server_day", "zone", "The gzip ends too early.", "invalid_grant"),
    ]
    assert agent.client_secret not in rows[-1][4]
    assert "code=w…" in rows[-1][4]


def test_a_line_of_a_zone_that_there_is_not_is_logged_though_it_is_taken():
    agent = mccoal.new_agent()
    token = mccoal.agent_token(agent)
    line = "2013-04-13 20:50:34 [INFO] hello"
    assert mccoal.send_line(line, token, "CDT").status == 201
    assert mccoal.send_line(line, token, "America/Chicago").status == 200
    reason = "zone: There is no zone CDT; the line was taken for one in UTC."
    assert logged() == [("mccoal", 201, "POST /api/v1/agents/logline", reason, line)]


def test_what_is_asked_wrongly_of_a_server_is_logged_without_its_key():
    server = mccoal.open_server()
    mccoal.get(mccoal.path_of(server, "sessions", size="many", cursor="x"))
    mccoal.get(mccoal.path_of(server, "sessions", "nothing"))
    mccoal.get(mccoal.path_of(server, "sessions"), method="POST")
    ((_, status, path, reason, what),) = logged()
    assert (status, path) == (400, f"GET /api/v1/servers/{server.key[:4]}…/sessions")
    assert reason == "size: Not a valid integer value, Number must be between 1 and 50."
    assert what == "?size=many&cursor=x"


def test_a_closed_servers_readers_are_told_to_send_a_token():
    server = mccoal.closed_server()
    assert mccoal.get(mccoal.path_of(server, "sessions")).status == 401
    assert [row[1] for row in logged()] == [401]


# All of them


@both_ways
@pytest.mark.parametrize(
    ("method", "target", "body", "headers"),
    [
        ("POST", "/ez", b"ezkey=nobody&stat=a&count=x", {}),
        ("POST", "/ez", b"stat=a", {}),
        ("PUT", "/ez", b"ezkey=an-ez-key", {}),
        ("OPTIONS", "/ez?ezkey=an-ez-key", b"", {}),
        ("POST", "/c", b"key=a&ukey=nobody", {}),
        ("POST", "/api/beat", b"", {"authorization": "nobody"}),
        ("GET", "/api/beat", b"", {}),
        ("POST", "/sessions/", b"{", {"x-app-key": "nobody"}),
        ("PUT", "/sessions/nothing/event", b"{", {}),
        ("OPTIONS", "/sessions/", b"", {"x-app-key": "an-app-key"}),
        ("DELETE", "/sessions/", b"", {"x-app-key": "an-app-key"}),
        ("GET", "/ez?ezkey=an-ez-key&stat=a&count=1", b"", {}),
    ],
)
def test_what_is_nobodys_or_no_mistake_is_not_logged(through, method, target, body, headers):
    stathat.new_project(app_key="an-app-key")
    through(method, target, body, headers)
    assert logged() == []


@both_ways
def test_too_much_is_logged_by_the_key_in_the_query(through):
    stathat.new_project()
    big = b"x" * (1024 * 1024 + 1)
    assert through("POST", f"/ez?ezkey={stathat.EZ_KEY}", big).status == 413
    reason = "the body is larger than 1048576 bytes"
    assert logged() == [("stathat", 413, "POST /ez", reason, "?ezkey=an-…")]
