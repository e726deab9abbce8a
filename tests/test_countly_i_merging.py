"""A device that gets another id stays one user: what it did under the old one is moved."""

import pytest

from sessions_app.models import AppUser, Dimension, Event, Player, Session
from tests.countly_helpers import event_counts, set_clock
from tests.countly_writes import NOON, new_app

pytestmark = pytest.mark.django_db

DAY = 86_400


@pytest.fixture
def app(monkeypatch):
    set_clock(monkeypatch, NOON + 10 * DAY)
    return new_app()


def when(seconds):
    return str(NOON + seconds)


def visit(app, device, seconds, lasts=20):
    app.send(device, begin_session="1", timestamp=when(seconds))
    app.send(device, events=[{"key": device, "count": 1}], timestamp=when(seconds + 1))
    app.send(device, end_session="1", session_duration=str(lasts), timestamp=when(seconds + lasts))


def check_whole(app, *devices):
    """Only these devices are there, and all sessions and events are those of their players."""
    users = AppUser.objects.filter(project=app.project)
    assert sorted(user.device_id for user in users) == sorted(devices)
    ids = {user.player_id for user in users}
    assert {player.pk for player in Player.objects.filter(project=app.project)} == ids
    for model in (Session, Event):
        rows = model.objects.filter(project=app.project)
        assert {row.player_id for row in rows} <= ids, model


def test_sessions_events_and_the_first_visit_move(app):
    visit(app, "old", 0)
    visit(app, "new", DAY)
    assert app.send("new", old_device_id="old", timestamp=when(2 * DAY)) == ""
    check_whole(app, "new")
    user = AppUser.objects.get()
    assert (user.num_sessions, user.seconds) == (2, 40)
    assert user.first_seen_at.timestamp() == NOON
    assert user.last_seen_at.timestamp() == NOON + DAY
    assert user.player.created_at == user.first_seen_at
    assert Session.objects.filter(player_id=user.player_id).count() == 2
    assert Event.objects.filter(player_id=user.player_id).count() == 2


def test_what_was_counted_of_the_two_stays(app):
    visit(app, "old", 0)
    visit(app, "new", DAY)
    before = app.counts()
    app.send("new", old_device_id="old", timestamp=when(0))
    for numbers in (before[bucket] for bucket in (2012, 201207, 20120720, 2012072012)):
        numbers["e"] += 1
    assert app.counts() == before
    assert event_counts(app.project, "old")[2012] == {"c": 1}


def test_a_device_that_only_changes_its_name_is_no_new_user(app):
    visit(app, "old", 0)
    app.send("new", old_device_id="old", timestamp=when(60))
    app.send("new", begin_session="1", timestamp=when(DAY))
    check_whole(app, "new")
    assert app.year == {"t": 2, "n": 1, "u": 1, "d": 20, "e": 5}
    assert app.by_value(Dimension.LOYALTY, 20120721) == {"1": 1}
    assert app.by_value(Dimension.FREQUENCY, 20120721) == {"2": 1}


def test_the_new_name_may_come_with_a_begin(app):
    visit(app, "old", 0)
    app.send("new", old_device_id="old", begin_session="1", timestamp=when(DAY))
    check_whole(app, "new")
    assert app.year == {"t": 2, "n": 1, "u": 1, "d": 20, "e": 4}


def test_late_sessions_of_a_merged_user_know_the_days_of_both(app):
    visit(app, "old", 0)
    visit(app, "new", 3 * DAY)
    app.send("new", old_device_id="old", timestamp=when(4 * DAY))
    app.send("new", begin_session="1", timestamp=when(60))
    assert app.counts()[20120720]["u"] == 1


@pytest.mark.parametrize("old", ["nobody", "new", "", "x" * 300])
def test_an_old_name_of_nobody_or_ones_own_changes_nothing(app, old):
    visit(app, "new", 0)
    app.send("new", old_device_id=old, timestamp=when(60))
    check_whole(app, "new")
    assert AppUser.objects.get().num_sessions == 1


def test_to_merge_twice_does_nothing_more(app):
    visit(app, "old", 0)
    for second in (30, 31):
        app.send("new", old_device_id="old", timestamp=when(second))
    check_whole(app, "new")
    assert AppUser.objects.get().num_sessions == 1


def test_who_comes_again_under_the_old_name_is_somebody_new(app):
    visit(app, "old", 0)
    app.send("new", old_device_id="old", timestamp=when(30))
    visit(app, "old", 60)
    check_whole(app, "new", "old")
    assert app.year["n"] == 2
    assert [user.num_sessions for user in AppUser.objects.all()] == [1, 1]


def test_a_users_of_another_app_is_left_alone(app):
    other = new_app()
    visit(other, "old", 0)
    app.send("new", old_device_id="old", timestamp=when(30))
    check_whole(other, "old")
    assert AppUser.objects.get(project=app.project).num_sessions == 0


# Sessions that are open


def test_the_open_session_of_the_old_name_goes_on_under_the_new_one(app):
    app.send("old", begin_session="1", timestamp=when(0))
    app.send("old", session_duration="50", timestamp=when(50))
    app.send("new", old_device_id="old", timestamp=when(51))
    app.send("new", end_session="1", session_duration="20", timestamp=when(80))
    check_whole(app, "new")
    session = Session.objects.get()
    assert (session.active_seconds, session.end_reason) == (70, "closed")
    assert app.by_value(Dimension.DURATION) == {"3": 1}


def test_the_open_session_of_the_new_name_goes_on(app):
    visit(app, "old", 0)
    app.send("new", begin_session="1", timestamp=when(60))
    app.send("new", old_device_id="old", session_duration="30", timestamp=when(90))
    app.send("new", end_session="1", timestamp=when(91))
    check_whole(app, "new")
    assert app.by_value(Dimension.DURATION) == {"1": 2}


