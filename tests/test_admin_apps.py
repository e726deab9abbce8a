"""Apps in the admin: their users, who can be forgotten, and their counters, which are looked at."""

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from sessions_app.models import AppUser, Dimension, Event, Player, Session, UsageCounter
from sessions_app.services.users import forget_user
from sessions_app.usage_listing import bucket_text
from telemetry.models import Membership, User
from tests.api_helpers import new_project
from tests.app_helpers import app_project, day, use
from tests.countly_helpers import Sender

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(monkeypatch):
    return app_project(monkeypatch)


@pytest.fixture
def staff():
    client = Client()
    client.force_login(User.objects.create_user("staff", is_staff=True))
    return client


def url(page, project=None):
    return reverse(f"admin:sessions_app_app_{page}", args=[project.pk] if project else [])


def text_of(response):
    assert response.status_code == 200
    assert "unsafe-inline" not in response["Content-Security-Policy"]
    text = response.content.decode()
    for inline in ("<style", 'style="', "<script>"):
        assert inline not in text
    return text


def test_an_app_leads_to_its_users_and_counters(project, staff):
    assert url("change", project) in text_of(staff.get(url("changelist")))
    text = text_of(staff.get(url("change", project)))
    for page in ("users", "counters", "events"):
        assert url(page, project) in text
    assert 'name="_save"' not in text
    assert staff.get(reverse("admin:sessions_app_app_changelist") + "add/").status_code == 403
    assert staff.post(url("delete", project), {"post": "yes"}).status_code == 403


def test_a_user_is_shown_with_all_that_is_known(project, staff, django_assert_num_queries):
    use(project, "phone/1", day(1), seconds=45)
    use(new_project("other"), "theirs", day(1))
    for count in (1, 5):
        for number in range(count - 1):
            use(project, f"d{number}")
        with django_assert_num_queries(6):  # session, user and Django's permissions, app, users
            text = text_of(staff.get(url("users", project)))
    assert "phone/1" in text
    assert "Pixel 8, Android, a14, 1.2" in text
    assert "2026-03-17 08:00" in text
    assert "theirs" not in text


def test_a_user_is_found_by_the_whole_id_of_the_device(project, staff):
    use(project, "phone")
    use(project, "phone2")
    text = text_of(staff.get(url("users", project), {"q": "phone"}))
    assert "phone2" not in text
    assert "phone" in text
    for nobody in ("phon", "PHONE", "\0"):
        assert "Nobody." in text_of(staff.get(url("users", project), {"q": nobody}))


def test_users_are_in_pages(project, staff, monkeypatch):
    monkeypatch.setattr("sessions_app.usage_listing.PAGE", 2)
    for name in ("a", "b&c", "d"):
        use(project, name)
    first = staff.get(url("users", project))
    assert [user.device_id for user, _ in first.context["rows"]] == ["a", "b&c"]
    assert "?after=b%26c" in text_of(first)
    second = staff.get(url("users", project) + "?after=b%26c")
    assert [user.device_id for user, _ in second.context["rows"]] == ["d"]
    assert "More" not in text_of(second).split("paginator")[1]


def test_a_user_is_forgotten_with_sessions_and_events_but_not_counters(project, staff):
    events = [{"key": "e", "count": 1}]
    use(project, "gone & off", day(1), events=events)
    use(project, "stays", day(1), events=events)
    link = f"{url('forget', project)}?device=gone%20%26%20off"
    assert link in text_of(staff.get(url("users", project)))
    assert "1 session and all events" in text_of(staff.get(link))
    assert AppUser.objects.count() == 2
    assert staff.post(link).url == url("users", project)
    assert AppUser.objects.get().device_id == "stays"
    for model in (Player, Session, Event):
        assert model.objects.filter(project=project).count() == 1
    month = UsageCounter.objects.get(
        project=project, dimension=Dimension.SESSIONS, bucket=202603, value=""
    )
    assert (month.t, month.u) == (2, 2)
    assert "Forgot the user" in LogEntry.objects.get().change_message
    assert staff.get(link).status_code == 404
    assert forget_user(project=project, device_id="gone & off") is False
    assert forget_user(project=project, device_id="a\0") is False


def test_who_was_forgotten_and_comes_back_is_new(project):
    use(project, "a", day(2))
    assert forget_user(project=project, device_id="a")
    use(project, "a", day(1))
    assert AppUser.objects.get().num_sessions == 1
    assert Session.objects.count() == 1


