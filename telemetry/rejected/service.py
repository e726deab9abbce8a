"""Noting what was rejected. None of this is ever in the way of a reply, or changes one."""

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import partial
from typing import Any

from telemetry import clock
from telemetry.ids import new_id
from telemetry.models import Project, RejectedInput
from telemetry.rejected.keys import Key
from telemetry.rejected.limits import Group, Limiter
from telemetry.rejected.masking import mask_input, mask_known
from telemetry.rejected.writes import CountMore, RecordRejection
from telemetry.store import Store, get_store

__all__ = [
    "Dialect",
    "Rejection",
    "clear_rejected",
    "note_rejected",
    "note_rejected_and_wait",
]

logger = logging.getLogger(__name__)

Dialect = RejectedInput.Dialect

# Seconds after which it is stored how many were left out.
_COUNT_AFTER = 1.0

_limiter = Limiter()
_counting = threading.Lock()
_fails = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """What was not taken. Nothing of it needs to be clean, or short.

    Whose it is, is said by `project`, an id, or by the `key` that came with it; without both, or if
    there is no such project, nothing is stored. `status` is what the client was told, `path` the
    method and the path, `query` what followed it, and `what` the body. Things with telling names
    in these are masked, and so are the key and `secrets` wherever they stand. A `what` that has to
    be made is a function, which is called if it is stored.
    """

    dialect: Dialect
    status: int
    path: str
    reason: str
    what: str | bytes | Callable[[], str | bytes] = ""
    query: str | bytes = ""
    project: int | None = None
    key: Key | None = None
    secrets: tuple[str, ...] = ()


async def note_rejected(rejection: Rejection) -> None:
    """Note it, from a coroutine. Does not wait until it is stored, and raises nothing."""
    try:
        group = _admitted(rejection)
        if group is None:
            return
        write = _write(rejection, group)
        handed_in: Any = get_store().submit(write)
        if isinstance(handed_in, asyncio.Future):
            handed_in.add_done_callback(partial(_answered, group, write))
        else:  # tests' store, which has no thread of its own
            _stored(group, write, await handed_in)
    except Exception as error:  # noqa: BLE001 - whatever it is, the reply matters more
        _failed(error)


def note_rejected_and_wait(rejection: Rejection) -> None:
    """The same from a thread, which waits for the commit. Raises nothing."""
    try:
        group = _admitted(rejection)
        if group is not None:
            write = _write(rejection, group)
            _stored(group, write, get_store().submit_and_wait(write))
    except Exception as error:  # noqa: BLE001 - as above
        _failed(error)


def clear_rejected(*, project: Project) -> None:
    """Forget all that was rejected of what came for a project."""
    RejectedInput.objects.filter(project=project).delete()


def count_soon() -> None:
    """Have it stored, in a moment, how many have been left out. Cheap; safe from any thread."""
    if _counting.acquire(blocking=False):
        # This store: after it has been closed there must not be another.
        timer = threading.Timer(_COUNT_AFTER, _count, [get_store()])
        timer.daemon = True
        timer.start()


def _admitted(rejection: Rejection) -> Group | None:
    """The group of a rejection that is to be stored; one that is not is counted."""
    key = rejection.key
    sender: Hashable = rejection.project
    if rejection.project is None:
        if key is None or not key.sought:
            return None
        sender = (key.kind, key.sought)
    mistake = (rejection.dialect, rejection.status, rejection.reason[: RejectedInput.MAX_REASON])
    group, is_stored = _limiter.admit(sender, mistake, time.monotonic())
    if is_stored:
        return group
    if group.place is not None:
        count_soon()
    return None


def _write(rejection: Rejection, group: Group) -> RecordRejection:
    at = clock.now()
    dialect, key = rejection.dialect, rejection.key
    secrets = rejection.secrets
    if key and not key.kind.is_public:
        secrets = (key.text, *secrets)
    came = rejection.what() if callable(rejection.what) else rejection.what
    what = mask_input(came, dialect, secrets, RejectedInput.MAX_WHAT)
    if rejection.query:
        query = mask_input(rejection.query, dialect, secrets, RejectedInput.MAX_WHAT)
        what = f"?{query}\n{what}".rstrip("\n")[: RejectedInput.MAX_WHAT]
    return RecordRejection(
        id=new_id(at.timestamp()),
        at=at,
        dialect=dialect,
        status=rejection.status,
        path=mask_input(rejection.path, dialect, secrets, RejectedInput.MAX_PATH),
        reason=mask_known(rejection.reason, secrets, RejectedInput.MAX_REASON),
        what=what,
        more=_limiter.left_out(group),
        project=rejection.project,
        key=key,
    )


def _answered(group: Group, write: RecordRejection, done: "asyncio.Future[int | None]") -> None:
    if done.cancelled():
        return
    error = done.exception()
    if error:
        _failed(error)
    else:
        _stored(group, write, done.result())


def _stored(group: Group, write: RecordRejection, project: int | None) -> None:
    global _fails  # noqa: PLW0603 - one log
    _fails = False
    if project is not None:
        group.place = (project, write.id)


def _failed(error: BaseException) -> None:
    """Say so once, and not for each of what may be very many."""
    global _fails  # noqa: PLW0603
    if not _fails:
        reason = " ".join(str(error).split())
        logger.warning("Rejected input cannot be logged for now: %s", reason)
    _fails = True


def _count(store: Store) -> None:
    try:
        more = _limiter.counted()
        _counting.release()  # what comes from now on is counted by the next
        if more:
            store.submit_and_wait(CountMore(more))
    except Exception as error:  # noqa: BLE001 - as above
        _failed(error)