def test_of_two_open_sessions_the_later_goes_on_and_the_other_has_ended(app):
    for device, second in (("old", 0), ("new", 100)):
        app.send(device, begin_session="1", timestamp=when(second))
        app.send(device, session_duration="20", timestamp=when(second + 20))
    app.send("new", old_device_id="old", timestamp=when(130))
    assert app.by_value(Dimension.DURATION) == {"1": 1}
    app.send("new", end_session="1", session_duration="20", timestamp=when(140))
    assert app.by_value(Dimension.DURATION) == {"1": 1, "2": 1}
    check_whole(app, "new")
    assert not Session.objects.filter(ended_at=None).exists()


# Several in one bulk


def items(*told):
    return [{"timestamp": NOON + place, **item} for place, item in enumerate(told)]


def test_a_user_is_merged_in_the_bulk_that_makes_it(app):
    app.bulk(
        *items(
            {"device_id": "a", "begin_session": 1, "events": [{"key": "k", "count": 1}]},
            {"device_id": "b", "old_device_id": "a"},
            {"device_id": "b", "end_session": 1, "session_duration": 40},
        )
    )
    check_whole(app, "b")
    assert app.year == {"t": 1, "n": 1, "u": 1, "d": 40, "e": 3}
    assert Session.objects.get().active_seconds == 40


@pytest.mark.parametrize("stored", [True, False])
def test_a_chain_of_names_ends_with_the_last_one(app, stored):
    if stored:
        for place, device in enumerate("abc"):
            visit(app, device, place * 3600)
    else:
        app.bulk(*({"device_id": device, "begin_session": 1} for device in "abc"))
    app.bulk(
        *items(
            {"device_id": "b", "old_device_id": "a"},
            {"device_id": "c", "old_device_id": "b"},
            {"device_id": "d", "old_device_id": "c"},
        )
    )
    check_whole(app, "d")
    assert AppUser.objects.get().num_sessions == 3
    player = AppUser.objects.get().player_id
    assert Session.objects.filter(player_id=player).count() == 3


def test_names_that_go_round_in_a_circle_lose_nothing(app):
    for place, device in enumerate("ab"):
        visit(app, device, place * 3600)
    app.bulk(
        *items(
            {"device_id": "b", "old_device_id": "a"},
            {"device_id": "a", "old_device_id": "b"},
        )
    )
    check_whole(app, "a")
    assert AppUser.objects.get().num_sessions == 2


def test_an_old_name_that_two_new_ones_claim_is_the_firsts(app):
    visit(app, "a", 0)
    app.bulk(
        *items(
            {"device_id": "b", "old_device_id": "a"},
            {"device_id": "a", "begin_session": 1},
            {"device_id": "c", "old_device_id": "a"},
        )
    )
    check_whole(app, "b", "c")
    assert [user.num_sessions for user in AppUser.objects.order_by("device_id")] == [1, 1]
    first, second = Session.objects.order_by("started_at")
    assert (first.player.name, second.player.name) == ("b", "c")


def test_who_is_made_merged_and_heard_of_again_in_one_bulk_has_a_player(app):
    app.bulk(
        *items(
            {"device_id": "a", "session_duration": 5},
            {"device_id": "b", "old_device_id": "a"},
            {"device_id": "a", "events": [{"key": "k", "count": 1}]},
        )
    )
    check_whole(app, "a", "b")


def test_a_merge_that_is_delivered_twice_is_known(app):
    visit(app, "old", 0)
    merge = {"old_device_id": "old", "timestamp": when(60)}
    assert app.send("new", **merge) == ""
    assert app.send("new", **merge) == "Request ignored: Duplicate request"


def test_what_the_old_name_sent_is_known_under_the_new_one_only(app):
    app.send("old", begin_session="1", timestamp=when(0))
    app.send("new", old_device_id="old", timestamp=when(60))
    # The same from the old name is from somebody new: nobody knows whose id it is by now.
    assert app.send("old", begin_session="1", timestamp=when(0)) == ""


# What is told about the user


def test_what_is_told_about_a_user_adds_up(app):
    app.send(user_details={"name": "Ann", "custom": {"level": 1}})
    app.send(user_details={"email": "a@example.org", "custom": {"rank": 2}})
    custom = {"level": 1, "rank": 2}
    details = {"name": "Ann", "email": "a@example.org", "custom": custom}
    assert AppUser.objects.get().details == details


def test_of_two_users_who_are_one_the_new_ones_details_and_metrics_win(app):
    app.send(
        "old", user_details={"name": "Old", "phone": "1"}, metrics={"_os": "a", "_device": "x"}
    )
    app.send("new", user_details={"name": "New"}, metrics={"_os": "b"}, country_code="TR")
    app.send("new", old_device_id="old")
    user = AppUser.objects.get()
    assert user.details == {"name": "New", "phone": "1"}
    assert user.metrics == {str(Dimension.OS.value): "b", str(Dimension.DEVICE.value): "x"}
    assert user.country == "TR"


def test_too_much_about_a_user_is_told_and_not_kept(app):
    assert "more than 16,384" in app.send(user_details={"x": "y" * 16_384}, begin_session="1")
    user = AppUser.objects.get()
    assert (user.details, user.num_sessions) == ({}, 1)


def test_who_tells_ever_more_of_a_user_is_known_by_what_was_told_last(app):
    for number in range(6):
        app.send(user_details={f"name {number}": "y" * 15_000})
    assert [*AppUser.objects.get().details] == ["name 4", "name 5"]
