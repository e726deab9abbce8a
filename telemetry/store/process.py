"""This process's store: made when first used, closed when the process ends."""

import atexit
import os
import threading
from typing import Any

import psycopg
from django.conf import settings

from telemetry.postgres.base import connection_kwargs
from telemetry.store.group import STATEMENT_TIMEOUT_MS, GroupStore
from telemetry.store.write import Row, Store

_lock = threading.Lock()
_store: Store | None = None


def get_store() -> Store:
    """The store of this process; a forked child gets one of its own."""
    return _store or _make_store()


def use_store(store: Store | None) -> None:
    """Use this store from now on (tests), or with None a new one when next asked for."""
    global _store  # noqa: PLW0603 - one store per process is the point
    with _lock:
        _store = store


def close_store() -> None:
    """Commit what waits, then stop the writer. Called when the server or the process stops."""
    store = _store
    if store is not None:
        store.close()
        use_store(None)


def connect() -> psycopg.Connection[Row]:
    """A connection for the writer, to whichever database Django uses now."""
    options: dict[str, Any] = {
        "connect_timeout": 3,
        "keepalives_idle": 5,
        "keepalives_interval": 2,
        "keepalives_count": 2,
        "tcp_user_timeout": 4000,
        "application_name": "telemetry-store",
        **connection_kwargs(),
    }
    connection: psycopg.Connection[Row] = psycopg.connect(**options, autocommit=True)
    # The statements are few and always of the same shape: each is planned once, for look-ups by
    # index whatever the size of the tables at that moment.
    connection.execute(
        f"SET plan_cache_mode = force_generic_plan; SET enable_hashjoin = off;"
        f" SET enable_mergejoin = off; SET enable_seqscan = off; SET jit = off;"
        f" SET TIME ZONE 'UTC'; SET synchronous_commit = on;"
        f" SET statement_timeout = {STATEMENT_TIMEOUT_MS}"
    )
    return connection


def _make_store() -> Store:
    global _store  # noqa: PLW0603
    with _lock:
        if _store is None:
            _store = GroupStore(connect, queue_limit=settings.WRITE_QUEUE_LIMIT)
            atexit.register(close_store)
        return _store


def _forget_parents() -> None:
    """A forked child has neither its parent's writer thread nor a right to its connection."""
    global _lock, _store
    _lock, _store = threading.Lock(), None


os.register_at_fork(after_in_child=_forget_parents)
