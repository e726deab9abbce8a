"""Users of apps as /api/v1/players/, events/ and sessions/ show them."""

import pytest
from django.test import Client

from sessions_app.models import Player
from tests.api_helpers import with_token
from tests.app_helpers import app_project, day, use
from tests.countly_helpers import Sender
from tests.sent_sessions import EVENTS, PLAYERS, SESSIONS, results

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(monkeypatch):
    return app_project(monkeypatch)


@pytest.fixture
def reader(project):
    return with_token(project, "read")


def test_a_player_has_what_is_known_of_the_app_s_user(project, reader):
    use(project, "phone", day(2), seconds=30)
    use(project, "phone", day(1), metrics={"_os": "iOS", "_os_version": "17.1"})
    (shown,) = results(reader.get(PLAYERS))
    assert (shown["name"], shown["server"]) == ("phone", None)
    assert shown["app_user"] == {
        "device_id": "phone",
        "country": "TR",
        "sessions": 2,
        "seconds": 30,
        "first_seen_at": "2026-03-16T08:00:00Z",
        "last_seen_at": "2026-03-17T08:00:00Z",
        "last_at": "2026-03-17T08:00:00Z",
        "open": True,
        "metrics": {
            "device": "Pixel 8",
            "os": "iOS",
            "os_version": "i17:1",
            "app_version": "1:2",
        },
        "details": {},
    }
    assert reader.get(f"{PLAYERS}{shown['id']}/").json() == shown
    (found,) = results(reader.get(PLAYERS, {"name": "phone"}))
    assert found == shown


def test_a_list_takes_the_same_few_queries_however_long(project, reader, django_assert_num_queries):
    for count in (1, 12):
        for number in range(count):
            use(project, f"d{number}", events=[{"key": "e", "count": 1}])
        with django_assert_num_queries(3):  # the token with its project, players, users
            assert len(results(reader.get(PLAYERS))) == count
    player = Player.objects.get(project=project, name="d0")
    with django_assert_num_queries(3):
        reader.get(f"{PLAYERS}{player.pk}/")
    with django_assert_num_queries(3):  # token, player, sessions
        assert results(reader.get(f"{PLAYERS}{player.pk}/sessions/"))


def test_events_and_sessions_are_found_by_their_user(project, reader):
    use(project, "a", events=[{"key": "jump", "count": 2}], seconds=30)
    use(project, "b", events=[{"key": "run", "count": 1}])
    player = Player.objects.get(project=project, name="a")
    (event,) = results(reader.get(EVENTS, {"player": player.pk}))
    assert (event["type"], event["player"]) == ("jump", str(player.pk))
    (session,) = results(reader.get(SESSIONS, {"player": player.pk}))
    assert (session["dialect"], session["active_seconds"]) == ("countly", 30)
    assert event["session"] == session["id"]
    assert session["data"]["metrics"]["_device"] == "Pixel 8"


def test_an_event_without_a_session_has_none(project, reader):
    Sender(Client(), project)("x", events=[{"key": "alone", "count": 1}])
    (event,) = results(reader.get(EVENTS))
    assert (event["type"], event["session"]) == ("alone", None)
