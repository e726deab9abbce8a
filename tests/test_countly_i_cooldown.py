"""A begin within 15 seconds of an end goes on with the session that has ended."""

import pytest

from sessions_app.models import AppUser, Dimension, Session
from tests.countly_helpers import set_clock
from tests.countly_writes import NOON, new_app

pytestmark = pytest.mark.django_db


@pytest.fixture
def app(monkeypatch):
    set_clock(monkeypatch, NOON + 3600)
    return new_app()


def session(app, seconds=20):
    """One that has just ended."""
    app.send(begin_session="1", timestamp=str(NOON - seconds))
    app.send(end_session="1", session_duration=str(seconds), timestamp=str(NOON))
    assert app.by_value(Dimension.DURATION) == {"1": 1}


@pytest.mark.parametrize("gap", [0, 1, 14.9, 14.999])
def test_within_fifteen_seconds_it_goes_on(app, gap):
    session(app)
    app.send(begin_session="1", timestamp=f"{(NOON + gap) * 1000:.0f}")
    assert app.year == {"t": 1, "n": 1, "u": 1, "d": 20, "e": 3}
    assert app.by_value(Dimension.DURATION) == {}
    one = Session.objects.get()
    assert (one.ended_at, one.end_reason) == (None, "")


@pytest.mark.parametrize("gap", [15, 15.1, 60, -1])
def test_later_or_before_the_end_it_is_another(app, gap):
    session(app)
    app.send(begin_session="1", timestamp=f"{(NOON + gap) * 1000:.0f}")
    assert app.year == {"t": 2, "n": 1, "u": 1, "d": 20, "e": 3}
    assert app.by_value(Dimension.DURATION) == {"1": 1}
    assert Session.objects.count() == 2


@pytest.mark.parametrize("ignore", ["1", "true", "0"])
def test_who_ignores_the_cooldown_begins_another(app, ignore):
    session(app)
    app.send(begin_session="1", ignore_cooldown=ignore, timestamp=str(NOON + 1))
    assert app.year["t"] == 2
    assert app.by_value(Dimension.DURATION) == {"1": 1}


def test_an_empty_ignore_cooldown_ignores_nothing(app):
    session(app)
    app.send(begin_session="1", ignore_cooldown="", timestamp=str(NOON + 1))
    assert app.year["t"] == 1


def test_the_whole_of_a_session_that_went_on_is_one_length(app):
    session(app)
    app.send(begin_session="1", timestamp=str(NOON + 10))
    app.send(session_duration="60", timestamp=str(NOON + 70))
    app.send(end_session="1", timestamp=str(NOON + 71))
    assert app.by_value(Dimension.DURATION) == {"3": 1}
    one = Session.objects.get()
    assert (one.active_seconds, one.end_reason) == (80, "closed")
    assert one.ended_at.timestamp() == NOON + 71


def test_a_session_may_go_on_again_and_again(app):
    session(app)
    for turn in range(1, 5):
        app.send(begin_session="1", timestamp=str(NOON + 20 * turn - 10))
        app.send(end_session="1", session_duration="10", timestamp=str(NOON + 20 * turn))
    assert app.year == {"t": 1, "n": 1, "u": 1, "d": 60, "e": 10}
    assert app.by_value(Dimension.DURATION) == {"2": 1}
    assert AppUser.objects.get().num_sessions == 1


def test_all_of_it_in_one_bulk_counts_the_same(app):
    device = {"device_id": "d1"}
    app.bulk(
        {**device, "begin_session": 1, "timestamp": NOON},
        {**device, "end_session": 1, "session_duration": 20, "timestamp": NOON + 20},
        {**device, "begin_session": 1, "timestamp": NOON + 30},
        {**device, "end_session": 1, "session_duration": 50, "timestamp": NOON + 90},
    )
    assert app.year == {"t": 1, "n": 1, "u": 1, "d": 70, "e": 4}
    assert app.by_value(Dimension.DURATION) == {"3": 1}


def test_an_end_without_seconds_has_a_cooldown_too(app):
    app.send(begin_session="1", timestamp=str(NOON - 1))
    app.send(end_session="1", timestamp=str(NOON))
    app.send(begin_session="1", timestamp=str(NOON + 1))
    assert app.year == {"t": 1, "n": 1, "u": 1, "e": 3}


def test_an_end_that_ended_nothing_has_no_cooldown(app):
    app.send(end_session="1", timestamp=str(NOON))
    app.send(begin_session="1", timestamp=str(NOON + 1))
    assert app.year == {"t": 1, "n": 1, "u": 1, "e": 2}


def test_a_begin_that_goes_on_does_not_count_what_the_device_is_but_remembers_it(app):
    session(app)
    app.send(begin_session="1", metrics={"_os": "iOS"}, timestamp=str(NOON + 1))
    assert app.by_value(Dimension.OS) == {}
    assert AppUser.objects.get().metrics == {str(Dimension.OS.value): "iOS"}


def test_the_length_is_taken_back_where_it_was_counted_though_another_day_begins(app, monkeypatch):
    midnight = NOON + 12 * 3600
    set_clock(monkeypatch, midnight + 3600)
    app.send(begin_session="1", timestamp=str(midnight - 30))
    app.send(end_session="1", session_duration="25", timestamp=str(midnight - 5))
    app.send(begin_session="1", timestamp=str(midnight + 5))
    app.send(end_session="1", session_duration="10", timestamp=str(midnight + 15))
    assert app.by_value(Dimension.DURATION, 20120720) == {}
    assert app.by_value(Dimension.DURATION, 20120721) == {"2": 1}
    assert app.by_value(Dimension.DURATION) == {"2": 1}
    assert app.year["t"] == 1
