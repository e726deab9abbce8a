"""The order of checks: method, credential, parameters, server, player or session, cursor."""

import pytest

from tests.mccoal_helpers import (
    UNKNOWN,
    closed_server,
    get,
    open_server,
    path_of,
    player_of,
    project_of,
    signed_in,
    token_of,
)

pytestmark = pytest.mark.django_db

BAD = {"size": 0, "since": "x", "cursor": "x"}
READS = [("sessions",), ("loglines",), ("players", "steve", "sessions"), ("players",)]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
@pytest.mark.parametrize("parts", [*READS, ("sessions", "x"), ("players", "steve"), ("x", "y")])
def test_a_wrong_method_is_told_before_all_else(method, parts):
    for key in (closed_server().key, UNKNOWN):
        reply = get(path_of(key, *parts, **BAD), "garbage", method=method)
        assert reply.status == (404 if parts[0] == "x" else 405)
        assert list(reply.json) == ["errors"]
        assert reply.headers.get("allow") == (None if parts[0] == "x" else "GET, HEAD")


@pytest.mark.parametrize("parts", READS)
def test_a_credential_is_asked_for_before_parameters(parts):
    server = closed_server()
    assert get(path_of(server, *parts, **BAD)).status == 401
    assert get(path_of(server, *parts, **BAD), "garbage").status == 401
    assert get(path_of(UNKNOWN, *parts, **BAD), "garbage").status == 401
    stranger = signed_in("stranger")
    assert get(path_of(server, *parts, **BAD), client=stranger).status == 403


@pytest.mark.parametrize("parts", READS)
def test_parameters_are_looked_at_before_the_server(parts):
    assert get(path_of(UNKNOWN, *parts, **BAD)).status == 400
    server = closed_server()
    foreign = token_of(project_of("q", "token"), "read")
    assert get(path_of(server, *parts, **BAD), foreign).status == 400
    assert get(path_of(server, *parts), foreign).status == 404


@pytest.mark.parametrize("parts", READS)
def test_the_server_is_looked_up_before_the_cursor(parts):
    assert get(path_of(UNKNOWN, *parts, cursor="x")).status == 404


@pytest.mark.parametrize("last", ["session", "sessions", "loglines"])
def test_parameters_are_looked_at_before_the_player_and_the_player_before_the_cursor(last):
    server = open_server()
    assert get(path_of(server, "players", "steve", last, **BAD)).status == 400
    assert get(path_of(server, "players", "steve", last, cursor="x")).status == 404
    player_of(server, "steve")
    reply = get(path_of(server, "players", "steve", last, cursor="x"))
    assert (reply.status, list(reply.json["errors"])) == (400, ["cursor"])


def test_a_single_row_has_no_parameters():
    server = open_server()
    player_of(server, "steve")
    assert get(path_of(server, "players", "steve", **BAD)).status == 200
    assert get(path_of(server, **BAD)).status == 200
    assert get(path_of(server, "sessions", "x", **BAD)).status == 404
