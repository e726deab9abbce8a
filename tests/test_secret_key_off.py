"""A project's secret key can be switched off: nobody registers devices until there is a new one."""

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from telemetry.models import Project, User
from telemetry.services import clear_secret_key, create_project, rotate_key
from tests.device_helpers import beat, register

pytestmark = pytest.mark.django_db


@pytest.fixture
def lab():
    return create_project(name="Lab", default=True).project


@pytest.fixture
def staff(client):
    client.force_login(User.objects.create_user("staff", is_staff=True))
    return client


def status_of_registering(secret_key):
    sent = {"data": {"name": "x"}, "content_type": "application/json"}
    return Client().post("/api/devices", **sent, HTTP_AUTHORIZATION=secret_key).status_code


def is_off(project):
    return not Project.objects.get(pk=project.pk).secret_key_hash


def rotate_page(project, key="secret_key"):
    return reverse("admin:telemetry_project_rotate", args=[project.pk, key])


def test_the_routes_that_register_devices_are_gone_and_come_back(lab):
    device = register(lab)
    old = rotate_key(project=lab, key="secret_key")
    assert status_of_registering(old) == 200
    clear_secret_key(project=lab)
    assert lab.secret_key_hash == ""
    for key in (old, "", "x"):
        assert status_of_registering(key) == 404
    generate = "/api/devices/0/token/generate"
    assert Client().post(generate, HTTP_AUTHORIZATION=old).status_code == 404
    beat(device)
    new = rotate_key(project=lab, key="secret_key")
    assert (status_of_registering(old), status_of_registering(new)) == (401, 200)


def test_keys_of_other_projects_stay(lab):
    other = create_project(name="Other")
    clear_secret_key(project=lab)
    clear_secret_key(project=create_project(name="Third").project)
    assert status_of_registering(other.secret_key) == 200


def test_what_is_gone_cannot_be_switched_off(lab):
    Project.objects.all().delete()
    with pytest.raises(ValidationError, match="gone"):
        clear_secret_key(project=lab)


def test_the_command_switches_it_off_and_on(lab, capsys):
    call_command("rotate_key", "lab", "secret_key", "--clear")
    call_command("rotate_key", "lab", "secret_key", "--clear")
    assert is_off(lab)
    assert capsys.readouterr().out == "Nobody can register devices any more.\n" * 2
    call_command("rotate_key", "lab", "secret_key")
    assert status_of_registering(capsys.readouterr().out.strip()) == 200


@pytest.mark.parametrize("key", ["app_key", "ezkey", "ukey"])
def test_no_other_key_can_be_empty(lab, staff, key):
    before = Project.objects.values().get()
    with pytest.raises(CommandError, match=f"^--clear is for secret_key only: {key}") as refusal:
        call_command("rotate_key", "lab", key, "--clear")
    assert "\n" not in str(refusal.value)
    assert staff.post(rotate_page(lab, key), {"clear": "Switch off"}).status_code == 404
    assert "Switch off" not in staff.get(rotate_page(lab, key)).content.decode()
    assert Project.objects.values().get() == before


def test_a_button_in_the_admin_switches_it_off(lab, staff):
    path = rotate_page(lab)
    assert "Switch off" in staff.get(f"{path}?clear=1").content.decode()
    assert not is_off(lab)
    page = staff.post(path, {"clear": "Switch off"}, follow=True).content.decode()
    assert is_off(lab)
    assert "Nobody can register devices of Lab any more." in page
    assert "<code>" not in page
    assert "not set" in page
    assert "Switch off" not in staff.get(path).content.decode()
    assert staff.post(path).status_code == 302
    assert not is_off(lab)
