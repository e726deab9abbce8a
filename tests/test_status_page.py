"""The status page, which anybody may see once a manager has switched it on."""

from datetime import timedelta

import pytest

from devices_app.services import set_status_page
from tests.api_helpers import new_project
from tests.device_helpers import NOON, beat_at, register, set_clock
from tests.page_helpers import check_html, manager, viewer, visitor

pytestmark = pytest.mark.django_db

URL = "/projects/home/status/"
HOUR, MINUTE, SECOND = timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)


@pytest.fixture
def project():
    """Its reads are closed, its status page is shown."""
    project = new_project("home")
    set_status_page(project=project, shown=True)
    return project


def fact(response, name):
    return check_html(response).split(f'data-fact="{name}"')[1].split(">")[1].split("<")[0]


def test_nobody_sees_it_before_it_is_switched_on():
    home = new_project("home", read_policy="open")
    register(home)
    for client in (visitor(), visitor("x"), manager(home), visitor("root", is_staff=True)):
        assert client.get(URL).status_code == 404


def test_anybody_sees_it_then_even_where_reads_are_closed(project):
    stranger = viewer(new_project("other"))
    for client in (visitor(), visitor("x"), stranger, manager(project)):
        assert client.get(URL).status_code == 200
    assert visitor().get("/api/stats?project=home").status_code == 401
    assert visitor().get("/projects/home/devices/").status_code == 302


def test_one_that_was_switched_off_is_gone(project):
    set_status_page(project=project, shown=False)
    response = visitor().get(URL)
    assert response.status_code == 404
    assert "home" not in check_html(response).lower()


def test_it_says_in_words_how_long_ago_the_last_beat_was(project, monkeypatch):
    laptop, phone = register(project, "Laptop"), register(project, "Phone")
    beat_at(monkeypatch, laptop, NOON - 50 * HOUR)
    beat_at(monkeypatch, phone, NOON)
    set_clock(monkeypatch, NOON + 2 * HOUR + 5 * MINUTE + SECOND)
    response = visitor().get(URL)
    assert fact(response, "last_seen") == "01 March 2026 12:00:00 UTC"
    assert fact(response, "last_seen_relative") == "2 hours, 5 minutes, and a second"
    assert fact(response, "longest_absence") == "2 days and 2 hours"
    assert fact(response, "total_beats") == "2"


def test_the_running_absence_may_be_the_longest(project, monkeypatch):
    beat_at(monkeypatch, register(project), NOON, NOON + HOUR)
    set_clock(monkeypatch, NOON + 2 * HOUR + MINUTE)
    response = visitor().get(URL)
    assert fact(response, "longest_absence") == "an hour and a minute"
    assert fact(response, "last_seen_relative") == "an hour and a minute"


def test_a_beat_of_this_second_is_just_now(project, monkeypatch):
    beat_at(monkeypatch, register(project), NOON)
    assert fact(visitor().get(URL), "last_seen_relative") == "just now"


def test_before_the_first_beat_it_tells_of_no_time(project):
    response = visitor().get(URL)
    assert fact(response, "last_seen") == "never"
    dash = "\N{EN DASH}"
    assert fact(response, "last_seen_relative") == dash
    assert fact(response, "longest_absence") == dash
    assert fact(response, "total_beats") == "0"
    assert 'property="og:description" content="Not seen yet."' in check_html(response)


def test_it_is_up_since_the_project_was_made(project, monkeypatch):
    set_clock(monkeypatch, project.created_at + 26 * HOUR + SECOND)
    assert fact(visitor().get(URL), "uptime") == "a day, 2 hours, and a second"


def test_it_counts_its_own_visit(project):
    for visits in ("1", "2", "3"):
        assert fact(visitor().get(URL), "num_visits") == visits


def test_it_names_no_device_and_no_key(project, monkeypatch):
    laptop = register(project, "Secret laptop")
    beat_at(monkeypatch, laptop, NOON)
    for client in (visitor(), manager(project)):
        text = check_html(client.get(URL))
        for secret in ("Secret laptop", laptop.token, project.ezkey, project.app_key):
            assert secret not in text
        assert 'data-devices=""' in text  # the page asks to be told of none


def test_its_link_previews_well(monkeypatch):
    project = new_project("home")
    project.name = '"><script>alert(1)</script>'
    project.save()
    set_status_page(project=project, shown=True)
    beat_at(monkeypatch, register(project), NOON - HOUR, NOON)
    text = check_html(visitor().get(URL))
    assert "<script>alert" not in text
    title = "&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;"
    assert f'<meta property="og:title" content="{title}">' in text
    seen = "Last seen at 01 March 2026 12:00:00 UTC. Longest absence: an hour."
    assert f'<meta property="og:description" content="{seen}">' in text


def test_it_takes_a_constant_number_of_queries(project, django_assert_num_queries):
    for _ in range(2):
        for index in range(5):
            register(project, f"{index}")
        # project, fleet, tally; the visit and its savepoint
        with django_assert_num_queries(5):
            visitor().get(URL)


def test_it_can_only_be_looked_at(project):
    assert visitor().head(URL).status_code == 200
    assert visitor().post(URL).status_code == 405


def test_there_is_none_of_a_project_that_is_not_there():
    for path in ("/projects/nobody/status/", "/projects/%00/status/"):
        assert visitor().get(path).status_code == 404
