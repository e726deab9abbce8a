"""Management of servers, of who their players are, and of apps.

What clients and agents have reported can be looked at and is never changed by hand; players can be
forgotten.
"""

from sessions_app.admin import apps, facts, servers

__all__ = ["apps", "facts", "servers"]
