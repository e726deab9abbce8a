"""The HTML pages of sessions: the list, one session, and the exports of a list."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from sessions_app import export
from sessions_app.forms import SessionFilterForm
from sessions_app.keys import key_of, public_id
from sessions_app.listing import (
    Page,
    Place,
    border_lines,
    event_page,
    line_page,
    servers_by_id,
    session_chunks,
    session_page,
)
from sessions_app.models import Dialect, Event, LogLine, Server, Session
from sessions_app.selectors import duration_of, sessions_of
from sessions_app.snippets import first_session
from telemetry import clock
from telemetry.access import may_manage
from telemetry.models import Project
from telemetry.pages import member_page, page_link, public_url

PAGE_SIZE = 50
EVENTS_SIZE = 200

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

AnyRow = TypeVar("AnyRow", bound=Model)


@dataclass(frozen=True, slots=True)
class Row:
    """A session in a list; `duration` in seconds. `server` may just have been deleted."""

    session: Session
    server: Server | None
    duration: float


def rows_of(sessions: list[Session], servers: dict[int, Server]) -> list[Row]:
    """What a list shows of these sessions."""
    now = clock.now()
    return [
        Row(session, servers.get(session.server_id or 0), duration_of(session, now))
        for session in sessions
    ]


def links(
    request: HttpRequest, page: Page[AnyRow], name: Callable[[AnyRow], str]
) -> dict[str, str]:
    """The links to the neighbouring pages; `name` says how a row is named in one."""
    after = name(page.rows[-1]) if page.rows and page.follows else None
    before = name(page.rows[0]) if page.rows and page.precedes else None
    return {
        "next": page_link(request, after=after),
        "previous": page_link(request, before=before),
    }


@require_safe
@member_page
def session_list(request: HttpRequest, project: Project) -> HttpResponse:
    """The project's sessions, newest first."""
    form = SessionFilterForm(request.GET, project)
    page = session_page(
        project,
        form.filters(),
        size=PAGE_SIZE,
        after=_id(request.GET.get("after")),
        before=_id(request.GET.get("before")),
    )
    context = {
        "project": project,
        "form": form,
        "rows": rows_of(page.rows, servers_by_id(project, page.rows)),
        **links(request, page, _id_text),
        "is_later_page": "after" in request.GET or "before" in request.GET,
        "query": _filters_only(request),
    }
    if not page.rows:
        can_manage = may_manage(request.user, project)
        context["snippets"] = first_session(project, public_url(request), show_keys=can_manage)
        context["can_manage"] = can_manage
    return render(request, "sessions_app/session_list.html", context)


def _id(text: str | None) -> UUID | None:
    try:
        return UUID(hex=text) if text else None
    except ValueError:
        return None


def _id_text(row: Model) -> str:
    return str(row.pk.hex)


def _filters_only(request: HttpRequest) -> str:
    """The query string without what names a page."""
    query = request.GET.copy()
    for name in ("after", "before"):
        query.pop(name, None)
    return f"?{query.urlencode()}" if query else ""


