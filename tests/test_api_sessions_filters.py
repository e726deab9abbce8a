"""/api/v1/sessions/ narrowed down: by dialect, server, player, name, time and how it ended."""

import itertools
from datetime import UTC, datetime, timedelta

import pytest

from sessions_app.models import EndReason, Session
from sessions_app.services.servers import delete_players
from sessions_app.services.sessions import end_silent
from tests import tstats_helpers as tstats
from tests.api_helpers import with_token
from tests.minecraft_helpers import left, login, lost, new_server, send, start, stop
from tests.sent_sessions import PLAYERS, SESSIONS, game, player, results

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
NOON = datetime(2013, 4, 13, 12, tzinfo=UTC)
NOBODY = "00000000-0000-0000-0000-000000000000"


@pytest.fixture
def server():
    return new_server("lab")


@pytest.fixture
def reader(server):
    return with_token(server.project, "read")


@pytest.fixture
def all_sorts(server, monkeypatch):
    """Two servers; on the first Steve left and Alex plays, on the second Steve was cut off; and
    three games that begin an hour apart: closed, silent, going on."""
    second = new_server("lab")
    send(server, login(0), lost(60), login(120, "alex"))
    send(second, login(0), lost(60), login(300), stop(600), login(700), start(900))
    clock = tstats.set_clock(monkeypatch, NOON.timestamp())
    game(server.project, closed=True)
    clock.tick(HOUR.total_seconds())
    game(server.project)
    clock.tick(HOUR.total_seconds())
    game(server.project)
    assert end_silent() == 1
    other = new_server("other")
    send(other, login(0), login(5))
    game(other.project)
    return second


def found(client, **parameters):
    """What identifies a session in these tests: who, and when it began."""
    return [
        f"{row['username'] or row['dialect']} {row['started_at'][11:16]}"
        for row in results(client.get(SESSIONS, parameters))
    ]


GAMES = ["tstats 14:00", "tstats 13:00", "tstats 12:00"]


def test_each_is_found_by_what_is_known_of_it(reader, server, all_sorts):
    on_first = ["alex 08:02", "steve 08:00"]
    on_second = ["steve 08:11", "steve 08:05", "steve 08:00"]
    steve, again = player(server), player(all_sorts)
    for parameters, expected in [
        ({"dialect": "tstats"}, GAMES),
        ({"server": server.key}, on_first),
        ({"server": all_sorts.key}, on_second),
        ({"dialect": "mccoal", "server": server.key}, on_first),
        ({"dialect": "tstats", "server": server.key}, []),
        ({"player": steve.id}, ["steve 08:00"]),
        ({"player": again.id}, on_second),
        ({"player": again.id, "server": server.key}, []),
        ({"player": again.id, "dialect": "tstats"}, []),
        ({"username": "steve", "server": server.key}, ["steve 08:00"]),
        ({"username": "alex"}, ["alex 08:02"]),
        ({"username": "alex", "dialect": "mccoal"}, ["alex 08:02"]),
        ({"username": "alex", "dialect": "tstats"}, []),
        ({"username": "alex", "player": steve.id}, []),
        ({"username": "Steve"}, []),
        ({"username": "steve "}, []),
        ({"open": "true"}, ["tstats 14:00", "alex 08:02"]),
        ({"open": "true", "dialect": "tstats"}, ["tstats 14:00"]),
        ({"open": "true", "player": again.id}, []),
        ({"open": "false", "dialect": "tstats"}, GAMES[1:]),
        ({"end_reason": "closed"}, ["tstats 12:00"]),
        ({"end_reason": "timeout"}, ["tstats 13:00"]),
        ({"end_reason": "server stop"}, ["steve 08:05"]),
        ({"end_reason": "server start"}, ["steve 08:11"]),
        ({"end_reason": "logout", "server": server.key}, ["steve 08:00"]),
        ({"end_reason": "closed", "open": "true"}, []),
        ({"since": "2013-04-13T13:00Z"}, GAMES[:2]),
        ({"since": "2013-04-13T13:00Z", "until": "2013-04-13T14:00Z"}, ["tstats 13:00"]),
        ({"until": "2013-04-13T08:01Z", "server": server.key}, ["steve 08:00"]),
        ({"since": "2013-04-13T14:05+06:00", "until": "2013-04-13T12:00Z"}, on_second[:2]),
        ({"since": NOON.timestamp() + 1}, GAMES[:2]),
        ({"dialect": "tstats", "since": "", "open": "", "server": "", "player": ""}, GAMES),
    ]:  # fmt: skip
        assert found(reader, **parameters) == expected, parameters


