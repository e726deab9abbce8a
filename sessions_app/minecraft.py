"""The reads of Minecraft servers: sessions, players and log lines as mc-coal's API lists them.

All pages are keyset pages in the order of an index: a page of ten million costs what one of ten
thousand costs.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet

from sessions_app.keys import id_of_key, player_id
from sessions_app.lines import kinds_with
from sessions_app.models import ClaimedName, LogLine, Player, Server, Session
from sessions_app.selectors import sessions_between
from telemetry import clock
from telemetry.models import Project

__all__ = [
    "LinePage",
    "Names",
    "Player",
    "PlayerFacts",
    "Server",
    "last_line",
    "line_of",
    "line_page",
    "names_of",
    "only_server_of",
    "play_of",
    "play_page",
    "player_facts",
    "player_of",
    "player_page",
    "server_of_key",
    "server_page",
    "status_of",
    "time_of_day_of",
    "usernames_of",
]

_NO_PING = timedelta(minutes=5)
_TICKS = 20
_DAY_OF_TICKS = 24_000
# Of a server's log, for one page of those that match.
LINES_SEARCHED = 10_000
_LAST_LINES = 50


@dataclass(frozen=True, slots=True)
class Names:
    """Of some players' names on a server: which are players, and which belong to a user."""

    players: frozenset[str]
    users: dict[str, int]


@dataclass(frozen=True, slots=True)
class PlayerFacts:
    """A player's latest session, if there is one, and whether any is open."""

    latest: Session | None
    is_playing: bool


Position = tuple[datetime, UUID]


@dataclass(frozen=True, slots=True)
class LinePage:
    """Some lines, and the last that was looked at for them; None if that was the last of all."""

    lines: list[LogLine]
    last: Position | None


def server_of_key(key: str) -> Server | None:
    """The server of this key, with its project."""
    if not key or "\0" in key:
        return None
    return Server.objects.select_related("project").filter(key=key).first()


def only_server_of(project: Project) -> Server | None:
    """The project's server, if it has just one."""
    found = list(Server.objects.select_related("project").filter(project=project)[:2])
    return found[0] if len(found) == 1 else None


def server_page(project: Project, *, after: int | None, size: int) -> tuple[list[Server], bool]:
    """The servers made after the one of this id, oldest first; and whether there are more."""
    servers = Server.objects.filter(project=project, pk__gt=after or 0).order_by("pk")
    found = list(servers[: size + 1])
    return found[:size], len(found) > size


def status_of(server: Server) -> str:
    """What the server is doing, as far as anything was heard of it in the last five minutes."""
    heard = max((at for at in (server.last_ping_at, server.last_line_at) if at), default=None)
    if server.status == Server.Status.RUNNING and heard and clock.now() - heard > _NO_PING:
        return Server.Status.UNKNOWN.value
    return server.status


def time_of_day_of(server: Server) -> int | None:
    """In ticks, 24,000 a day: of a server that is running it goes on, 20 a second."""
    told, told_at = server.time_of_day, server.last_ping_at
    if told is None or told_at is None or status_of(server) != Server.Status.RUNNING:
        return told
    since = max(0.0, (clock.now() - told_at).total_seconds())
    return (told + int(since * _TICKS)) % _DAY_OF_TICKS


# Sessions


def play_page(
    server: Server,
    *,
    size: int,
    player: Player | None = None,
    after: UUID | None = None,
    since: datetime | None = None,
    before: datetime | None = None,
) -> tuple[list[Session], bool]:
    """A server's (or a player's) sessions, latest login first; and whether there are more."""
    sessions = _plays(server)
    if player:
        sessions = sessions.filter(player_id=player.pk)
    if after:
        sessions = sessions.filter(id__lt=after)
    found = list(sessions_between(sessions, since=since, before=before)[: size + 1])
    return found[:size], len(found) > size


def _plays(server: Server) -> QuerySet[Session]:
    sessions = Session.objects.filter(project_id=server.project_id, server_id=server.pk)
    return sessions.order_by("-id")


def play_of(server: Server, key: str) -> Session | None:
    """The server's session of this key."""
    found = id_of_key(server.key, "session", key)
    return _plays(server).filter(pk=found).first() if found else None


def names_of(server: Server, names: Iterable[str]) -> Names:
    """Which of these names are players of the server, and whose they are. Two queries."""
    wanted = sorted({name for name in names if name})
    if not wanted:
        return Names(frozenset(), {})
    ids = [player_id(server.pk, name) for name in wanted]
    players = Player.objects.filter(project_id=server.project_id, pk__in=ids)
    claimed = ClaimedName.objects.filter(project_id=server.project_id, name__in=wanted)
    return Names(
        frozenset(players.values_list("name", flat=True)),
        dict(claimed.values_list("name", "user_id")),
    )


# Players


