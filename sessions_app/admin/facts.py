"""What clients and agents have reported: it is read, and players are forgotten."""

import json
import re
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, ClassVar
from uuid import UUID

from django.contrib import admin
from django.core.exceptions import ObjectDoesNotExist
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.text import Truncator
from django.utils.timezone import get_current_timezone

from sessions_app.admin.links import link, list_url
from sessions_app.keys import parse_public_id, public_id
from sessions_app.models import Dialect, Event, LogLine, Player, Server, Session
from sessions_app.selectors import duration_of
from sessions_app.services import servers as services
from sessions_app.services.users import forget_user
from telemetry import clock
from telemetry.admin_base import ChosenProject, DeletedByService, GrowingAdmin, WordFilter
from telemetry.ids import first_id

# On so many servers of a project a player is looked for by name.
_MOST_NAMESAKES = 1000


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


class DialectFilter(WordFilter):
    title = "dialect"
    parameter_name = "dialect"
    by = {str(dialect.value): (dialect.label, Q(dialect=dialect)) for dialect in Dialect}


class OpenFilter(WordFilter):
    title = "open"
    parameter_name = "open"
    by = {"true": ("Going on", Q(ended_at=None)), "false": ("Ended", Q(ended_at__isnull=False))}


class FactAdmin(GrowingAdmin):
    """Names of projects and servers are fetched for a whole page, and may be missing.

    Most ids begin with a time: whoever searches for one sees what was up to then.
    """

    of: ClassVar[list[str]] = ["project", "server"]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        until, zone = _end_of(search_term.strip()), self.zone_of_ids()
        if until is None or zone is None:
            return super().get_search_results(request, queryset, search_term)
        return queryset.filter(pk__lt=first_id(until.replace(tzinfo=zone).timestamp())), False

    def zone_of_ids(self) -> tzinfo | None:
        """In which a time is meant that ids begin with; None if they begin with none."""
        return get_current_timezone()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).prefetch_related(*self.of)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.get_fields(request, obj)

    @admin.display(description="project")
    def project_name(self, obj: Any) -> str | None:
        return self._name(obj, "project")

    @admin.display(description="server")
    def server_name(self, obj: Any) -> str | None:
        return self._name(obj, "server")

    @admin.display(description="player")
    def player_link(self, obj: Any) -> str | None:
        return link(Player, obj.player_id, obj.player_id) if obj.player_id else None

    def _exists(self, project_id: int, pk: UUID) -> bool:
        """Whether that is the id of a row of this kind, and not of what rows belong to."""
        return bool(self.model.objects.filter(project_id=project_id, pk=pk).exists())

    def _name(self, obj: Any, field: str) -> str | None:
        try:
            found = getattr(obj, field)
        except ObjectDoesNotExist:
            return None
        return str(found) if found else None


_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_TIME = re.compile(rf"({_DAY.pattern})[T ](\d\d:\d\d(:\d\d)?)", re.ASCII)


def _end_of(text: str) -> datetime | None:
    """The end of a day, or of a minute or second; None if that is none."""
    length = timedelta(days=1)
    if found := _TIME.fullmatch(text):
        length = timedelta(seconds=1) if found[3] else timedelta(minutes=1)
    elif not _DAY.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text) + length
    except (ValueError, OverflowError):
        return None


def _players_of(project_id: int, name: str) -> list[UUID]:
    """The ids of the players of this name on the project's servers."""
    players = Player.objects.filter(project_id=project_id, name=name).order_by("pk")
    return list(players.values_list("pk", flat=True)[:_MOST_NAMESAKES])


def _server_of(text: str) -> Server | None:
    return Server.objects.filter(key=text).first()


def _json(data: Any) -> str | None:
    if data is None:
        return None
    return format_html("<pre>{}</pre>", json.dumps(data, indent=2, ensure_ascii=False))


@admin.register(Player)
class PlayerAdmin(DeletedByService, FactAdmin):
    list_display = ["name", "server_name", "external_id", "last_login_at", "created_at"]
    # As an index has them; ids are in no order that means anything.
    ordering: ClassVar[Any] = ["name", "id"]
    search_help_text = "In the chosen project: a whole name, a player's id, or a server's key."
    fields = [
        *("name", "id", "project_name", "server_name", "external_id"),
        *("last_login_at", "created_at", "lists"),
    ]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_view_permission(request, obj)

    def zone_of_ids(self) -> None:
        return None

    def find(
        self,
        request: HttpRequest,  # noqa: ARG002
        rows: QuerySet[Player],
        project_id: int,  # noqa: ARG002
        text: str,
    ) -> QuerySet[Player]:
        pk = _uuid(text)
        if pk:
            return rows.filter(pk=pk)
        server = _server_of(text)
        return rows.filter(server_id=server.pk) if server else rows.filter(name=text)

    @admin.display(description="see")
    def lists(self, obj: Player) -> str:
        facts = LogLine if obj.server_id else Event
        return format_html(
            '<a href="{}">sessions</a>, <a href="{}">{}</a>',
            list_url(Session, obj.project_id, obj.pk),
            list_url(facts, obj.project_id, obj.pk),
            facts._meta.verbose_name_plural,
        )

    def delete_rows(self, rows: list[Player]) -> None:
        """Those of servers, and users of apps: their state must not outlive them."""
        services.delete_players(players=[row for row in rows if row.server_id])
        for row in rows:
            if row.server_id is None:
                forget_user(project=row.project, device_id=row.name)

    def goes_along(self, row: Player) -> str:
        if row.server_id is None:
            return "with the sessions and events; what was counted stays"
        return "but not the sessions and log lines"


