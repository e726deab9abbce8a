"""/api/v1/players/: those who play on a project's servers, and their sessions."""

from base64 import b64encode
from uuid import UUID

import pytest

from sessions_app.models import Player, Server
from tests.api_helpers import new_project, with_token
from tests.minecraft_helpers import at, login, lost, new_server, send
from tests.sent_sessions import PLAYERS, player, results, walk

pytestmark = pytest.mark.django_db
NOBODY = "00000000-0000-0000-0000-000000000000"


@pytest.fixture
def server():
    return new_server("lab")


@pytest.fixture
def reader(server):
    return with_token(server.project, "read")


def come(server, *names):
    for name in names:
        send(server, login(0, name))


def names(response):
    return [row["name"] for row in results(response)]


def test_a_player_is_shown(reader, server, settings):
    settings.TIME_ZONE = "Asia/Tokyo"
    uuid = "069a79f4-44e9-4726-a5be-fca90e38aaf5"
    send(server, at(0, f"UUID of player steve is {uuid}"), login(1))
    (shown,) = results(reader.get(PLAYERS))
    stored = player(server)
    assert shown == {
        "id": str(stored.id),
        "name": "steve",
        "server": {"key": server.key, "name": "Survival"},
        "external_id": uuid,
        "last_login_at": "2013-04-13T08:00:01Z",
        "created_at": stored.created_at.isoformat().replace("+00:00", "Z"),
        "app_user": None,
    }
    assert reader.get(f"{PLAYERS}{shown['id']}/").json() == shown


def test_a_player_who_only_left_has_never_come(reader, server):
    send(server, lost(0))
    (shown,) = results(reader.get(PLAYERS))
    assert (shown["last_login_at"], shown["external_id"]) == (None, "")
    assert results(reader.get(f"{PLAYERS}{shown['id']}/sessions/")) == []


def test_a_list_takes_the_same_few_queries_however_long(reader, server, django_assert_num_queries):
    other = new_server("lab")
    for length in (1, 20):
        come(server, *(f"name{number}" for number in range(length)))
        come(other, *(f"name{number}" for number in range(length)))
        for parameters in ({}, {"server": server.key}, {"name": "name0"}):
            with django_assert_num_queries(2):  # the token with its project, players with servers
                assert results(reader.get(PLAYERS, parameters))
    of_one = player(server, "name0")
    with django_assert_num_queries(2):
        reader.get(f"{PLAYERS}{of_one.id}/")
    with django_assert_num_queries(3):  # token, player, sessions
        assert results(reader.get(f"{PLAYERS}{of_one.id}/sessions/"))


def test_pages_of_a_server_are_in_the_order_of_names(reader, server):
    come(server, "eve", "bob", "dan", "al", "cat")
    come(new_server("lab"), "bob")
    first = reader.get(PLAYERS, {"server": server.key, "page_size": 2})
    second = reader.get(first.json()["next"])
    third = reader.get(second.json()["next"])
    assert [names(page) for page in (first, second, third)] == [
        ["al", "bob"], ["cat", "dan"], ["eve"],
    ]  # fmt: skip
    assert third.json()["next"] is None
    assert names(reader.get(second.json()["previous"])) == ["al", "bob"]


def test_pages_of_a_project_lead_through_all(reader, server):
    for each in (server, new_server("lab"), new_server("lab")):
        come(each, "al", "bob")
    come(new_server("other"), "al")
    pages = walk(reader, PLAYERS, page_size=4)
    assert [len(page) for page in pages] == [4, 2]
    found = [UUID(each) for page in pages for each in page]
    assert found == sorted(found)
    assert set(found) == set(
        Player.objects.filter(project=server.project).values_list("id", flat=True)
    )


def test_players_are_found_by_server_and_whole_name(reader, server):
    second = new_server("lab")
    come(server, "al", "Al", "alex")
    come(second, "al")
    other = new_server("other")
    come(other, "al")
    for parameters, found in [
        ({"name": "al"}, ["al", "al"]),
        ({"name": "Al"}, ["Al"]),
        ({"name": "a"}, []),
        ({"name": "al", "server": server.key}, ["al"]),
        ({"server": second.key}, ["al"]),
        ({"server": other.key}, []),
        ({"server": "x"}, []),
        ({"server": "", "name": ""}, ["Al", "al", "al", "alex"]),
    ]:
        assert sorted(names(reader.get(PLAYERS, parameters))) == found, parameters


def test_a_player_has_sessions_newest_first(reader, server):
    send(server, login(0), lost(10), login(20), lost(30), login(40))
    send(server, login(0, "alex"))
    send(new_server("lab"), login(0))
    path = f"{PLAYERS}{player(server).id}/sessions/"
    shown = results(reader.get(path))
    assert [row["started_at"][14:19] for row in shown] == ["00:40", "00:20", "00:00"]
    assert [row["open"] for row in shown] == [True, False, False]
    assert {row["server"]["key"] for row in shown} == {server.key}
    assert [len(page) for page in walk(reader, path, page_size=2)] == [2, 1]


def test_a_server_that_is_just_being_deleted_breaks_nothing(reader, server):
    come(server, "steve")
    Server.objects.all().delete()  # its players go a moment later
    (shown,) = results(reader.get(PLAYERS))
    assert shown["server"] is None


@pytest.mark.parametrize("pk", ["1", "x", NOBODY, "%00", "9" * 99])
def test_there_is_no_such_player(reader, server, pk):
    come(server, "steve")
    for path in (f"{PLAYERS}{pk}/", f"{PLAYERS}{pk}/sessions/"):
        response = reader.get(path)
        assert (response.status_code, list(response.json())) == (404, ["detail"])


@pytest.mark.parametrize("parameters", [{}, {"server": "x"}])
@pytest.mark.parametrize("text", [b"x=1", b"p=a%00b", b"p=x"])
def test_a_cursor_that_is_none_is_refused_or_leads_to_an_end(reader, parameters, text):
    response = reader.get(PLAYERS, {**parameters, "cursor": b64encode(text).decode()})
    if response.status_code == 200:  # any text may be a name
        assert (results(response), text, bool(parameters)) == ([], b"p=x", True)
    else:
        assert (response.status_code, list(response.json())) == (400, ["cursor"])


@pytest.mark.parametrize("field", ["name", "server"])
def test_a_parameter_that_makes_no_sense_is_refused_by_name(reader, field):
    response = reader.get(PLAYERS, {field: "a\0b"})
    assert (response.status_code, list(response.json())) == (400, [field])


def test_nothing_can_be_changed_here(server):
    come(server, "steve")
    manager = with_token(server.project, "manage")
    one = f"{PLAYERS}{player(server).id}/"
    for path in (PLAYERS, one, f"{one}sessions/"):
        for method in (manager.post, manager.put, manager.patch, manager.delete):
            assert method(path, {"name": "x"}).status_code == 405
    assert names(with_token(new_project("other"), "read").get(PLAYERS)) == []
