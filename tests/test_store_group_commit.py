"""Group commit: many writers, few transactions, an outcome for each, exact sums."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

from stats_app.models import DayBucket, HourBucket, MinuteBucket, Stat
from stats_app.writes import COUNTER, VALUE, Outcome, Point, RecordByName, Result
from telemetry.models import Project
from telemetry.store import StoreError, WriteRejected
from telemetry.store.group import GroupStore
from telemetry.store.process import connect

pytestmark = pytest.mark.django_db(transaction=True)
MINUTE = int(time.time()) // 60


@pytest.fixture
def store() -> Iterator[GroupStore]:
    store = GroupStore(connect, queue_limit=10_000)
    yield store
    store.close()


@pytest.fixture
def project() -> Project:
    return Project.objects.create(name="P", slug="p", ezkey="key")


def count(name: str, number: float = 1, kind: int = COUNTER, key: str = "key") -> RecordByName:
    return RecordByName(key, ((Point(name, kind, MINUTE, number),),))


def transactions() -> int:
    """How many transaction ids the server has given out: reads need none."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT txid_snapshot_xmax(txid_current_snapshot())")
        return int(cursor.fetchone()[0])


def test_64_writers_share_transactions_and_each_sees_its_own_outcome(
    store: GroupStore, project: Project
) -> None:
    for name, kind in (("counter", COUNTER), ("value", VALUE)):
        store.submit_and_wait(count(name, 0, kind))
    before = transactions()

    def write(number: int) -> list[Outcome]:
        outcomes = []
        for turn in range(20):
            kind = (number + turn) % 3
            outcomes.append(
                store.submit_and_wait(
                    [
                        count("counter", number),
                        count("value", number),
                        count("counter", number, key="unknown"),
                    ][kind]
                )
            )
        return outcomes

    with ThreadPoolExecutor(64) as threads:
        written = list(threads.map(write, range(64)))

    assert transactions() - before < 64 * 20 / 4
    expected = [Result.STORED, Result.WRONG_KIND, Result.INVALID_KEYS]
    for number, outcomes in enumerate(written):
        assert [outcome.results[0] for outcome in outcomes] == [
            expected[(number + turn) % 3] for turn in range(20)
        ]
    total = sum(number for number in range(64) for turn in range(20) if (number + turn) % 3 == 0)
    for model in (MinuteBucket, HourBucket, DayBucket):
        assert model.objects.get(stat__name="counter").sum == total
        assert model.objects.get(stat__name="value").sum == 0


def test_one_poison_write_among_50_fails_alone(store: GroupStore, project: Project) -> None:
    too_long = "x" * 300  # validation lets no such name through; the database refuses it

    def write(number: int) -> Any:
        try:
            return store.submit_and_wait(count(too_long if number == 25 else f"stat {number}"))
        except StoreError as error:
            return error

    with connection.cursor() as cursor:
        # Hold the writer up, so that all 50 are in one batch.
        cursor.execute("BEGIN; LOCK TABLE stats_app_stat IN ACCESS EXCLUSIVE MODE")
        store_busy = ThreadPoolExecutor(51)
        first = store_busy.submit(write, 0)
        time.sleep(0.2)
        rest = [store_busy.submit(write, number) for number in range(1, 50)]
        time.sleep(0.2)
        cursor.execute("COMMIT")
    outcomes = [first.result(), *(future.result() for future in rest)]

    assert isinstance(outcomes[25], WriteRejected)
    assert "too long" in str(outcomes[25])
    others = outcomes[:25] + outcomes[26:]
    assert [list(outcome.results) for outcome in others] == [[Result.STORED]] * 49
    assert Stat.objects.count() == 49
    assert sum(MinuteBucket.objects.values_list("count", flat=True)) == 49


def test_a_write_with_several_points_is_stored_as_a_whole_or_not_at_all(
    store: GroupStore, project: Project
) -> None:
    store.submit_and_wait(count("b", 1, VALUE))
    item = tuple(Point(name, COUNTER, MINUTE, 1) for name in ("a", "b", "c"))
    outcome = store.submit_and_wait(RecordByName("key", (item, item[:1])))
    assert list(outcome.results) == [Result.WRONG_KIND, Result.STORED]
    assert outcome.culprits[0].stat == "b"
    sums = MinuteBucket.objects.values_list("stat__name", "sum")
    assert dict(sums) == {"a": 1, "b": 1}
    assert not Stat.objects.filter(name="c").exists()


def test_the_first_point_of_a_new_stat_decides_its_kind(
    store: GroupStore, project: Project
) -> None:
    items = tuple((Point("new", kind, MINUTE, 2),) for kind in (VALUE, COUNTER, VALUE))
    outcome = store.submit_and_wait(RecordByName("key", items))
    assert list(outcome.results) == [Result.STORED, Result.WRONG_KIND, Result.STORED]
    assert outcome.created
    bucket = MinuteBucket.objects.get()
    assert (bucket.count, bucket.sum, bucket.min, bucket.max, bucket.sum_squares) == (2, 4, 2, 2, 8)
