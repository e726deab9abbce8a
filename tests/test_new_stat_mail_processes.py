"""Several processes, a slow mail server, and posts that must not wait for it."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import connection

from stats_app.mail import announce_new_stats
from stats_app.models import MinuteBucket
from stats_app.writes import COUNTER, Point, RecordByName
from telemetry.models import Membership, User
from telemetry.store.group import GroupStore
from telemetry.store.process import connect
from tests.stathat_helpers import EZ_KEY, new_project

pytestmark = pytest.mark.django_db(transaction=True)


class Slow(EmailBackend):
    """A mail server that lets its clients wait until `go` is set."""

    reached = threading.Event()
    go = threading.Event()

    def send_messages(self, messages):
        self.reached.set()
        assert self.go.wait(20)
        return super().send_messages(messages)


@pytest.fixture
def slow(settings, monkeypatch):
    settings.EMAIL_BACKEND = f"{__name__}.Slow"
    monkeypatch.setattr(Slow, "reached", threading.Event())
    monkeypatch.setattr(Slow, "go", threading.Event())
    return Slow


@pytest.fixture
def store():
    store = GroupStore(connect, queue_limit=1000)
    yield store
    store.close()


@pytest.fixture(autouse=True)
def manager():
    user = User.objects.create_user("max", "max@example.org")
    Membership.objects.create(project=new_project(), user=user, role="manager")


def post(store, name):
    item = (Point(name, COUNTER, int(time.time()) // 60, 1.0),)
    store.submit_and_wait(RecordByName(EZ_KEY, (item,)))


def announce_elsewhere():
    """As another process would: on a connection of its own."""
    try:
        return announce_new_stats()
    finally:
        connection.close()


def test_two_processes_send_it_once_and_posts_to_the_stat_do_not_wait(slow, store):
    post(store, "a")
    time.sleep(1.1)  # from now on a post writes the stat's own row, too
    with ThreadPoolExecutor(2) as threads:
        both = [threads.submit(announce_elsewhere) for _ in range(2)]
        assert slow.reached.wait(10)
        post(store, "a")  # would be refused after some seconds if it had to wait
        post(store, "b")
        slow.go.set()
        sent = sorted(process.result(20) for process in both)
    # "b" came while the first was sending: the second tells of it, and of nothing else.
    assert sent == [1, 1]
    assert sorted(message.subject for message in mail.outbox) == ["[P] New: “a”", "[P] New: “b”"]
    assert sum(MinuteBucket.objects.values_list("sum", flat=True)) == 3


def test_the_second_process_sends_nothing_if_nothing_came_since(slow, store):
    post(store, "a")
    slow.go.set()
    with ThreadPoolExecutor(4) as threads:
        sent = [*threads.map(lambda _: announce_elsewhere(), range(4))]
    assert sorted(sent) == [0, 0, 0, 1]
    assert len(mail.outbox) == 1
