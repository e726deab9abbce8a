"""Devices in the admin: tokens show once, beats can be looked at, a status page switched on."""

import re
from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse
from django.utils.html import escape

from devices_app import admin
from devices_app.models import Beat, BeatHour, Device, Fleet
from telemetry.models import User
from tests.api_helpers import new_project
from tests.device_helpers import NOON, beat, beat_at, register, set_clock

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(client):
    client.force_login(User.objects.create_user("staff", is_staff=True))
    return client


@pytest.fixture
def lab():
    return new_project("lab")


def url(page="changelist", *args, model="device"):
    return reverse(f"admin:devices_app_{model}_{page}", args=args)


def secrets(page):
    return re.findall(r"<code>(.+?)</code>", page.content.decode())


def regenerate(client, *devices, **fields):
    sent = {"action": "regenerate_tokens", "_selected_action": [device.pk for device in devices]}
    return client.post(url(), sent | fields)


def test_the_list_takes_the_same_few_queries_however_long(
    staff, lab, monkeypatch, django_assert_num_queries
):
    other = new_project("other")
    for index in range(30):
        register((lab, other)[index % 2], f"device {index}")
    beat_at(monkeypatch, register(lab, "device 111"), NOON - timedelta(hours=1))
    set_clock(monkeypatch, NOON)
    with django_assert_num_queries(7):  # session, user, Django's permissions, filter, count, rows
        page = staff.get(url(), {"q": "device 1"}).content.decode()
    assert "device 11<" in page
    assert "device 2<" not in page
    assert '<td class="field-state">away</td>' in page
    with django_assert_num_queries(7):
        page = staff.get(url(), {"project__id__exact": other.pk}).content.decode()
    assert "device 11<" in page
    assert "device 111" not in page


def test_a_device_is_registered_and_its_token_shown_once(staff, lab):
    register(lab)
    sent = {"project": lab.pk, "name": " <Phone>  "}
    page = staff.post(url("add"), sent | {"_continue": "1"}, follow=True)
    device = Device.objects.get(number=1)
    assert device.name == " <Phone>  "
    (device.token,) = secrets(page)
    beat(device)
    assert not secrets(staff.get(url("change", device.pk)))
    assert device.token_hash not in page.content.decode()


def test_a_device_is_renamed_and_nothing_else(staff, lab, monkeypatch):
    device = register(lab, " old ")
    beat_at(monkeypatch, device, NOON)
    page = staff.get(url("change", device.pk))
    assert 'value=" old "' in page.content.decode()
    sent = {"name": "new", "project": new_project("other").pk, "number": "7", "num_beats": "9"}
    assert staff.post(url("change", device.pk), sent).status_code == 302
    after = Device.objects.get()
    assert (after.name, after.project, after.number, after.num_beats) == ("new", lab, 0, 1)
    beat(device)


@pytest.mark.parametrize("name", ["", "  ", "a\0b", "x" * 256])
def test_a_name_that_cannot_be_is_refused_in_the_form(staff, lab, name):
    device = register(lab)
    for path in (url("add"), url("change", device.pk)):
        response = staff.post(path, {"project": lab.pk, "name": name})
        assert (response.status_code, bool(response.context["errors"])) == (200, True)
    assert Device.objects.get().name == "Laptop"


@pytest.mark.parametrize("way", ["page", "action"])
def test_a_device_is_deleted_with_all_its_beats(
    staff, lab, way, django_capture_on_commit_callbacks, django_assert_max_num_queries
):
    devices = [register(lab), register(lab), register(new_project("other"))]
    kept = register(lab, "kept")
    for device in (*devices, kept):
        beat(device)
    # However many beats there are, Django collects none of them.
    with django_capture_on_commit_callbacks(execute=True):
        if way == "page":
            for device in devices:
                assert "beats: 1" in staff.get(url("delete", device.pk)).content.decode()
                staff.post(url("delete", device.pk), {"post": "yes"})
        else:
            sent = {"action": "delete_selected", "_selected_action": [d.pk for d in devices]}
            assert "beats: 1" in staff.post(url(), sent).content.decode()
            assert Device.objects.count() == 4
            with django_assert_max_num_queries(30):
                staff.post(url(), sent | {"post": "yes"})
    assert Device.objects.get() == kept
    assert Beat.objects.get().device_id == BeatHour.objects.get().device_id == kept.pk
    assert Fleet.objects.get(project=lab).devices == 1
    beat(devices[0], status=401)


def test_tokens_are_regenerated_after_a_question_and_shown_once(staff, lab):
    devices = [register(lab, "<b>"), register(new_project("other"), "two")]
    kept = register(lab, "kept")
    question = regenerate(staff, *devices)
    assert "kept" not in question.content.decode()
    assert escape("<b>") in question.content.decode()
    assert not secrets(question)
    for device in devices:
        beat(device)
    answer = regenerate(staff, *devices, post="yes")
    assert "no-store" in answer["Cache-Control"]
    for device, token in zip(devices, secrets(answer), strict=True):
        beat(device, status=401)
        device.token = token
        beat(device)
        assert token not in str(list(LogEntry.objects.values()))
    beat(kept)
    assert LogEntry.objects.filter(change_message="Regenerated the token.").count() == 2
    assert not secrets(staff.get(url()))


def test_tokens_are_regenerated_in_bounds(staff, lab, monkeypatch):
    monkeypatch.setattr(admin, "MOST_TOKENS", 2)
    devices = [register(lab) for _ in range(3)]
    assert regenerate(staff, *devices, post="yes").status_code == 302
    assert "Select at most 2 devices." in staff.get(url()).content.decode()
    for device in devices:
        beat(device)
    assert len(secrets(regenerate(staff, *devices[:2], post="yes"))) == 2


def test_a_status_page_is_switched_on_and_off(staff, lab, django_assert_num_queries):
    fleet = {"model": "fleet"}
    assert (
        staff.post(url("add", **fleet), {"project": lab.pk, "status_page": "on"}).status_code == 302
    )
    assert Fleet.objects.get().status_page
    again = staff.post(url("add", **fleet), {"project": lab.pk})
    assert "listed already" in again.content.decode()
    register(lab)
    assert staff.post(url("change", lab.pk, **fleet), {"devices": "9"}).status_code == 302
    after = Fleet.objects.get()
    assert (after.status_page, after.devices, after.next_number) == (False, 1, 1)
    for slug in ("b", "c"):
        register(new_project(slug))
    with django_assert_num_queries(6):  # session, user and Django's permissions, count, rows
        assert staff.get(url(**fleet)).status_code == 200
    assert staff.post(url("delete", lab.pk, **fleet), {"post": "yes"}).status_code == 403
