"""Changing and deleting a stat on its pages, and the destroy link of the e-mail."""

from base64 import urlsafe_b64decode
from datetime import timedelta

import pytest
from django.core import signing
from django.test import Client

from stats_app import destroy_link
from stats_app.models import MinuteBucket, Stat
from tests.api_helpers import new_project, new_stat
from tests.page_helpers import check_html, manager, send, viewer, visitor

pytestmark = pytest.mark.django_db


@pytest.fixture
def project():
    return new_project("weather")


@pytest.fixture
def rain(project):
    return new_stat(project, "rain")


def url_of(stat, path=""):
    return f"/projects/{stat.project.slug}/stats/{stat.pk}/{path}"


def link_to(stat):
    return destroy_link.destroy_url(stat, "")


def test_a_manager_renames_it_sets_its_unit_and_makes_it_public(project, rain):
    client = manager(project)
    check_html(client.get(url_of(rain, "edit/")))
    data = {"name": " rain fall ", "unit": "mm", "public": "on"}
    response = client.post(url_of(rain, "edit/"), data, follow=True)
    assert response.redirect_chain == [(url_of(rain), 302)]
    text = check_html(response)
    assert "Saved." in text
    assert "<h1>rain fall</h1>" in text
    rain.refresh_from_db()
    assert (rain.name, rain.unit, rain.public) == ("rain fall", "mm", True)


@pytest.mark.parametrize(
    ("name", "problem"),
    [("wind", "already"), ("", "required"), ("a~b", "~"), ("x" * 256, "255")],
)
def test_a_name_that_cannot_be_is_explained_and_changes_nothing(project, rain, name, problem):
    new_stat(project, "wind")
    response = manager(project).post(
        url_of(rain, "edit/"), {"name": name, "unit": "", "public": ""}
    )
    assert response.status_code == 200
    assert problem in check_html(response).split('class="errorlist"')[1].split("</ul>")[0]
    rain.refresh_from_db()
    assert rain.name == "rain"


def test_a_manager_deletes_it_after_being_asked(project, rain, django_capture_on_commit_callbacks):
    send(rain, 5)
    client = manager(project)
    text = check_html(client.get(url_of(rain, "delete/")))
    assert "Delete rain?" in text
    assert Stat.objects.filter(pk=rain.pk).exists()
    with django_capture_on_commit_callbacks(execute=True):
        response = client.post(url_of(rain, "delete/"), follow=True)
    assert "was deleted" in check_html(response)
    assert not Stat.objects.filter(pk=rain.pk).exists()


@pytest.mark.parametrize("path", ["edit/", "delete/"])
def test_others_cannot(project, rain, path):
    client = viewer(project)
    for response in (client.get(url_of(rain, path)), client.post(url_of(rain, path))):
        assert response.status_code == 403
        assert "Only managers" in check_html(response)
    assert visitor().post(url_of(rain, path)).status_code == 302
    assert Stat.objects.filter(name="rain").exists()


@pytest.mark.parametrize("path", ["edit/", "delete/"])
def test_forms_need_their_token(project, rain, path):
    client = manager(project)
    client.handler.enforce_csrf_checks = True
    assert client.post(url_of(rain, path), {"name": "x"}).status_code == 403
    assert Stat.objects.filter(name="rain").exists()


def test_the_link_shows_the_stat_and_a_get_destroys_nothing(project, rain):
    send(rain, 5, 6)
    response = visitor().get(link_to(rain))
    text = check_html(response)
    assert "Destroy rain?" in text
    assert "counter" in text
    assert ">11 <" in text
    link = urlsafe_b64decode(link_to(rain).split("/")[-2].split(":")[0] + "==").decode()
    for secret in (project.ezkey, project.ukey, rain.key):
        assert secret not in text + link
    assert "no-store" in response.headers["Cache-Control"]
    assert Stat.objects.filter(pk=rain.pk).exists()


def test_its_button_destroys_the_stat_without_signing_in(rain, django_capture_on_commit_callbacks):
    send(rain, 5)
    with django_capture_on_commit_callbacks(execute=True):
        response = visitor().post(link_to(rain))
    assert "Destroyed" in check_html(response)
    assert not Stat.objects.filter(pk=rain.pk).exists()
    assert not MinuteBucket.objects.filter(stat_id=rain.pk).exists()
    assert visitor().post(link_to(rain)).status_code == 410


def test_its_button_needs_the_token_of_its_form(rain):
    client = Client(enforce_csrf_checks=True)
    assert client.post(link_to(rain)).status_code == 403
    page = client.get(link_to(rain))
    token = page.context["csrf_token"]
    assert client.post(link_to(rain), {"csrfmiddlewaretoken": str(token)}).status_code == 200


def test_a_link_that_expired_or_was_altered_says_so(rain, monkeypatch):
    good = link_to(rain)
    monkeypatch.setattr(destroy_link, "MAX_AGE", timedelta(seconds=-1))
    expired = visitor().post(good)
    monkeypatch.undo()
    altered = visitor().post(good[:-3] + "xy/")
    for response in (expired, altered):
        assert response.status_code == 410
        assert "no longer works" in check_html(response)
    assert Stat.objects.filter(pk=rain.pk).exists()


def test_a_stat_made_again_is_not_hit_by_an_old_link(project, rain):
    old = link_to(rain)
    Stat.objects.filter(pk=rain.pk).delete()
    again = new_stat(project, "rain", pk=rain.pk)
    assert visitor().post(old).status_code == 410
    assert Stat.objects.filter(pk=again.pk).exists()


def test_a_link_works_only_under_its_own_project(rain):
    new_project("other")
    assert visitor().post(link_to(rain).replace("weather", "other")).status_code == 410


def test_other_signed_texts_are_no_links(rain):
    for token in (signing.dumps([rain.pk, rain.key]), signing.dumps("x", salt="y"), "\0", "a:b:c"):
        assert destroy_link.stat_from_token(token) is None
