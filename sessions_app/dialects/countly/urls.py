"""Countly's paths for writing, all of them hot."""

from sessions_app.dialects.countly.wire import bulk, write
from sessions_app.dialects.countly.words import PREFLIGHT, error, reply
from telemetry.door.http import HotRoute, Problem, Request, Response
from telemetry.door.urls import urls_of
from telemetry.rejected import APP_KEY, Dialect, Key
from telemetry.rejected.log import RejectedLog, find_key

__all__ = ["HOT_ROUTES", "urlpatterns"]


def _key_of(request: Request) -> Key | None:
    key = find_key(request, "app_key")
    return Key(APP_KEY, key) if key else None


def _refused(problem: Problem) -> Response:
    """SDKs would send what is too large, or encoded, for ever, and nothing that comes after it."""
    if problem.status in {413, 415}:
        document = {"result": "Success", "info": problem.message}
        return reply(200, document, headers=problem.headers)
    return error(problem)


# A full bulk of an SDK's, 50 requests of 100 events each, has more than the usual limit, and so has
# the picture of a user.
_LIMITS = 8
# What the routes themselves answer they note themselves; this is for what the door refuses.
_LOG = RejectedLog(Dialect.COUNTLY, _key_of, gets_write=True)
# An SDK whose server is set with a slash at its end asks for two.
HOT_ROUTES = [
    HotRoute(path, answer, _refused, PREFLIGHT, log=_LOG, limits=_LIMITS)
    for name, answer in (("i", write), ("i/bulk", bulk))
    for path in (f"/{name}", f"/{name}/", f"//{name}")
]
urlpatterns = urls_of(HOT_ROUTES)
