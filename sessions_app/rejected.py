"""How keys of sessions and servers lead to the log of rejected input."""

from sessions_app.keys import split_public_id
from telemetry.rejected import Key, KeyKind

__all__ = ["AGENT", "SERVER_KEY", "session_key"]

SERVER_KEY = KeyKind(b"SELECT key, project_id FROM sessions_app_server WHERE key = ANY(%b::text[])")
AGENT = KeyKind(
    b"SELECT agent_client_id, project_id FROM sessions_app_server"
    b" WHERE agent_client_id = ANY(%b::text[])",
    is_public=True,
)
# What TStats calls a session: its id, and then its project's. Only of one that there is.
_SESSION = KeyKind(
    b"SELECT i.key, s.project_id FROM unnest(%b::text[]) AS i(key)"
    b" JOIN LATERAL (SELECT project_id FROM sessions_app_session"
    b" WHERE project_id = ('x' || lpad(substr(i.key, 33), 16, '0'))::bit(64)::int8"
    b" AND id = left(i.key, 32)::uuid OFFSET 0) s ON true",
    is_public=True,
)


def session_key(session: str) -> Key | None:
    """A session as TStats names it, which is all the authority that its clients need."""
    return Key(_SESSION, session) if split_public_id(session) else None