@never_cache
@require_safe
@member_page
def session_export(request: HttpRequest, project: Project, kind: str) -> HttpResponseBase:
    """All sessions that the list's filters leave, as CSV or NDJSON, part by part.

    400 with a line for each filter that cannot be understood: to leave it out would export what
    nobody asked for.
    """
    form = SessionFilterForm(request.GET, project)
    filters = form.filters()
    if form.errors:
        text = "\n".join(form.problems()) + "\n"
        return HttpResponse(text, "text/plain; charset=utf-8", 400)
    form_of = export.FORMATS[kind]
    chunks = (
        (sessions, servers_by_id(project, sessions))
        for sessions in session_chunks(project, filters, export.ROWS_AT_ONCE)
    )
    parts = form_of.write(chunks) if request.method == "GET" else ()
    name = f"sessions-{project.slug}-{clock.now():%Y-%m-%d}.{kind}"
    return StreamingHttpResponse(
        parts,
        content_type=form_of.content_type,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


# A session


@require_safe
@member_page
def session(request: HttpRequest, project: Project, session_id: UUID) -> HttpResponse:
    """A session: all that is known of it, and what happened in it."""
    found = sessions_of(project).filter(pk=session_id).select_related("server").first()
    if found is None:
        raise Http404("There is no such session.")
    context = {
        "project": project,
        "session": found,
        "server": found.server,
        "duration": duration_of(found, clock.now()),
        "is_minecraft": found.dialect == Dialect.MCCOAL,
        "skews": _skews(found),
        "public_id": _public_id(found),
        **(_lines(request, found) if found.dialect == Dialect.MCCOAL else _events(request, found)),
    }
    return render(request, "sessions_app/session.html", context)


def _public_id(session: Session) -> str:
    """By which its dialect's API names it."""
    if session.dialect == Dialect.MCCOAL:
        return key_of(session.server.key, "session", session.pk) if session.server else ""
    return public_id(session.project_id, session.pk) if session.dialect == Dialect.TSTATS else ""


def _skews(session: Session) -> list[tuple[str, float]]:
    """How far the client's clock was ahead of ours, in seconds."""
    clocks = [
        ("at the start", session.started_at, session.client_started_at),
        ("at the end", session.ended_at, session.client_ended_at),
    ]
    return [
        (when, (theirs - ours).total_seconds()) for when, ours, theirs in clocks if ours and theirs
    ]


@dataclass(frozen=True, slots=True)
class Happening:
    """An event or a log line, `seconds` after the start; `border`: what the line did to it."""

    seconds: float
    event: Event | None = None
    line: LogLine | None = None
    border: str = ""

    @property
    def since_start(self) -> float:
        return abs(self.seconds)


def _events(request: HttpRequest, session: Session) -> dict[str, Any]:
    page = event_page(
        session,
        size=EVENTS_SIZE,
        after=_id(request.GET.get("after")),
        before=_id(request.GET.get("before")),
    )
    # Ids tell the time to the millisecond, and a client may send several events within one.
    events = sorted(page.rows, key=attrgetter("at", "pk"))
    return {
        "happenings": [Happening(_since_start(session, each.at), event=each) for each in events],
        **links(request, page, _id_text),
    }


def _since_start(session: Session, at: datetime) -> float:
    return (at - session.started_at).total_seconds()


def _lines(request: HttpRequest, session: Session) -> dict[str, Any]:
    """The player's lines. A line that began or ended the session and is not the player's, or tells
    of another time, is put before or after them.
    """
    page = line_page(
        session,
        size=EVENTS_SIZE,
        after=_place(request.GET.get("after")),
        before=_place(request.GET.get("before")),
    )
    login, logout = border_lines(session)
    lines = list(page.rows)
    if login and not page.precedes and not _is_among(login, session):
        lines.insert(0, login)
    if logout and not page.follows and logout != login and not _is_among(logout, session):
        lines.append(logout)
    return {
        "happenings": [
            Happening(
                _since_start(session, line.at or session.started_at),
                line=line,
                border=_border(line, login, logout),
            )
            for line in lines
        ],
        **links(request, page, _place_text),
    }


def _is_among(line: LogLine, session: Session) -> bool:
    """Whether `line_page` has it."""
    if line.at is None or line.player_id != session.player_id:
        return False
    return session.started_at <= line.at and not (session.ended_at and line.at > session.ended_at)


def _border(line: LogLine, login: LogLine | None, logout: LogLine | None) -> str:
    if line == login:
        return "login"
    return "end" if line == logout else ""


def _place_text(line: LogLine) -> str:
    return f"{((line.at or _EPOCH) - _EPOCH) // _MICROSECOND}-{line.pk.hex}"


def _place(text: str | None) -> Place | None:
    number, _, line_id = (text or "").partition("-")
    found = _id(line_id)
    try:
        return (_EPOCH + int(number) * _MICROSECOND, found) if found else None
    except (ValueError, OverflowError):
        return None
