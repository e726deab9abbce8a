"""The board: a project's devices, who is active and who is missing."""

from datetime import timedelta

import pytest
from django.utils.html import escape

from devices_app.models import Device
from tests.api_helpers import new_project
from tests.device_helpers import NOON, beat, beat_at, register, set_clock
from tests.page_helpers import check_html, manager, viewer, visitor

pytestmark = pytest.mark.django_db

URL = "/projects/home/devices/"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def project():
    return new_project("home")


@pytest.fixture
def client(project):
    return viewer(project)


@pytest.fixture
def fleet(project, monkeypatch):
    """A device in each state, by its name."""
    devices = {name: register(project, name) for name in ("active", "away", "missing", "never")}
    beat_at(monkeypatch, devices["missing"], NOON - 3 * DAY)
    beat_at(monkeypatch, devices["away"], NOON - 3 * HOUR, NOON - HOUR)
    beat_at(monkeypatch, devices["active"], NOON - timedelta(minutes=1))
    set_clock(monkeypatch, NOON)
    return devices


@pytest.fixture
def crowd(project):
    """More devices than two pages hold, without a beat."""
    register(project, "d000")
    Device.objects.bulk_create(
        Device(project=project, number=i, name=f"d{i:03}", token_hash=f"{i}") for i in range(1, 120)
    )


def names_in(response):
    return [row.device.name for row in response.context["rows"]]


def test_members_and_staff_may_open_it_and_nobody_else(project, client):
    for member in (client, manager(project), visitor("root", is_staff=True)):
        assert member.get(URL).status_code == 200
    assert visitor("x", new_project("other")).get(URL).status_code == 404
    assert visitor().get(URL).url == f"/accounts/login/?next={URL}"
    assert client.post(URL).status_code == 405


def test_an_open_project_s_board_is_for_members_all_the_same(project):
    project.read_policy = "open"
    project.save()
    assert visitor().get(URL).status_code == 302
    assert visitor("x", new_project("other")).get(URL).status_code == 404


def test_each_row_tells_the_state_the_beats_and_the_last_24_hours(client, fleet):
    response = client.get(URL)
    text = check_html(response)
    rows = {row.device.name: row for row in response.context["rows"]}
    assert {name: row.state for name, row in rows.items()} == {name: name for name in fleet}
    assert {name: row.device.num_beats for name, row in rows.items()} == {
        "active": 1, "away": 2, "missing": 1, "never": 0,
    }  # fmt: skip
    assert all(len(row.hours) == 24 for row in rows.values())
    assert rows["away"].hours[-4:] == [1, 0, 1, 0]  # from 9 to 13
    assert rows["active"].hours[-2:] == [1, 0]
    assert sum(rows["missing"].hours) == 0
    assert f'href="{URL}{fleet["away"].number}/"' in text
    for name in fleet:
        assert f'data-state="{name}">{name}</span>' in text


def test_the_facts_are_those_of_all_devices_together(client, fleet):
    text = check_html(client.get(URL))
    assert '<dd data-fact="total_beats">4</dd>' in text
    assert "<dt>Devices</dt><dd>4</dd>" in text
    assert 'data-fact="longest_absence">2 days and 21 hours</dd>' in text
    assert f'datetime="{(NOON - timedelta(minutes=1)).isoformat()}"' in text


def test_beats_of_the_running_hour_are_told_apart(project, client, monkeypatch):
    beat_at(monkeypatch, register(project), NOON - timedelta(seconds=1), NOON, NOON, NOON)
    text = check_html(client.get(URL))
    assert "data-this-hour>3</span>" in text
    assert "data-count>4</span>" in text
    assert f'data-hours="{"0," * 22}1,3"' in text
    assert "by the hour: 1 to 3, nothing in 22 hours" in text


