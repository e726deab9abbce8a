"""``POST /oauth/v1/token``: how an agent gets its token, after it was told 401 (OAuth 2).

An agent's authorization code is its secret, which it can use again and again.
"""

import json
from http import HTTPStatus

from django.http import HttpRequest

from sessions_app.dialects.mccoal.log import LOG
from sessions_app.dialects.mccoal.words import Parameters, allow, parameters
from sessions_app.services.servers import (
    AgentTokens,
    ServerGone,
    new_agent_tokens,
    refresh_agent_tokens,
    server_of_agent,
)
from telemetry.door.http import Problem, Response
from telemetry.door.urls import wire_view

__all__ = ["token"]

_KIND = b"application/json;charset=UTF-8"
_SECRET = ((b"cache-control", b"no-store"), (b"pragma", b"no-cache"))
_SCOPE = "agent"


def _error(problem: Problem) -> Response:
    """``{"error": …}`` with OAuth's own words for a 400."""
    body = json.dumps({"error": problem.message}).encode()
    return Response(problem.status, body, _KIND, (*_SECRET, *problem.headers))


def _bad(code: str) -> Problem:
    return Problem(HTTPStatus.BAD_REQUEST, code)


@wire_view(_error, "/oauth/v1/token", LOG)
def token(request: HttpRequest) -> Response:
    """A pair of tokens for a secret, or for a refresh token, whose old pair dies."""
    allow(request, "POST")
    try:
        given = parameters(request)
    except Problem:
        raise _bad("invalid_request") from None
    tokens = _refreshed(given) if given.all("refresh_token") else _fresh(given)
    document = {
        "access_token": tokens.access_token,
        "token_type": "Bearer",
        "expires_in": tokens.expires_in,
        "refresh_token": tokens.refresh_token,
    }
    return Response(200, json.dumps(document).encode(), _KIND, _SECRET)


def _fresh(given: Parameters) -> AgentTokens:
    names = ("grant_type", "client_id", "client_secret", "code", "redirect_uri", "scope")
    if not all(given.text(name) for name in names):
        raise _bad("invalid_request")
    if given.text("grant_type") != "authorization_code":
        raise _bad("unsupported_grant_type")
    secret = given.text("client_secret")
    server = server_of_agent(client_id=given.text("client_id"), client_secret=secret)
    if server is None:
        raise _bad("invalid_client")
    if given.text("code") != secret or given.text("redirect_uri") != "/":
        raise _bad("invalid_grant")
    if given.text("scope") != _SCOPE:
        raise _bad("invalid_scope")
    try:
        return new_agent_tokens(server=server)
    except ServerGone:
        raise _bad("invalid_client") from None


def _refreshed(given: Parameters) -> AgentTokens:
    names = ("grant_type", "client_id", "client_secret", "refresh_token", "scope")
    if not all(given.text(name) for name in names):
        raise _bad("invalid_request")
    if given.text("grant_type") != "refresh_token":
        raise _bad("unsupported_grant_type")
    server = server_of_agent(
        client_id=given.text("client_id"), client_secret=given.text("client_secret")
    )
    if server is None:
        raise _bad("invalid_client")
    if given.text("scope") != _SCOPE:
        raise _bad("invalid_scope")
    try:
        tokens = refresh_agent_tokens(server=server, refresh_token=given.text("refresh_token"))
    except ServerGone:
        raise _bad("invalid_client") from None
    if tokens is None:
        raise _bad("invalid_grant")
    return tokens
