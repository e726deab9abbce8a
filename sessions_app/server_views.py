"""The HTML pages of Minecraft servers: the list, a server, management."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Concatenate, ParamSpec

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from sessions_app.forms import ServerForm
from sessions_app.listing import (
    MOST_PLAYING,
    Filters,
    playing_counts,
    playing_on,
    server_of,
    server_page,
    session_page,
)
from sessions_app.minecraft import line_page, player_page, status_of
from sessions_app.models import Server
from sessions_app.services import servers as services
from sessions_app.snippets import agent_snippet, feeding
from sessions_app.views import links, rows_of
from telemetry.access import may_manage
from telemetry.models import Project
from telemetry.pages import manager_page, member_page, page_link, public_url

PAGE_SIZE = 50
PLAYING = 100
SESSIONS = 10
PLAYERS = 50
LINES = 50

P = ParamSpec("P")


@dataclass(frozen=True, slots=True)
class Row:
    """A server in the list; `playing` players are on it, or more if `many`."""

    server: Server
    status: str
    playing: int

    @property
    def many(self) -> bool:
        return self.playing >= MOST_PLAYING


_ServerView = Callable[Concatenate[HttpRequest, Server, P], HttpResponseBase]


def _of_server(view: _ServerView[P]) -> Callable[..., HttpResponseBase]:
    """The view gets the server in place of its id; 404 if the project has none such."""

    @wraps(view)
    def page(
        request: HttpRequest, project: Project, pk: int, *args: P.args, **kwargs: P.kwargs
    ) -> HttpResponseBase:
        server = server_of(project, pk)
        if server is None:
            raise Http404("There is no such server.")
        server.project = project
        return view(request, server, *args, **kwargs)

    return page


@require_safe
@member_page
def server_list(request: HttpRequest, project: Project) -> HttpResponse:
    """The project's servers: how they are, and how many players are on them."""
    page = server_page(
        project,
        size=PAGE_SIZE,
        after=_number(request.GET.get("after")),
        before=_number(request.GET.get("before")),
    )
    playing = playing_counts(project, page.rows)
    context = {
        "project": project,
        "rows": [Row(each, status_of(each), playing.get(each.pk, 0)) for each in page.rows],
        **links(request, page, lambda server: str(server.pk)),
        "is_later_page": "after" in request.GET or "before" in request.GET,
        "can_manage": may_manage(request.user, project),
        "form": ServerForm(auto_id="new-%s"),
    }
    return render(request, "sessions_app/server_list.html", context)


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 19 else None


@require_safe
@member_page
@_of_server
def server(request: HttpRequest, server: Server) -> HttpResponse:
    """A server: who is playing, the latest sessions and lines, its players, how to feed it."""
    project = server.project
    after = request.GET.get("after")
    after = None if after and "\0" in after else after
    playing = playing_on(server, PLAYING + 1)
    latest = session_page(project, Filters(server_id=server.pk), size=SESSIONS)
    players, more_players = player_page(server, after=after, size=PLAYERS)
    by_id = {server.pk: server}
    context = {
        "project": project,
        "server": server,
        "status": status_of(server),
        "playing": rows_of(playing[:PLAYING], by_id),
        "more_playing": len(playing) > PLAYING,
        "rows": rows_of(latest.rows, by_id),
        "more_sessions": latest.follows,
        "players": players,
        "after": after,
        "next": page_link(request, after=players[-1].name) if more_players else "",
        "lines": line_page(server, size=LINES).lines,
        "snippets": feeding(server, public_url(request)),
        "can_manage": may_manage(request.user, project),
    }
    return render(request, "sessions_app/server.html", context)


@never_cache
@require_POST
@manager_page
def server_new(request: HttpRequest, project: Project) -> HttpResponse:
    """Add a server, and show its agent's secret for the only time."""
    form = ServerForm(request.POST, auto_id="new-%s")
    if form.is_valid():
        try:
            new = services.create_server(project=project, name=form.cleaned_data["name"])
        except ValidationError as error:
            form.add_error(None, error)
        else:
            return _show_secret(request, new, is_new=True)
    return render(request, "sessions_app/server_new.html", {"project": project, "form": form})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@manager_page
@_of_server
def server_secret(request: HttpRequest, server: Server) -> HttpResponse:
    """Ask, and on POST replace the agent's secret and show the new one for the only time."""
    if request.method == "POST":
        try:
            new = services.new_agent_secret(server=server)
        except Server.DoesNotExist:
            raise Http404("There is no such server.") from None
        return _show_secret(request, new, is_new=False)
    context = {"project": server.project, "server": server}
    return render(request, "sessions_app/server_new_secret.html", context)


def _show_secret(request: HttpRequest, new: services.NewServer, *, is_new: bool) -> HttpResponse:
    base_url = public_url(request)
    context = {
        "project": new.server.project,
        "server": new.server,
        "client_id": new.client_id,
        "secret": new.client_secret,
        "is_new": is_new,
        "snippets": [
            agent_snippet(new.server, base_url, new.client_secret),
            *feeding(new.server, base_url, new.client_secret),
        ],
    }
    return render(request, "sessions_app/server_secret.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@manager_page
@_of_server
def server_edit(request: HttpRequest, server: Server) -> HttpResponse:
    """Rename a server."""
    form = ServerForm(initial={"name": server.name})
    if request.method == "POST":
        form = ServerForm(request.POST)
        if form.is_valid():
            try:
                services.update_server(server=server, name=form.cleaned_data["name"])
            except ValidationError as error:
                form.add_error(None, error)
            except Server.DoesNotExist:
                raise Http404("There is no such server.") from None
            else:
                messages.success(request, "Saved.")
                return redirect("server", server.project.slug, server.pk)
    context = {"project": server.project, "server": server, "form": form}
    return render(request, "sessions_app/server_edit.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@manager_page
@_of_server
def server_delete(request: HttpRequest, server: Server) -> HttpResponse:
    """Ask, and on POST delete."""
    project = server.project
    if request.method == "POST":
        services.delete_servers(servers=[server])
        messages.success(request, f"“{server.name}” and all that its log told were deleted.")
        return redirect("servers", project.slug)
    context = {"project": project, "server": server}
    return render(request, "sessions_app/server_delete.html", context)