def test_it_is_paged_by_number_both_ways(client, crowd):
    first = client.get(URL)
    check_html(first)
    assert names_in(first) == [f"d{i:03}" for i in range(50)]
    assert first.context["previous"] == ""
    second = client.get(URL + first.context["next"])
    assert second.context["next"] == "?after=99"
    assert names_in(second) == [f"d{i:03}" for i in range(50, 100)]
    third = client.get(URL + second.context["next"])
    assert names_in(third) == [f"d{i:03}" for i in range(100, 120)]
    told = ",".join(str(i) for i in range(100, 120))  # no page is told of others' devices
    assert f'data-devices="{told}"' in check_html(third)
    assert third.context["next"] == ""
    back = client.get(URL + third.context["previous"])
    assert names_in(back) == names_in(second)
    assert names_in(client.get(URL + back.context["previous"])) == names_in(first)


def test_pages_keep_the_filter(client, crowd):
    first = client.get(URL, {"name": "D0"})
    assert names_in(client.get(URL + first.context["next"])) == [f"d{i:03}" for i in range(50, 100)]


@pytest.mark.parametrize("query", ["after=x", "before=-1", "after=٣", "after=9999999999999999999"])
def test_a_page_number_that_is_none_shows_the_first_page(client, crowd, query):
    assert names_in(client.get(f"{URL}?{query}"))[0] == "d000"


def test_a_page_after_the_last_one_does_not_say_that_there_are_no_devices(client, crowd):
    text = check_html(client.get(URL, {"after": 119}))
    assert "no more devices" in text
    assert "No devices yet" not in text


def test_it_is_filtered_by_name_and_state(client, fleet):
    for query, names in [
        ({"name": "EV"}, ["never"]),
        ({"name": "a", "state": "away"}, ["away"]),
        ({"state": "active"}, ["active"]),
        ({"state": "missing"}, ["missing"]),
        ({"state": "never"}, ["never"]),
        ({"state": "drunk"}, ["active", "away", "missing", "never"]),
        ({"name": "%"}, []),
        ({"name": "\0"}, ["active", "away", "missing", "never"]),
        ({"name": "x" * 300}, ["active", "away", "missing", "never"]),
    ]:
        assert names_in(client.get(URL, query)) == names, query


def test_when_nothing_matches_the_filter_there_is_a_way_back(client, fleet):
    text = check_html(client.get(URL, {"name": "zzz"}))
    assert "No device matches" in text
    assert f'<a href="{URL}">Show all</a>' in text


def test_without_devices_it_says_how_to_get_one(project, client):
    text = check_html(client.get(URL))
    assert "No devices yet. A manager of the project can add one." in text
    text = check_html(manager(project).get(URL))
    assert "No devices yet. Add one here" in text
    assert "YOUR_SECRET_KEY" in text


def test_viewers_get_no_forms(project, client, fleet):
    for way in ("device-new", "status-page", "Add a device"):
        assert way not in check_html(client.get(URL))
    assert "Switch it on" in check_html(manager(project).get(URL))


@pytest.mark.parametrize(
    ("name", "bad"),
    [
        ("</script><script>alert(1)</script>", "alert(1)</script>"),
        ("\"><img src=x onerror='alert(1)'>", "<img src=x"),
        ("<b>{{ project.name }}", "<b>"),
    ],
)
def test_hostile_names_are_only_text(project, client, name, bad):
    register(project, name)
    text = check_html(client.get(URL))
    assert bad not in text
    assert escape(name) in text


def test_it_takes_a_constant_number_of_queries(project, client, django_assert_num_queries):
    for count in (1, 70):
        for index in range(count):
            beat(register(project, f"{count} {index}"))
        # session, user, project, devices, fleet, tally, hours, role; a savepoint for the visit
        with django_assert_num_queries(10):
            client.get(URL)


def test_another_project_s_devices_are_not_on_it(project, client):
    beat(register(new_project("other"), "theirs"))
    response = client.get(URL)
    assert response.context["rows"] == []
    assert (response.context["facts"].beats, response.context["facts"].devices) == (0, 0)
