"""Pages of sessions, and of what happened in them: keyset pages in the order of an index.

What a page costs depends on how much it shows, never on how much is stored.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from operator import attrgetter
from typing import Generic, TypeVar
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db import connection
from django.db.models import Model, OuterRef, Q, QuerySet

from sessions_app.keys import player_id
from sessions_app.models import Dialect, Event, LogLine, Player, Server, Session
from sessions_app.selectors import sessions_between, sessions_of
from telemetry.models import Project

__all__ = [
    "MOST_PLAYING",
    "MOST_SERVERS",
    "Filters",
    "Page",
    "Place",
    "border_lines",
    "event_page",
    "line_page",
    "playing_counts",
    "playing_on",
    "server_choices",
    "server_of",
    "server_page",
    "servers_by_id",
    "session_chunks",
    "session_page",
]

MOST_SERVERS = 1000
"""How many servers a form offers."""
MOST_PLAYING = 1000
"""How far players who are playing now are counted."""
# On so many servers of a project a player is looked for by name.
_MOST_NAMESAKES = 1000

Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list of sessions is narrowed to.

    `player` is a whole name, `since` and `until` are about when they began: [since, until).
    """

    dialect: Dialect | None = None
    server_id: int | None = None
    player: str = ""
    since: datetime | None = None
    until: datetime | None = None
    open: bool = False


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Some rows of a list; whether there is a page that follows, and one that precedes."""

    rows: list[Row]
    follows: bool = False
    precedes: bool = False


def _page(found: Iterable[Row], size: int, *, after: object, before: object) -> Page[Row]:
    """`found`: away from where the page begins, one row more than it shows, if there is one."""
    rows = list(found)
    more, rows = len(rows) > size, rows[:size]
    if before is not None:
        return Page(rows[::-1], follows=True, precedes=more)
    return Page(rows, follows=more, precedes=after is not None)


# Sessions


def session_page(
    project: Project,
    filters: Filters,
    *,
    size: int,
    after: UUID | None = None,
    before: UUID | None = None,
) -> Page[Session]:
    """The sessions that follow the one of the id `after`, or precede `before`, newest first."""
    if before is not None:
        found = _sessions(project, filters, size + 1, above=before, ascending=True)
    else:
        found = _sessions(project, filters, size + 1, below=after)
    return _page(found, size, after=after, before=before)


def session_chunks(project: Project, filters: Filters, size: int) -> Iterator[list[Session]]:
    """All of them, newest first. Each part is read for itself, by a query of its own.

    So no cursor and no transaction is open between two parts, each of which may be asked for by
    another thread. A session that begins meanwhile is not among them.
    """
    below: UUID | None = None
    while True:
        found = _sessions(project, filters, size, below=below)
        if found:
            yield found
        if len(found) < size:
            return
        below = found[-1].pk


def _sessions(
    project: Project,
    filters: Filters,
    limit: int,
    *,
    above: UUID | None = None,
    below: UUID | None = None,
    ascending: bool = False,
) -> list[Session]:
    """Those between two ids, from the one on where the page begins."""
    server, order = filters.server_id, "id" if ascending else "-id"
    # Only mc-coal's sessions have a server, and only TStats' no player.
    if server and filters.dialect not in {None, Dialect.MCCOAL}:
        return []
    if filters.player and filters.dialect == Dialect.TSTATS:
        return []
    sessions = sessions_between(sessions_of(project), since=filters.since, before=filters.until)
    if above:
        sessions = sessions.filter(id__gt=above)
    if below:
        sessions = sessions.filter(id__lt=below)
    if filters.open:
        sessions = sessions.filter(ended_at=None)
    if filters.player and not server:
        ids = _of_namesakes(project, filters, sessions.order_by(order), limit)
        chosen = sorted(ids, reverse=not ascending)[:limit]
        return list(Session.objects.filter(project=project, pk__in=chosen).order_by(order))
    if server:
        sessions = sessions.filter(server_id=server)
        if filters.player:
            sessions = sessions.filter(player_id=player_id(server, filters.player))
    elif filters.dialect is not None:
        sessions = sessions.filter(dialect=filters.dialect)
    return list(sessions.order_by(order)[:limit])


def _of_namesakes(
    project: Project, filters: Filters, sessions: QuerySet[Session], limit: int
) -> Iterator[UUID]:
    """Of each player of the name on a server, or of an app, as many sessions as could be shown.

    By their ids. A sort of all that they have would read all that they have.
    """
    theirs = sessions.filter(player_id=OuterRef("pk"))
    players = Player.objects.filter(project=project, name=filters.player).order_by("pk")
    if filters.dialect is not None:
        players = players.filter(server__isnull=filters.dialect == Dialect.COUNTLY)
    found = players.annotate(theirs=ArraySubquery(theirs.values("id")[:limit]))
    return chain.from_iterable(found.values_list("theirs", flat=True)[:_MOST_NAMESAKES])


# What happened in a session


def event_page(
    session: Session, *, size: int, after: UUID | None = None, before: UUID | None = None
) -> Page[Event]:
    """A session's events as they came, oldest first."""
    events = Event.objects.filter(project_id=session.project_id, session_id=session.pk)
    if before is not None:
        found = events.filter(id__lt=before).order_by("-id")
    else:
        found = (events.filter(id__gt=after) if after else events).order_by("id")
    return _page(found[: size + 1], size, after=after, before=before)


