"""A project that is deleted while SDKs feed it leaves nothing behind."""

import threading
import time

import pytest
from django.db import connection

from sessions_app.models import (
    AppUser,
    Event,
    EventCounter,
    KnownName,
    Player,
    Session,
    UsageCounter,
)
from sessions_app.writes.usage import requests
from sessions_app.writes.usage.requests import Result
from telemetry.models import Project
from telemetry.services import delete_projects
from telemetry.store.group import GroupStore
from telemetry.store.process import connect
from tests.countly_writes import new_app, write_of

pytestmark = pytest.mark.django_db(transaction=True)

GROWING = (AppUser, Event, EventCounter, KnownName, Player, Session, UsageCounter)
EVENT = {"key": "k", "count": 1, "segmentation": {"s": "v"}}


@pytest.fixture
def store():
    store = GroupStore(connect, queue_limit=1000)
    yield store
    store.close()


def left(app):
    return {
        model.__name__: count
        for model in GROWING
        if (count := model.objects.filter(project_id=app.project.pk).count())
    }


def in_thread(work):
    def run():
        try:
            work()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def begin(app, device):
    return write_of(app, device, begin_session="1", events=[EVENT], metrics={"_os": "x"})


@pytest.mark.parametrize("is_known", [True, False], ids=["a known device", "a new device"])
def test_a_batch_that_has_seen_the_project_is_waited_for(store, monkeypatch, is_known):
    app = new_app()
    if is_known:
        store.submit_and_wait(begin(app, "d1"))
    seen, go_on = threading.Event(), threading.Event()
    load_users = requests.load_users

    def slowly(*args):
        seen.set()
        assert go_on.wait(10)
        return load_users(*args)

    monkeypatch.setattr(requests, "load_users", slowly)
    outcomes = []
    writer = in_thread(lambda: outcomes.extend(store.submit_and_wait(begin(app, "d1"))))
    assert seen.wait(10)
    deleter = in_thread(lambda: delete_projects(projects=[app.project]))
    deadline = time.monotonic() + 2
    while Project.objects.filter(pk=app.project.pk).exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(0.1)  # for what it does after that
    go_on.set()
    writer.join(10)
    deleter.join(10)
    assert left(app) == {}
    assert [outcome.result for outcome in outcomes] == [Result.STORED]


def test_of_requests_that_race_with_it_nothing_is_left_and_later_ones_are_refused():
    app, other = new_app(), new_app()
    stores = [GroupStore(connect, queue_limit=1000) for _ in range(2)]
    stop = threading.Event()
    results = []

    def feed(number):
        turn = 0
        while not stop.is_set():
            turn += 1
            device = f"d{number}-{turn % 10}"
            write = begin(app if turn % 2 else other, device)
            (outcome,) = stores[number % 2].submit_and_wait(write)
            results.append((turn % 2, outcome.result))

    try:
        feeders = [in_thread(lambda number=number: feed(number)) for number in range(4)]
        time.sleep(0.3)
        delete_projects(projects=[app.project])
        assert left(app) == {}
        time.sleep(0.2)
        stop.set()
        for feeder in feeders:
            feeder.join(10)
    finally:
        stop.set()
        for store in stores:
            store.close()
    assert left(app) == {}
    of_deleted = [result for is_deleted, result in results if is_deleted]
    assert set(of_deleted) == {Result.STORED, Result.UNKNOWN_APP}
    of_other = [result for is_deleted, result in results if not is_deleted]
    assert set(of_other) == {Result.STORED}
    year = UsageCounter.objects.get(project=other.project, dimension=0, bucket=2012)
    assert year.t == Session.objects.filter(project=other.project).count() == len(of_other)
