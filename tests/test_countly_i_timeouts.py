"""A session that is silent for too long ends by itself, and goes on if it is heard of again."""

import itertools
from datetime import UTC, datetime

import pytest

from sessions_app.models import AppUser, Dimension, Session
from sessions_app.models.usage import EventCounter, UsageCounter
from sessions_app.services.usage import time_out_silent
from tests.countly_helpers import set_clock
from tests.countly_writes import NOON, App, new_app

pytestmark = pytest.mark.django_db

TIMEOUT = 30 * 60


@pytest.fixture
def app(monkeypatch):
    set_clock(monkeypatch, NOON)
    return new_app()


def sweep(monkeypatch, seconds):
    """When so many seconds have passed since noon."""
    set_clock(monkeypatch, NOON + seconds)
    return time_out_silent()


def test_a_silent_session_ends_at_its_last_activity(app, monkeypatch):
    app.send(begin_session="1")
    set_clock(monkeypatch, NOON + 60)
    app.send(session_duration="60")
    assert sweep(monkeypatch, 60 + TIMEOUT - 1) == 0
    assert app.by_value(Dimension.DURATION) == {}
    assert sweep(monkeypatch, 60 + TIMEOUT + 1) == 1
    assert app.by_value(Dimension.DURATION) == {"2": 1}
    session = Session.objects.get()
    assert (session.end_reason, session.active_seconds) == ("timeout", 60)
    assert session.ended_at == datetime.fromtimestamp(NOON + 60, UTC)
    assert sweep(monkeypatch, 10 * TIMEOUT) == 0


def test_its_length_is_counted_on_the_day_of_its_last_activity(app, monkeypatch):
    app.send(begin_session="1")
    app.send(session_duration="60")
    assert sweep(monkeypatch, 3 * 86_400) == 1
    assert app.by_value(Dimension.DURATION, 20120720) == {"2": 1}


def test_each_app_has_its_own_patience(app, monkeypatch):
    patient = new_app(session_timeout=120)
    for each in (app, patient):
        each.send(begin_session="1")
    assert sweep(monkeypatch, TIMEOUT + 1) == 1
    assert AppUser.objects.get(project=patient.project).state == AppUser.State.OPEN
    assert sweep(monkeypatch, 4 * TIMEOUT + 1) == 1


def test_silence_is_by_the_servers_clock_and_not_by_what_a_device_says(app, monkeypatch):
    app.send(begin_session="1", timestamp=str(NOON - 10 * TIMEOUT))
    assert sweep(monkeypatch, TIMEOUT - 1) == 0
    assert sweep(monkeypatch, TIMEOUT + 1) == 1


def test_who_has_ended_or_never_begun_is_not_silent(app, monkeypatch):
    app.send("d1", begin_session="1")
    app.send("d1", end_session="1")
    app.send("d2", session_duration="30")
    assert sweep(monkeypatch, 10 * TIMEOUT) == 0


GO_ON = {
    "a duration": {"session_duration": "30"},
    "an end": {"end_session": "1"},
    "an end with a duration": {"end_session": "1", "session_duration": "10"},
    "events": {"events": [{"key": "k", "count": 1}]},
    "a begin": {"begin_session": "1", "country_code": "DE"},
    "metrics": {"metrics": {"_os": "x"}},
    "nothing": {},
}


def everything(app: App):
    """All counters of an app, and its sessions."""
    usage = UsageCounter.objects.filter(project=app.project).order_by("pk")
    events = EventCounter.objects.filter(project=app.project).order_by("pk")
    sessions = Session.objects.filter(project=app.project).order_by("started_at", "last_at")
    user = AppUser.objects.get(project=app.project)
    return (
        [
            row
            for row in usage.values_list("dimension", "bucket", "value", *"tnude")
            if any(row[3:])
        ],
        list(events.values_list("event", "segment", "bucket", "value", "c", "s", "dur")),
        list(
            sessions.values_list(
                "started_at", "last_at", "ended_at", "active_seconds", "num_events", "end_reason"
            )
        ),
        (user.num_sessions, user.seconds, user.running_seconds, user.ended_at, user.last_at),
    )


@pytest.mark.parametrize("pair", [*itertools.product(GO_ON, repeat=2)], ids=" then ".join)
def test_who_was_swept_ends_up_with_the_same_counters_as_who_was_not(monkeypatch, pair):
    swept, other = new_app(), new_app(session_timeout=7 * 24 * 60)
    gap = 2 * TIMEOUT

    def both(seconds, **params):
        set_clock(monkeypatch, NOON + seconds)
        for each in (swept, other):
            each.send(**params)
        assert sweep(monkeypatch, seconds + gap - 1) in {0, 1}
        assert AppUser.objects.get(project=swept.project).state != AppUser.State.OPEN

    both(0, begin_session="1", metrics={"_os": "a"})
    both(gap, session_duration="50")
    for turn, name in enumerate(pair, 2):
        both(turn * gap, **GO_ON[name])
    # Whatever is still open ends alike: by the next begin.
    set_clock(monkeypatch, NOON + 5 * gap)
    for each in (swept, other):
        each.send(begin_session="1")
    one, two = everything(swept), everything(other)
    reasons = [[row[-1] for row in found[2]] for found in (one, two)]
    assert [row[:-1] for row in one[2]] == [row[:-1] for row in two[2]]
    assert [reason.replace("timeout", "begun again") for reason in reasons[0]] == reasons[1]
    assert (one[0], one[1], one[3][:3]) == (two[0], two[1], two[3][:3])


def test_a_session_that_goes_on_is_one_length_when_it_ends(app, monkeypatch):
    app.send(begin_session="1")
    app.send(session_duration="50")
    assert sweep(monkeypatch, TIMEOUT + 1) == 1
    assert app.by_value(Dimension.DURATION) == {"2": 1}
    app.send(session_duration="100")
    assert app.by_value(Dimension.DURATION) == {}
    session = Session.objects.get()
    assert (session.ended_at, session.end_reason, session.active_seconds) == (None, "", 150)
    app.send(end_session="1")
    assert app.by_value(Dimension.DURATION) == {"3": 1}


def test_a_begin_soon_after_a_timeout_is_another_session(app, monkeypatch):
    app.send(begin_session="1")
    app.send(session_duration="50")
    assert sweep(monkeypatch, TIMEOUT + 1) == 1
    app.send(begin_session="1")
    assert app.year == {"t": 2, "n": 1, "u": 1, "d": 50, "e": 3}
    assert app.by_value(Dimension.DURATION) == {"2": 1}


def test_more_than_a_thousand_silent_users_all_end(app, monkeypatch):
    for batch in range(3):
        app.bulk(*({"device_id": f"{batch} {number}", "begin_session": 1} for number in range(500)))
    assert sweep(monkeypatch, TIMEOUT + 1) == 1500
    assert not Session.objects.filter(ended_at=None).exists()
    assert set(Session.objects.values_list("end_reason", flat=True)) == {"timeout"}
