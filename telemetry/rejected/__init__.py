"""The log of rejected input: what clients sent that was not taken, and why, by project.

It is the first thing that somebody looks for who makes a client speak to this server. Routes of
dialects that say which key a request carries (``HotRoute.log``, ``wire_view``) are logged by the
door; what a dialect acknowledges and does not count, it notes by itself::

    await note_rejected(
        Rejection(
            dialect=Dialect.COUNTLY,
            project=project_id,  # or key=Key(APP_KEY, "…"), which is looked up in the batch
            status=200,
            path="POST /i",
            reason="events[3]: key is missing",
            query=request.query,
            what=request.body,
        )
    )

and in threads ``note_rejected_and_wait``. Both never raise, and may be called at any rate: of a
flood a few are stored and the rest is counted. Secrets are masked here, so input is given as it
came, with whatever is known to be one among `secrets`.
"""

from telemetry.rejected.keys import (
    ACCESS_TOKEN,
    APP_KEY,
    DEFAULT,
    EZKEY,
    SECRET_KEY,
    UKEY,
    Key,
    KeyKind,
)
from telemetry.rejected.service import (
    Dialect,
    Rejection,
    note_rejected,
    note_rejected_and_wait,
)

__all__ = [
    "ACCESS_TOKEN",
    "APP_KEY",
    "DEFAULT",
    "EZKEY",
    "SECRET_KEY",
    "UKEY",
    "Dialect",
    "Key",
    "KeyKind",
    "Rejection",
    "note_rejected",
    "note_rejected_and_wait",
]
