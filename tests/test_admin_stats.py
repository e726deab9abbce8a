"""Stats in the admin; their buckets can be looked at."""

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse

from stats_app.models import RESOLUTIONS, DayBucket, MinuteBucket, Stat
from telemetry.models import Membership, User
from tests.api_helpers import new_project, new_stat

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def staff(client):
    client.force_login(User.objects.create_user("staff", is_staff=True))
    return client


@pytest.fixture
def lab():
    return new_project("lab")


def url(page="changelist", *args):
    return reverse(f"admin:stats_app_stat_{page}", args=args)


def put(stat, table, start):
    table.objects.create(
        project=stat.project, stat=stat, start=start, count=2, sum=8, min=1, max=7, sum_squares=50
    )


def test_the_list_takes_the_same_few_queries_however_long(staff, lab, django_assert_num_queries):
    for index in range(30):
        new_stat(lab, f"stat {index}")
    with django_assert_num_queries(7):  # session, user, Django's permissions, filter, count, rows
        page = staff.get(url(), {"q": "stat 1"}).content.decode()
    assert "stat 11" in page
    assert "stat 2<" not in page


def test_a_stat_is_made_and_renamed_but_keeps_its_kind(staff, lab):
    sent = {"project": lab.pk, "name": " load ", "kind": "1", "unit": "ms"}
    assert staff.post(url("add"), sent).status_code == 302
    stat = Stat.objects.get()
    assert (stat.name, stat.kind, stat.unit, stat.public) == ("load", Stat.Kind.VALUE, "ms", False)
    other = new_project("other")
    sent = {"project": other.pk, "name": "new", "kind": "0", "unit": "ms", "public": "on"}
    assert staff.post(url("change", stat.pk), sent).status_code == 302
    stat.refresh_from_db()
    assert (stat.name, stat.kind, stat.public, stat.project) == (
        "new", Stat.Kind.VALUE, True, lab,
    )  # fmt: skip


@pytest.mark.parametrize("name", ["", "a~b", "a\x01b", "x" * 256, "taken", " taken "])
def test_a_name_that_cannot_be_is_refused_in_the_form(staff, lab, name):
    new_stat(lab, "taken")
    stat = new_stat(lab, "hits")
    for path in (url("add"), url("change", stat.pk)):
        sent = {"project": lab.pk, "name": name, "kind": "1", "unit": ""}
        response = staff.post(path, sent)
        assert (response.status_code, bool(response.context["errors"])) == (200, True)
    assert Stat.objects.count() == 2


def test_what_only_the_service_refuses_is_a_message(staff, lab):
    sent = {"project": lab.pk, "name": "hits", "kind": "1", "unit": "a\tb\x01"}
    page = staff.post(url("add"), sent, follow=True)
    assert "A unit cannot have control characters" in page.content.decode()
    assert not Stat.objects.exists()


@pytest.mark.parametrize("way", ["page", "action"])
def test_a_stat_is_deleted_with_all_it_received(
    staff, lab, way, django_capture_on_commit_callbacks
):
    stats = [new_stat(lab, "a"), new_stat(new_project("other"), "b")]
    kept = new_stat(lab, "kept")
    for stat in (*stats, kept):
        for table in RESOLUTIONS:
            put(stat, table, NOON)
    with django_capture_on_commit_callbacks(execute=True):
        if way == "page":
            for stat in stats:
                staff.post(url("delete", stat.pk), {"post": "yes"})
        else:
            sent = {"action": "delete_selected", "_selected_action": [stat.pk for stat in stats]}
            staff.post(url(), sent | {"post": "yes"})
    assert Stat.objects.get() == kept
    for table in RESOLUTIONS:
        assert table.objects.get().stat_id == kept.pk


def test_what_a_stat_received_is_shown_newest_first_in_pages(staff, lab, django_assert_num_queries):
    stat = new_stat(lab, "hits")
    for minute in range(101):
        put(stat, MinuteBucket, NOON + timedelta(minutes=minute))
    path = url("buckets", stat.pk)
    assert path in staff.get(url("change", stat.pk)).content.decode()
    with django_assert_num_queries(6):  # session, user and Django's permissions, stat, buckets
        page = staff.get(path)
    starts = [bin_.start for bin_ in page.context["page"].bins]
    assert len(starts) == 100
    assert starts[0] == NOON + timedelta(minutes=100)
    assert "<td>2</td><td>8.0</td><td>4.0</td><td>3.0</td>" in page.content.decode()
    older = f"?size=minute&amp;before={starts[-1].timestamp():.0f}"
    assert older in page.content.decode()
    last = staff.get(path + older.replace("&amp;", "&"))
    assert [bin_.start for bin_ in last.context["page"].bins] == [NOON]
    assert "Older" not in last.content.decode()


def test_hours_and_days_have_their_own_pages(staff, lab):
    stat, other = new_stat(lab, "hits"), new_stat(lab, "other")
    put(stat, DayBucket, NOON)
    put(other, MinuteBucket, NOON)
    path = url("buckets", stat.pk)
    assert "2026-03-01 12:00" in staff.get(path, {"size": "day"}).content.decode()
    for size in ("minute", "hour"):
        assert "Nothing." in staff.get(path, {"size": size}).content.decode()


@pytest.mark.parametrize("query", [{"size": "year"}, {"before": "x"}, {"before": "9" * 99}])
def test_there_is_no_such_page(staff, lab, query):
    assert staff.get(url("buckets", new_stat(lab, "hits").pk), query).status_code == 404
    assert staff.get(url("buckets", 0)).status_code == 404


def test_members_who_are_not_staff_stay_outside(client, lab):
    user = User.objects.create_user("m")
    Membership.objects.create(project=lab, user=user, role="manager")
    client.force_login(user)
    stat = new_stat(lab, "hits")
    for path in (url(), url("buckets", stat.pk), url("change", stat.pk), url("delete", stat.pk)):
        assert client.get(path).status_code == 302


def test_no_page_needs_inline_scripts_or_styles(staff, lab):
    stat = new_stat(lab, "hits")
    for path in (url(), url("add"), url("change", stat.pk), url("buckets", stat.pk)):
        page = staff.get(path)
        assert "unsafe-inline" not in page["Content-Security-Policy"]
        assert "<style" not in page.content.decode()
        assert 'style="' not in page.content.decode()
        assert "<script>" not in page.content.decode()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("model", "query"),
    [
        ("stats_app_stat", "name=%00"),
        ("stats_app_stat", "name__regex=((("),
        ("stats_app_stat", "q=%00"),
        ("telemetry_accesstoken", "scopes=1"),
    ],
)
def test_a_filter_that_makes_no_sense_is_dropped(staff, lab, model, query):
    new_stat(lab, "hits")
    response = staff.get(f"{reverse(f'admin:{model}_changelist')}?{query}", follow=True)
    assert response.status_code == 200
