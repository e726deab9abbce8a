"""Sessions that nobody closes end by themselves, at their last activity."""

from concurrent.futures import ThreadPoolExecutor
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import OperationalError, connection, transaction

from sessions_app import sweep
from sessions_app.models import Dialect, Session
from sessions_app.services.sessions import end_silent
from sessions_app.sweep import Sweeper
from telemetry import clock as telemetry_clock
from telemetry.ids import new_id
from tests.tstats_helpers import (
    MINUTE,
    START,
    add_event,
    close,
    default_project,
    events,
    listed,
    new_project,
    open_session,
    row,
    set_clock,
)


@pytest.fixture
def clock(db, monkeypatch):
    default_project()
    return set_clock(monkeypatch)


def ended(session):
    """Seconds from its start to its end, and what ended it."""
    found = row(session)
    length = found.ended_at and (found.ended_at - found.started_at).total_seconds()
    return length, found.end_reason


def test_a_silent_session_has_ended_at_its_last_activity(clock):
    silent, active, closed = open_session(), open_session(), open_session()
    clock.tick(10)
    add_event(silent)
    close(closed)
    clock.tick(30 * MINUTE)
    add_event(active)
    assert end_silent() == 0
    clock.tick(0.001)
    assert end_silent() == 1
    assert end_silent() == 0
    assert ended(silent) == (10.0, "timeout")
    assert ended(active) == (None, "")
    assert ended(closed) == (10.0, "closed")


def test_one_without_any_event_has_ended_at_its_start(clock):
    session = open_session()
    clock.tick(31 * MINUTE)
    assert end_silent() == 1
    assert ended(session) == (0.0, "timeout")
    found = listed().json["sessions"][0]
    assert (found["endedBy"], found["duration"]) == ("timeout", 0.0)
    assert found["closeTime"] == found["serverTime"]


def test_each_project_has_a_timeout_of_its_own(clock):
    quick = new_project("quick", session_timeout=1)
    patient = new_project("patient", session_timeout=7 * 24 * 60)
    sessions = [open_session(), *(open_session(key=each.app_key) for each in (quick, patient))]
    expected = {2 * MINUTE: [1], 31 * MINUTE: [0, 1], 8 * 24 * 60 * MINUTE: [0, 1, 2]}
    for seconds, over in expected.items():
        clock.at = START + seconds
        end_silent()
        assert [bool(row(each).ended_at) for each in sessions] == [n in over for n in range(3)]


def test_an_event_resumes_a_session_that_has_ended_by_timeout(clock):
    session = open_session()
    clock.tick(31 * MINUTE)
    end_silent()
    assert add_event(session, "back").status == 201
    assert (ended(session), events(session)) == ((None, ""), [("back", "back")])
    clock.tick(29 * MINUTE)
    assert end_silent() == 0
    clock.tick(2 * MINUTE)
    assert end_silent() == 1
    assert ended(session) == (31 * MINUTE, "timeout")


def test_a_retry_of_an_event_from_before_resumes_nothing(clock):
    session = open_session()
    add_event(session, idempotency_key="k")
    clock.tick(31 * MINUTE)
    end_silent()
    assert add_event(session, idempotency_key="k").status == 201
    assert ended(session) == (0.0, "timeout")


def test_a_close_after_a_timeout_is_the_end(clock):
    session = open_session()
    clock.tick(31 * MINUTE)
    end_silent()
    clock.tick(5 * MINUTE)
    reply = close(session)
    assert (reply.status, reply.json["endedBy"]) == (200, "closed")
    assert (reply.json["duration"], ended(session)) == (36 * MINUTE, (36 * MINUTE, "closed"))
    assert add_event(session).status == 409


def test_sessions_of_minecraft_are_left_alone(clock):
    session = open_session()
    Session.objects.update(dialect=Dialect.MCCOAL)
    clock.tick(365 * 24 * 60 * MINUTE)
    assert end_silent() == 0
    assert ended(session) == (None, "")


def test_there_may_be_any_number_of_them(clock):
    project = row(open_session()).project
    Session.objects.bulk_create(
        Session(
            id=new_id(START + n / 100), project=project, dialect=Dialect.TSTATS,
            started_at=telemetry_clock.now(), last_at=telemetry_clock.now(),
        )
        for n in range(2345)
    )  # fmt: skip
    clock.tick(31 * MINUTE)
    assert end_silent() == 2346
    assert not Session.objects.exclude(end_reason="timeout").exists()


def test_it_costs_two_statements_when_there_is_nothing(clock, django_assert_num_queries):
    for _ in range(5):
        open_session()
    with django_assert_num_queries(2 + 2):  # and a savepoint
        assert end_silent() == 0


def test_the_command_tells_how_many(clock):
    told = StringIO()
    for _ in range(3):
        open_session()
    clock.tick(31 * MINUTE)
    for _ in range(2):
        call_command("end_silent_sessions", stdout=told)
    assert told.getvalue() == "3 ended.\n0 ended.\n"


@pytest.mark.django_db(transaction=True)
def test_of_processes_that_try_at_once_one_does_it(monkeypatch):
    default_project()
    clock = set_clock(monkeypatch)
    for _ in range(5):
        open_session()
    clock.tick(31 * MINUTE)

    def elsewhere(_=None):
        try:
            return end_silent()
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as threads:
        with transaction.atomic():
            assert end_silent() == 5  # and is not committed yet
            assert threads.submit(elsewhere).result(20) is None
            told = StringIO()
            threads.submit(call_command, "end_silent_sessions", stdout=told).result(20)
            threads.submit(connection.close)
            assert told.getvalue() == "Another process is just doing that.\n"
            transaction.set_rollback(True)
        found = list(threads.map(elsewhere, range(8)))
        assert sum(number or 0 for number in found) == 5


@pytest.mark.django_db(transaction=True)
def test_a_session_that_an_event_is_just_changing_is_not_waited_for(monkeypatch):
    default_project()
    clock = set_clock(monkeypatch)
    busy, silent = open_session(), open_session()
    clock.tick(31 * MINUTE)
    with ThreadPoolExecutor(1) as thread, transaction.atomic():
        add_event(busy)
        assert thread.submit(end_and_hang_up).result(10) == 1
    assert ended(busy) == (None, "")
    assert ended(silent) == (0.0, "timeout")


def end_and_hang_up():
    try:
        return end_silent()
    finally:
        connection.close()


def test_what_goes_wrong_is_logged_once_and_so_is_its_end(monkeypatch, caplog):
    outcomes = iter([OperationalError("away\nfor now"), OperationalError("still"), 0, 3])

    def end():
        outcome = next(outcomes)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    monkeypatch.setattr(sweep, "end_silent", end)
    monkeypatch.setattr(sweep, "time_out_silent", lambda: 0)
    monkeypatch.setattr(sweep, "close_old_connections", lambda: None)
    monkeypatch.setattr(sweep.connection, "close", lambda: None)
    sweeper = Sweeper()
    with caplog.at_level("INFO", "sessions_app.sweep"):
        for _ in range(4):
            sweeper.sweep()
    assert [record.message for record in caplog.records] == [
        "Silent sessions cannot be ended, which is tried again: away for now",
        "Silent sessions are ended again.",
        "Ended 3 silent sessions.",
    ]
    assert caplog.records[0].exc_info is None
