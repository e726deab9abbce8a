"""Rejected input in the admin: of one project, by dialect; it can be deleted."""

import pytest
from django.urls import reverse

from telemetry.models import RejectedInput, User
from telemetry.services import delete_projects
from tests.api_helpers import new_project
from tests.rejected_helpers import new_row

pytestmark = pytest.mark.django_db

LIST = reverse("admin:telemetry_rejectedinput_changelist")


@pytest.fixture
def staff(client):
    client.force_login(User.objects.create_user("staff", is_staff=True))
    return client


@pytest.fixture
def project():
    return new_project("lab", is_default=True)


def shown(response):
    return [row.reason for row in response.context["cl"].result_list]


def test_the_list_is_of_one_project_and_can_be_narrowed(staff, project):
    new_row(project, reason="first")
    new_row(project, reason="second", dialect="tstats")
    other = new_project("other")
    new_row(other, reason="third")
    assert shown(staff.get(LIST)) == ["second", "first"]
    assert shown(staff.get(LIST, {"project": other.pk})) == ["third"]
    assert shown(staff.get(LIST, {"dialect": "tstats"})) == ["second"]
    assert shown(staff.get(LIST, {"q": "FIRS"})) == ["first"]


def test_one_is_shown_and_not_changed(staff, project):
    row = new_row(project, what="<b>")
    url = reverse("admin:telemetry_rejectedinput_change", args=[row.pk])
    text = staff.get(url).content.decode()
    assert "<pre>&lt;b&gt;</pre>" in text
    assert "_save" not in text
    assert staff.post(url, {"reason": "x"}).status_code == 403


def test_one_and_several_can_be_deleted(staff, project):
    one, *several = [new_row(project) for _ in range(3)]
    kept = new_row(new_project("other"))
    url = reverse("admin:telemetry_rejectedinput_delete", args=[one.pk])
    assert staff.post(url, {"post": "yes"}).status_code == 302
    chosen = {"action": "delete_selected", "_selected_action": [row.pk for row in several]}
    staff.post(LIST, {**chosen, "post": "yes"})
    assert list(RejectedInput.objects.all()) == [kept]


def test_nobody_else_sees_it(client, project):
    client.force_login(User.objects.create_user("max"))
    assert client.get(LIST).status_code == 302


def test_it_goes_with_its_project(project, django_capture_on_commit_callbacks):
    new_row(project)
    kept = new_row(new_project("other"))
    with django_capture_on_commit_callbacks(execute=True):
        delete_projects(projects=[project])
    assert list(RejectedInput.objects.all()) == [kept]