def test_counters_are_shown_as_they_are_stored(project, staff, monkeypatch):
    use(project, "a", day(1), seconds=30)
    use(project, "b", day(0), country="DE")
    text = text_of(staff.get(url("counters", project)))
    assert text.index("2026-03-18") < text.index("2026-03-17")
    text = text_of(staff.get(url("counters", project), {"dimension": "country", "size": "month"}))
    assert "2026-03" in text
    assert "Germany" in text
    monkeypatch.setattr("sessions_app.usage_listing.PAGE", 1)
    seen, query = [], "?dimension=country&size=month"
    while query:
        page = staff.get(url("counters", project) + query)
        seen += [row.value for row, _, _ in page.context["rows"]]
        after = page.context["after"]
        query = after and f"?dimension=country&size=month&bucket={after.bucket}&value={after.value}"
        assert not after or query.replace("&", "&amp;") in text_of(page)
    assert seen == ["DE", "TR"]


def test_counters_of_events_are_shown_too(project, staff):
    event = {"key": "buy/it", "count": 3, "sum": 4.5, "segmentation": {"item": "hat"}}
    use(project, events=[event])
    assert "buy/it" in text_of(staff.get(url("events", project)))
    text = text_of(staff.get(url("events", project), {"event": "buy/it", "size": "hour"}))
    assert "2026-03-18 12:00" in text
    assert "4.5" in text
    of_segment = {"event": "buy/it", "segment": "item", "size": "year"}
    assert "hat" in text_of(staff.get(url("events", project), of_segment))
    assert "Nothing." in text_of(staff.get(url("events", project), {"event": "\0"}))


@pytest.mark.parametrize(
    ("bucket", "text"),
    [
        (2012, "2012"),
        (201207, "2012-07"),
        (2012029, "2012 week 29"),
        (20120720, "2012-07-20"),
        (2012072014, "2012-07-20 14:00"),
    ],
)
def test_a_bucket_is_written_as_what_it_is(bucket, text):
    assert bucket_text(bucket) == text


@pytest.mark.parametrize(
    ("page", "query"),
    [
        ("counters", "?dimension=x"),
        ("counters", "?size=minute"),
        ("counters", "?bucket=x"),
        ("counters", "?bucket=99999999999"),
        ("events", "?size=x"),
        ("events", "?bucket=-1"),
        ("forget", ""),
        ("forget", "?device=nobody"),
        ("forget", "?device=%00"),
    ],
)
def test_there_is_no_such_page(project, staff, page, query):
    use(project)
    assert staff.get(url(page, project) + query).status_code == 404
    project.pk = 10**30
    assert staff.get(url(page, project)).status_code == 404


def test_a_place_in_no_page_is_an_empty_page(project, staff):
    use(project)
    for query in ("?bucket=9999999999", "?bucket=20260318&value=%00"):
        assert "Nothing." in text_of(staff.get(url("counters", project) + query))


@pytest.mark.parametrize("page", ["changelist", "change", "users", "forget", "counters", "events"])
def test_members_who_are_not_staff_stay_outside(project, page):
    use(project)
    user = User.objects.create_user("m")
    Membership.objects.create(project=project, user=user, role="manager")
    client = Client()
    client.force_login(user)
    address = url(page, None if page == "changelist" else project)
    for response in (client.get(address), client.post(f"{address}?device=d1")):
        assert response.status_code == 302
    assert AppUser.objects.count() == 1


def test_a_player_who_is_a_user_goes_with_all_that_is_theirs(project, staff):
    use(project, "a", day(1), events=[{"key": "e", "count": 1}])
    player = Player.objects.get()
    page = reverse("admin:sessions_app_player_delete", args=[player.pk])
    assert "with the sessions and events" in text_of(staff.get(page))
    assert staff.post(page, {"post": "yes"}).status_code == 302
    for model in (AppUser, Player, Session, Event):
        assert not model.objects.exists()


def test_events_are_found_by_their_user_and_may_have_no_session(project, staff):
    Sender(Client(), project)("a", events=[{"key": "alone", "count": 1}])
    use(project, "b", day(1), events=[{"key": "other", "count": 1}])
    player, event = Player.objects.get(name="a"), Event.objects.get(type="alone")
    events = reverse("admin:sessions_app_event_changelist")
    assert "alone" in text_of(staff.get(events, {"project": project.pk}))
    found = text_of(staff.get(events, {"project": project.pk, "q": str(player.pk)}))
    assert "alone" in found
    assert "other" not in found
    link = reverse("admin:sessions_app_player_change", args=[player.pk])
    page = reverse("admin:sessions_app_event_change", args=[event.pk])
    assert link in text_of(staff.get(page))
    assert "log lines" not in text_of(staff.get(link))
    session = reverse("admin:sessions_app_session_change", args=[Session.objects.get().pk])
    assert "Pixel 8" in text_of(staff.get(session))
