"""Countly's other paths. A slash at the end, or two at the beginning, are taken."""

from django.urls import URLPattern, re_path

from sessions_app.dialects.countly.reading import read
from telemetry.door.urls import View

__all__ = ["urlpatterns"]


def _path(path: str, view: View) -> URLPattern:
    return re_path(f"^(?:/)?{path}/?$", view)


urlpatterns = [_path("o", read)]
