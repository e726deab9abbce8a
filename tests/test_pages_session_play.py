"""The page of a play session: the player's lines in the log from login to logout."""

from uuid import uuid4

import pytest

from sessions_app.keys import key_of
from sessions_app.models import Session
from tests.minecraft_helpers import (
    chat,
    joined,
    left,
    login,
    lost,
    new_server,
    plays,
    send,
    stop,
    upload,
)
from tests.page_helpers import check_html, viewer

pytestmark = pytest.mark.django_db


@pytest.fixture
def server():
    return new_server("p")


@pytest.fixture
def client(server):
    return viewer(server.project)


def url_of(session):
    return f"/projects/p/sessions/{session.pk}/"


def sessions_of(server):
    """Oldest first."""
    found = Session.objects.filter(project_id=server.project_id, server_id=server.pk)
    return list(found.order_by("id"))


def lines_in(response):
    """The lines with their marks."""
    return [
        (each.line.line.partition("[INFO] ")[2], each.border)
        for each in response.context["happenings"]
    ]


def test_a_play_session_shows_the_player_s_lines_from_login_to_logout(client, server):
    lines = [
        *(chat(-60, text="before"), login(0), joined(0), chat(30, text="<b>hi</b> §4red")),
        *(chat(40, "alex", "not mine"), lost(90), left(90), chat(100, text="after")),
    ]
    send(server, *lines, zone="America/Chicago")
    [session] = sessions_of(server)
    response = client.get(url_of(session))
    text = check_html(response)
    shown = lines_in(response)
    assert ("steve joined the game", "") in shown
    assert [line for line in shown if line[1]] == [
        (login(0).partition("[INFO] ")[2], "login"),
        ("steve lost connection: Disconnected", "end"),
    ]
    assert len(shown) == 5
    assert "&lt;b&gt;hi&lt;/b&gt; §4red" in text
    assert "+30s" in text
    assert 'title="2013-04-13 13:00:30 UTC, in the log 2013-04-13 08:00:30 CDT-0500"' in text
    assert "10.0.0.1" in text
    assert "America/Chicago" in text
    assert key_of(server.key, "session", session.pk) in text
    assert f'href="/projects/p/servers/{server.pk}/"' in text
    assert f'href="/projects/p/sessions/?player=steve&amp;server={server.pk}"' in text


def test_a_stop_of_the_server_is_the_last_line(client, server):
    send(server, login(0), chat(10), stop(20))
    response = client.get(url_of(sessions_of(server)[0]))
    assert lines_in(response)[-1] == ("Stopping server", "end")
    assert "end: server stop" in check_html(response)


def test_a_login_that_ended_a_session_is_marked_in_both(client, server):
    send(server, login(0), chat(10), login(60, port=6000))
    first, second = sessions_of(server)
    assert lines_in(client.get(url_of(first)))[-1][1] == "end"
    assert lines_in(client.get(url_of(second)))[0][1] == "login"


def test_a_logout_before_the_login_is_shown_after_it(client, server):
    """As when a clock is put back."""
    send(server, login(0), lost(-1800))
    assert [play[2] for play in plays(server)] == [-1800]
    response = client.get(url_of(sessions_of(server)[0]))
    assert [border for _, border in lines_in(response)] == ["login", "end"]
    text = check_html(response)
    assert "30m 0s</span>" in text
    assert "<dd>0s</dd>" in text


def test_lines_of_one_second_are_paged_without_loss(client, server, monkeypatch):
    monkeypatch.setattr("sessions_app.views.EVENTS_SIZE", 4)
    upload(server, login(0), *(chat(5, text=f"n{n}") for n in range(11)), chat(6, text="x"))
    send(server, stop(60))
    url = url_of(sessions_of(server)[0])
    pages, query = [], ""
    while query is not None:
        response = client.get(url + query)
        check_html(response)
        pages.append(lines_in(response))
        query = response.context["next"] or None
    assert [len(page) for page in pages] == [4, 4, 4, 2]
    shown = [line for page in pages for line in page]
    assert len(set(shown)) == 14
    assert shown[0][1] == "login"
    assert shown[-1] == ("Stopping server", "end")
    back = client.get(url + response.context["previous"])
    assert lines_in(back) == pages[2]
    for place in ("1-x", "x", f"{'9' * 40}-{uuid4().hex}", f"-1-{uuid4().hex}"):
        assert client.get(url, {"after": place}).status_code == 200


def test_it_takes_a_constant_number_of_queries(client, server, django_assert_num_queries):
    send(server, login(0), *(chat(second) for second in range(30)), lost(60))
    url = url_of(sessions_of(server)[0])
    # session, user, project, the session, lines, those that began and ended it; 2 for the visit
    with django_assert_num_queries(8):
        client.get(url)
