"""Two processes that write the same keys in opposite orders: no deadlock, exact sums."""

import json
import os
import random
import subprocess
import sys
import time

import pytest
from django.db import connection

from stats_app.models import DayBucket, HourBucket, MinuteBucket
from stats_app.writes import COUNTER, Point, RecordByName
from telemetry.models import Project
from telemetry.store.group import GroupStore
from telemetry.store.process import connect
from tests.server import ROOT

STATS = 40
WRITES = 1500


def write_much(seed: int) -> None:
    """The body of one process: shuffled names, several points a write, many at once."""
    chance = random.Random(seed)
    store = GroupStore(connect, queue_limit=100_000)
    minute = int(time.time()) // 60
    waiting = []
    import concurrent.futures  # noqa: PLC0415 - this runs in a process of its own

    with concurrent.futures.ThreadPoolExecutor(32) as threads:
        for _ in range(WRITES):
            names = chance.sample(range(STATS), 5)
            item = tuple(Point(f"stat {n}", COUNTER, minute - n % 3, 1) for n in names)
            waiting.append(threads.submit(store.submit_and_wait, RecordByName("key", (item,))))
    results = [future.result().results[0].name for future in waiting]
    store.close()
    print(json.dumps({name: results.count(name) for name in set(results)}))


@pytest.mark.django_db(transaction=True)
def test_two_processes_writing_the_same_keys() -> None:
    Project.objects.create(name="P", slug="p", ezkey="key")
    code = (
        "import sys, django; django.setup();"
        "from django.db import connection; connection.settings_dict['NAME'] = sys.argv[1];"
        "from tests.test_store_processes import write_much; write_much(int(sys.argv[2]))"
    )
    name = connection.settings_dict["NAME"]
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", code, name, str(seed)],
            cwd=ROOT,
            env={**os.environ, "DJANGO_SETTINGS_MODULE": "telemetry.settings"},
            stdout=subprocess.PIPE,
        )
        for seed in (1, 2)
    ]
    for process in processes:
        told, _ = process.communicate(timeout=120)
        assert process.returncode == 0
        assert json.loads(told) == {"STORED": WRITES}
    for model in (MinuteBucket, HourBucket, DayBucket):
        assert sum(model.objects.values_list("sum", flat=True)) == 2 * WRITES * 5
