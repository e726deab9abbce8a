"""A project's page brings all dialects together: today against yesterday, and what came last."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from stats_app.models import Stat
from telemetry.today import Window, days_until
from tests.api_helpers import new_project, new_stat
from tests.app_helpers import NOON, app_project, day, use
from tests.device_helpers import beat_at, register
from tests.page_helpers import check_html, manager, send, viewer
from tests.stored_sessions import add_event, tstats

pytestmark = pytest.mark.django_db

URL = "/projects/p/"


@pytest.fixture
def project(monkeypatch):
    return app_project(monkeypatch)


def counts(response):
    check_html(response)
    return {each.label: (each.today, each.yesterday) for each in response.context["counts"]}


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_yesterday_is_counted_up_to_the_same_time_of_the_project_s_clock():
    days = days_until(at("2026-03-18T12:34:56"), ZoneInfo("Asia/Kolkata"))
    assert days.today == Window(at("2026-03-17T18:30"), at("2026-03-18T12:34:56"))
    assert days.yesterday == Window(at("2026-03-16T18:30"), at("2026-03-17T12:34:56"))
    # Summer time began in between: that day had 23 hours.
    days = days_until(at("2026-03-29T12:00"), ZoneInfo("Europe/Berlin"))
    assert days.yesterday == Window(at("2026-03-27T23:00"), at("2026-03-28T13:00"))
    assert days.today.since == at("2026-03-28T23:00")


def test_a_window_is_whole_hours_and_what_is_left():
    window = Window(at("2026-03-17T18:30"), at("2026-03-18T12:34:56"))
    assert window.hours == (at("2026-03-17T19:00"), at("2026-03-18T12:00"))
    assert window.edges == [
        (at("2026-03-17T18:30"), at("2026-03-17T19:00")),
        (at("2026-03-18T12:00"), at("2026-03-18T12:34:56")),
    ]
    short = Window(at("2026-03-17T18:30"), at("2026-03-17T19:10"))
    assert short.hours[0] == short.hours[1]
    assert short.edges == [(short.since, short.until)]


def test_all_dialects_are_brought_together(project, monkeypatch):
    laptop = register(project)
    for moment in (NOON - timedelta(days=1, hours=-1), day(1, 7), day(0, 6), day(0, 7), NOON):
        beat_at(monkeypatch, laptop, moment)
    monkeypatch.setattr("telemetry.clock.time", NOON.timestamp)
    use(project, at=day(1, 13))  # later than now
    use(project, at=day(1, 11), events=[{"key": "e", "count": 1}])
    use(project, at=day(0, 11), events=[{"key": "e", "count": 1}])
    add_event(tstats(project, day(0, 10)), 5, "jump")
    client = viewer(project)
    response = client.get(URL)
    assert counts(response) == {
        "Stat points": (0, 0),
        "Beats": (2, 1),
        "Sessions": (2, 1),
        "Events": (2, 1),
    }
    arrived = [(each.what, each.name) for each in response.context["arrivals"]]
    assert arrived[:4] == [
        ("Device", laptop.name),
        ("Event", "e"),
        ("Session", "d1"),
        ("Event", "jump"),
    ]
    for arrival in response.context["arrivals"]:
        assert client.get(arrival.url).status_code == 200


def test_points_of_stats_are_added_up():
    project = new_project("p")
    rain, load = new_stat(project, "rain"), new_stat(project, "load", Stat.Kind.VALUE)
    send(rain, 1, 2, 3)
    send(load, 0.5)
    send(rain, 1, ago=timedelta(days=1, minutes=1))
    response = viewer(project).get(URL)
    today, yesterday = counts(response)["Stat points"]
    assert today + yesterday >= 4
    assert {each.name for each in response.context["arrivals"]} == {"rain", "load"}


def test_very_many_are_not_added_up(project, monkeypatch):
    monkeypatch.setattr("stats_app.overview.MOST_ADDED", 1)
    monkeypatch.setattr("sessions_app.overview.MOST_OF_DAY", 2)
    for name in "ab":
        stat = new_stat(project, name)
        Stat.objects.filter(pk=stat.pk).update(last_received_at=NOON)
    for hour in (8, 9, 10):
        tstats(project, day(0, hour))
    response = viewer(project).get(URL)
    assert counts(response)["Stat points"] == (None, None)
    assert counts(response)["Sessions"] == (2, 0)
    assert "</strong> or more" in response.content.decode()


def test_an_empty_project_says_how_to_begin(project):
    text = check_html(viewer(project).get(URL))
    assert "Nothing yet." in text
    assert "No app has sent anything" in text
    assert "begin_session=1" in text
    assert project.app_key not in text
    text = check_html(manager(project).get(URL))
    assert f"app_key={project.app_key}" in text
    assert "TStats and Countly: sends sessions and events." in text


def test_an_app_that_is_used_is_told_of(project):
    use(project, "a", at=day(0, 9))
    use(project, "b", at=day(3, 9))
    response = viewer(project).get(URL)
    facts = response.context["app"]
    assert (facts.users_today, facts.users_this_month, facts.sessions_today) == (1, 2, 1)
    assert '<a href="/projects/p/app/audience/">Audience</a>' in check_html(response)


def test_it_takes_the_same_few_queries_whatever_is_stored(
    project, monkeypatch, django_assert_num_queries
):
    client = viewer(project)
    client.get(URL)
    register(project, "one")
    for number in range(6):
        use(project, f"d{number}", at=day(number % 2))
        send(new_stat(project, f"s{number}"), 1)
        beat_at(monkeypatch, register(project, f"x{number}"), day(0, 5))
        monkeypatch.setattr("telemetry.clock.time", NOON.timestamp)
        if number in {0, 5}:
            with django_assert_num_queries(16):
                client.get(URL)
