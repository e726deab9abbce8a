"""``/o/analytics``: numbers of 30 days, of 7, and of today."""

from datetime import UTC, datetime

import pytest

from sessions_app.models import Dimension
from tests.countly_helpers import Sender, make_project, set_clock
from tests.countly_reads import ask, usage

pytestmark = pytest.mark.django_db

NOTHING = {"total": 0, "change": "NA", "trend": "u"}


@pytest.fixture
def project(monkeypatch):
    set_clock(monkeypatch, datetime(2014, 9, 17, 17, 3, tzinfo=UTC))
    return make_project()


def read(project, what):
    reply = ask(f"/o/analytics/{what}", app_key=project.app_key)
    assert reply.status == 200, reply
    return reply.json


def test_a_dashboard_without_any_data(project):
    dashboard = {
        "total_sessions": NOTHING,
        "total_users": {**NOTHING, "is_estimate": True},
        "new_users": NOTHING,
        "total_time": {**NOTHING, "total": "0.0 min"},
        "avg_time": {**NOTHING, "total": "0.0 min"},
        "avg_requests": {**NOTHING, "total": "0.0"},
    }
    top = {"platforms": [], "resolutions": [], "carriers": [], "users": []}
    today = {**dashboard, "total_users": {**NOTHING, "is_estimate": False}}
    assert read(project, "dashboard") == {
        "30days": {"dashboard": dashboard, "top": top, "period": "19 Aug - 17 Sep"},
        "7days": {"dashboard": dashboard, "top": top, "period": "11 Sep - 17 Sep"},
        "today": {"dashboard": today, "top": top, "period": "00:00 - 17:03"},
    }
    assert read(project, "countries") == {"30days": [], "7days": [], "today": []}


def test_a_dashboard_of_one_day(project, client):
    send = Sender(client, project)
    send()
    send(begin_session="1", metrics={"_os": "Android"})
    send(session_duration="30")
    found = read(project, "dashboard")
    for name, is_estimate in (("30days", True), ("7days", True), ("today", False)):
        one = {"total": 1, "change": "NA", "trend": "u"}
        assert found[name]["dashboard"] == {
            "total_sessions": one,
            "total_users": {**one, "is_estimate": is_estimate},
            "new_users": one,
            "total_time": {**one, "total": "0.5 min"},
            "avg_time": {**one, "total": "0.5 min"},
            "avg_requests": {**one, "total": "3.0"},
        }
        assert found[name]["top"] == {
            "platforms": [{"name": "Android", "percent": 100}],
            "resolutions": [],
            "carriers": [],
            "users": [{"name": "17 Sep" if is_estimate else "17:00", "percent": 100}],
        }


def test_requests_of_nobody_are_no_average(project, client):
    Sender(client, project)()
    assert read(project, "dashboard")["today"]["dashboard"]["avg_requests"]["total"] == "0.0"


def test_numbers_are_compared_with_as_many_days_before(project):
    counts = {"t": 12, "n": 5, "u": 10, "d": 7200, "e": 30}
    before = {"t": 10, "n": 10, "u": 10, "d": 60, "e": 0}
    usage(project, Dimension.SESSIONS, b20140917=counts, b2014038=counts)
    usage(project, Dimension.SESSIONS, b20140916=before, b2014037=before)
    today = read(project, "dashboard")["today"]["dashboard"]
    assert today["total_sessions"] == {"total": 12, "change": "20.0%", "trend": "u"}
    assert today["new_users"] == {"total": 5, "change": "-50.0%", "trend": "d"}
    assert today["total_users"]["change"] == "0.0%"
    assert today["total_time"] == {"total": "2.0 hours", "change": "11.9K%", "trend": "u"}
    assert today["avg_time"]["total"] == "10.0 min"
    assert today["avg_requests"] == {"total": "3.0", "change": "NA", "trend": "u"}


