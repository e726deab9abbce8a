"""The list of a project's Minecraft servers, and a server's page."""

from datetime import timedelta

import pytest
from django.utils.html import escape
from django.utils.timezone import now

from sessions_app.models import Server
from sessions_app.services.servers import Ping, create_server, report_ping
from tests.api_helpers import new_project
from tests.minecraft_helpers import chat, joined, login, lost, new_server, send, start, stop, upload
from tests.page_helpers import check_html, manager, viewer, visitor
from tests.stored_sessions import NOON, play

pytestmark = pytest.mark.django_db

URL = "/projects/p/servers/"


@pytest.fixture
def project():
    return new_project("p", timezone="Europe/Berlin")


@pytest.fixture
def client(project):
    return viewer(project)


@pytest.fixture
def server(project):
    return new_server("p")


def url_of(server):
    return f"{URL}{server.pk}/"


@pytest.mark.parametrize("is_page", [False, True])
def test_members_and_staff_may_open_them_and_nobody_else(project, client, server, is_page):
    url = url_of(server) if is_page else URL
    for member in (client, manager(project), visitor("root", is_staff=True)):
        assert member.get(url).status_code == 200
    stranger = visitor("x", new_project("other"))
    assert stranger.get(url).status_code == 404
    assert visitor().get(url).url == f"/accounts/login/?next={url}"
    assert client.post(url).status_code == 405
    if is_page:
        assert stranger.get(f"/projects/other/servers/{server.pk}/").status_code == 404
        assert client.get(f"{URL}{10**30}/").status_code == 404


def test_without_servers_it_says_how_to_get_one(project, client):
    assert "A manager of the project can add one" in check_html(client.get(URL))
    text = check_html(manager(project).get(URL))
    assert "No servers yet. Add one" in text
    assert 'action="/projects/p/servers/new/"' in text


def test_the_list_tells_how_servers_are_and_how_many_play(project, client):
    running, stopped, fresh = (new_server("p") for _ in range(3))
    send(running, start(-10), login(0), login(1, "alex"), login(2, "eve"), lost(3, "eve"))
    report_ping(server=running, ping=Ping(is_server_running=True, address="play.example.org"))
    send(stopped, login(0), stop(5))
    response = client.get(URL)
    text = check_html(response)
    rows = {row.server.pk: row for row in response.context["rows"]}
    assert [rows[each.pk].playing for each in (running, stopped, fresh)] == [2, 0, 0]
    assert [rows[each.pk].status for each in (running, stopped, fresh)] == [
        "RUNNING", "STOPPED", "UNKNOWN",
    ]  # fmt: skip
    assert "1.5.1" in text
    assert "play.example.org" in text
    assert 'datetime="2013-04-13T08:00:03+00:00"' in text
    assert "never" in text


def test_players_are_counted_up_to_a_limit(project, client, server, monkeypatch):
    monkeypatch.setattr("sessions_app.listing.MOST_PLAYING", 3)
    monkeypatch.setattr("sessions_app.server_views.MOST_PLAYING", 3)
    for index in range(5):
        play(server, f"player{index}")
    assert "3 or more" in check_html(client.get(URL))


def test_the_list_is_paged(project, client, monkeypatch):
    monkeypatch.setattr("sessions_app.server_views.PAGE_SIZE", 2)
    servers = [new_server("p").pk for _ in range(5)]

    def shown(query):
        response = client.get(URL + query)
        check_html(response)
        return [row.server.pk for row in response.context["rows"]], response.context

    first, context = shown("")
    second, context = shown(context["next"])
    third, context = shown(context["next"])
    assert first + second + third == servers
    assert context["next"] == ""
    assert shown(context["previous"])[0] == second
    assert shown("?after=x")[0] == first
    assert "no more servers" in check_html(client.get(f"{URL}?after={servers[-1]}"))


