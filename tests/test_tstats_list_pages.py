"""The cursor: whatever is inserted between two pages, nothing comes twice and nothing is missed."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sessions_app.models import Session
from tests.tstats_helpers import close, default_project, listed, open_session, set_clock

FUZZ = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
waits = st.sampled_from([0, 0, 0.0001, 0.001, 1, 3600, -1, -0.0005])
# Between two pages: sessions opened after such waits, whether one is closed, whether one goes away.
meanwhile = st.tuples(st.lists(waits, max_size=3), st.booleans(), st.booleans())


@pytest.fixture
def clock(db, monkeypatch):
    default_project()
    return set_clock(monkeypatch)


@FUZZ
@given(st.lists(waits, max_size=25), st.integers(1, 6), st.lists(meanwhile, max_size=40))
def test_every_session_of_the_beginning_comes_once_in_order(clock, before, size, steps):
    Session.objects.all().delete()
    made = [opened_after(clock, wait) for wait in before]
    gone, seen, query = set(), [], f"?size={size}"
    steps = iter(steps)
    while query:
        reply = listed(query)
        assert reply.status == 200
        seen += [session["_id"] for session in reply.json["sessions"]]
        cursor = reply.json.get("cursor")
        query = f"?size={size}&cursor={cursor}" if cursor else None
        later, closes, deletes = next(steps, ([], False, False))
        for wait in later:
            opened_after(clock, wait)
        if closes and seen:
            close(seen[-1])
        if deletes and seen:
            gone.add(seen[-1])
            Session.objects.filter(pk=seen[-1][:32]).delete()
    assert len(seen) == len(set(seen))
    assert seen == sorted(seen, reverse=True)
    assert set(made) <= set(seen)


def opened_after(clock, wait):
    clock.tick(wait)
    return open_session()
