"""TStats: game sessions and their events, ``/sessions/…``.

Contract: the seed ``tstats.md``. Its clients are games (Unity's HTTP client sends JSON as
``application/octet-stream``, and cannot always PUT) and, in browsers, pages of any origin.
"""

from sessions_app import sweep  # noqa: F401 - who serves the dialect ends its silent sessions
from sessions_app.dialects.tstats.urls import HOT_ROUTES, urlpatterns

__all__ = ["HOT_ROUTES", "urlpatterns"]
