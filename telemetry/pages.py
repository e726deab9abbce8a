"""What the HTML pages of all apps share: who may open them, and the address they are reached at."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Concatenate, ParamSpec

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from telemetry.access import project_for_managing, project_for_reading
from telemetry.models import Project

__all__ = ["Snippet", "manager_page", "member_page", "page_link", "public_url", "sign_in_first"]

P = ParamSpec("P")
_ProjectView = Callable[Concatenate[HttpRequest, Project, P], HttpResponseBase]
# Django passes what a URL holds by name.
_UrlView = Callable[..., HttpResponseBase]


@dataclass(frozen=True, slots=True)
class Snippet:
    """Something to copy into a terminal."""

    title: str
    command: str
    hint: str = ""


def page_link(request: HttpRequest, **cursor: str | int | None) -> str:
    """The query string of a list's neighbouring page, with the same filters.

    `cursor`: `after` or `before`; empty if that is None, for then there is no such page.
    """
    found = {name: str(place) for name, place in cursor.items() if place is not None}
    if not found:
        return ""
    query = request.GET.copy()
    for name in ("after", "before"):
        query.pop(name, None)
    query.update(found)
    return f"?{query.urlencode()}"


def public_url(request: HttpRequest) -> str:
    """Scheme and host by which clients reach this server, without a slash at the end."""
    return settings.PUBLIC_URL or f"{request.scheme}://{request.get_host()}"


def sign_in_first(request: HttpRequest) -> HttpResponse:
    """Send a visitor to the sign-in page, and back here afterwards."""
    back = request.get_full_path() if request.method in {"GET", "HEAD"} else request.path
    return redirect_to_login(back)


def _project_page(find: Callable[..., Project], view: _ProjectView[P]) -> _UrlView:
    @wraps(view)
    def page(
        request: HttpRequest, slug: str, *args: P.args, **kwargs: P.kwargs
    ) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return sign_in_first(request)
        return view(request, find(request.user, slug), *args, **kwargs)

    return page


def member_page(view: _ProjectView[P]) -> _UrlView:
    """The view gets the project in place of its slug; 404 for those who are nobody in it."""
    return _project_page(project_for_reading, view)


def manager_page(view: _ProjectView[P]) -> _UrlView:
    """As `member_page`; 403 for those who may only read."""
    return _project_page(project_for_managing, view)
