"""The worked example: a device that is used on a day of 2012, and begins again on the next."""

from datetime import UTC, datetime

import pytest

from sessions_app.models import AppUser, Dimension, Event, Player, Session
from tests.countly_helpers import Sender, counts, event_counts, make_project, names, set_clock

pytestmark = pytest.mark.django_db

METRICS = {
    "_os": "Android",
    "_os_version": "4.0.4",
    "_device": "GT-I9100",
    "_resolution": "480x800",
    "_carrier": "vodafone TR",
    "_app_version": "1.2",
}
EVENTS = [
    {"key": "level_success", "count": 4},
    {"key": "level_fail", "count": 2},
    {
        "key": "in_app_purchase",
        "count": 3,
        "sum": 2.97,
        "segmentation": {"app_version": "1.0", "country": "Turkey"},
    },
]


@pytest.fixture
def project():
    return make_project(country="TR")


@pytest.fixture
def day(client, project, monkeypatch):
    send = Sender(client, project)

    def at(hour: int, minute: int, second: int = 0, day: int = 20) -> None:
        set_clock(monkeypatch, datetime(2012, 7, day, hour, minute, second, tzinfo=UTC))

    at(14, 5)
    send(begin_session="1", sdk_version="1.0", metrics=METRICS, country_code="tr")
    at(14, 5, 30)
    send(session_duration="30")
    at(14, 5, 50)
    send(end_session="1", session_duration="20")
    at(14, 6)
    send(events=EVENTS)
    return at, send


def test_sessions(project, day) -> None:
    every = {"t": 1, "n": 1, "u": 1, "d": 50, "e": 4}
    assert counts(project, Dimension.SESSIONS) == {
        2012: every,
        201207: every,
        20120720: every,
        2012072014: every,
        2012029: {"u": 1},
    }


def test_lengths_and_what_is_new_of_the_user(project, day) -> None:
    once = {bucket: {"t": 1} for bucket in (2012, 201207, 2012029, 20120720)}
    assert counts(project, Dimension.DURATION, "2") == once
    assert counts(project, Dimension.FREQUENCY, "0") == once
    assert counts(project, Dimension.LOYALTY, "0") == once


@pytest.mark.parametrize(
    ("dimension", "value"),
    [
        (Dimension.COUNTRY, "TR"),
        (Dimension.CARRIER, "Vodafone Tr"),
        (Dimension.DEVICE, "GT-I9100"),
        (Dimension.APP_VERSION, "1:2"),
        (Dimension.OS, "Android"),
        (Dimension.OS_VERSION, "a4:0:4"),
        (Dimension.RESOLUTION, "480x800"),
    ],
)
def test_what_the_device_is(project, day, dimension, value) -> None:
    new = {"t": 1, "n": 1, "u": 1}
    assert counts(project, dimension) == {
        2012: {value: new},
        201207: {value: new},
        20120720: {value: new},
        2012029: {value: {"u": 1}},
    }
    assert names(project, dimension) == [("", "", value)]


def test_events(project, day) -> None:
    bought = {"c": 3, "s": 2.97}
    assert event_counts(project, "in_app_purchase") == dict.fromkeys(
        (2012, 201207, 20120720, 2012072014), bought
    )
    for segment, value in (("app_version", "1:0"), ("country", "Turkey")):
        by_value = event_counts(project, "in_app_purchase", segment)
        assert by_value == {bucket: {value: bought} for bucket in (2012, 201207, 20120720)}
    assert event_counts(project, "level_fail")[2012072014] == {"c": 2}
    keys = [("level_success", "", ""), ("level_fail", "", ""), ("in_app_purchase", "", "")]
    assert names(project, Dimension.EVENT) == keys


def test_the_next_day(project, day) -> None:
    at, send = day
    at(10, 0, day=21)
    send(begin_session="1", country_code="TR")
    assert counts(project, Dimension.SESSIONS)[20120721] == {"t": 1, "u": 1, "e": 1}
    assert counts(project, Dimension.SESSIONS)[201207] == {"t": 2, "n": 1, "u": 1, "d": 50, "e": 5}
    assert counts(project, Dimension.SESSIONS)[2012029] == {"u": 1}
    assert counts(project, Dimension.FREQUENCY)[20120721] == {"1": {"t": 1}}
    assert counts(project, Dimension.LOYALTY)[20120721] == {"1": {"t": 1}}
    assert counts(project, Dimension.FREQUENCY)[201207] == {"0": {"t": 1}}
    assert counts(project, Dimension.COUNTRY)[20120721] == {"TR": {"t": 1, "u": 1}}


def test_the_session_and_its_events_are_kept(project, day) -> None:
    session = Session.objects.get(project=project)
    assert (session.username, session.end_reason, session.active_seconds) == ("d1", "closed", 50)
    assert session.started_at == datetime(2012, 7, 20, 14, 5, tzinfo=UTC)
    assert session.ended_at == datetime(2012, 7, 20, 14, 5, 50, tzinfo=UTC)
    assert session.data["metrics"] == METRICS
    player = Player.objects.get(project=project)
    assert session.player == player
    assert player.name == "d1"
    stored = Event.objects.filter(project=project).order_by("id")
    assert [event.type for event in stored] == ["level_success", "level_fail", "in_app_purchase"]
    assert stored[2].data == {key: EVENTS[2][key] for key in ("count", "sum", "segmentation")}
    assert stored[2].player == player
    user = AppUser.objects.get(project=project, device_id="d1")
    assert (user.num_sessions, user.seconds, user.country) == (1, 50, "TR")
