"""Countly's other paths. A slash at the end, or two at the beginning, are taken."""

from django.urls import URLPattern, re_path

from sessions_app.dialects.countly.analytics import read_analytics
from sessions_app.dialects.countly.management import api_key, manage_apps, read_apps, read_users
from sessions_app.dialects.countly.reading import read
from sessions_app.dialects.countly.sdk import no_path, ping, sdk
from telemetry.door.urls import View

__all__ = ["urlpatterns"]


def _path(path: str, view: View) -> URLPattern:
    return re_path(f"^(?:/)?{path}/?$", view)


# A path that is too long is answered as one that has a wrong third segment.
_WHAT = "(?:/(?P<what>.+?))?"

urlpatterns = [
    _path("o", read),
    _path("o/sdk", sdk),
    _path("o/ping", ping),
    _path(f"o/analytics{_WHAT}", read_analytics),
    _path(f"o/apps{_WHAT}", read_apps),
    _path(f"o/users{_WHAT}", read_users),
    _path(f"i/apps{_WHAT}", manage_apps),
    _path("api-key", api_key),
    _path("[io]/.+", no_path),
]