def test_a_name_is_found_on_every_server_in_pages(reader, server, all_sorts):
    expected = {str(s.id) for s in Session.objects.filter(project=server.project, username="steve")}
    seen, link = [], f"{SESSIONS}?username=steve&page_size=1"
    while link:
        page = reader.get(link).json()
        seen += [row["id"] for row in page["results"]]
        link = page["next"]
    assert seen == sorted(expected, reverse=True)
    assert len(seen) == 4


def test_the_border_of_a_time_is_exact_to_the_microsecond(reader, server, monkeypatch):
    tstats.set_clock(monkeypatch, NOON.timestamp() + 0.0004999)
    game(server.project)
    (shown,) = results(reader.get(SESSIONS))
    at = datetime.fromisoformat(shown["started_at"])
    later = (at + timedelta(microseconds=1)).isoformat()
    for parameters, count in [
        ({"since": at.isoformat()}, 1),
        ({"since": later}, 0),
        ({"until": at.isoformat()}, 0),
        ({"until": later}, 1),
    ]:
        assert len(results(reader.get(SESSIONS, parameters))) == count, parameters


def test_whatever_is_asked_takes_few_queries(
    reader, server, all_sorts, django_assert_max_num_queries
):
    asked = {
        "dialect": "mccoal", "server": server.key, "player": player(server).id,
        "username": "steve", "open": "false", "end_reason": "logout",
        "since": "2013-01-01", "until": "2014-01-01",
    }  # fmt: skip
    for count in range(len(asked) + 1):
        for fields in itertools.combinations(asked, count):
            # The token, the sessions with their servers, the players of that name, and by which
            # dialect one came.
            with django_assert_max_num_queries(4):
                shown = found(reader, **{field: asked[field] for field in fields})
            assert "steve 08:00" in shown, fields


def test_a_deleted_player_is_not_found_by_name(reader, server, all_sorts):
    delete_players(players=[player(server, "alex")])
    assert found(reader, username="alex") == []
    assert "alex 08:02" in found(reader, server=server.key)


def test_what_does_not_exist_has_no_sessions(reader, all_sorts):
    for parameters in ({"server": "x"}, {"player": NOBODY}, {"username": "nobody"}):
        assert found(reader, **parameters) == []
        assert found(reader, **parameters, open="true", dialect="mccoal") == []


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("dialect", "TStats"),
        ("dialect", "1"),
        ("player", "steve"),
        ("player", "1"),
        ("player", "a\0b"),
        ("open", "yes"),
        ("open", "True"),
        ("end_reason", "death"),
        ("since", "yesterday"),
        ("until", "9" * 400),
        ("since", "0999-12-31"),
        ("server", "a\0b"),
        ("username", "a\0b"),
        ("page_size", "0"),
        ("format", "xml"),
    ],
)
def test_a_parameter_that_makes_no_sense_is_refused_by_name(reader, field, value):
    response = reader.get(SESSIONS, {field: value})
    assert (response.status_code, list(response.json())) == (400, [field])


@pytest.mark.parametrize("field", ["since", "until"])
@pytest.mark.parametrize("value", ["1000-01-01", "8999-12-31T23:59:59Z", "-1", "0"])
def test_times_of_any_year_are_taken(reader, all_sorts, field, value):
    assert reader.get(SESSIONS, {field: value}).status_code == 200


def test_the_sessions_of_a_player_are_narrowed_down_by_time_and_end(reader, all_sorts):
    path = f"{PLAYERS}{player(all_sorts).id}/sessions/"
    for parameters, minutes in [
        ({}, ["08:11", "08:05", "08:00"]),
        ({"end_reason": EndReason.SERVER_STOP.value}, ["08:05"]),
        ({"since": "2013-04-13T08:05Z"}, ["08:11", "08:05"]),
        ({"until": "2013-04-13T08:05Z"}, ["08:00"]),
        ({"open": "true"}, []),
    ]:
        shown = results(reader.get(path, parameters))
        assert [row["started_at"][11:16] for row in shown] == minutes, parameters
    send(all_sorts, login(2000), left(2001), login(3000))
    assert len(results(reader.get(path, {"open": "true"}))) == 1
