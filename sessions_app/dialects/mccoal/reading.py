"""What mc-coal's tools read: servers, sessions, players, log lines, themselves.

Checks come in the original's order: method, credential, parameters (all that is wrong at once),
server, player or session, cursor.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import wraps
from uuid import UUID
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.http import HttpRequest

from sessions_app.dialects.mccoal.access import (
    manager_project,
    readable_project,
    readable_server,
    self_of,
)
from sessions_app.dialects.mccoal.log import LOG
from sessions_app.dialects.mccoal.shapes import (
    lines_documents,
    play_documents,
    player_document,
    server_document,
)
from sessions_app.dialects.mccoal.words import (
    BadParameters,
    ListQuery,
    Parameters,
    allow,
    cursor_of,
    error,
    list_query,
    needed,
    not_found,
    parameters,
    position_of,
    reply,
    time_text,
)
from sessions_app.keys import key_of, user_key
from sessions_app.minecraft import (
    Player,
    Server,
    line_of,
    line_page,
    names_of,
    play_of,
    play_page,
    player_facts,
    player_of,
    player_page,
    server_page,
    usernames_of,
)
from sessions_app.services.servers import create_server, update_server
from telemetry.door.http import Problem, Response
from telemetry.door.urls import View, wire_view

__all__ = [
    "line",
    "lines",
    "nothing",
    "play",
    "player",
    "player_lines",
    "player_plays",
    "players",
    "plays",
    "server",
    "servers",
    "users_self",
]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_Read = Callable[..., Response]


def _of_server(path: str, *, lists: str = "") -> Callable[[_Read], View]:
    """A view that gets the server and, where it `lists` (with "times" or without), the query."""

    def decorate(function: _Read) -> View:
        @wire_view(error, path, LOG)
        @wraps(function)
        def view(request: HttpRequest, server_key: str, **parts: str) -> Response:
            allow(request, "GET", "HEAD")
            found = readable_server(request, server_key)
            given = parameters(request)
            if lists:
                parts["query"] = list_query(given, times=lists == "times")  # type: ignore[assignment]
            if found is None:
                raise not_found("server")
            return function(found, given, **parts)

        return view

    return decorate


# Sessions


@_of_server("/api/v1/servers/:key/sessions", lists="times")
def plays(server: Server, given: Parameters, query: ListQuery) -> Response:  # noqa: ARG001
    """The server's sessions, latest login first."""
    return _plays(server, query)


@_of_server("/api/v1/servers/:key/sessions/:key")
def play(server: Server, given: Parameters, key: str) -> Response:  # noqa: ARG001
    """One of them."""
    found = play_of(server, key)
    if found is None:
        raise not_found("session")
    return reply(play_documents(server, [found])[0])


@_of_server("/api/v1/servers/:key/players/:player/sessions", lists="times")
def player_plays(server: Server, given: Parameters, query: ListQuery, player: str) -> Response:  # noqa: ARG001
    """A player's sessions, latest login first."""
    return _plays(server, query, _player(server, player))


def _player(server: Server, key_or_name: str) -> Player:
    found = player_of(server, key_or_name)
    if found is None:
        raise not_found("player")
    return found


def _plays(server: Server, query: ListQuery, player: Player | None = None) -> Response:
    place = f"sessions {server.pk} {player.pk if player else ''}"
    position = position_of(place, query.cursor)
    found, more = play_page(
        server,
        size=query.size,
        player=player,
        after=UUID(bytes=position) if position else None,
        since=query.since,
        before=query.before,
    )
    document = {"sessions": play_documents(server, found)}
    return _page(document, cursor_of(place, found[-1].pk.bytes) if more else "")


def _page(document: Mapping[str, object], cursor: str) -> Response:
    """A page of a list; on the last one there is no cursor."""
    return reply({**document, "cursor": cursor} if cursor else document)


# Players


@_of_server("/api/v1/servers/:key/players", lists="no times")
def players(server: Server, given: Parameters, query: ListQuery) -> Response:  # noqa: ARG001
    """The server's players, by name."""
    place = f"players {server.pk}"
    position = position_of(place, query.cursor)
    found, more = player_page(
        server, after=position.decode() if position else None, size=query.size
    )
    facts = player_facts(server, found)
    names = names_of(server, (each.name for each in found))
    documents = [player_document(server, each, facts[each.pk], names) for each in found]
    return _page({"players": documents}, cursor_of(place, found[-1].name.encode()) if more else "")


@_of_server("/api/v1/servers/:key/players/:player")
def player(server: Server, given: Parameters, player: str) -> Response:  # noqa: ARG001
    """One of them, by key or name."""
    found = _player(server, player)
    facts = player_facts(server, [found])
    names = names_of(server, [found.name])
    return reply(player_document(server, found, facts[found.pk], names))


# Log lines


@_of_server("/api/v1/servers/:key/loglines", lists="times")
def lines(server: Server, given: Parameters, query: ListQuery) -> Response:
    """The server's log, latest first: of those lines that tell a time.

    With `tag` or `q` a page may have less than `size` lines, or none, and a cursor nevertheless:
    one request looks at so many lines and not more.
    """
    return _lines(server, given, query)


