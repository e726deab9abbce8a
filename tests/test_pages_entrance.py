"""The entrance, the sign-in page, the list of projects, ``/healthz`` and the error pages."""

import pytest
from django.db import OperationalError, connection

from stats_app.models import Stat
from telemetry.models import User
from tests.api_helpers import new_project, new_stat
from tests.page_helpers import check_html, manager, send, viewer, visitor

pytestmark = pytest.mark.django_db


def test_a_visitor_is_told_what_this_is_and_where_to_sign_in():
    text = check_html(visitor().get("/"))
    assert "StatHat" in text
    assert "/accounts/login/" in text
    assert "/api/docs/" in text


def test_signing_in_leads_to_the_projects():
    User.objects.create_user("vera", password="a good pass phrase")
    client = visitor()
    check_html(client.get("/accounts/login/"))
    wrong = client.post("/accounts/login/", {"username": "vera", "password": "wrong"})
    assert "correct username and password" in check_html(wrong)
    right = client.post("/accounts/login/", {"username": "vera", "password": "a good pass phrase"})
    assert (right.status_code, right.url) == (302, "/")
    assert "not a member of any project" in check_html(client.get("/"))


def test_signing_out_takes_a_post():
    client = visitor("vera")
    assert client.get("/accounts/logout/").status_code == 405
    assert client.post("/accounts/logout/").url == "/accounts/login/"


def test_members_see_their_projects_and_no_others():
    mine, other = new_project("mine"), new_project("other")
    send(new_stat(mine, "a"), 1)
    new_stat(other, "b")
    text = check_html(viewer(mine).get("/"))
    assert "/projects/mine/" in text
    assert "1 stat\n" in text
    assert "just now" in text
    assert "viewer" in text
    assert "other" not in text.lower()


def test_staff_see_every_project():
    new_project("one")
    new_project("two")
    text = check_html(visitor("root", is_staff=True).get("/"))
    assert "/projects/one/" in text
    assert "/projects/two/" in text
    assert "nothing received yet" in text


def test_the_list_of_projects_takes_a_constant_number_of_queries(django_assert_num_queries):
    client = visitor("root", is_staff=True)
    for count in (1, 8):
        for index in range(count):
            new_stat(new_project(f"project-{count}-{index}"), "a")
        # session, user, projects, roles, stats, devices, sessions; and a savepoint for the visit
        with django_assert_num_queries(9):
            client.get("/")


def test_a_project_with_very_many_stats_is_not_counted_to_the_end(monkeypatch):
    monkeypatch.setattr("stats_app.overview.LIMIT", 3)
    monkeypatch.setattr("telemetry.views.LIMIT", 3)
    project = new_project("huge")
    Stat.objects.bulk_create(Stat(project=project, name=f"s{i}", kind=0) for i in range(5))
    client = manager(project)
    assert "more than 3 stats" in check_html(client.get("/"))
    assert "more than 3" in check_html(client.get("/projects/huge/"))


def test_healthz_needs_nobody_to_sign_in_and_is_never_cached():
    response = visitor().get("/healthz")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})
    assert "no-store" in response.headers["Cache-Control"]
    assert visitor().post("/healthz").status_code == 405


@pytest.mark.parametrize("problem", [OperationalError("gone"), RuntimeError("cannot start")])
def test_healthz_says_503_when_the_database_does_not_answer(monkeypatch, problem):
    def fail(*args):
        raise problem

    monkeypatch.setattr(connection, "cursor", fail)
    response = visitor().get("/healthz")
    assert response.status_code == 503
    assert response.json()["status"] == "unavailable"
    assert "gone" not in response.content.decode()
    assert "no-store" in response.headers["Cache-Control"]


def test_a_page_that_is_not_there():
    response = visitor().get("/nothing/here/")
    assert response.status_code == 404
    assert "There is no such page" in check_html(response)


def test_a_page_that_fails_says_so_and_no_more(monkeypatch):
    def fail(*args):
        raise RuntimeError("secret detail")

    monkeypatch.setattr("telemetry.views.projects_of", fail)
    client = visitor("vera")
    client.raise_request_exception = False
    response = client.get("/")
    assert response.status_code == 500
    text = check_html(response)
    assert "Something went wrong" in text
    assert "secret detail" not in text


def test_a_form_without_its_token_is_refused_on_a_page_of_ours():
    client = visitor("vera")
    client.handler.enforce_csrf_checks = True
    response = client.post("/accounts/logout/")
    assert response.status_code == 403
    assert "The form was not accepted" in check_html(response)
