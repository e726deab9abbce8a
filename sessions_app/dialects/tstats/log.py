"""Whose rejected input is: by the app key, else by the session, else by neither."""

from sessions_app.rejected import session_key
from telemetry.door.http import Problem, Request
from telemetry.rejected import (
    APP_KEY,
    DEFAULT,
    Dialect,
    Key,
    Rejection,
    note_rejected_and_wait,
)
from telemetry.rejected.log import RejectedLog, find_key

__all__ = ["LOG", "note_reading"]


def _key_of(request: Request) -> Key | None:
    app_key = request.header(b"x-app-key").strip().decode("latin-1")
    app_key = app_key or find_key(Request("", "", request.query, {}, b"", ""), "app_key")
    if app_key:
        return Key(APP_KEY, app_key)
    _, *session = request.path.strip("/").split("/", 2)
    return session_key(session[0]) if session else DEFAULT


LOG = RejectedLog(Dialect.TSTATS, _key_of)


def note_reading(project_id: int, target: str, problem: Problem) -> None:
    """Note a list that was asked for in a way that cannot be understood; Django answers these."""
    path, _, query = target.partition("?")
    note_rejected_and_wait(
        Rejection(
            dialect=Dialect.TSTATS,
            project=project_id,
            status=problem.status,
            path=f"GET {path}",
            reason=problem.reason,
            query=query,
        )
    )