def player_of(server: Server, key_or_name: str) -> Player | None:
    """The server's player of this key or, if it is none, of exactly this name."""
    if "\0" in key_or_name:
        return None
    found = id_of_key(server.key, "player", key_or_name)
    wanted = found or player_id(server.pk, key_or_name)
    return Player.objects.filter(project_id=server.project_id, pk=wanted).first()


def player_page(server: Server, *, after: str | None, size: int) -> tuple[list[Player], bool]:
    """The players whose names follow this one, by name; and whether there are more."""
    players = Player.objects.filter(project_id=server.project_id, server_id=server.pk)
    if after is not None:
        players = players.filter(name__gt=after)
    found = list(players.order_by("name")[: size + 1])
    return found[:size], len(found) > size


def player_facts(server: Server, players: Sequence[Player]) -> dict[UUID, PlayerFacts]:
    """By the id of each of these players of a server. Two queries."""
    ids = [player.pk for player in players]
    if not ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_LATEST, [ids, server.project_id])
        latest_ids = [row[0] for row in cursor.fetchall()]
    of_project = Session.objects.filter(project_id=server.project_id)
    sessions = of_project.filter(
        Q(pk__in=latest_ids) | Q(server_id=server.pk, player_id__in=ids, ended_at=None)
    )
    latest: dict[UUID, Session] = {}
    playing: set[UUID] = set()
    for session in sessions:
        if session.player_id is None:
            continue
        if session.pk in latest_ids:
            latest[session.player_id] = session
        if session.ended_at is None:
            playing.add(session.player_id)
    return {pk: PlayerFacts(latest.get(pk), pk in playing) for pk in ids}


_LATEST = """
    SELECT newest.id
      FROM unnest(%s::uuid[]) AS wanted (id)
     CROSS JOIN LATERAL (
           SELECT id FROM sessions_app_session
            WHERE project_id = %s AND player_id = wanted.id ORDER BY id DESC LIMIT 1
           ) AS newest
    """


def usernames_of(user_id: int) -> list[str]:
    """The players' names that belong to a user, in all projects."""
    claimed = ClaimedName.objects.filter(user_id=user_id).order_by("name")
    return list(dict.fromkeys(claimed.values_list("name", flat=True)))


# Log lines


def line_page(
    server: Server,
    *,
    size: int,
    player: Player | None = None,
    after: Position | None = None,
    since: datetime | None = None,
    before: datetime | None = None,
    tag: str = "",
    text: str = "",
) -> LinePage:
    """A server's (or a player's) lines that tell a time, latest first.

    For those of a `tag`, or with `text` in them, the next ten thousand lines are looked at, so
    there may be more of them than on a page that is not full.
    """
    lines = LogLine.objects.filter(project_id=server.project_id, at__isnull=False)
    lines = lines.filter(player_id=player.pk) if player else lines.filter(server_id=server.pk)
    if after:
        at, line_id = after
        lines = lines.filter(Q(at=at, id__lt=line_id) | Q(at__lt=at), at__lte=at)
    if since:
        lines = lines.filter(at__gte=since)
    if before:
        lines = lines.filter(at__lt=before)
    lines = lines.order_by("-at", "-id")
    border: Position | None = None
    if tag or text:
        border = _position(lines[LINES_SEARCHED - 1 : LINES_SEARCHED])
        if border:
            at, line_id = border
            lines = lines.filter(Q(at=at, id__gte=line_id) | Q(at__gt=at), at__gte=at)
    if tag:
        lines = lines.filter(kind__in=sorted(kinds_with(tag)))
    if text:
        lines = lines.filter(line__icontains=text)
    found = list(lines[: size + 1])
    if len(found) > size:
        last = found[size - 1]
        border = (last.at, last.pk) if last.at else None
    return LinePage(found[:size], border)


def _position(lines: QuerySet[LogLine]) -> Position | None:
    """Where the first of these lines is."""
    found = lines.values_list("at", "id").first()
    return (found[0], found[1]) if found and found[0] else None


def line_of(server: Server, key: str) -> LogLine | None:
    """The server's line of this key."""
    found = id_of_key(server.key, "line", key)
    lines = LogLine.objects.filter(project_id=server.project_id, server_id=server.pk)
    return lines.filter(pk=found).first() if found else None


def last_line(server: Server) -> str | None:
    """The line of the latest time, as it came.

    An agent goes on after the line of its file that is equal to this, and skips the whole file if
    there is none: so one that could not be stored as it came will not do.
    """
    lines = LogLine.objects.filter(
        project_id=server.project_id, server_id=server.pk, at__isnull=False
    )
    latest = list(lines.order_by("-at", "-id").values_list("line", "is_cut")[:_LAST_LINES])
    whole = (line for line, is_cut in latest if not is_cut and "\ufffd" not in line)
    return next(whole, latest[0][0] if latest else None)
