"""mc-coal: Minecraft servers, their players' sessions and their logs, ``/api/v1/servers…``.

Contract: the seed ``mccoal-sessions.rst``. Its clients are tools that read sessions, and the agent
that runs beside a server and posts each line of its log, again and again until it is told that the
line has arrived.
"""

from sessions_app.dialects.mccoal.urls import urlpatterns

__all__ = ["urlpatterns"]
