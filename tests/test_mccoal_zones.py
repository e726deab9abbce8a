"""Times: login and logout in the agent's zone of that session, created and updated in ours."""

import pytest

from sessions_app.models import Session
from tests.mccoal_helpers import (
    NOON,
    agent_token,
    get,
    new_agent,
    new_play,
    open_server,
    path_of,
    send_line,
)
from tests.minecraft_helpers import send

pytestmark = pytest.mark.django_db


def line(clock, text="logged in"):
    text = {
        "logged in": "steve[/10.0.0.1:5000] logged in with entity id 7 at (1.0, 2.0, 3.0)",
        "lost": "steve lost connection: disconnect.quitting",
    }[text]
    return f"{clock} [INFO] {text}"


def shown(server):
    found = get(path_of(server, "sessions")).json["sessions"]
    return [(each["login_timestamp"], each["logout_timestamp"], each["duration"]) for each in found]


def at(clock, zone):
    """How a login at this time is shown, of which an agent in this zone has told."""
    agent = new_agent()
    assert send_line(line(clock), agent_token(agent), zone).status == 201
    return get(path_of(agent.server, "sessions")).json["sessions"][0]["login_timestamp"]


@pytest.mark.parametrize(
    ("zone", "told"),
    [
        ("America/Chicago", "CDT-0500"),
        ("UTC", "UTC+0000"),
        ("Europe/Berlin", "CEST+0200"),
        ("Asia/Kolkata", "IST+0530"),
        ("America/Sao_Paulo", "-03-0300"),
        ("Asia/Kathmandu", "+0545+0545"),
        ("Etc/GMT+5", "-05-0500"),
        ("Australia/Lord_Howe", "+1030+1030"),
        ("EST", "EST-0500"),
        ("GMT", "GMT+0000"),
    ],
)
def test_a_time_is_followed_by_the_zones_letters_and_its_offset(zone, told):
    assert at("2013-04-13 20:50:34", zone) == f"2013-04-13 20:50:34 {told}"


@pytest.mark.parametrize(
    "zone",
    ["Mars/Olympus", "CDT", "america/chicago", "../UTC", "/etc/localtime", "America", "x" * 500,
     "\x00", "UTC\x00", "\N{SNOWMAN}", "America/Chicago\n; x"],
)  # fmt: skip
def test_a_zone_that_there_is_not_is_utc(zone):
    assert at("2013-04-13 20:50:34", zone) == "2013-04-13 20:50:34 UTC+0000"


def test_winter_and_summer_have_their_own_letters():
    assert at("2013-01-13 20:50:34", "America/Chicago") == "2013-01-13 20:50:34 CST-0600"
    assert at("2013-07-13 20:50:34", "America/Chicago") == "2013-07-13 20:50:34 CDT-0500"


def test_the_hour_that_comes_twice_is_that_of_standard_time():
    assert at("2013-11-03 01:30:00", "America/Chicago") == "2013-11-03 01:30:00 CST-0600"
    assert at("2013-11-03 00:59:59", "America/Chicago") == "2013-11-03 00:59:59 CDT-0500"
    assert at("2013-11-03 02:00:00", "America/Chicago") == "2013-11-03 02:00:00 CST-0600"


def test_the_hour_that_is_left_out_is_told_as_what_it_is():
    assert at("2013-03-10 01:59:59", "America/Chicago") == "2013-03-10 01:59:59 CST-0600"
    assert at("2013-03-10 02:30:00", "America/Chicago") == "2013-03-10 03:30:00 CDT-0500"
    assert at("2013-03-10 03:00:00", "America/Chicago") == "2013-03-10 03:00:00 CDT-0500"


def test_a_session_over_a_change_of_clocks_has_both_letters_and_its_true_length():
    server = open_server()
    send(server, line("2013-03-10 01:00:00"), line("2013-03-10 04:00:00", "lost"),
         zone="America/Chicago")  # fmt: skip
    spring = ("2013-03-10 01:00:00 CST-0600", "2013-03-10 04:00:00 CDT-0500", 2 * 3600)
    assert shown(server) == [spring]
    send(server, line("2013-11-03 00:00:00"), line("2013-11-03 03:00:00", "lost"),
         zone="America/Chicago")  # fmt: skip
    autumn = ("2013-11-03 00:00:00 CDT-0500", "2013-11-03 03:00:00 CST-0600", 4 * 3600)
    assert shown(server) == [autumn, spring]


def test_the_zone_of_a_session_is_that_of_its_login():
    server = open_server()
    send(server, line("2013-04-13 20:00:00"), zone="America/Chicago")
    send(server, line("2013-04-14 03:00:00", "lost"), zone="Europe/Berlin")
    one = ("2013-04-13 20:00:00 CDT-0500", "2013-04-13 20:00:00 CDT-0500", 0)
    assert shown(server) == [one]


def test_an_agent_that_has_moved_changes_no_session_of_before():
    server = open_server()
    send(server, line("2013-04-13 20:00:00"), zone="America/Chicago")
    send(server, line("2013-04-14 20:00:00"), zone="Europe/Berlin")
    second, first = shown(server)
    assert first[0].endswith("CDT-0500")
    assert first[1].endswith("13:00:00 CDT-0500")
    assert second[0].endswith("CEST+0200")


def test_created_and_updated_are_in_the_projects_zone():
    server = open_server(timezone="Asia/Tokyo")
    new_play(server, zone="America/Chicago", created_at=NOON, updated_at=NOON).save()
    (found,) = get(path_of(server, "sessions")).json["sessions"]
    assert found["login_timestamp"] == "2013-04-13 07:00:00 CDT-0500"
    assert found["created"] == found["updated"] == "2013-04-13 21:00:00 JST+0900"


def test_since_and_before_are_utc_whatever_the_zones():
    server = open_server(timezone="Asia/Tokyo")
    send(server, line("2013-04-13 20:50:34"), zone="America/Chicago")  # 01:50:34 UTC
    for query, count in (
        ({"since": "2013-04-14 01:50:34"}, 1),
        ({"since": "2013-04-14 01:50:35"}, 0),
        ({"before": "2013-04-14 01:50:35"}, 1),
        ({"before": "2013-04-14 01:50:34"}, 0),
    ):
        assert len(get(path_of(server, "sessions", **query)).json["sessions"]) == count


def test_parts_of_seconds_are_cut_off():
    server = open_server()
    new_play(server, 0.999999, lasts=59.5).save()
    assert shown(server) == [("2013-04-13 12:00:00 UTC+0000", "2013-04-13 12:01:00 UTC+0000", 59)]
    assert Session.objects.get().started_at.microsecond == 999_999
