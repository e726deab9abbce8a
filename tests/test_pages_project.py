"""A project's page and its keys."""

import pytest

from telemetry.models import Membership, User
from tests.api_helpers import new_project, new_stat
from tests.page_helpers import check_html, manager, send, viewer, visitor

pytestmark = pytest.mark.django_db

URL = "/projects/weather/"


@pytest.fixture
def project():
    return new_project("weather", timezone="Europe/Berlin")


def keys_of(project):
    return [project.app_key, project.ezkey, project.ukey]


def test_managers_see_the_keys_and_command_lines(project):
    send(new_stat(project, "rain"), 1)
    text = check_html(manager(project).get(URL))
    for key in keys_of(project):
        assert key in text
    assert "http://testserver/ez" in text
    assert "Europe/Berlin" in text
    assert "just now" in text


def test_viewers_see_no_keys(project):
    text = check_html(viewer(project).get(URL))
    for key in keys_of(project):
        assert key not in text
    assert "YOUR_EZKEY" in text


def test_it_says_when_ez_is_switched_off(project):
    project.ez_enabled = False
    project.save()
    assert "Switched off" in check_html(manager(project).get(URL))


def test_strangers_do_not_learn_of_it(project):
    stranger = viewer(new_project("other"))
    assert stranger.get(URL).status_code == 404
    assert stranger.get("/projects/no-such/").status_code == 404


def test_visitors_sign_in_first(project):
    for url in (URL, "/projects/no-such/"):
        assert visitor().get(url).url == f"/accounts/login/?next={url}"


def test_command_lines_use_the_public_address(project, settings):
    settings.PUBLIC_URL = "https://t.example.org"
    text = check_html(manager(project).get(URL))
    assert "https://t.example.org/ez" in text
    assert "testserver" not in text


def test_only_staff_are_led_to_the_admin(project):
    assert "/admin/" not in check_html(manager(project).get(URL))
    text = check_html(visitor("root", is_staff=True).get(URL))
    assert f"/admin/telemetry/project/{project.pk}/change/" in text


def test_managers_see_who_is_told_of_new_stats(project, client):
    staff = User.objects.create_superuser("root", password="x")
    client.force_login(staff)
    text = check_html(client.get(URL))
    assert "announced by e-mail to nobody" in text
    assert f"/admin/telemetry/user/{staff.pk}/change/" in text
    ada = User.objects.create_user("ada", "ada@example.org")
    Membership.objects.create(project=project, user=ada, role="manager")
    text = check_html(client.get(URL))
    assert "announced by e-mail to ada@example.org" in text
    assert "nobody" not in text
    assert "ada@example.org" not in check_html(viewer(project).get(URL))
