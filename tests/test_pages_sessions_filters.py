"""What the list of sessions, and an export, are narrowed to."""

from datetime import timedelta

import pytest

from sessions_app.models import Player
from tests.api_helpers import new_project
from tests.minecraft_helpers import new_server
from tests.page_helpers import check_html, viewer
from tests.stored_sessions import NOON, crowd, play, tstats

pytestmark = pytest.mark.django_db

URL = "/projects/p/sessions/"
HOUR = timedelta(hours=1)


@pytest.fixture
def project():
    return new_project("p", timezone="Europe/Berlin")


@pytest.fixture
def client(project):
    return viewer(project)


@pytest.fixture
def servers(project):
    return [new_server("p"), new_server("p")]


@pytest.fixture
def sessions(project, servers):
    """By a name, sessions an hour after each other."""
    one, two = servers
    return {
        "game": tstats(project, NOON, lasts=60),
        "running": tstats(project, NOON + HOUR),
        "steve1": play(one, "steve", NOON + 2 * HOUR, lasts=60),
        "steve2": play(two, "steve", NOON + 3 * HOUR),
        "alex1": play(one, "alex", NOON + 4 * HOUR),
        "steve1 again": play(one, "steve", NOON + 5 * HOUR),
    }


def found(client, sessions, query):
    names = {session.pk: name for name, session in sessions.items()}
    response = client.get(URL, query)
    check_html(response)
    listed = [names[row.session.pk] for row in response.context["rows"]]
    export = client.get(f"{URL}export.ndjson", query)
    if export.status_code == 200:
        lines = b"".join(export.streaming_content).splitlines()
        assert len(lines) == len(listed)
        for row, line in zip(response.context["rows"], lines, strict=True):
            assert str(row.session.pk) in line.decode()
    return listed


def with_server(query, servers):
    """The query with a server's id in place of its position."""
    place = query.get("server")
    return query if place is None else {**query, "server": servers[place].pk}


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({}, ["steve1 again", "alex1", "steve2", "steve1", "running", "game"]),
        ({"dialect": "tstats"}, ["running", "game"]),
        ({"dialect": "mccoal"}, ["steve1 again", "alex1", "steve2", "steve1"]),
        ({"server": 0}, ["steve1 again", "alex1", "steve1"]),
        ({"server": 1}, ["steve2"]),
        ({"server": 1, "dialect": "mccoal"}, ["steve2"]),
        ({"server": 1, "dialect": "tstats"}, []),
        ({"player": "steve"}, ["steve1 again", "steve2", "steve1"]),
        ({"player": " steve "}, ["steve1 again", "steve2", "steve1"]),
        ({"player": "Steve"}, []),
        ({"player": "stev"}, []),
        ({"player": "steve", "server": 1}, ["steve2"]),
        ({"player": "steve", "server": 0, "open": "true"}, ["steve1 again"]),
        ({"player": "steve", "dialect": "tstats"}, []),
        ({"player": "steve", "dialect": "mccoal", "open": "true"}, ["steve1 again", "steve2"]),
        ({"open": "true"}, ["steve1 again", "alex1", "steve2", "running"]),
        ({"open": "true", "dialect": "tstats"}, ["running"]),
        ({"open": "true", "server": 0}, ["steve1 again", "alex1"]),
        # Berlin's clocks are an hour ahead: noon is 13:00 there.
        ({"since": "2026-03-01T16:00"}, ["steve1 again", "alex1", "steve2"]),
        ({"since": "2026-03-01T16:00:01"}, ["steve1 again", "alex1"]),
        ({"until": "2026-03-01T14:00"}, ["game"]),
        ({"since": "2026-03-01T13:00", "until": "2026-03-01T15:00"}, ["running", "game"]),
        ({"since": "2026-03-01T12:00Z", "until": "2026-03-01T13:00:00Z"}, ["game"]),
        ({"since": "2026-03-01T12:00:00+00:00", "until": "1772370000"}, ["game"]),
        ({"since": "2026-03-02"}, []),
        ({"until": "2026-03-02", "player": "steve"}, ["steve1 again", "steve2", "steve1"]),
        ({"since": "2026-03-01T16:00", "player": "steve"}, ["steve1 again", "steve2"]),
        ({"until": "2026-03-01T16:00", "player": "steve"}, ["steve1"]),
        ({"until": "2026-03-01T17:00", "server": 0, "open": "true"}, []),
    ],
)  # fmt: skip
def test_filters_leave_what_matches_all_of_them(client, servers, sessions, query, names):
    assert found(client, sessions, with_server(query, servers)) == names


