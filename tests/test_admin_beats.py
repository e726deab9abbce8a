"""A device's beats in the admin: newest first, in pages whose cost does not grow with them."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from devices_app.models import Beat
from telemetry.ids import new_id
from telemetry.models import Membership, User
from tests.api_helpers import new_project
from tests.device_helpers import NOON, beat_at, register

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(client):
    client.force_login(User.objects.create_user("staff", is_staff=True))
    return client


@pytest.fixture
def laptop():
    return register(new_project("lab"))


def url(device, page="beats"):
    return reverse(f"admin:devices_app_device_{page}", args=[device.pk])


def store(device, count, *, begin=NOON):
    times = [begin + timedelta(seconds=second) for second in range(count)]
    Beat.objects.bulk_create(
        Beat(project_id=device.project_id, device=device, id=new_id(time.timestamp()), at=time)
        for time in times
    )


def test_beats_are_shown_newest_first_in_pages(staff, laptop, django_assert_num_queries):
    store(laptop, 201)
    store(register(laptop.project, "other"), 3)
    path = url(laptop)
    assert path in staff.get(url(laptop, "change")).content.decode()
    seen, queries = [], ""
    for rows in (100, 100, 1):
        with django_assert_num_queries(6):  # session, user and Django's permissions, device, beats
            page = staff.get(path + queries)
        beats = page.context["page"].beats
        assert len(beats) == rows
        seen += [beat.at for beat in beats]
        queries = f"?before={page.context['page'].older}"
        assert (queries in page.content.decode()) == (rows == 100)
    assert seen == sorted(seen, reverse=True)
    assert len(set(seen)) == 201


def test_a_beat_is_shown_with_its_time_in_utc(staff, laptop, monkeypatch, settings):
    settings.TIME_ZONE = "Asia/Tokyo"
    beat_at(monkeypatch, laptop, NOON)
    page = staff.get(url(laptop)).content.decode()
    assert "2026-03-01 12:00:00.000000" in page
    assert str(Beat.objects.get().id) in page
    assert "Older" not in page


def test_the_page_is_read_from_the_end_of_an_index(staff, laptop):
    for number in range(3):
        store(register(laptop.project), 1000, begin=NOON + timedelta(hours=number))
    store(laptop, 1000)
    older = staff.get(url(laptop)).context["page"].older
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {Beat._meta.db_table}")
    with CaptureQueriesContext(connection) as queries:
        staff.get(f"{url(laptop)}?before={older}")
    (sql,) = (query["sql"] for query in queries if Beat._meta.db_table in query["sql"])
    assert "COUNT" not in sql
    assert "OFFSET" not in sql
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {sql}")
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "Index Scan Backward" in plan
    assert "Sort" not in plan
    assert "Filter" not in plan


def test_there_is_nothing_of_a_device_that_never_beat(staff, laptop):
    assert "Nothing." in staff.get(url(laptop)).content.decode()


@pytest.mark.parametrize("before", ["x", "1", "9" * 99, "a\0b"])
def test_there_is_no_such_page(staff, laptop, before):
    assert staff.get(url(laptop), {"before": before}).status_code == 404
    for number in (0, 10**30):
        laptop.pk = number
        assert staff.get(url(laptop)).status_code == 404


def test_members_who_are_not_staff_stay_outside(client, laptop):
    user = User.objects.create_user("m")
    Membership.objects.create(project=laptop.project, user=user, role="manager")
    client.force_login(user)
    for page in ("change", "delete", "beats"):
        assert client.get(url(laptop, page)).status_code == 302
    for model in ("device", "fleet"):
        path = reverse(f"admin:devices_app_{model}_changelist")
        assert client.get(path).status_code == 302
        assert client.post(path, {"action": "regenerate_tokens"}).status_code == 302


def test_no_page_needs_inline_scripts_or_styles(staff, laptop):
    action = {"action": "regenerate_tokens", "_selected_action": [laptop.pk]}
    devices = reverse("admin:devices_app_device_changelist")
    fleets = reverse("admin:devices_app_fleet_changelist")
    for page in (
        *(staff.get(path) for path in (devices, fleets, f"{devices}add/", f"{fleets}add/")),
        *(staff.get(url(laptop, page)) for page in ("change", "delete", "beats")),
        staff.post(devices, action),
        staff.post(devices, action | {"post": "yes"}),
    ):
        assert page.status_code == 200
        assert "unsafe-inline" not in page["Content-Security-Policy"]
        for inline in ("<style", 'style="', "<script>"):
            assert inline not in page.content.decode()
