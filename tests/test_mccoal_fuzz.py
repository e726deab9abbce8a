"""Whatever is sent to mc-coal's paths, what comes back is JSON, and never an error of ours."""

import json
from urllib.parse import quote, urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sessions_app.keys import key_of
from sessions_app.models import LogLine, Session
from tests.mccoal_helpers import agent_token, new_agent, token_of
from tests.minecraft_helpers import login, send
from tests.wire_helpers import through_urls

pytestmark = pytest.mark.django_db

NAMES = [
    *("size", "since", "before", "cursor", "tag", "q", "project", "line", "zone", "date"),
    *("server_key", "server_name", "is_server_running", "server_day", "address", "name", "gce"),
    *("grant_type", "client_id", "client_secret", "code", "redirect_uri", "scope", "progress"),
    "refresh_token",
]
WORDS = [
    *("", "0", "1", "50", "-1", "2013-04-13 20:50:34", "0001-01-01 00:00:00", "chat", "UTC"),
    *("2013-04-13", "America/Chicago", "agent", "/", "authorization_code", "refresh_token"),
    *("[12:34:56] [Server thread/INFO]: steve joined the game", "\x00", "\ufffd", "True", "p"),
    "2013-04-13 08:11:26 [INFO] steve lost connection: x",
]
TEXT = st.one_of(st.sampled_from(WORDS), st.text(max_size=30))
FIELDS = st.lists(st.tuples(st.sampled_from(NAMES), TEXT), max_size=6)
PATHS = [
    *("servers", "servers/{s}", "servers/{s}/sessions", "servers/{s}/sessions/{k}"),
    *("servers/{s}/players", "servers/{s}/players/{k}", "servers/{s}/players/{k}/session"),
    *("servers/{s}/players/{k}/loglines", "servers/{s}/loglines", "servers/{s}/loglines/{k}"),
    *("users/self", "agents/logline", "agents/loglines", "agents/ping", "agents/lastline"),
    *("servers/{s}/{k}", "servers/{k}", "agents/{k}", "oauth"),
]
JSONS = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(NAMES), inner, max_size=4)
    ),
    max_leaves=8,
)
HALVES = st.dictionaries(
    st.sampled_from(NAMES), st.text(st.characters(categories=["Cs", "Cc", "Lu", "Nd"]), max_size=9)
)
BODIES = st.one_of(
    st.tuples(
        st.just("application/x-www-form-urlencoded"),
        FIELDS.map(lambda fields: urlencode(fields, errors="surrogatepass").encode()),
    ),
    st.tuples(
        st.just("application/json"), st.one_of(JSONS, HALVES).map(lambda x: json.dumps(x).encode())
    ),
    st.tuples(
        st.sampled_from(
            [
                *("", "text/plain", "application/json", "application/json; charset=utf-16"),
                *("application/x-www-form-urlencoded; charset=latin-1", "multipart/form-data"),
                "multipart/form-data; boundary=x",
            ]
        ),
        st.one_of(st.binary(max_size=60), st.binary(max_size=20).map(lambda b: b"\x1f\x8b" + b)),
    ),
)


@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    method=st.sampled_from(["GET", "GET", "POST", "POST", "HEAD", "PUT"]),
    path=st.sampled_from(PATHS),
    key=st.one_of(st.sampled_from(["steve", "{play}", "{line}", "{player}"]), st.text(max_size=50)),
    is_known=st.booleans(),
    policy=st.sampled_from(["open", "token"]),
    who=st.sampled_from(["", "garbage", "agent", "manage", "write"]),
    query=FIELDS,
    body=BODIES,
)
def test_nothing_is_an_error_of_ours(db, method, path, key, is_known, policy, who, query, body):
    agent = new_agent(policy, policy)
    server = agent.server
    send(server, login(0))
    play, line = Session.objects.get(server=server), LogLine.objects.get(server=server)
    keys = {
        "{play}": key_of(server.key, "session", play.pk),
        "{line}": key_of(server.key, "line", line.pk),
        "{player}": key_of(server.key, "player", play.player_id),
    }
    token = {
        "": "",
        "garbage": "x",
        "agent": agent_token(agent),
        "manage": token_of(server.project, "manage"),
        "write": token_of(server.project, "write"),
    }[who]
    filled = path.format(
        s=server.key if is_known else quote(key, safe=""), k=quote(keys.get(key, key), safe="")
    )
    target = "/oauth/v1/token" if path == "oauth" else f"/api/v1/{filled}"
    kind, content = body
    headers = {"content-type": kind, "authorization": f"Bearer {token}" if token else ""}
    target = f"{target}?{urlencode([each for each in query if each[0] != 'progress'])}"
    reply = through_urls(method, target, content, headers)
    assert reply.status < 500, reply
    assert reply.headers["content-type"].startswith("application/json")
    if method != "HEAD":
        document = reply.json
        if reply.status >= 400:
            (errors,) = document.values()
            assert "could not be stored" not in str(errors)
