"""A stat that is deleted while points for it are on their way leaves nothing behind."""

import threading
import time

import pytest
from django.db import connection, transaction

from stats_app.models import RESOLUTIONS, MinuteBucket, Stat
from stats_app.services import delete_stats
from telemetry import deletion
from telemetry.models import Project
from telemetry.services import delete_projects
from tests.api_helpers import new_project, new_stat

pytestmark = pytest.mark.django_db(transaction=True)

# What a batch does: whoever is found gets buckets, in one statement.
WRITE = f"""
    WITH found AS MATERIALIZED (SELECT project_id, id FROM {Stat._meta.db_table})
    INSERT INTO {MinuteBucket._meta.db_table}
           (project_id, stat_id, start, count, sum, min, max, sum_squares)
    SELECT project_id, id, now(), 1, 1, 1, 1, 1 FROM found
"""


@pytest.fixture
def stat():
    return new_stat(new_project("lab"), "hits")


def buckets_left():
    return sum(table.objects.count() for table in RESOLUTIONS)


def in_thread(work):
    def run():
        try:
            work()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def batch_under_way():
    """A batch that has written and commits when the event is set, and its thread."""
    written, finish = threading.Event(), threading.Event()

    def write():
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(WRITE)
            written.set()
            finish.wait(10)

    writer = in_thread(write)
    assert written.wait(10)
    return writer, finish


def test_a_batch_that_had_seen_the_stat_is_waited_for(stat):
    writer, finish = batch_under_way()
    deleter = in_thread(lambda: delete_stats(project=stat.project, stat_ids=[stat.pk]))
    deadline = time.monotonic() + 10
    while Stat.objects.exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert deleter.is_alive()
    # Nobody else has to wait meanwhile, and whoever comes now does not find the stat.
    with connection.cursor() as cursor:
        cursor.execute(WRITE)
        assert cursor.rowcount == 0
    finish.set()
    writer.join(10)
    deleter.join(10)
    assert buckets_left() == 0


def test_a_batch_that_had_seen_the_project_is_waited_for(stat):
    other = new_stat(new_project("other"), "hits")
    writer, finish = batch_under_way()
    deleter = in_thread(lambda: delete_projects(projects=[stat.project]))
    deadline = time.monotonic() + 10
    while Project.objects.filter(pk=stat.project.pk).exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert deleter.is_alive()
    finish.set()
    writer.join(10)
    deleter.join(10)
    assert MinuteBucket.objects.get().project_id == other.project_id
    assert Project.objects.get() == other.project


def test_a_transaction_that_never_ends_is_not_waited_for_for_ever(stat, monkeypatch):
    monkeypatch.setattr(deletion, "_LONGEST_BATCH_SECONDS", 0.2)
    locked, finish = threading.Event(), threading.Event()

    def hold():
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"LOCK TABLE {MinuteBucket._meta.db_table} IN ROW EXCLUSIVE MODE")
            locked.set()
            finish.wait(10)

    holder = in_thread(hold)
    assert locked.wait(10)
    try:
        assert delete_stats(project=stat.project, stat_ids=[stat.pk]) == 1
    finally:
        finish.set()
        holder.join(10)


def test_in_a_transaction_that_fails_nothing_is_deleted(stat):
    with connection.cursor() as cursor:
        cursor.execute(WRITE)
    with transaction.atomic():
        delete_stats(project=stat.project, stat_ids=[stat.pk])
        transaction.set_rollback(True)
    assert Stat.objects.count() == buckets_left() == 1


def test_stats_of_other_projects_are_not_deleted(stat):
    other = new_stat(new_project("other"), "hits")
    with connection.cursor() as cursor:
        cursor.execute(WRITE)
    ids = [stat.pk, other.pk, 0, 999_999_999]
    assert delete_stats(project=stat.project, stat_ids=ids) == 1
    assert delete_stats(project=stat.project, stat_ids=[]) == 0
    assert Stat.objects.get() == other
    assert MinuteBucket.objects.get().stat_id == other.pk


def test_many_are_deleted_in_as_many_queries_as_one(stat, django_assert_num_queries):
    ids = [stat.pk, *(new_stat(stat.project, f"{index}").pk for index in range(20))]
    with django_assert_num_queries(14):  # of the stats 4, the writers 1, each of three tables 3
        delete_stats(project=stat.project, stat_ids=ids)