def test_a_server_s_page_tells_who_plays_and_what_was_logged(project, client, server):
    send(server, start(-10), login(0), joined(0), chat(7, text="<b>hi</b>"), login(9, "alex"))
    upload(server, lost(20, "alex"), zone="UTC")
    response = client.get(url_of(server))
    text = check_html(response)
    assert [row.session.username for row in response.context["playing"]] == ["steve"]
    assert [row.session.username for row in response.context["rows"]] == ["alex", "steve"]
    assert [player.name for player in response.context["players"]] == ["alex", "steve"]
    lines = [line.line for line in response.context["lines"]]
    assert lines[0] == lost(20, "alex")
    assert lines[-1] == start(-10)
    assert escape(chat(7, text="<b>hi</b>")) in text
    assert "version 1.5.1" in text
    assert f">{server.key}</pre>" in text
    assert f'href="/projects/p/sessions/?server={server.pk}"' in text


def test_it_says_how_to_feed_it_and_shows_no_secret(client, server, settings):
    settings.PUBLIC_URL = "https://t.example.org"
    response = client.get(url_of(server))
    text = check_html(response)
    follow, whole = (snippet.command for snippet in response.context["snippets"])
    assert follow.startswith("TELEMETRY_TOKEN=YOUR_TOKEN .venv/bin/python manage.py tail_minecraft")
    assert f"--server {server.key} --url https://t.example.org" in follow
    assert f"server_key={server.key}&zone=Europe/Berlin'" in whole
    assert "testserver" not in text
    assert server.agent_client_id not in text
    assert server.agent_secret_hash not in text


def test_an_empty_server_s_page_says_so(client, server):
    text = check_html(client.get(url_of(server)))
    assert "no line has come yet" in text
    assert "Nobody." in text
    assert "None yet." in text
    assert "Latest lines" not in text


def test_what_the_agent_reports_is_shown(client, server):
    ping = Ping(is_server_running=True, server_day=12, num_overloads=3, ms_behind=4500)
    report_ping(server=server, ping=ping)
    text = check_html(client.get(url_of(server)))
    assert "running" in text
    assert "Last report of its agent" in text
    assert "4,500 ms behind" in text
    Server.objects.update(last_ping_at=now() - timedelta(hours=1))
    assert "running" not in check_html(client.get(url_of(server)))


def test_players_are_paged_by_name(client, server, monkeypatch):
    monkeypatch.setattr("sessions_app.server_views.PLAYERS", 2)
    for name in ("a&b=c", "bob", "zoë"):
        play(server, name)
    first = client.get(url_of(server))
    assert [player.name for player in first.context["players"]] == ["a&b=c", "bob"]
    second = client.get(url_of(server) + first.context["next"])
    assert [player.name for player in second.context["players"]] == ["zoë"]
    assert "First</a>" in check_html(second)
    assert client.get(url_of(server), {"after": "\0"}).status_code == 200
    assert "There are no more" in check_html(client.get(url_of(server), {"after": "zzz"}))


def test_only_so_many_who_play_are_named(client, server, monkeypatch):
    monkeypatch.setattr("sessions_app.server_views.PLAYING", 2)
    for index in range(3):
        play(server, f"player{index}")
    response = client.get(url_of(server))
    assert len(response.context["playing"]) == 2
    assert "and more" in check_html(response)


def test_hostile_names_are_only_text(project, client):
    name = "</script><script>alert(1)</script>"
    server = create_server(project=project, name=name).server
    play(server, name)
    for url in (URL, url_of(server)):
        text = check_html(client.get(url))
        assert name not in text
        assert escape(name) in text


def test_the_pages_take_a_constant_number_of_queries(
    project, client, server, django_assert_num_queries
):
    for count in (1, 20):
        for index in range(count):
            other = new_server("p")
            for each in (server, other):
                play(each, f"player{count}{index}", NOON + timedelta(seconds=index))
            send(server, chat(index))
        # session, user, project, servers, who plays, role; and 2 for the visit
        with django_assert_num_queries(8):
            client.get(URL)
        # session, user, project, server, playing, latest, players, lines, role; and the visit
        with django_assert_num_queries(11):
            client.get(url_of(server))