Place = tuple[datetime, UUID]
"""Where a line is in its log: its time and id."""


def line_page(
    session: Session, *, size: int, after: Place | None = None, before: Place | None = None
) -> Page[LogLine]:
    """What the log has of the player while the session lasted, oldest first.

    The line that ended it may be the server's, see `border_lines`.
    """
    if session.player_id is None:
        return Page([])
    lines = LogLine.objects.filter(
        project_id=session.project_id, player_id=session.player_id, at__gte=session.started_at
    )
    if session.ended_at:
        lines = lines.filter(at__lte=session.ended_at)
    if before is not None:
        at, line_id = before
        earlier = lines.filter(Q(at=at, id__lt=line_id) | Q(at__lt=at), at__lte=at)
        return _page(earlier.order_by("-at", "-id")[: size + 1], size, after=after, before=before)
    if after is not None:
        at, line_id = after
        lines = lines.filter(Q(at=at, id__gt=line_id) | Q(at__gt=at), at__gte=at)
    return _page(lines.order_by("at", "id")[: size + 1], size, after=after, before=before)


def border_lines(session: Session) -> tuple[LogLine | None, LogLine | None]:
    """The lines that began and ended a session, as far as they are there."""
    ids = [pk for pk in (session.login_line_id, session.logout_line_id) if pk]
    lines = LogLine.objects.filter(project_id=session.project_id).in_bulk(ids) if ids else {}
    login, logout = session.login_line_id, session.logout_line_id
    return lines.get(login) if login else None, lines.get(logout) if logout else None


# Servers


def servers_by_id(project: Project, sessions: Iterable[Session]) -> dict[int, Server]:
    """The servers of these sessions of a project; one that is just being deleted is missing."""
    ids = {session.server_id for session in sessions if session.server_id}
    return Server.objects.filter(project=project).in_bulk(ids) if ids else {}


def server_choices(project: Project) -> list[tuple[int, str]]:
    """Ids and names of the project's servers, by name."""
    servers = Server.objects.filter(project=project).order_by("name", "pk")
    return list(servers.values_list("pk", "name")[:MOST_SERVERS])


def server_of(project: Project, pk: int) -> Server | None:
    """The project's server of this id."""
    return Server.objects.filter(project=project, pk=pk).first()


def server_page(
    project: Project, *, size: int, after: int | None = None, before: int | None = None
) -> Page[Server]:
    """The project's servers as they were made, oldest first."""
    servers = Server.objects.filter(project=project)
    if before is not None:
        found = servers.filter(pk__lt=before).order_by("-pk")
    else:
        found = servers.filter(pk__gt=after or 0).order_by("pk")
    return _page(found[: size + 1], size, after=after, before=before)


def playing_counts(project: Project, servers: Sequence[Server]) -> dict[int, int]:
    """By the id of each of these servers how many players are on it, up to `MOST_PLAYING`."""
    if not servers:
        return {}
    with connection.cursor() as cursor:
        ids = [server.pk for server in servers]
        cursor.execute(_PLAYING, [ids, project.pk, MOST_PLAYING])
        return dict(cursor.fetchall())


_PLAYING = f"""
    SELECT wanted.id, playing.count
      FROM unnest(%s::bigint[]) AS wanted (id)
     CROSS JOIN LATERAL (
           SELECT count(*)
             FROM (SELECT FROM {Session._meta.db_table}
                    WHERE project_id = %s AND server_id = wanted.id AND ended_at IS NULL
                    LIMIT %s) AS looked_at
           ) AS playing
    """


def playing_on(server: Server, limit: int) -> list[Session]:
    """The sessions of so many players who are on the server, the longest first."""
    sessions = Session.objects.filter(
        project_id=server.project_id, server_id=server.pk, ended_at=None
    )
    # In the order of the index of open sessions: in another one all sessions might be looked at.
    found = list(sessions.order_by("player_id")[:limit])
    return sorted(found, key=attrgetter("started_at"))
