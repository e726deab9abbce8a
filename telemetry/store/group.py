"""Group commit: one writer thread with one connection takes all that waits and commits it at once.

There is no artificial delay. A batch is what arrived while the previous one was being committed:
an idle server commits a single write immediately, a busy one shares each commit among many.
"""

import asyncio
import concurrent.futures
import logging
import select
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

import psycopg

from telemetry.metrics import count_batch, count_waiting
from telemetry.store.errors import StoreUnavailable, WriteRejected
from telemetry.store.waiting import Line, Waiting, answer
from telemetry.store.write import Batch, Row, Write

logger = logging.getLogger(__name__)

# Callers are refused after this many seconds without an outcome; the promise is 5.
PATIENCE = 4.0
# The database gives up a statement a little earlier than the callers do.
STATEMENT_TIMEOUT_MS = 3500
RECONNECT_SECONDS = 0.2
# A connection that was not used for so many seconds is looked at before it is used.
IDLE = 0.1

# Failures of a whole batch that say nothing about any write in it.
_TRANSIENT = (
    psycopg.errors.DeadlockDetected,
    psycopg.errors.SerializationFailure,
    psycopg.errors.LockNotAvailable,
    psycopg.errors.QueryCanceled,
    psycopg.errors.InsufficientResources,
    psycopg.errors.OperatorIntervention,
    # The schema is not (yet) what we expect: the operator's to mend, not the client's.
    psycopg.errors.UndefinedTable,
    psycopg.errors.UndefinedColumn,
)

Connect = Callable[[], psycopg.Connection[Row]]


