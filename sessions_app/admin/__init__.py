"""Management of servers, and of who their players are.

What clients and agents have reported can be looked at and is never changed by hand; players can be
forgotten.
"""

from sessions_app.admin import facts, servers

__all__ = ["facts", "servers"]
