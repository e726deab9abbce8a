"""How a stat goes away while points for it may be on their way: see ``telemetry.deletion``."""

from collections.abc import Sequence
from functools import partial

from django.db import transaction

from stats_app.models import RESOLUTIONS, Stat
from telemetry.deletion import wait_for_writers

__all__ = ["delete_stats_and_buckets"]


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
    wait_for_writers(buckets._meta.db_table for buckets in RESOLUTIONS)
    for buckets in RESOLUTIONS:
        buckets.objects.filter(project_id=project_id, stat_id__in=stat_ids).delete()