class GroupStore:
    """A ``Store`` with a writer thread. Made by ``process.get_store``; tests make their own.

    `connect` gives a fresh connection in autocommit mode, or raises. `queue_limit` bounds the
    weight of writes held in memory, `batch_limit` that of one transaction.
    """

    def __init__(self, connect: Connect, *, queue_limit: int, batch_limit: int = 10_000) -> None:
        self._connect = connect
        self._line = Line(queue_limit)
        self._batch_limit = batch_limit
        self._connection: psycopg.Connection[Row] | None = None
        self._here = threading.local()
        self._used_at = 0.0
        self._away_since: float | None = None
        self._in_hand: list[Waiting] = []
        self.batches = 0
        self.writes = 0
        self._writer = threading.Thread(target=self._write, name="store-writer", daemon=True)
        self._watch = threading.Thread(target=self._watch_time, name="store-watch", daemon=True)
        self._writer.start()
        self._watch.start()

    # What services call

    def submit(self, write: Write) -> asyncio.Future[Any]:
        loop = self._running_loop()
        future = loop.create_future()
        self._line.add(Waiting(write, future, loop, write.weight))
        return future

    def _running_loop(self) -> asyncio.AbstractEventLoop:
        """The loop that runs in this thread. Asking asyncio costs a system call (``getpid``)."""
        known: asyncio.AbstractEventLoop | None = getattr(self._here, "loop", None)
        if known is None or not known.is_running():
            known = self._here.loop = asyncio.get_running_loop()
        return known

    def submit_and_wait(self, write: Write) -> Any:
        future: concurrent.futures.Future[Any] = concurrent.futures.Future()
        self._line.add(Waiting(write, future, None, write.weight))
        return future.result()

    def close(self) -> None:
        self._line.close()
        self._writer.join(timeout=PATIENCE * 2)

    @property
    def waiting(self) -> int:
        """The weight of what is held in memory, waiting or being written."""
        return self._line.weight

    # The writer thread

    def _write(self) -> None:
        while not self._line.finished:
            batch = self._line.take(self._batch_limit, timeout=None)
            if not batch:
                continue
            self._in_hand = batch
            try:
                self._write_batch(batch)
            except Exception:
                logger.exception("A batch of %d writes failed.", len(batch))
                self._drop_connection()
                answer(batch, [StoreUnavailable()] * len(batch))
            finally:
                self._in_hand = []
                self._line.done(batch)
                count_waiting(self._line.weight)
        self._drop_connection()

    def _write_batch(self, batch: list[Waiting]) -> None:
        connection = self._connected(batch)
        if connection is None:
            answer(batch, [StoreUnavailable()] * len(batch))
            return
        outcomes = self._commit(connection, batch)
        self._used_at = time.monotonic()
        answer(batch, outcomes)
        self.batches += 1
        self.writes += len(batch)
        count_batch(len(batch), self._used_at - batch[0].since)

    def _commit(
        self, connection: psycopg.Connection[Row], batch: list[Waiting], *, again: bool = True
    ) -> list[Any]:
        """Apply and commit `batch`; outcomes in order. Divides it to find a write that fails."""
        try:
            return _apply(connection, [item.write for item in batch])
        except _TRANSIENT as error:
            if again and time.monotonic() - batch[0].since < PATIENCE / 2:
                return self._commit(connection, batch, again=False)
            logger.warning("A batch of %d writes could not be committed: %s", len(batch), error)
            return [StoreUnavailable()] * len(batch)
        except Exception as error:  # noqa: BLE001 - whatever it is, only one write may suffer
            if connection.broken or connection.closed:
                # Whether a commit that was under way took place cannot be known: the client is
                # told that it did not, and decides whether to send it again.
                logger.warning("The connection to the database was lost: %s", error)
                self._drop_connection()
                return [StoreUnavailable()] * len(batch)
            if len(batch) == 1:
                return [_rejected(error)]
        half = len(batch) // 2
        outcomes = self._commit(connection, batch[:half])
        if self._connection is None:
            return outcomes + [StoreUnavailable()] * (len(batch) - half)
        return outcomes + self._commit(connection, batch[half:])

    def _connected(self, batch: list[Waiting]) -> psycopg.Connection[Row] | None:
        """The connection, made anew if need be; None when the waiters' time is over before."""
        idle = time.monotonic() - self._used_at
        if self._connection is not None and idle > IDLE and not _is_alive(self._connection):
            self._drop_connection()
        while self._connection is None:
            if all(item.future.done() for item in batch):
                return None
            try:
                self._connection = self._connect()
            except Exception as error:  # noqa: BLE001 - the writer must outlive any of them
                if self._away_since is None:  # one line, not one for each attempt
                    self._away_since = time.monotonic()
                    reason = " ".join(str(error).split())
                    logger.error("The store cannot connect, and goes on trying: %s", reason)
                time.sleep(RECONNECT_SECONDS)
        if self._away_since is not None:
            seconds = time.monotonic() - self._away_since
            logger.warning("The store is connected again after %.0f seconds.", seconds)
            self._away_since = None
        return self._connection

    def _drop_connection(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    # The watch: a database that hangs blocks the writer thread, but not its callers.

    def _watch_time(self) -> None:
        while not self._line.finished or self._in_hand:
            time.sleep(0.25)
            before = time.monotonic() - PATIENCE
            overdue = self._line.take_overdue(before)
            self._line.done(overdue)
            # Still in the writer's hands: refused now, and freed when the writer lets go of them.
            overdue += [item for item in self._in_hand if item.since < before]
            overdue = [item for item in overdue if not item.future.done()]
            if overdue:
                answer(overdue, [StoreUnavailable()] * len(overdue))


def _is_alive(connection: psycopg.Connection[Row]) -> bool:
    """Whether the server has not hung up while we were idle. Costs one system call if all is well.

    Found out before a batch is sent, a restart of the database costs no client an error.
    """
    if connection.closed:
        return False
    poll = select.poll()  # unlike select(), good for any number of open files
    poll.register(connection.fileno(), select.POLLIN)
    if poll.poll(0):  # a farewell, or merely a notice
        try:
            connection.execute("SELECT 1")
        except psycopg.Error:
            return False
    return True


def _rejected(error: Exception) -> WriteRejected:
    reason = "the reason has been logged"
    if isinstance(error, psycopg.DataError) and error.diag.message_primary:
        logger.warning("A write was refused by the database: %s", error)
        reason = error.diag.message_primary
    else:
        logger.error("A write could not be applied.", exc_info=error)
    return WriteRejected(f"this could not be stored: {reason}")


def _apply(connection: psycopg.Connection[Row], writes: Sequence[Write]) -> list[Any]:
    kinds: dict[type[Write], list[int]] = defaultdict(list)
    for index, write in enumerate(writes):
        kinds[type(write)].append(index)
    with connection.cursor(binary=True) as cursor:
        batch = Batch(cursor)
        if len(kinds) == 1:
            only = next(iter(kinds))
            at_once = only.apply_at_once(batch, writes)
            if at_once is not None:
                return list(at_once)
        outcomes: list[Any] = [None] * len(writes)
        with connection.transaction():
            for kind in sorted(kinds, key=lambda kind: kind.order):
                indexes = kinds[kind]
                applied = kind.apply(batch, [writes[index] for index in indexes])
                for index, outcome in zip(indexes, applied, strict=True):
                    outcomes[index] = outcome
    return outcomes
