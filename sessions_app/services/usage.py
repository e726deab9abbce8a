"""The verbs of app usage: count what SDKs send, and end the sessions that they never ended."""

from collections.abc import Sequence

from sessions_app.usage.state import AppEvent, AppRequest, Checksum
from sessions_app.writes.usage.requests import (
    Outcome,
    RecordRequests,
    Result,
    time_out_silent_users,
)
from telemetry import clock
from telemetry.store import WriteRejected, get_store

__all__ = [
    "AppEvent",
    "AppRequest",
    "Checksum",
    "Outcome",
    "Result",
    "record_requests",
    "time_out_silent",
]


async def record_requests(requests: Sequence[AppRequest], remembered: int = 1) -> list[Outcome]:
    """Count requests, in this order; an outcome for each. All or none is stored.

    They are committed when this returns. One that the database refuses, whatever it is stored
    together with, leaves the others alone. At least so many requests of each device are
    `remembered`, to know them again. Raises ``StoreError`` if a later try may succeed.
    """
    write = RecordRequests(requests, remembered)
    try:
        outcomes: list[Outcome] = await get_store().submit(write)
    except WriteRejected as reason:
        if len(requests) == 1:
            return [Outcome(Result.REFUSED, None, (str(reason),))]
        return [(await record_requests((request,), remembered))[0] for request in requests]
    return outcomes


def time_out_silent() -> int | None:
    """End sessions of apps that were silent for their project's session timeout; how many.

    They have ended at their last activity, and go on if they are heard of again. None if another
    process is just doing this.
    """
    return time_out_silent_users(clock.now())
