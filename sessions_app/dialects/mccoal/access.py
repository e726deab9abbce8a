"""Who may read a server, and which server an agent speaks for.

As in the original: 401 for who does not say who they are, or has a token that is not good for this;
403 for who is known and may not. A server of an open project is shown to whoever knows its key, as
the seed's documents have it.
"""

from dataclasses import dataclass

from django.http import Http404, HttpRequest

from sessions_app.dialects.mccoal.words import BadParameters, Parameters, query_of
from sessions_app.minecraft import Server, only_server_of, server_of_key
from sessions_app.services.servers import server_of_token
from telemetry.access import (
    AccessToken,
    Project,
    Unauthorized,
    find_token,
    may_see,
    project_to_show,
)
from telemetry.door.http import Problem

__all__ = [
    "agent_server",
    "agent_token",
    "manager_project",
    "readable_project",
    "readable_server",
    "self_of",
]

Scope = AccessToken.Scope


@dataclass(frozen=True, slots=True)
class _Bearer:
    """The token of a request; `given`: there is an ``Authorization``, though none we know."""

    given: bool
    token: AccessToken | None


def _bearer(request: HttpRequest) -> _Bearer:
    words = request.headers.get("Authorization", "").split()
    if not words:
        return _Bearer(given=False, token=None)
    token = find_token(words[1]) if words[0] == "Bearer" and len(words) > 1 else None
    return _Bearer(given=True, token=token)


def _unauthorized(message: str) -> Problem:
    return Problem(401, message, ((b"www-authenticate", b'Bearer error="invalid_token"'),))


def readable_server(request: HttpRequest, key: str) -> Server | None:
    """The server of this key, if it may be read; None if there is none.

    Of a server that a token's project does not have nothing is told: there is none.
    """
    server = server_of_key(key)
    bearer = _bearer(request)
    user = getattr(request, "user", None)  # not set where the request names another host
    if server and may_see(server.project, user=user, token=bearer.token):
        return server
    if bearer.given:
        if bearer.token is None or not bearer.token.allows(Scope.READ):
            raise _unauthorized("This needs a token with the scope read.")
        return None
    if server is None:
        return None
    if user and user.is_authenticated:
        raise Problem(403, "You are not a member of this server's project.")
    raise _unauthorized("Send a token with the scope read: Authorization: Bearer …")


def readable_project(request: HttpRequest) -> Project:
    """The project whose servers are listed: the token's, that of ``?project=``, or the default."""
    bearer = _bearer(request)
    slug = query_of(request).text("project")
    if bearer.token and bearer.token.allows(Scope.READ):
        if slug not in {"", bearer.token.project.slug}:
            raise Problem(404, "This token is for another project.")
        return bearer.token.project
    try:
        return project_to_show(slug=slug, user=getattr(request, "user", None))
    except Unauthorized:
        raise _unauthorized("Send a token with the scope read: Authorization: Bearer …") from None
    except Http404:
        if bearer.given:
            raise _unauthorized("This needs a token with the scope read.") from None
        raise Problem(404, "There is no such project.") from None


def manager_project(request: HttpRequest) -> Project:
    """The project that a token may change."""
    token = _bearer(request).token
    if token is None:
        raise _unauthorized("Send a token with the scope manage: Authorization: Bearer …")
    if not token.allows(Scope.MANAGE):
        raise Problem(403, "This needs a token with the scope manage.")
    return token.project


def self_of(request: HttpRequest) -> AccessToken | None:
    """The token that asks about itself; None if it is a signed-in user."""
    bearer = _bearer(request)
    if bearer.token and bearer.token.allows(Scope.READ):
        return bearer.token
    user = getattr(request, "user", None)
    if bearer.given or not (user and user.is_authenticated):
        raise _unauthorized("Send a token with the scope read: Authorization: Bearer …")
    return None


def agent_token(request: HttpRequest) -> AccessToken:
    """The token of an agent, or of whoever does an agent's work. Problem 401 if there is none."""
    token = _bearer(request).token
    if token is None or not (token.allows(Scope.AGENT) or token.allows(Scope.WRITE)):
        raise _unauthorized("This needs a token with the scope agent.")
    return token


def agent_server(token: AccessToken, given: Parameters) -> Server:
    """The server that an agent speaks for: that of its token, or which it names.

    A token that no agent was given by OAuth may feed every server of its project if it has the
    scope agent or write; it names one by ``server_key`` unless there is only one.
    """
    own = server_of_token(token)
    key = given.text("server_key")
    if own:
        if key not in {"", own.key}:
            raise Problem(404, "This token is for another server.")
        return own
    server = server_of_key(key) if key else only_server_of(token.project)
    if server is None and not key:
        raise BadParameters({"server_key": ["Say which server this is: its key."]})
    if server is None or server.project_id != token.project_id:
        raise Problem(404, "There is no such server.")
    return server
