"""What can be set of a project in the admin, and what the page says of it."""

import pytest
from django.urls import reverse

from telemetry.models import Project, User
from telemetry.services import create_project
from tests.test_admin_projects import fields_of

pytestmark = pytest.mark.django_db

CHANGES = {
    "timezone": "Europe/Istanbul",
    "session_timeout": 5,
    "address_policy": "shorten",
    "country": "TR",
    "category": "games",
    "checksum_salt": "pepper",
    "merged_shapes": True,
}
"""Every setting that is neither a name nor a key, and a value that it does not begin with."""


@pytest.fixture
def staff(client):
    client.force_login(User.objects.create_user("staff", is_staff=True))
    return client


@pytest.fixture
def page():
    return reverse("admin:telemetry_project_change", args=[create_project(name="Lab").project.pk])


def test_every_setting_can_be_changed_and_stays(staff, page):
    before = fields_of(staff.get(page))
    assert all(before[name] != value for name, value in CHANGES.items())
    staff.post(page, before | CHANGES)
    project = Project.objects.get()
    assert {name: getattr(project, name) for name in CHANGES} == CHANGES
    staff.post(page, fields_of(staff.get(page)) | {"merged_shapes": ""})
    project.refresh_from_db()
    assert {name: getattr(project, name) for name in CHANGES} == CHANGES | {"merged_shapes": False}


@pytest.mark.parametrize(
    "wrong",
    [
        {"country": "tr"},
        {"country": "TUR"},
        {"timezone": "Mars"},
        {"address_policy": "sell"},
        {"session_timeout": 0},
        {"category": "x" * 33},
    ],
)
def test_a_setting_that_makes_no_sense_is_refused_in_the_form(staff, page, wrong):
    reply = staff.post(page, fields_of(staff.get(page)) | wrong)
    assert list(reply.context["adminform"].form.errors) == list(wrong)
    assert Project.objects.filter(name="Lab", country="", timezone="UTC", session_timeout=30)


def test_the_page_says_what_a_change_does_not_do(staff, page):
    text = staff.get(page).content.decode()
    assert "what was counted before stays in the days and hours of the old zone" in text
    assert "what is stored already stays" in text
    assert "set the same one in the SDKs first" in text
