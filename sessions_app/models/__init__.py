"""Sessions: who used something from when to when, and what happened meanwhile.

Sessions of all dialects are in one table. Growing tables have no foreign keys in the database,
which would cost every write look-ups, and their primary keys are (project, id) there, so that they
can be sharded by project; to Django the id alone is the key, which is unique by itself (UUIDs).
Ids begin with a time, so that lists in the order of time are lists in the order of ids.
"""

from sessions_app.models.apps import App
from sessions_app.models.base import MAX_EVENT_TYPE, MAX_NAME
from sessions_app.models.servers import AgentToken, ClaimedName, LogLine, Server, new_server_key
from sessions_app.models.sessions import Dialect, EndReason, Event, Player, Session
from sessions_app.models.usage import AppUser, Dimension, EventCounter, KnownName, UsageCounter

__all__ = [
    "MAX_EVENT_TYPE",
    "MAX_NAME",
    "AgentToken",
    "App",
    "AppUser",
    "ClaimedName",
    "Dialect",
    "Dimension",
    "EndReason",
    "Event",
    "EventCounter",
    "KnownName",
    "LogLine",
    "Player",
    "Server",
    "Session",
    "UsageCounter",
    "new_server_key",
]
