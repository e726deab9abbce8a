"""mc-coal's paths. A slash at the end, or two at the beginning, are taken."""

from django.urls import URLPattern, re_path

from sessions_app.dialects.mccoal import agents, oauth, reading
from telemetry.door.urls import View

__all__ = ["urlpatterns"]

_SERVER = "servers/(?P<server_key>[^/]+)"
_PLAYER = _SERVER + "/players/(?P<player>[^/]+)"
_KEY = "(?P<key>[^/]+)"


def _path(path: str, view: View) -> URLPattern:
    return re_path(f"^(?:/)?api/v1/{path}/?$", view)


urlpatterns = [
    _path("servers", reading.servers),
    _path(_SERVER, reading.server),
    _path(f"{_SERVER}/sessions", reading.plays),
    _path(f"{_SERVER}/sessions/{_KEY}", reading.play),
    _path(f"{_SERVER}/players", reading.players),
    _path(_PLAYER, reading.player),
    # The seed's own example has the singular.
    _path(f"{_PLAYER}/sessions?", reading.player_plays),
    _path(f"{_PLAYER}/loglines", reading.player_lines),
    _path(f"{_SERVER}/loglines", reading.lines),
    _path(f"{_SERVER}/loglines/{_KEY}", reading.line),
    _path("users/self", reading.users_self),
    _path("agents/logline", agents.logline),
    _path("agents/loglines", agents.loglines),
    _path("agents/lastline", agents.lastline),
    _path("agents/ping", agents.ping),
    re_path("^(?:/)?oauth/v1/token/?$", oauth.token),
    re_path("^(?:/)?api/v1/(?:servers|users|agents)(?:/|$)", reading.nothing),
]
