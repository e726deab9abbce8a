"""When the lines of a log file are, which may tell only the time of day."""

import pytest

from sessions_app.models import Session
from tests.mccoal_helpers import agent_token, new_agent, post
from tests.minecraft_helpers import login

pytestmark = pytest.mark.django_db

BULK = "/api/v1/agents/loglines"
LOG = login(0).encode()


@pytest.fixture
def token():
    return agent_token(new_agent())


def upload(token, body=LOG, query=""):
    return post(BULK + query, None, token, body=body, content_type="text/plain")


def told(reply):
    assert reply.status == 200, reply
    return reply.json


def test_lines_without_dates_are_of_the_day_given_and_of_those_that_follow(token):
    log = b"""[23:59:50] [Server thread/INFO]: steve joined the game
[23:59:59] [Server thread/INFO]: <steve> hello
[00:00:10] [Server thread/INFO]: steve left the game
[12:00:00] [Server thread/INFO]: steve joined the game
[23:00:00] [Server thread/INFO]: steve left the game
[01:00:00] [Server thread/INFO]: steve joined the game
"""
    assert told(upload(token, log, "?date=2013-04-13&zone=America/Chicago"))["new"] == 6
    first, second, third = Session.objects.order_by("id")
    assert str(first.started_at) == "2013-04-14 04:59:50+00:00"
    assert (first.ended_at - first.started_at).total_seconds() == 20
    assert str(second.started_at) == "2013-04-14 17:00:00+00:00"
    assert str(third.started_at) == "2013-04-15 06:00:00+00:00"
    assert {session.zone for session in (first, second, third)} == {"America/Chicago"}
    assert told(upload(token, log, "?date=2013-04-13&zone=America/Chicago"))["new"] == 0


def test_without_a_zone_times_are_in_that_of_the_project():
    agent = new_agent(timezone="Asia/Tokyo")
    told(upload(agent_token(agent)))
    assert Session.objects.get().zone == "Asia/Tokyo"
    assert str(Session.objects.get().started_at) == "2013-04-12 23:00:00+00:00"


@pytest.mark.parametrize("zone", ["Mars/Olympus", "x" * 1000, "%00", "%F0%9F%98%80"])
def test_a_zone_that_there_is_not_is_refused(token, zone):
    reply = upload(token, LOG, f"?zone={zone}")
    assert (reply.status, list(reply.json["errors"])) == (400, ["zone"])
    for zone in ("UTC", "Etc/UTC", "", "%20"):
        assert upload(token, LOG, f"?zone={zone}").status == 200


@pytest.mark.parametrize("day", ["x", "2013-02-30", "%00"])
def test_a_day_that_there_is_not_is_refused(token, day):
    reply = upload(token, LOG, f"?date={day}")
    assert (reply.status, list(reply.json["errors"])) == (400, ["date"])
    for day in ("0001-01-01", "9999-12-31"):
        log = b"[23:59:50] [a/INFO]: x\n[00:00:10] [a/INFO]: y\n"
        assert upload(token, log, f"?date={day}").status == 200
