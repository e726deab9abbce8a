"""``POST /api/v1/agents/ping``."""

import pytest

from sessions_app.models import Server, Session
from tests.mccoal_helpers import agent_token, get, new_agent, path_of, post, post_json
from tests.minecraft_helpers import login, send

pytestmark = pytest.mark.django_db

PING = "/api/v1/agents/ping"
INTEGER = "Not a valid integer value"
NUMBERS = ["server_day", "server_time", "num_overloads", "ms_behind", "skipped_ticks"]


@pytest.fixture
def agent():
    return new_agent()


@pytest.fixture
def token(agent):
    return agent_token(agent)


def ping(token, **fields):
    return post(PING, {"server_name": "x", **fields}, token)


def shown(agent):
    return get(path_of(agent.server)).json


def test_a_ping_as_the_original_agent_sends_it(agent, token):
    reply = ping(
        token,
        is_server_running="True",
        server_day="12",
        server_time="6000",
        is_raining="False",
        is_thundering="True",
        num_overloads="3",
        ms_behind="2500",
        skipped_ticks="50",
        address="mc.example:25565",
        timestamp="2013-04-13 20:50:34",
    )
    assert (reply.status, reply.body) == (200, b'{"commands": []}')
    server = Server.objects.get()
    assert (server.status, server.day, server.time_of_day) == ("RUNNING", 12, 6000)
    assert (server.is_raining, server.is_thundering) == (False, True)
    assert (server.num_overloads, server.ms_behind, server.skipped_ticks) == (3, 2500, 50)
    assert server.address == "mc.example:25565"
    assert shown(agent)["last_ping"]


@pytest.mark.parametrize(
    ("said", "status"),
    [
        *((word, "RUNNING") for word in ("True", "true", "yes", "1", "affirmative", "t", " On")),
        *((word, "STOPPED") for word in ("False", "false", "no", "0", "n", "F", " 0", "Nonsense")),
        *((word, "UNKNOWN") for word in ("", " ")),
    ],
)
def test_the_first_letter_says_whether_it_is_so(token, said, status):
    assert ping(token, is_server_running=said).status == 200
    assert Server.objects.get().status == status


def test_a_server_of_which_nothing_is_said_is_unknown(token):
    ping(token, is_server_running="True", is_raining="True")
    ping(token)
    server = Server.objects.get()
    assert (server.status, server.is_raining) == ("UNKNOWN", None)


@pytest.mark.parametrize(
    ("said", "status"),
    [(True, "RUNNING"), (False, "STOPPED"), (None, "UNKNOWN"), (1, "RUNNING"), (0, "STOPPED")],
)
def test_in_json_booleans_are_ones(token, said, status):
    body = {"server_name": "x", "is_server_running": said, "server_day": 5, "server_time": "6"}
    assert post_json(PING, body, token).status == 200
    server = Server.objects.get()
    assert (server.status, server.day, server.time_of_day) == (status, 5, 6)


@pytest.mark.parametrize("name", NUMBERS)
def test_a_number_that_is_none_is_named(agent, token, name):
    junk = ["x", "1.5", "1e3", "9" * 19, str(2**63), str(-(2**63) - 1), "9" * 5000, "\x00", "1_0"]
    for said in junk:
        reply = ping(token, **{name: said})
        assert (reply.status, reply.json) == (400, {"errors": {name: [INTEGER]}}), said
    for said in (1.5, True, [[1]], {"a": 1}, 2**63, 10**400, float("inf"), float("nan"), "\ud800"):
        reply = post_json(PING, {"server_name": "x", name: said}, token)
        assert (reply.status, reply.json) == (400, {"errors": {name: [INTEGER]}}), said
    assert shown(agent)["last_ping"] is None


@pytest.mark.parametrize("name", NUMBERS)
def test_numbers_of_64_bits_are_taken(token, name):
    for said in (str(2**63 - 1), str(-(2**63)), " +7 ", "", "0"):
        assert ping(token, **{name: said}).status == 200


def test_all_wrong_numbers_are_named_at_once(token):
    reply = ping(token, **dict.fromkeys(NUMBERS, "x"))
    assert sorted(reply.json["errors"]) == sorted(NUMBERS)


def test_a_name_is_needed_and_has_its_limit(token):
    for form in ({}, {"server_name": ""}, {"server_name": " "}):
        reply = post(PING, form, token)
        needed = {"server_name": ["This field is required."]}
        assert (reply.status, reply.json) == (400, {"errors": needed})
    assert post(PING, {"server_name": "x" * 500}, token).status == 200
    reply = post(PING, {"server_name": "x" * 501}, token)
    message = "Field cannot be longer than 500 characters."
    assert (reply.status, reply.json) == (400, {"errors": {"server_name": [message]}})


def test_a_name_does_not_rename_the_server(agent, token):
    ping(token, server_name="Another")
    assert shown(agent)["name"] == "Survival"


@pytest.mark.parametrize(
    ("said", "address"),
    [("x" * 300, "x" * 255), ("a\x00b", "a\ufffdb"), ("", None), ("\N{SNOWMAN}", "\N{SNOWMAN}")],
)
def test_an_address_is_kept_as_far_as_there_is_room(agent, token, said, address):
    ping(token, address="before")
    assert ping(token).status == 200
    assert shown(agent)["address"] == "before"
    assert ping(token, address=said).status == 200
    assert shown(agent)["address"] == address
    assert post_json(PING, {"server_name": "\ud800", "address": "\ud800"}, token).status == 200


def test_a_ping_ends_no_session(agent, token):
    send(agent.server, login(0))
    ping(token, is_server_running="False")
    assert Session.objects.get().ended_at is None
    assert shown(agent)["status"] == "STOPPED"


def test_commands_are_none_for_whoever_asks(token):
    for running in ("True", "False", ""):
        assert ping(token, is_server_running=running).json == {"commands": []}
