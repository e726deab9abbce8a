"""Counting visits: every page of ours that somebody was shown, for the project that it is about.

The original counts its pages and badges, and not its API. Pages that are about no project (the
entrance, signing in) are counted for the default one, which is the site that its statistics tell
of. The admin is not a part of that site.
"""

import logging
from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from devices_app.services import count_visit
from telemetry.store import StoreError

__all__ = ["VisitsMiddleware", "visit"]

logger = logging.getLogger(__name__)

_NOT_THE_SITE = ("/api/", "/admin/", "/static/")


def visit(request: HttpRequest, slug: str) -> None:
    """Count this request as a visit of the project, now; it is then not counted again.

    A page is shown even when that cannot be stored, because then nothing can.
    """
    request.visit_is_counted = True  # type: ignore[attr-defined]
    try:
        count_visit(slug=slug)
    except StoreError as error:
        logger.warning("A visit could not be counted: %s", error)


class VisitsMiddleware:
    """Counts the pages that were shown, whichever app made them."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self._get_response(request)
        if _is_visit(request, response):
            match = request.resolver_match
            visit(request, match.kwargs.get("slug", "") if match else "")
        return response


def _is_visit(request: HttpRequest, response: HttpResponseBase) -> bool:
    return (
        response.status_code == 200
        and request.method in {"GET", "HEAD"}
        and response.headers.get("Content-Type", "").startswith("text/html")
        and not request.path_info.startswith(_NOT_THE_SITE)
        and not getattr(request, "visit_is_counted", False)
    )
