"""What the list of projects and a project's page say about sessions and servers."""

from datetime import timedelta

import pytest

from sessions_app.overview import SessionFacts, session_facts
from tests.api_helpers import new_project
from tests.minecraft_helpers import new_server
from tests.page_helpers import check_html, manager, viewer
from tests.stored_sessions import NOON, crowd, play, tstats

pytestmark = pytest.mark.django_db


@pytest.fixture
def project():
    return new_project("p")


def test_facts_are_those_of_each_project(project):
    empty = new_project("empty")
    tstats(project, NOON)
    tstats(project, NOON + timedelta(hours=1), lasts=5)
    server = new_server("other")
    play(server, "steve", NOON)
    play(server, "alex", NOON + timedelta(seconds=1))
    facts = session_facts([project, server.project, empty])
    assert facts == {
        project.pk: SessionFacts(NOON + timedelta(hours=1), open=1, servers=0),
        server.project_id: SessionFacts(NOON + timedelta(seconds=1), open=2, servers=1),
        empty.pk: SessionFacts(),
    }
    assert session_facts([]) == {}


def test_very_many_are_not_counted_to_the_end(project, monkeypatch):
    monkeypatch.setattr("sessions_app.overview.MOST_OPEN", 3)
    monkeypatch.setattr("sessions_app.overview.MOST_SERVERS", 3)
    for _ in range(5):
        tstats(project)
        new_server("p")
    facts = session_facts([project])[project.pk]
    assert (facts.open, facts.many_open) == (3, True)
    assert (facts.servers, facts.many_servers) == (3, True)
    client = viewer(project)
    assert "3 or more open sessions" in check_html(client.get("/"))
    assert "<dd>3 or more</dd>" in check_html(client.get("/projects/p/"))


def test_the_project_s_page_leads_to_sessions_and_servers(project):
    crowd(project, 3)
    new_server("p")
    text = check_html(viewer(project).get("/projects/p/"))
    assert '<a href="/projects/p/sessions/">All sessions</a>' in text
    assert '<a href="/projects/p/servers/">Servers</a>' in text
    assert "<dt>Servers</dt><dd>1</dd>" in text
    assert "<dt>Open now</dt><dd>0</dd>" in text
    assert 'datetime="2026-03-01T12:00:02+00:00"' in text


def test_it_has_a_line_that_opens_a_session(project):
    assert "X-App-Key: YOUR_APP_KEY" in check_html(viewer(project).get("/projects/p/"))
    assert f"X-App-Key: {project.app_key}" in check_html(manager(project).get("/projects/p/"))


def test_a_project_without_sessions_says_nothing_of_them_in_the_list(project):
    assert "session" not in check_html(viewer(project).get("/")).split("<main")[1]
