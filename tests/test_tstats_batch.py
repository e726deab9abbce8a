"""What comes within one commit: each submission has the outcome that it would have had alone."""

import pytest

from sessions_app.keys import public_id
from sessions_app.models import EndReason, Event
from sessions_app.services.sessions import end_silent
from sessions_app.writes.sessions import ChangeSession, NewEvent, OpenSession, Result
from telemetry.ids import new_id
from telemetry.store import Batch
from telemetry.store.group import _apply
from telemetry.store.process import connect
from tests.tstats_helpers import (
    APP_KEY,
    START,
    default_project,
    events,
    new_project,
    row,
    set_clock,
)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def project():
    return default_project()


@pytest.fixture
def apply(project):
    """Applies writes as the store does, in one transaction of its own."""
    with connect() as writer:
        yield lambda *writes: _apply(writer, writes)


def opened(key=APP_KEY, at=START):
    return OpenSession(key, new_id(at), at, None, "10.0.0.1")


def an_event(project, session, key="", idempotency_key=None, at=START + 1, data="1"):
    event = NewEvent(new_id(at).hex, "t", data, idempotency_key)
    return ChangeSession(key, project.pk, session.id.hex, at, None, event)


def an_end(project, session, key="", at=START + 2):
    return ChangeSession(key, project.pk, session.id.hex, at, None)


def stored(project, session):
    return len(events(public_id(project.pk, session.id)))


def test_a_session_is_opened_used_and_closed_in_one_batch(apply, project):
    session = opened()
    end, event, opening = apply(
        an_end(project, session), an_event(project, session, APP_KEY), session
    )
    assert (opening[0], event.result, end.result) == (project.pk, Result.STORED, Result.STORED)
    assert end.session.end_reason == EndReason.CLOSED
    assert stored(project, session) == 1


def test_outcomes_are_in_the_order_of_what_was_handed_in(apply, project):
    other = new_project("other")
    one, two = opened(), opened(other.app_key)
    outcomes = apply(one, opened("x"), two, opened(""))
    found = [outcome[0] for outcome in outcomes]
    assert found == [project.pk, None, other.pk, project.pk]
    results = [
        outcome.result
        for outcome in apply(
            an_event(project, one),
            an_end(project, two),  # of the other project
            an_event(other, two, APP_KEY),
            an_event(other, two, other.app_key),
            an_end(other, two, "x"),
            an_event(project, opened()),
            an_event(project, one, "x"),
            an_end(project, one),
        )
    ]
    assert results == [
        *(Result.STORED, Result.NO_SESSION, Result.NO_SESSION, Result.STORED),
        *(Result.UNKNOWN_KEY, Result.NO_SESSION, Result.UNKNOWN_KEY, Result.STORED),
    ]
    assert (stored(project, one), stored(other, two)) == (1, 1)
    assert row(public_id(other.pk, two.id)).ended_at is None


@pytest.mark.parametrize("with_an_end", [False, True])
def test_equal_idempotency_keys_in_one_batch_are_one_event(apply, project, with_an_end):
    one, two = opened(), opened()
    apply(one, two)
    more = [an_end(project, two)] if with_an_end else []
    writes = [an_event(project, one, "", "k", START + n, str(n)) for n in (3, 1, 2)]
    outcomes = apply(*writes, an_event(project, two, "", "k"), *more)
    known = [outcome.event for outcome in outcomes[:3]]
    first = [writes[place] for place, event in enumerate(known) if event is None]
    assert len(first) == 1  # the others are told of it
    assert {event.id.hex for event in known if event} == {first[0].event.id}
    assert (stored(project, one), stored(project, two)) == (1, 1)


def test_closing_twice_in_a_batch_is_closing_once(apply, project):
    session = opened()
    apply(session)
    first, again = apply(
        an_end(project, session, at=START + 5), an_end(project, session, at=START + 9)
    )
    assert first == again
    assert (first.session.ended_at - first.session.started_at).total_seconds() == 5


def test_a_thousand_events_with_keys_of_their_own_are_one_quick_batch(apply, project):
    session = opened()
    apply(session)
    writes = [an_event(project, session, "", f"k{n}", START + n) for n in range(1000)]
    assert {outcome.result for outcome in apply(*writes)} == {Result.STORED}
    again = apply(*writes)
    assert [outcome.event.id.hex for outcome in again] == [write.event.id for write in writes]
    assert stored(project, session) == 1000


def test_an_end_beside_an_event_does_not_resume_a_session_by_itself(apply, project, monkeypatch):
    one, two = opened(), opened()
    apply(one, two)
    set_clock(monkeypatch, START + 3600)
    assert end_silent() == 2
    stranger = new_project("other").app_key
    event, end = apply(
        an_event(project, one, at=START + 3700), an_end(project, two, stranger, START + 3700)
    )
    assert (event.result, end.result) == (Result.STORED, Result.NO_SESSION)
    assert row(public_id(project.pk, one.id)).end_reason == ""
    assert row(public_id(project.pk, two.id)).end_reason == "timeout"


def test_only_the_event_that_cannot_be_stored_fails(apply, project):
    session = opened()
    apply(session)
    with pytest.raises(Exception, match="json"):
        apply(an_event(project, session), an_event(project, session, data="{"))
    assert stored(project, session) == 0  # nothing of the batch; the store then tries each
    assert Event.objects.count() == 0


@pytest.mark.parametrize(
    ("kinds", "statements"), [("o", 1), ("e", 1), ("c", 1), ("ec", 2), ("oec", 3), ("k", 1)]
)
def test_a_batch_costs_the_same_statements_however_large_it_is(
    apply, project, monkeypatch, kinds, statements
):
    sessions = [opened() for _ in range(60)]
    apply(*sessions)
    executed = []
    execute = Batch.execute
    monkeypatch.setattr(Batch, "execute", lambda *args: executed.append(args[1]) or execute(*args))
    for size in (1, 30):
        batch = []
        for number, session in enumerate(sessions[size : size * 2]):
            batch += [opened()] if "o" in kinds else []
            batch += [an_event(project, session)] if "e" in kinds else []
            batch += [an_end(project, session)] if "c" in kinds else []
            batch += [an_event(project, session, "", f"{number}")] if "k" in kinds else []
        apply(*batch)
        assert len(executed) == statements
        executed.clear()
