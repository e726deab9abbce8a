"""Players in the admin are forgotten; their sessions stay. Pages of facts say what they know."""

import re

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse

from sessions_app.models import Event, LogLine, Player, Session
from telemetry.models import Project, User
from tests import tstats_helpers as tstats
from tests.minecraft_helpers import login, lost, new_server, send
from tests.sent_sessions import game, player

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(client):
    client.force_login(User.objects.create_user("staff", is_staff=True))
    return client


@pytest.fixture
def server():
    server = new_server("lab")
    Project.objects.update(is_default=True)
    send(server, login(0), lost(10), login(5, "alex"), login(6, "eve"))
    return server


def url(model, page="changelist", *args):
    return reverse(f"admin:sessions_app_{model}_{page}", args=args)


def delete(client, *players, **more):
    sent = {"action": "delete_selected", "_selected_action": [str(each.pk) for each in players]}
    return client.post(url("player"), sent | more)


def names():
    return sorted(Player.objects.values_list("name", flat=True))


@pytest.mark.parametrize("way", ["page", "action"])
def test_a_player_is_forgotten_and_the_sessions_stay(staff, server, way):
    steve, alex = player(server), player(server, "alex")
    if way == "page":
        question = staff.get(url("player", "delete", steve.pk))
        for each in (steve, alex):
            staff.post(url("player", "delete", each.pk), {"post": "yes"})
    else:
        question = delete(staff, steve, alex)
        assert names() == ["alex", "eve", "steve"]
        delete(staff, steve, alex, post="yes")
    assert "but not the sessions and log lines" in question.content.decode()
    assert names() == ["eve"]
    assert sorted(Session.objects.values_list("username", flat=True)) == ["alex", "eve", "steve"]
    assert LogLine.objects.count() == 4
    assert LogEntry.objects.count() == 2
    for session in Session.objects.all():
        assert staff.get(url("session", "change", session.pk)).status_code == 200


def test_no_more_is_forgotten_than_a_page_shows(staff, server):
    answer = delete(staff, player(server), select_across="1", post="yes")
    assert answer.status_code == 302
    assert "Select what is on a page." in staff.get(url("player")).content.decode()
    assert len(names()) == 3
    assert "across all pages" not in staff.get(url("player")).content.decode()


def test_a_player_leads_to_sessions_and_lines(staff, server):
    steve = player(server)
    page = staff.get(url("player", "change", steve.pk)).content.decode()
    for model, count in (("session", "1 session"), ("logline", "2 log lines")):
        (link,) = re.findall(rf'href="({url(model)}\?[^"]*)"', page)
        shown = staff.get(link.replace("&amp;", "&")).content.decode()
        assert count in shown
        assert "alex" not in shown


def test_a_session_leads_to_its_lines_player_and_events(staff, server, monkeypatch):
    play = Session.objects.get(username="steve")
    page = staff.get(url("session", "change", play.pk)).content.decode()
    for line_id in (play.login_line_id, play.logout_line_id):
        assert url("logline", "change", line_id) in page
    assert url("player", "change", play.player_id) in page
    assert "Survival" in page
    clock = tstats.set_clock(monkeypatch)
    session = game(server.project, "<jump>", "fall")
    clock.tick(12.5)
    page = staff.get(url("session", "change", session)).content.decode()
    assert "12.5" in page
    (link,) = re.findall(rf'href="({url("event")}\?[^"]*)"', page)
    shown = staff.get(link.replace("&amp;", "&")).content.decode()
    assert "2 events" in shown
    assert "&lt;jump&gt;" in shown
    event = Event.objects.get(type="fall")
    page = staff.get(url("event", "change", event.pk)).content.decode()
    assert url("session", "change", session) in page
    assert "&quot;of&quot;: &quot;fall&quot;" in page


def test_no_page_needs_inline_scripts_or_styles(staff, server):
    game(server.project, "jump")
    pages = [
        (model, row.pk)
        for model, of in (("session", Session), ("event", Event), ("logline", LogLine))
        for row in of.objects.all()[:2]
    ]
    for path in (
        *(url(model) for model in ("session", "event", "logline", "player")),
        *(url(model, "change", pk) for model, pk in pages),
        *(url("player", page, player(server).pk) for page in ("change", "delete")),
    ):
        response = staff.get(path)
        assert response.status_code == 200
        for inline in ("<style", 'style="', "<script>"):
            assert inline not in response.content.decode()