@_of_server("/api/v1/servers/:key/loglines/:key")
def line(server: Server, given: Parameters, key: str) -> Response:  # noqa: ARG001
    """One line of it."""
    found = line_of(server, key)
    if found is None:
        raise not_found("log line")
    return reply(lines_documents(server, [found])[0])


@_of_server("/api/v1/servers/:key/players/:player/loglines", lists="times")
def player_lines(server: Server, given: Parameters, query: ListQuery, player: str) -> Response:
    """The lines that are about a player."""
    return _lines(server, given, query, _player(server, player))


def _lines(
    server: Server, given: Parameters, query: ListQuery, player: Player | None = None
) -> Response:
    place = f"loglines {server.pk} {player.pk if player else ''}"
    position = position_of(place, query.cursor)
    page = line_page(
        server,
        size=query.size,
        player=player,
        after=_line_position(position) if position else None,
        since=query.since,
        before=query.before,
        tag=given.text("tag"),
        text=given.text("q"),
    )
    cursor = ""
    if page.last:
        at, line_id = page.last
        microseconds = (at - _EPOCH) // timedelta(microseconds=1)
        cursor = cursor_of(place, microseconds.to_bytes(8, "big", signed=True) + line_id.bytes)
    return _page({"loglines": lines_documents(server, page.lines)}, cursor)


def _line_position(position: bytes) -> tuple[datetime, UUID]:
    microseconds = int.from_bytes(position[:8], "big", signed=True)
    return _EPOCH + timedelta(microseconds=microseconds), UUID(bytes=position[8:])


# Servers


@wire_view(error, "/api/v1/servers", LOG)
def servers(request: HttpRequest) -> Response:
    """The project's servers, oldest first; by POST with a `manage` token, a new one."""
    allow(request, "GET", "HEAD", "POST")
    if request.method == "POST":
        return _create(request)
    project = readable_project(request)
    query = list_query(parameters(request), times=False)
    place = f"servers {project.pk}"
    position = position_of(place, query.cursor)
    found, more = server_page(
        project, after=int.from_bytes(position, "big") if position else None, size=query.size
    )
    documents = [server_document(each, project.zone) for each in found]
    cursor = cursor_of(place, found[-1].pk.to_bytes(8, "big")) if more else ""
    return _page({"servers": documents}, cursor)


def _create(request: HttpRequest) -> Response:
    project = manager_project(request)
    given = parameters(request)
    needed(given, "name")
    try:
        new = create_server(project=project, name=given.text("name"))
    except ValidationError as problem:
        raise BadParameters({"name": problem.messages}) from problem
    agent = {"client_id": new.client_id, "client_secret": new.client_secret}
    return reply({**server_document(new.server, project.zone), "agent": agent}, 201)


@wire_view(error, "/api/v1/servers/:key", LOG)
def server(request: HttpRequest, server_key: str) -> Response:
    """A server; by POST with a `manage` token it is renamed."""
    allow(request, "GET", "HEAD", "POST")
    if request.method != "POST":
        found = readable_server(request, server_key)
        if found is None:
            raise not_found("server")
        return reply(server_document(found, found.project.zone))
    project = manager_project(request)
    given = parameters(request)
    needed(given, "name")
    found = readable_server(request, server_key)
    if found is None or found.project_id != project.pk:
        raise not_found("server")
    try:
        update_server(server=found, name=given.text("name"))
    except ValidationError as problem:
        raise BadParameters({"name": problem.messages}) from problem
    except Server.DoesNotExist:
        raise not_found("server") from None
    return reply(server_document(found, project.zone))


# Who asks


@wire_view(error, "/api/v1/users/self", LOG)
def users_self(request: HttpRequest) -> Response:
    """Who asks. A token belongs to a project and not to a person: it is a user of its own."""
    allow(request, "GET", "HEAD")
    token = self_of(request)
    if token:
        zone = token.project.zone
        return reply(
            {
                "key": key_of(token.token_hash, "player", UUID(int=token.pk)),
                "usernames": [],
                "email": "",
                "nickname": token.name,
                "active": True,
                "admin": token.allows("manage"),
                "last_coal_login": None,
                "created": time_text(token.created_at, zone),
                "updated": time_text(token.created_at, zone),
            }
        )
    user = request.user
    try:
        zone = readable_project(request).zone
    except Problem:  # whoever is a member of others only
        zone = ZoneInfo("UTC")
    return reply(
        {
            "key": user_key(user.pk or 0),
            "usernames": usernames_of(user.pk or 0),
            "email": getattr(user, "email", ""),
            "nickname": user.get_username(),
            "active": user.is_active,
            "admin": user.is_staff,
            "last_coal_login": time_text(getattr(user, "last_login", None), zone),
            "created": time_text(getattr(user, "date_joined", None), zone),
            "updated": time_text(getattr(user, "date_joined", None), zone),
        }
    )


@wire_view(error, "/api/v1/servers/…", LOG)
def nothing(request: HttpRequest, **_: str) -> Response:  # noqa: ARG001 - a view
    """Every other path of mc-coal's."""
    raise Problem(404, "There is nothing at this path.")
