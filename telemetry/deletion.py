"""How rows go away that no foreign key holds, while batches may still be adding to them.

Growing tables have no foreign keys in the database, which would cost every write look-ups. So
what a batch needs to find (a stat, a project) goes first and is committed; a batch that looked it
up before may still be writing, one that starts later does not find it. What such batches wrote is
deleted last, after every one of them has ended.
"""

import time
from collections.abc import Iterable, Sequence
from functools import partial

from django.db import connection, models, transaction

from telemetry.models import Project

__all__ = ["delete_projects_and_all", "wait_for_writers"]

# The store gives up a batch before this.
_LONGEST_BATCH_SECONDS = 10.0


def delete_projects_and_all(project_ids: Sequence[int]) -> int:
    """Delete projects with everything that is stored for them; returns how many there were.

    Inside a transaction the last of it is deleted once that has been committed.
    """
    with transaction.atomic():
        projects = Project.objects.filter(pk__in=project_ids).order_by("pk")
        gone = list(projects.select_for_update().values_list("pk", flat=True))
        for model in _related(constrained=True):
            # In the order in which batches lock them.
            rows = model._default_manager.filter(project_id__in=gone).order_by("pk")
            list(rows.select_for_update().values_list("pk"))
        Project.objects.filter(pk__in=gone).delete()  # Django leaves growing tables alone
        if gone:
            transaction.on_commit(partial(_delete_growing, gone))
    return len(gone)


def _delete_growing(project_ids: Sequence[int]) -> None:
    growing = list(_related(constrained=False))
    wait_for_writers(model._meta.db_table for model in growing)
    for model in growing:
        model._default_manager.filter(project_id__in=project_ids).delete()


def _related(*, constrained: bool) -> Iterable[type[models.Model]]:
    """The models of all apps whose rows name a project, by whether the database looks for it."""
    for relation in Project._meta.related_objects:
        field = relation.field
        if getattr(field, "db_constraint", True) is constrained:
            yield field.model


def wait_for_writers(tables: Iterable[str]) -> None:
    """Return when every transaction has ended that may write to these tables now.

    A statement locks the tables that it writes to before it takes its snapshot. So whoever could
    see what has gone is among the holders of such locks. Waiting for just these is better than a
    ``LOCK TABLE`` as a barrier: all other writers would queue up behind it, and it in turn behind
    a VACUUM.
    """
    names = list(tables)
    deadline = time.monotonic() + _LONGEST_BATCH_SECONDS
    waiting_for = _writers(names)
    while waiting_for and time.monotonic() < deadline:
        time.sleep(0.01)
        waiting_for &= _writers(names)


def _writers(tables: Sequence[str]) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT virtualtransaction FROM pg_locks
             WHERE relation = ANY(%s::regclass[]::oid[])
               AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
               AND mode = 'RowExclusiveLock' AND granted AND pid <> pg_backend_pid()
            """,
            [list(tables)],
        )
        return {row[0] for row in cursor.fetchall()}
