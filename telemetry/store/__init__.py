"""The store: every write is committed, in a group with others, before its client is told so.

A write is a small frozen class (see ``write.Write``) that tells how many of its kind become a
constant number of statements. ``Store`` is what services use::

    outcome = await store.submit(RecordPoints(...))      # in the direct door and async views
    outcome = store.submit_and_wait(RecordPoints(...))   # in threads: views, commands

``get_store()`` is this process's store: ``GroupStore`` (one writer thread, group commit), or in
ordinary tests ``DirectStore``, its synchronous twin on Django's own connection.
"""

from telemetry.store.errors import StoreError, StoreOverloaded, StoreUnavailable, WriteRejected
from telemetry.store.process import close_store, get_store, use_store
from telemetry.store.write import Batch, Store, Write

__all__ = [
    "Batch",
    "Store",
    "StoreError",
    "StoreOverloaded",
    "StoreUnavailable",
    "Write",
    "WriteRejected",
    "close_store",
    "get_store",
    "use_store",
]
