"""Countly's paths for writing, all of them hot."""

from sessions_app.dialects.countly.wire import bulk, write
from sessions_app.dialects.countly.words import PREFLIGHT, error
from telemetry.door.http import HotRoute
from telemetry.door.urls import urls_of

__all__ = ["HOT_ROUTES", "urlpatterns"]

# An SDK whose server is set with a slash at its end asks for two.
HOT_ROUTES = [
    HotRoute(path, answer, error, PREFLIGHT)
    for name, answer in (("i", write), ("i/bulk", bulk))
    for path in (f"/{name}", f"/{name}/", f"//{name}")
]
urlpatterns = urls_of(HOT_ROUTES)
