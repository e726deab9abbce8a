"""How a stat goes away while points for it may be on their way.

The stat's row goes first, in a transaction of its own. A batch that looked the stat up before
that commit may still be adding to its buckets, and no foreign key stops it; one that starts later
does not find the stat. So the buckets go last, after every such batch has ended.
"""

import time
from collections.abc import Sequence
from functools import partial

from django.db import connection, transaction

from stats_app.models import RESOLUTIONS, Stat

__all__ = ["delete_stats_and_buckets"]

# The store gives up a batch before this.
_LONGEST_BATCH_SECONDS = 10.0
_TABLES = [buckets._meta.db_table for buckets in RESOLUTIONS]


def delete_stats_and_buckets(project_id: int, stat_ids: Sequence[int]) -> int:
    """Delete these stats of a project, and all they received; returns how many there were.

    Inside a transaction the buckets are deleted once that has been committed.
    """
    with transaction.atomic():
        stats = Stat.objects.filter(project_id=project_id, pk__in=stat_ids).order_by("pk")
        gone = list(stats.select_for_update().values_list("pk", flat=True))
        # Buckets have no foreign keys in the database, and Django leaves them alone.
        Stat.objects.filter(project_id=project_id, pk__in=gone).delete()
        if gone:
            transaction.on_commit(partial(_delete_buckets, project_id, gone))
    return len(gone)


def _delete_buckets(project_id: int, stat_ids: Sequence[int]) -> None:
    _wait_for_writers()
    for buckets in RESOLUTIONS:
        buckets.objects.filter(project_id=project_id, stat_id__in=stat_ids).delete()


def _wait_for_writers() -> None:
    """Return when every transaction has ended that may add to buckets now.

    A statement locks the tables that it writes to before it takes its snapshot. So whoever could
    see the stats is among the holders of such locks. Waiting for just these is better than a
    ``LOCK TABLE`` as a barrier: all other writers would queue up behind it, and it in turn behind
    a VACUUM.
    """
    deadline = time.monotonic() + _LONGEST_BATCH_SECONDS
    waiting_for = _writers()
    while waiting_for and time.monotonic() < deadline:
        time.sleep(0.01)
        waiting_for &= _writers()


def _writers() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT virtualtransaction FROM pg_locks
             WHERE relation = ANY(%s::regclass[]::oid[])
               AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
               AND mode = 'RowExclusiveLock' AND granted AND pid <> pg_backend_pid()
            """,
            [_TABLES],
        )
        return {row[0] for row in cursor.fetchall()}
