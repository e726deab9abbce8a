"""Several processes at once: each is a store with a connection of its own, as in a server."""

import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest

from sessions_app.keys import public_id
from sessions_app.models import Event, Session
from sessions_app.writes.sessions import ChangeSession, NewEvent, OpenSession, Result
from telemetry.ids import new_id
from telemetry.store.group import GroupStore, _apply
from telemetry.store.process import connect
from tests.tstats_helpers import START, default_project, events, row

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def project():
    return default_project()


@pytest.fixture
def sessions(project):
    ids = [new_id(START + number) for number in range(40)]
    with connect() as writer:
        _apply(writer, [OpenSession("", pk, START, None, "") for pk in ids])
    return ids


@pytest.fixture
def stores():
    stores = [GroupStore(connect, queue_limit=10_000) for _ in range(2)]
    yield stores
    for store in stores:
        store.close()


def event_in(project, session, key=None, data="1"):
    event = NewEvent(new_id(START).hex, "t", data, key)
    return ChangeSession("", project.pk, session.hex, START + 1, None, event)


def test_events_and_ends_of_the_same_sessions_in_two_processes_wait_in_no_circle(project, sessions):
    def process(seed):
        chance = random.Random(seed)
        with connect() as writer:
            for _ in range(150):
                chosen = chance.sample(sessions, 12)
                batch = [event_in(project, pk, chance.choice([None, "a", "b"])) for pk in chosen]
                batch += [
                    ChangeSession("", project.pk, pk.hex, START + 2, None)
                    for pk in chance.sample(sessions, 2)
                ]
                chance.shuffle(batch)
                _apply(writer, batch)  # raises in the victim of a deadlock

    with ThreadPoolExecutor(3) as threads:
        list(threads.map(process, range(3)))
    for pk in sessions:
        events(public_id(project.pk, pk))


def test_the_same_retries_in_two_processes_are_one_event_each(project, sessions, stores):
    def send(turn):
        store = stores[turn % 2]
        return store.submit_and_wait(
            event_in(project, sessions[turn // 2 % 3], f"key {turn // 6 % 50}", str(turn))
        )

    with ThreadPoolExecutor(32) as threads:
        outcomes = list(threads.map(send, range(600)))
    assert {outcome.result for outcome in outcomes} == {Result.STORED}
    first = [outcome for outcome in outcomes if outcome.event is None]
    assert len(first) == Event.objects.count() == 150
    told = Counter(outcome.event.id for outcome in outcomes if outcome.event)
    assert set(told.values()) == {3}
    assert set(told) == set(Event.objects.values_list("pk", flat=True))
    for pk in sessions[:3]:
        assert len(events(public_id(project.pk, pk))) == 50


def test_a_close_is_told_alike_by_all_processes(project, sessions, stores):
    def close(turn):
        change = ChangeSession("", project.pk, sessions[0].hex, START + 10 + turn, None)
        return stores[turn % 2].submit_and_wait(change)

    with ThreadPoolExecutor(16) as threads:
        outcomes = list(threads.map(close, range(64)))
    assert len(set(outcomes)) == 1
    assert row(public_id(project.pk, sessions[0])).ended_at == outcomes[0].session.ended_at


def test_once_a_close_was_acknowledged_no_process_stores_an_event(project, sessions, stores):
    for number, pk in enumerate(sessions[:20]):
        one, other = stores if number % 2 else stores[::-1]
        for _ in range(number % 3):
            assert other.submit_and_wait(event_in(project, pk)).result is Result.STORED
        one.submit_and_wait(ChangeSession("", project.pk, pk.hex, START + 5, None))
        assert other.submit_and_wait(event_in(project, pk)).result is Result.CLOSED
        assert len(events(public_id(project.pk, pk))) == number % 3


def test_events_that_race_with_a_close_are_stored_and_counted_or_refused(project, sessions, stores):
    def send(turn):
        session = sessions[turn // 10]
        change = (
            event_in(project, session)
            if turn % 10 != 5
            else ChangeSession("", project.pk, session.hex, START + 2, None)
        )
        return session, stores[turn % 2].submit_and_wait(change)

    with ThreadPoolExecutor(24) as threads:
        outcomes = list(threads.map(send, range(400)))
    told: Counter[UUID] = Counter()
    for session, outcome in outcomes:
        assert outcome.result in {Result.STORED, Result.CLOSED}
        told[session] += outcome.result is Result.STORED and hasattr(outcome, "event")
    for session in sessions:
        assert len(events(public_id(project.pk, session))) == told[session]
    for session in Session.objects.filter(project=project):
        assert session.end_reason == "closed"
        assert session.last_at <= session.ended_at
