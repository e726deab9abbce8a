"""Whose rejected input is: by the server in the path, else by the token, else by the agent."""

import re

from sessions_app.rejected import AGENT, SERVER_KEY
from telemetry.door.http import Request
from telemetry.rejected import ACCESS_TOKEN, Dialect, Key, Rejection, note_rejected_and_wait
from telemetry.rejected.log import RejectedLog, bearer_token, find_key

__all__ = ["LOG", "note_zone"]

_SERVER = re.compile(r"/servers/([^/]+)").search


def _key_of(request: Request) -> Key | None:
    if found := _SERVER(request.path):
        return Key(SERVER_KEY, found[1])
    if token := bearer_token(request):
        return Key(ACCESS_TOKEN, token)
    agent = find_key(request, "client_id") if "/oauth/" in request.path else ""
    return Key(AGENT, agent) if agent else None


LOG = RejectedLog(Dialect.MCCOAL, _key_of)


def note_zone(*, project_id: int, zone: str, line: str, status: int) -> None:
    """Note a line that was taken, but for a zone that there is not: its time may be wrong."""
    note_rejected_and_wait(
        Rejection(
            dialect=Dialect.MCCOAL,
            project=project_id,
            status=status,
            path="POST /api/v1/agents/logline",
            reason=f"zone: There is no zone {zone[:100]}; the line was taken for one in UTC.",
            what=line,
        )
    )
