"""TStats' paths. Reading is Django's, the rest is hot."""

from django.urls import re_path

from sessions_app.dialects.tstats.listing import SessionListing
from sessions_app.dialects.tstats.log import LOG
from sessions_app.dialects.tstats.wire import answer
from sessions_app.dialects.tstats.words import PREFLIGHT, error
from telemetry.door.http import HotRoute
from telemetry.door.urls import view_of

__all__ = ["HOT_ROUTES", "urlpatterns"]

_READS = frozenset({"GET", "HEAD"})

# The seed writes most of its paths with one “s” too many, and a client may be written after it.
_NAMES = ("sessions", "sesssions")
# A client whose base URL ends in a slash asks for two.
HOT_ROUTES = [
    HotRoute(path, answer, error, PREFLIGHT, is_prefix=path.endswith("/"), leaves=_READS, log=LOG)
    for name in _NAMES
    for path in (f"/{name}/", f"/{name}", f"//{name}/", f"//{name}")
]
_list, _one = (
    view_of(HOT_ROUTES[0], otherwise=SessionListing.as_view({"get": action, "head": action}))
    for action in ("list", "retrieve")
)
_nothing = view_of(HOT_ROUTES[0])

urlpatterns = [
    re_path("^(?:/)?sess?sions/?$", _list, name="tstats-sessions"),
    re_path("^(?:/)?sess?sions/(?P<session>[^/]+)/?$", _one),
    re_path("^(?:/)?sess?sions/", _nothing),
]