def test_all_pages_keep_the_filter(client, servers):
    for server in servers:
        for second in range(60):
            play(server, "steve", NOON + timedelta(seconds=second), lasts=1)
        play(server, "alex")
    seen, query = [], "?player=steve"
    while query:
        response = client.get(URL + query)
        seen += [row.session for row in response.context["rows"]]
        query = response.context["next"]
    assert len({session.pk for session in seen}) == len(seen) == 120
    assert {session.username for session in seen} == {"steve"}
    assert [s.pk for s in seen] == sorted((s.pk for s in seen), reverse=True)
    back = client.get(URL + response.context["previous"])
    assert [row.session.pk for row in back.context["rows"]] == [s.pk for s in seen[50:100]]


def test_sessions_of_a_player_who_was_forgotten_are_found_by_their_server(
    client, servers, sessions
):
    Player.objects.filter(project=servers[0].project, name="steve").delete()
    query = {"player": "steve", "server": servers[0].pk}
    assert found(client, sessions, query) == ["steve1 again", "steve1"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"since": "yesterday"}, "since"),
        ({"until": "2026-13-01T00:00"}, "until"),
        ({"since": "0001-01-01T00:00"}, "since"),
        ({"until": "9999-12-31T23:59"}, "until"),
        ({"until": "9" * 400}, "until"),
        ({"dialect": "smtp"}, "dialect"),
        ({"server": "x"}, "server"),
        ({"server": "99999999999999999999"}, "server"),
        ({"open": "maybe"}, "open"),
        ({"player": "x" * 256}, "player"),
        ({"player": "\0"}, "player"),
    ],
)
def test_what_cannot_be_understood_is_named_and_exports_nothing(client, sessions, query, field):
    response = client.get(URL, query)
    text = check_html(response)
    assert 'class="errorlist"' in text
    assert list(response.context["form"].errors) == [field]
    assert "export" not in text
    assert len(found(client, sessions, query)) == 6
    refusal = client.get(f"{URL}export.csv", query)
    assert refusal.status_code == 400
    assert refusal.content.decode().startswith(f"{field}: ")


def test_another_project_s_server_is_no_filter(client, sessions):
    other = new_server("other")
    play(other)
    response = client.get(URL, {"server": other.pk})
    assert "server" in response.context["form"].errors
    assert other.key not in check_html(response)


def test_a_time_is_shown_as_the_browser_s_field_wants_it(client, sessions):
    text = check_html(client.get(URL, {"since": "2026-03-01T12:00Z", "until": "1772370000.5"}))
    assert 'value="2026-03-01T13:00:00"' in text
    assert 'value="2026-03-01T14:00:00"' in text
    assert "take times in Europe/Berlin" in text


def test_when_nothing_matches_there_is_a_way_back(client, sessions):
    text = check_html(client.get(URL, {"player": "nobody"}))
    assert "No session matches" in text
    assert f'<a href="{URL}">Show all</a>' in text


def test_export_links_carry_the_filter_and_not_the_page(client, project):
    sessions = crowd(project, 60)
    after = sessions[55].pk.hex
    text = check_html(client.get(URL, {"dialect": "tstats", "after": after}))
    assert f'href="{URL}export.csv?dialect=tstats"' in text
    assert f'href="{URL}export.ndjson?dialect=tstats"' in text


@pytest.mark.parametrize("player", ["steve", "nobody"])
def test_a_name_takes_two_queries_on_however_many_servers(
    client, project, player, django_assert_num_queries
):
    for _ in range(6):
        play(new_server("p"), "steve")
    # session, user, project, servers offered, players; sessions, their servers or the role; visit
    with django_assert_num_queries(9 if player == "steve" else 8):
        client.get(URL, {"player": player})