@admin.register(Session)
class SessionAdmin(FactAdmin):
    list_display = [
        *("started_at", "dialect", "server_name", "username", "ended_at", "end_reason"),
        *("duration", "num_events", "address"),
    ]
    list_filter: ClassVar[list[Any]] = [ChosenProject, DialectFilter, OpenFilter]
    search_help_text = (
        "In the chosen project: a session's id, by TStats' name or ours; a player's whole name or "
        "id; a server's key; or a time such as 2026-01-31 or 2026-01-31 12:00, up to which."
    )
    fields = [
        *("id", "tstats_id", "project_name", "dialect", "server_name", "player_link", "username"),
        *("started_at", "last_at", "ended_at", "end_reason", "duration"),
        *("client_started_at", "client_ended_at", "active_seconds", "num_events", "events"),
        *("address", "zone", "shown_data", "login_line", "logout_line"),
        *("created_at", "updated_at"),
    ]

    def find(
        self, request: HttpRequest, rows: QuerySet[Session], project_id: int, text: str
    ) -> QuerySet[Session]:
        public = parse_public_id(text)
        if public:
            return rows.filter(pk=public[1]) if public[0] == project_id else rows.none()
        # TStats' have no server and no player: to look for one would take long.
        is_possible = request.GET.get("dialect") != str(Dialect.TSTATS.value)
        played = rows if is_possible else rows.none()
        pk = _uuid(text)
        if pk:
            is_one = self._exists(project_id, pk)
            return rows.filter(pk=pk) if is_one else played.filter(player_id=pk)
        server = _server_of(text)
        if server:
            return played.filter(server_id=server.pk)
        return played.filter(player_id__in=_players_of(project_id, text))

    @admin.display(description="TStats' id")
    def tstats_id(self, obj: Session) -> str | None:
        return public_id(obj.project_id, obj.pk) if obj.dialect == Dialect.TSTATS else None

    @admin.display(description="duration, in seconds")
    def duration(self, obj: Session) -> float:
        return duration_of(obj, clock.now())

    @admin.display(description="see")
    def events(self, obj: Session) -> str:
        url = list_url(Event, obj.project_id, obj.pk)
        return format_html('<a href="{}">events</a>', url)

    @admin.display(description="data")
    def shown_data(self, obj: Session) -> str | None:
        return _json(obj.data)

    @admin.display(description="login line")
    def login_line(self, obj: Session) -> str | None:
        return link(LogLine, obj.login_line_id, obj.login_line_id) if obj.login_line_id else None

    @admin.display(description="logout line")
    def logout_line(self, obj: Session) -> str | None:
        line_id = obj.logout_line_id
        return link(LogLine, line_id, line_id) if line_id else None


@admin.register(Event)
class EventAdmin(FactAdmin):
    list_display = ["at", "short_type", "session_link", "client_at"]
    search_help_text = (
        "In the chosen project: a whole type; an event's id; a session's id; the id of an app's "
        "user; or a time such as 2026-01-31 or 2026-01-31 12:00, up to which."
    )
    fields = [
        *("id", "project_name", "session_link", "player_link", "type", "at", "client_at"),
        *("shown_data", "idempotency_key"),
    ]
    of = ["project"]

    def find(
        self,
        request: HttpRequest,  # noqa: ARG002
        rows: QuerySet[Event],
        project_id: int,
        text: str,
    ) -> QuerySet[Event]:
        public = parse_public_id(text)
        if public:
            return rows.filter(session_id=public[1]) if public[0] == project_id else rows.none()
        pk = _uuid(text)
        if pk is None:
            return rows.filter(type=text)
        if self._exists(project_id, pk):
            return rows.filter(pk=pk)
        is_user = Player.objects.filter(project_id=project_id, pk=pk).exists()
        return rows.filter(player_id=pk) if is_user else rows.filter(session_id=pk)

    @admin.display(description="type")
    def short_type(self, obj: Event) -> str:
        return Truncator(obj.type).chars(60)

    @admin.display(description="session")
    def session_link(self, obj: Event) -> str | None:
        return link(Session, obj.session_id, obj.session_id) if obj.session_id else None

    @admin.display(description="data")
    def shown_data(self, obj: Event) -> str | None:
        return _json(obj.data)


@admin.register(LogLine)
class LogLineAdmin(FactAdmin):
    list_display = ["shown_time", "server_name", "kind", "start"]
    search_help_text = (
        "In the chosen project: a server's key; a player's id; a line's id; or a time such as "
        "2026-01-31 or 2026-01-31 12:00, by the log's own clock, up to which."
    )
    fields = [
        *("id", "project_name", "server_name", "player_link", "kind", "line", "is_cut"),
        *("at", "zone", "created_at"),
    ]

    def zone_of_ids(self) -> tzinfo:
        return UTC  # what the clock of the log showed; see `keys.line_id`

    def find(
        self,
        request: HttpRequest,  # noqa: ARG002
        rows: QuerySet[LogLine],
        project_id: int,
        text: str,
    ) -> QuerySet[LogLine]:
        # Those of a server or a player are in the order of the indexes that have them.
        in_time = rows.order_by("-at", "-id")
        pk = _uuid(text)
        if pk:
            is_one = self._exists(project_id, pk)
            return rows.filter(pk=pk) if is_one else in_time.filter(player_id=pk)
        server = _server_of(text)
        return in_time.filter(server_id=server.pk) if server else rows.none()

    @admin.display(description="time")
    def shown_time(self, obj: LogLine) -> Any:
        return obj.at or "none"

    @admin.display(description="line")
    def start(self, obj: LogLine) -> str:
        return obj.line[:200]
