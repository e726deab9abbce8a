"""The page that lists a project's sessions: rows, pages, and who may open it."""

from datetime import timedelta

import pytest
from django.utils.html import escape

from tests.api_helpers import new_project
from tests.minecraft_helpers import login, lost, new_server, send
from tests.page_helpers import check_html, manager, viewer, visitor
from tests.stored_sessions import NOON, crowd, play, set_clock, tstats

pytestmark = pytest.mark.django_db

URL = "/projects/p/sessions/"
SECOND = timedelta(seconds=1)


@pytest.fixture
def project():
    return new_project("p", timezone="Europe/Berlin")


@pytest.fixture
def client(project):
    return viewer(project)


@pytest.fixture
def server(project):
    return new_server("p")


def ids_in(response):
    return [row.session.pk for row in response.context["rows"]]


def test_members_and_staff_may_open_it_and_nobody_else(project, client):
    for member in (client, manager(project), visitor("root", is_staff=True)):
        assert member.get(URL).status_code == 200
    assert visitor("x", new_project("other")).get(URL).status_code == 404
    assert visitor().get(URL).url == f"/accounts/login/?next={URL}"
    assert client.post(URL).status_code == 405


def test_an_open_project_s_sessions_are_for_members_all_the_same(project):
    project.read_policy = "open"
    project.save()
    assert visitor().get(URL).status_code == 302
    assert visitor("x", new_project("other")).get(URL).status_code == 404


def test_without_sessions_it_says_how_to_send_the_first(project, client):
    text = check_html(client.get(URL))
    assert "No sessions yet" in text
    assert "YOUR_APP_KEY" in text
    assert "Ask a manager" in text
    assert project.app_key not in text
    text = check_html(manager(project).get(URL))
    assert project.app_key in text
    assert "curl -X POST" in text
    assert "http://testserver/sessions/" in text
    assert "/projects/p/servers/" in text


def test_each_row_tells_who_where_how_long_and_how_it_ended(client, project, server, monkeypatch):
    set_clock(monkeypatch, NOON + timedelta(hours=2))
    game = tstats(project, NOON, lasts=90, num_events=1234)
    running = tstats(project, NOON + SECOND)
    playing = play(server, "alex", NOON + 2 * SECOND)
    response = client.get(URL)
    text = check_html(response)
    assert ids_in(response) == [playing.pk, running.pk, game.pk]
    assert [row.duration for row in response.context["rows"]] == [7198.0, 7199.0, 90.0]
    for told in ("1h 59m 58s", "1m 30s", "1,234", "192.0.2.7", ">closed<", ">open<", ">playing<"):
        assert told in text
    assert f'href="{URL}{game.pk}/"' in text
    assert f'href="{URL}?player=alex&amp;server={server.pk}">alex</a>' in text
    assert f'href="/projects/p/servers/{server.pk}/">Survival</a>' in text


def test_times_are_told_as_they_were_on_hover(client, project, server):
    send(server, login(0), lost(60), zone="America/Chicago")
    tstats(project, NOON, client_started_at=NOON - timedelta(seconds=5, milliseconds=13))
    text = check_html(client.get(URL))
    assert 'datetime="2013-04-13T13:00:00+00:00"' in text
    assert 'title="2013-04-13 13:00:00 UTC, in the log 2013-04-13 08:00:00 CDT-0500"' in text
    assert escape("by the client's clock 2026-03-01 11:59:54.987 UTC") in text


def test_it_is_paged_both_ways(client, project):
    pks = [session.pk for session in reversed(crowd(project, 120))]
    first = client.get(URL)
    check_html(first)
    assert ids_in(first) == pks[:50]
    assert first.context["previous"] == ""
    second = client.get(URL + first.context["next"])
    assert ids_in(second) == pks[50:100]
    third = client.get(URL + second.context["next"])
    assert ids_in(third) == pks[100:]
    assert third.context["next"] == ""
    back = client.get(URL + third.context["previous"])
    assert ids_in(back) == pks[50:100]
    front = client.get(URL + back.context["previous"])
    assert ids_in(front) == pks[:50]
    assert front.context["previous"] == ""


def test_sessions_that_begin_meanwhile_move_no_page(client, project):
    pks = [session.pk for session in reversed(crowd(project, 60))]
    first = client.get(URL)
    tstats(project, NOON + timedelta(hours=1))
    assert ids_in(client.get(URL + first.context["next"])) == pks[50:]


@pytest.mark.parametrize("query", ["after=x", "before=-1", "after=%00", "after=1234567890"])
def test_a_place_that_is_none_shows_the_first_page(client, project, query):
    pks = [session.pk for session in reversed(crowd(project, 3))]
    assert ids_in(client.get(f"{URL}?{query}")) == pks


def test_a_page_after_the_last_one_does_not_say_that_there_are_no_sessions(client, project):
    [only] = crowd(project, 1)
    text = check_html(client.get(URL, {"after": only.pk.hex}))
    assert "There are no more sessions" in text
    assert "No sessions yet" not in text


def test_it_takes_a_constant_number_of_queries(project, client, django_assert_num_queries):
    servers = [new_server("p") for _ in range(3)]
    for count in (1, 20):
        for index in range(count):
            play(servers[index % 3], f"player{count}{index}")
            tstats(project)
        # session, user, project, servers offered, sessions, their servers; and 2 for the visit
        with django_assert_num_queries(8):
            client.get(URL)


@pytest.mark.parametrize("name", ["</script><script>alert(1)</script>", "a&b=c?d#e/ü", '"><img>'])
def test_hostile_names_are_only_text(client, server, name):
    session = play(server, name)
    server.name = name
    server.save()
    response = client.get(URL)
    text = check_html(response)
    assert name not in text
    assert escape(name) in text
    link = text.split('<td class="who"><a href="')[1].split('"')[0].replace("&amp;", "&")
    assert ids_in(client.get(link)) == [session.pk]


def test_another_project_s_sessions_are_not_on_it(client):
    other = new_server("other")
    play(other)
    tstats(other.project)
    assert ids_in(client.get(URL)) == []


def test_a_session_whose_server_is_just_being_deleted_is_shown(client, project, server):
    play(server)
    type(server).objects.filter(pk=server.pk).delete()
    text = check_html(client.get(URL))
    assert "steve" in text
    assert f"/servers/{server.pk}/" not in text
