"""/api/v1/devices/<id>/ and POST to the list: register, look at, rename and delete a device."""

import json

import pytest

from devices_app import services
from devices_app.models import Absence, Beat, BeatHour, Device, Fleet
from telemetry.keys import hash_secret
from tests.api_helpers import DEVICES, new_project, signed_in, with_token
from tests.device_helpers import beat, register

pytestmark = pytest.mark.django_db


@pytest.fixture
def lab():
    return new_project("lab")


@pytest.fixture
def manager(lab):
    return with_token(lab, "manage")


def url(device, *more):
    return "/".join([f"{DEVICES}{device.number}", *more, ""])


def test_a_device_is_registered_and_its_token_shown_once(lab, manager, django_assert_num_queries):
    register(lab)
    # The token; savepoint, fleet, its next number and that again, insert, release.
    with django_assert_num_queries(7):
        response = manager.post(DEVICES, {"name": "Phone"})
    assert response.status_code == 201, response.content
    shown = response.json()
    assert list(shown) == [
        "id", "name", "state", "num_beats", "last_beat", "created_at", "token",
    ]  # fmt: skip
    assert (shown["id"], shown["name"], shown["state"]) == (1, "Phone", "never")
    device = Device.objects.get(project=lab, number=1)
    assert device.token_hash == hash_secret(shown["token"])
    device.token = shown["token"]
    beat(device)
    again = manager.get(url(device)).json()
    assert shown.keys() - again.keys() == {"token"}
    assert (again["state"], again["num_beats"]) == ("active", 1)


def test_ids_are_the_projects_own_and_never_given_again(lab, manager):
    other = new_project("other")
    register(other)
    register(other)
    for number in (0, 1):
        assert manager.post(DEVICES, {"name": "x"}).json()["id"] == number
    assert manager.delete(f"{DEVICES}1/").status_code == 204
    assert manager.post(DEVICES, {"name": "x"}).json()["id"] == 2


def test_a_form_registers_a_device_too(lab, manager):
    assert manager.post(DEVICES, {"name": " x "}, format="multipart").status_code == 201
    assert Device.objects.get().name == " x "


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "required"),
        ({"name": None}, "may not be null"),
        ({"name": ""}, "may not be blank"),
        ({"name": " \t\n"}, "A name is needed."),
        ({"name": "x" * 256}, "255 characters"),
        ({"name": "a\0b"}, "Null characters"),
        ({"name": "a\ud800b"}, "Surrogate characters"),
        ({"name": ["a"]}, "valid string"),
        ({"name": True}, "valid string"),
    ],
)
def test_a_name_that_cannot_be_is_refused(lab, manager, body, message):
    device = register(lab, "Laptop")
    for method, path in [(manager.post, DEVICES), (manager.put, url(device))]:
        response = method(path, json.dumps(body), content_type="application/json")
        assert (response.status_code, list(response.json())) == (400, ["name"])
        assert message in response.json()["name"][0]
    assert Device.objects.get().name == "Laptop"


@pytest.mark.parametrize("body", ["", "{", "[]", "null", '"x"', '{"name"'])
def test_a_body_that_is_no_object_is_refused(manager, body):
    response = manager.post(DEVICES, body, content_type="application/json")
    assert response.status_code == 400


@pytest.mark.parametrize("name", ["日本語", "👩\u200d🔬", " a\tb\n", "x" * 255, "~"])
def test_a_name_is_kept_as_it_is_sent(lab, manager, name):
    made = manager.post(DEVICES, {"name": name}).json()
    assert made["name"] == Device.objects.get().name == name
    changed = f" {name[2:]}~"
    assert manager.patch(f"{DEVICES}0/", {"name": changed}).json()["name"] == changed
    assert manager.get(f"{DEVICES}0/").json()["name"] == changed


@pytest.mark.parametrize("method", ["put", "patch"])
def test_a_device_is_renamed_and_keeps_all_else(lab, manager, method, django_assert_num_queries):
    device = register(lab, "old")
    beat(device)
    sent = {"name": "new", "id": 7, "num_beats": 9, "token": "x", "state": "never"}
    with django_assert_num_queries(3):  # token, device, update
        response = getattr(manager, method)(url(device), sent)
    assert response.status_code == 200
    assert "token" not in response.json()
    after = Device.objects.get()
    assert (after.name, after.number, after.num_beats) == ("new", 0, 1)
    assert manager.patch(url(device), {}).json()["name"] == "new"
    beat(device)


def test_a_device_gets_a_new_token(lab, manager, django_assert_num_queries):
    device, other = register(lab), register(lab)
    with django_assert_num_queries(5):  # token, device; savepoint, update, release
        response = manager.post(url(device, "token"))
    assert response.status_code == 201
    assert (response.json()["id"], response.json()["name"]) == (0, "Laptop")
    beat(device, status=401)
    device.token = response.json()["token"]
    beat(device)
    beat(other)
    assert manager.get(url(device, "token")).status_code == 405


def test_a_device_is_deleted_with_all_its_beats(lab, manager, django_capture_on_commit_callbacks):
    device, kept = register(lab), register(lab)
    for each in (device, kept):
        beat(each)
        Absence.objects.create(
            project=lab, device=each, started_at="2026-03-01T00:00Z", ended_at="2026-03-01T02:00Z"
        )
    with django_capture_on_commit_callbacks(execute=True):
        assert manager.delete(url(device)).status_code == 204
    beat(device, status=401)
    assert manager.get(url(device)).status_code == 404
    assert manager.get(url(kept)).status_code == 200
    for model in (Beat, BeatHour, Absence):
        assert model.objects.get().device_id == kept.pk
    assert Fleet.objects.get().devices == 1


@pytest.mark.parametrize("number", ["1", "x", "9" * 30, "2147483648", "-0", "-1", "1.5", "²", "0x"])
def test_there_is_no_such_device(lab, manager, number):
    register(lab)
    for response in (
        *(manager.get(f"{DEVICES}{number}/{what}") for what in ("", "beats/", "absences/")),
        manager.get(f"{DEVICES}{number}/hours/"),
        manager.patch(f"{DEVICES}{number}/", {"name": "x"}),
        manager.delete(f"{DEVICES}{number}/"),
        manager.post(f"{DEVICES}{number}/token/"),
    ):
        assert response.status_code == 404
        assert list(response.json()) == ["detail"]


@pytest.mark.parametrize(
    ("service", "method", "more"),
    [
        ("rename_device", "patch", ()),
        ("delete_devices", "delete", ()),
        ("regenerate_tokens", "post", ("token",)),
    ],
)
def test_a_device_that_was_deleted_meanwhile_is_gone(
    lab, manager, monkeypatch, service, method, more
):
    device = register(lab)
    real = getattr(services, service)

    def after_it_was_deleted(**arguments):
        Device.objects.all().delete()
        return real(**arguments)

    monkeypatch.setattr(services, service, after_it_was_deleted)
    assert getattr(manager, method)(url(device, *more), {"name": "x"}).status_code == 404


def test_browsers_must_show_that_they_mean_it(lab):
    response = signed_in("m", (lab, "manager")).post(DEVICES, {"name": "x"})
    assert response.status_code == 403
    assert "CSRF" in response.json()["detail"]


def test_the_slash_at_the_end_may_be_left_out(manager):
    assert manager.post(DEVICES.rstrip("/"), {"name": "x"}, format="json").status_code == 201
    assert manager.post(f"{DEVICES}0/token").status_code == 201
    assert manager.get(f"{DEVICES}0/beats").status_code == 200
