"""Sessions begin, last and end as Countly's own tests have it, and its servers since 13.06."""

import pytest

from sessions_app.models import AppUser, Dimension, Player, Session
from tests.countly_helpers import set_clock
from tests.countly_writes import NOON, new_app

pytestmark = pytest.mark.django_db


@pytest.fixture
def app(monkeypatch):
    set_clock(monkeypatch, NOON)
    return new_app()


def test_the_numbers_that_countlys_tests_of_2014_see(app):
    def after(device="d1", **params):
        app.send(device, **params)
        return app.year

    assert after() == {"e": 1}
    assert after(begin_session="1") == {"e": 2, "t": 1, "n": 1, "u": 1}
    assert app.by_value(Dimension.FREQUENCY) == app.by_value(Dimension.LOYALTY) == {"0": 1}
    assert after(begin_session="1") == {"e": 3, "t": 2, "n": 1, "u": 1}
    assert after("d2", begin_session="1") == {"e": 4, "t": 3, "n": 2, "u": 2}
    assert app.by_value(Dimension.FREQUENCY) == app.by_value(Dimension.LOYALTY) == {"0": 2}
    assert after(session_duration="30") == {"e": 5, "t": 3, "n": 2, "u": 2, "d": 30}
    assert after(end_session="1") == {"e": 6, "t": 3, "n": 2, "u": 2, "d": 30}
    assert app.by_value(Dimension.DURATION) == {"1": 1}
    assert after(session_duration="30") == {"e": 7, "t": 3, "n": 2, "u": 2, "d": 60}
    assert after("nobody", end_session="1") == {"e": 8, "t": 3, "n": 2, "u": 2, "d": 60}
    assert app.by_value(Dimension.COUNTRY) == {"Unknown": {"t": 3, "n": 2, "u": 2}}
    assert app.by_value(Dimension.DURATION) == {"1": 1}


def test_a_bulk_of_the_same_counts_the_same_but_without_the_race_of_2014(app):
    begin = {"device_id": "d1", "begin_session": 1}
    app.bulk(begin, begin, {**begin, "device_id": "d2"})
    assert app.year == {"e": 3, "t": 3, "n": 2, "u": 2}


# One request that says several things


@pytest.mark.parametrize(
    ("params", "year", "lengths"),
    [
        ({"begin_session": "1", "session_duration": "30"}, {"t": 1, "n": 1, "u": 1}, {}),
        ({"begin_session": "1", "end_session": "1"}, {"t": 1, "n": 1, "u": 1}, {}),
        ({"begin_session": "1", "end_session": "1", "session_duration": "30"},
         {"t": 1, "n": 1, "u": 1}, {}),
        ({"end_session": "1", "session_duration": "30"}, {"d": 30}, {"1": 1}),
        ({"end_session": "1"}, {}, {}),
        ({"session_duration": "30"}, {"d": 30}, {}),
    ],
)  # fmt: skip
def test_a_begin_comes_before_an_end_and_that_before_a_duration(app, params, year, lengths):
    app.send(**params, events=[{"key": "k", "count": 1}])
    assert app.year == {**year, "e": 1}
    assert app.by_value(Dimension.DURATION) == lengths
    assert app.by_value(Dimension.FREQUENCY) == ({"0": 1} if "t" in year else {})


def test_an_end_with_a_duration_adds_it_and_then_ends(app):
    app.send(begin_session="1")
    app.send(session_duration="30")
    app.send(end_session="1", session_duration="20")
    assert app.by_value(Dimension.DURATION) == {"2": 1}
    session = Session.objects.get()
    assert (session.active_seconds, session.end_reason) == (50, "closed")


# Ends


def test_an_end_without_seconds_ends_the_session_and_counts_no_length(app):
    app.send(begin_session="1")
    app.send(end_session="1")
    assert app.by_value(Dimension.DURATION) == {}
    assert Session.objects.get().ended_at is not None


def test_to_end_twice_counts_one_length(app):
    app.send(begin_session="1")
    app.send(end_session="1", session_duration="20")
    app.send(end_session="1")
    assert app.by_value(Dimension.DURATION) == {"1": 1}
    assert app.year == {"t": 1, "n": 1, "u": 1, "d": 20, "e": 3}


def test_what_lasts_after_an_end_is_a_length_of_its_own(app):
    app.send(begin_session="1")
    app.send(end_session="1", session_duration="20")
    app.send(end_session="1", session_duration="40")
    assert app.by_value(Dimension.DURATION) == {"1": 1, "2": 1}
    assert Session.objects.get().active_seconds == 20


def test_an_end_without_a_begin_counts_what_has_run(app):
    app.send(session_duration="30")
    app.send(end_session="1")
    assert app.by_value(Dimension.DURATION) == {"1": 1}
    assert app.year == {"d": 30, "e": 2}
    assert not Session.objects.exists()


def test_a_length_counts_in_year_month_week_and_day_but_not_in_the_hour(app):
    app.send(end_session="1", session_duration="5")
    assert app.counts(Dimension.DURATION).keys() == {2012, 201207, 2012029, 20120720}


def test_an_unknown_device_that_ends_is_no_user_yet(app):
    app.send(end_session="1")
    user = AppUser.objects.get()
    assert (user.num_sessions, user.first_seen_at, user.state) == (0, None, AppUser.State.NONE)
    app.send(begin_session="1")
    assert app.year == {"t": 1, "n": 1, "u": 1, "e": 2}


# Begins


def test_a_begin_while_one_is_open_is_another_session(app, monkeypatch):
    app.send(begin_session="1")
    app.send(session_duration="90")
    set_clock(monkeypatch, NOON + 3600)
    app.send(begin_session="1")
    assert app.year == {"t": 2, "n": 1, "u": 1, "d": 90, "e": 3}
    assert app.by_value(Dimension.DURATION) == {"3": 1}
    first, second = Session.objects.order_by("started_at")
    assert (first.end_reason, first.ended_at.timestamp()) == ("begun again", NOON)
    assert (second.ended_at, second.active_seconds) == (None, 0)


def test_the_length_of_a_session_that_was_never_ended_is_counted_where_it_was_last_active(
    app, monkeypatch
):
    app.send(begin_session="1")
    set_clock(monkeypatch, NOON + 60)
    app.send(session_duration="60")
    set_clock(monkeypatch, NOON + 3 * 86_400)
    app.send(begin_session="1")
    assert app.counts(Dimension.DURATION).keys() == {2012, 201207, 2012029, 20120720}


def test_a_users_player_is_as_old_as_the_first_session(app, monkeypatch):
    app.send(begin_session="1")
    set_clock(monkeypatch, NOON + 86_400)
    app.send(begin_session="1")
    app.send(begin_session="1", timestamp=str(NOON - 86_400))
    user, player = AppUser.objects.get(), Player.objects.get()
    assert user.num_sessions == 3
    assert user.first_seen_at.timestamp() == NOON - 86_400
    assert user.last_seen_at.timestamp() == NOON + 86_400
    assert (player.name, player.created_at) == ("d1", user.first_seen_at)
    assert player.last_login_at == user.last_seen_at


def test_metrics_without_a_begin_count_nothing_but_are_known(app):
    app.send(metrics={"_os": "Android"})
    assert app.by_value(Dimension.OS) == {}
    assert AppUser.objects.get().metrics == {str(Dimension.OS.value): "Android"}
