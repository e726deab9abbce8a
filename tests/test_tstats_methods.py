"""Methods, preflights, and the seed's own words as far as they are requests."""

import pytest

from sessions_app.models import Session
from tests.tstats_helpers import (
    CLIENT_TIME,
    close,
    default_project,
    events,
    listed,
    open_session,
    problem,
    row,
    send,
    set_clock,
)
from tests.wire_helpers import through_door, through_urls

ORIGIN = {"origin": "https://game.example", "access_control_request_method": "PUT"}
BOTH = pytest.mark.parametrize("through", [through_door, through_urls])


@pytest.fixture
def session(db):
    default_project()
    return open_session()


def test_the_seed_from_launch_to_exit(db):
    """“POST sessions/”, “PUT sessions/:id/event”, “PUT sessions/:id/close”, “GET sessions/”."""
    default_project()
    opened = send("POST", "/sessions/", {"clientTime": CLIENT_TIME}).json
    session = opened["_id"]
    suggested = [
        *("Looking for matches", "Joining match", "Game started", "Game completed", "Game quit"),
        *("Level started", "Level completed", "Level quit", "Avg FPS", "low FPS", "peak FPS"),
    ]
    for event in suggested:
        body = {"clientTime": CLIENT_TIME, "event": event}
        assert send("PUT", f"/sessions/{session}/event", body).status == 201
    assert send("PUT", f"/sessions/{session}/event/Performance", {"event": 59.9}).status == 201
    closed = close(session).json
    assert events(session) == [*((each, each) for each in suggested), ("Performance", 59.9)]
    assert listed().json == {"sessions": [{**closed, "events": 12}]}
    assert {name: closed[name] for name in opened} == opened


@BOTH
def test_the_seeds_typos_are_paths_too(db, through):
    """“POST to sesssions/”, “PUT sesssions/:sessionId/close”."""
    default_project()
    session = send("POST", "/sesssions/", {"clientTime": CLIENT_TIME}, through=through).json["_id"]
    assert send("PUT", f"/sesssions/{session}/event/a", through=through).status == 201
    assert send("PUT", f"/sesssions/{session}/close", through=through).status == 200
    assert send("GET", "/sesssions", through=through_urls).json == listed().json


@pytest.mark.parametrize(
    "path", ["/session/", "/sessions.json", "/Sessions/", "/sessionsx", "/ssessions"]
)
def test_other_paths_are_not(db, path):
    assert through_urls("POST", path).status == 404


@pytest.mark.parametrize(
    "path", ["/sessions", "/sessions/", "/sessions/x/close", "/sessions/x/event/y", "//sessions/z"]
)
@BOTH
def test_pages_of_any_origin_may_ask(session, path, through):
    reply = send("OPTIONS", path, through=through, **ORIGIN)
    assert (reply.status, reply.body) == (204, b"")
    assert reply.headers == {
        "access-control-allow-origin": "*",
        "access-control-allow-methods": "GET, POST, PUT, OPTIONS",
        "access-control-allow-headers": "content-type, x-app-key, idempotency-key, authorization",
        "access-control-max-age": "86400",
    }


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/sessions/", "GET, HEAD, POST, OPTIONS"),
        ("DELETE", "/sessions", "GET, HEAD, POST, OPTIONS"),
        ("PATCH", "/sessions/", "GET, HEAD, POST, OPTIONS"),
        ("GET", "/sessions/{}/close", "PUT, POST, OPTIONS"),
        ("HEAD", "/sessions/{}/close/", "PUT, POST, OPTIONS"),
        ("DELETE", "/sessions/{}/close", "PUT, POST, OPTIONS"),
        ("GET", "/sessions/{}/event", "PUT, POST, OPTIONS"),
        ("GET", "/sessions/{}/event/", "PUT, POST, OPTIONS"),
        ("GET", "/sessions/{}/event/a/b", "PUT, POST, OPTIONS"),
        ("DELETE", "/sessions/{}/event/a", "PUT, POST, OPTIONS"),
        ("POST", "/sessions/{}", "GET, HEAD, OPTIONS"),
        ("DELETE", "/sessions/{}/", "GET, HEAD, OPTIONS"),
    ],
)
def test_another_method_is_a_405_that_names_the_right_ones(session, method, path, allowed):
    through = through_urls if method in {"GET", "HEAD"} else through_door
    reply = send(method, path.format(session), through=through)
    assert (reply.status, reply.headers["allow"]) == (405, allowed)
    if method != "HEAD":
        problem(reply, 405, "method_not_allowed")
    assert (events(session), row(session).ended_at, Session.objects.count()) == ([], None, 1)


@pytest.mark.parametrize(
    "path",
    ["/sessions/{}/open", "/sessions/{}/closed", "/sessions/{}/close/now", "/sessions/{}/x/y"],
)
@pytest.mark.parametrize("method", ["PUT", "POST", "GET"])
def test_other_paths_below_are_a_404(session, method, path):
    through = through_urls if method == "GET" else through_door
    problem(send(method, path.format(session), through=through), 404, "not_found")
    assert row(session).ended_at is None


@pytest.mark.parametrize("path", ["/sessions//close", "/sessions//event", "/sessions///"])
@BOTH
def test_an_empty_id_is_no_session(session, path, through):
    reply = send("PUT", path, {"event": "x"}, through=through)
    assert reply.status == (405 if path == "/sessions///" else 404)


def test_head_is_get_without_its_body(db, monkeypatch):
    set_clock(monkeypatch)
    default_project()
    session = open_session()
    for path in ("/sessions/", f"/sessions/{session}"):
        whole, head = (send(method, path, through=through_urls) for method in ("GET", "HEAD"))
        assert (whole.status, head.status) == (200, 200)
        names = ("content-type", "content-length", "access-control-allow-origin")
        assert [whole.headers[name] for name in names] == [head.headers[name] for name in names]


@pytest.mark.parametrize("through", [through_door, through_urls])
def test_an_encoded_body_is_a_415(session, through):
    reply = send("POST", "/sessions/", b"\x1f\x8b", content_encoding="gzip", through=through)
    assert "gzip" in problem(reply, 415, "unsupported_encoding")
    assert send("POST", "/sessions/", b"{}", content_encoding="identity").status == 201


@BOTH
def test_another_host_is_refused(session, through):
    problem(send("POST", "/sessions/", host="other.example", through=through), 400, "bad_request")


def test_no_cookie_or_token_of_a_browser_is_needed_to_write(session):
    reply = send("POST", "/sessions/", cookie="sessionid=x", origin="https://evil.example",
                 through=through_urls)  # fmt: skip
    assert reply.status == 201
    assert "set-cookie" not in reply.headers