def test_what_there_is_no_more_has_no_percent(project):
    usage(project, Dimension.SESSIONS, b20140916={"t": 1, "u": 1, "d": 60 * 1440 * 3})
    found = read(project, "dashboard")
    sessions = found["today"]["dashboard"]["total_sessions"]
    assert sessions == {"total": 0, "change": "∞", "trend": "d"}
    assert found["7days"]["dashboard"]["total_time"]["total"] == "3.0 days"


def test_users_of_a_week_are_not_those_of_its_days(project):
    days = {f"b201409{day}": {"u": 1, "t": 1} for day in (11, 12, 13, 14, 15, 16)}
    usage(project, Dimension.SESSIONS, **days, b2014037={"u": 1}, b201409={"u": 1})
    found = read(project, "dashboard")["7days"]["dashboard"]
    assert (found["total_users"]["total"], found["total_sessions"]["total"]) == (1, 6)


def test_three_bars_are_a_hundred_percent(project):
    for value, count in (("a", 1), ("b", 1), ("c", 1), ("d", 0), ("e", 1)):
        usage(project, Dimension.CARRIER, value, b20140910={"t": count})
    for value, count in (("x", 1), ("y", 5)):
        usage(project, Dimension.RESOLUTION, value, b20140901={"t": count})
    top = read(project, "dashboard")["30days"]["top"]
    assert [tuple(bar.values()) for bar in top["carriers"]] == [("a", 33), ("b", 33), ("c", 34)]
    assert [tuple(bar.values()) for bar in top["resolutions"]] == [("y", 83), ("x", 17)]
    week = read(project, "dashboard")["7days"]["top"]
    assert (week["carriers"], week["resolutions"]) == ([], [])


def test_a_period_over_two_years_names_them(project, monkeypatch):
    set_clock(monkeypatch, datetime(2015, 1, 6, 9, 5, tzinfo=UTC))
    found = read(project, "dashboard")
    assert found["7days"]["period"] == "31 Dec, 2014 - 6 Jan, 2015"
    assert found["today"]["period"] == "00:00 - 09:05"


def test_time_is_that_of_the_project():
    project = make_project(timezone="Pacific/Kiritimati")
    assert ask("/o/analytics/dashboard", app_key=project.app_key).status == 200


def test_countries(project):
    counts = {"t": 3, "n": 1, "u": 2}
    for code, new in (("TR", 2), ("DE", 5), ("Unknown", 1), ("XX", 1)):
        usage(
            project,
            Dimension.COUNTRY,
            code,
            b20140917={**counts, "n": new},
            b2014038={"u": 2},
            b20140916={**counts, "n": 0},
            b2014037={"u": 2},
        )
    usage(project, Dimension.COUNTRY, "FR", b20140901={"t": 1, "n": 0, "u": 1}, b2014035={"u": 1})
    found = read(project, "countries")
    assert found["today"] == [
        {"country": "Germany", "code": "de", "t": 3, "u": 2, "n": 5},
        {"country": "Turkey", "code": "tr", "t": 3, "u": 2, "n": 2},
        {"country": "Unknown", "code": "unknown", "t": 3, "u": 2, "n": 1},
        {"country": "XX", "code": "xx", "t": 3, "u": 2, "n": 1},
    ]
    assert [each["u"] for each in found["7days"]] == [4, 4, 4, 4]
    assert found["30days"][-1] == {"country": "France", "code": "fr", "t": 1, "u": 1, "n": 0}


def test_no_more_than_ten_countries(project):
    for place, code in enumerate(
        ("AD", "AE", "AF", "AG", "AI", "AL", "AM", "AO", "AQ", "AR", "AS", "AT")
    ):
        usage(project, Dimension.COUNTRY, code, b20140917={"t": 1, "n": place})
    found = read(project, "countries")["today"]
    assert [each["n"] for each in found] == [11, 10, 9, 8, 7, 6, 5, 4, 3, 2]
