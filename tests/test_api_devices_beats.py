"""/api/v1/devices/<id>/beats/, absences/ and hours/: what a device has done, newest first."""

from base64 import b64encode
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from tests.api_helpers import DEVICES, new_project, with_token
from tests.device_helpers import NOON, beat, beat_at, register

pytestmark = pytest.mark.django_db
LISTS = ["beats", "absences", "hours"]


@pytest.fixture
def lab():
    return new_project("lab")


@pytest.fixture
def reader(lab):
    return with_token(lab, "read")


@pytest.fixture
def laptop(lab):
    register(new_project("other"))
    register(lab, "first")
    return register(lab, "Laptop")


def get(client, device, what, **parameters):
    return client.get(f"{DEVICES}{device.number}/{what}/", parameters)


def results(response):
    assert response.status_code == 200, response.content
    return response.json()["results"]


def times(response):
    return [datetime.fromisoformat(beat["at"]) for beat in results(response)]


def test_beats_have_ids_that_sort_by_time(reader, laptop, monkeypatch, settings):
    settings.TIME_ZONE = "Asia/Tokyo"
    beat_at(monkeypatch, laptop, NOON, NOON + timedelta(seconds=1.5))
    newer, older = results(get(reader, laptop, "beats"))
    assert (older["at"], newer["at"]) == ("2026-03-01T12:00:00Z", "2026-03-01T12:00:01.500000Z")
    assert UUID(older["id"]) < UUID(newer["id"])
    assert list(newer) == ["id", "at"]


def test_beats_of_one_instant_are_all_listed_in_every_page(reader, laptop, monkeypatch):
    beat_at(monkeypatch, laptop, *[NOON] * 5)
    found, link = [], f"{DEVICES}1/beats/?page_size=2"
    while link:
        page = reader.get(link).json()
        found += [beat["id"] for beat in page["results"]]
        link = page["next"]
    assert len(set(found)) == len(found) == 5
    assert found == sorted(found, reverse=True)


def test_an_absence_is_listed_once_it_has_ended(reader, laptop, monkeypatch):
    hours = [timedelta(hours=hour) for hour in (0, 0.9, 3, 3.5, 10)]
    beat_at(monkeypatch, laptop, *(NOON + hour for hour in hours[:-1]))
    shown = {
        "started_at": "2026-03-01T12:54:00Z",
        "ended_at": "2026-03-01T15:00:00Z",
        "seconds": 7560,
    }
    assert results(get(reader, laptop, "absences")) == [shown]
    beat_at(monkeypatch, laptop, NOON + hours[-1])
    newest, older = results(get(reader, laptop, "absences"))
    assert (older, newest["seconds"]) == (shown, 6.5 * 3600)


def test_hours_count_beats_and_are_left_out_without(reader, laptop, monkeypatch):
    minutes = [0, 59, 60, 180]
    beat_at(monkeypatch, laptop, *(NOON + timedelta(minutes=minute) for minute in minutes))
    assert results(get(reader, laptop, "hours")) == [
        {"start": "2026-03-01T15:00:00Z", "count": 1},
        {"start": "2026-03-01T13:00:00Z", "count": 1},
        {"start": "2026-03-01T12:00:00Z", "count": 2},
    ]


@pytest.mark.parametrize("what", LISTS)
def test_there_is_nothing_of_a_device_that_never_beat(reader, laptop, what):
    assert results(get(reader, laptop, what)) == []


@pytest.mark.parametrize("what", LISTS)
def test_pages_lead_through_all_and_back_in_few_queries(
    reader, laptop, monkeypatch, what, django_assert_num_queries
):
    beat_at(monkeypatch, laptop, *(NOON + timedelta(hours=2 * hour) for hour in range(6)))
    everything = results(get(reader, laptop, what))
    with django_assert_num_queries(3):  # the token with its project, the device, its rows
        first = get(reader, laptop, what, page_size=3)
    with django_assert_num_queries(3):
        second = reader.get(first.json()["next"])
    assert results(first) + results(second) == everything
    assert second.json()["next"] is None
    assert results(reader.get(second.json()["previous"])) == results(first)


def test_beats_between_two_times(reader, laptop, monkeypatch):
    one, two, three = (NOON + timedelta(milliseconds=300.5 * n) for n in range(3))
    beat_at(monkeypatch, laptop, one, two, three)
    for parameters, found in [
        ({"since": two.isoformat()}, [three, two]),
        ({"since": (two + timedelta(microseconds=1)).isoformat()}, [three]),
        ({"until": two.isoformat()}, [one]),
        ({"until": (two + timedelta(microseconds=1)).isoformat()}, [two, one]),
        ({"since": two.isoformat(), "until": three.isoformat()}, [two]),
        ({"since": f"{NOON.timestamp() + 0.3}"}, [three, two]),
        ({"since": three.isoformat(), "until": one.isoformat()}, []),
        ({"since": "1960-01-01", "until": "8999-12-31"}, [three, two, one]),
        ({"until": "1960-01-01"}, []),
        ({"since": "", "until": ""}, [three, two, one]),
    ]:
        assert times(get(reader, laptop, "beats", **parameters)) == found, parameters


def test_a_beat_is_found_by_the_very_time_that_is_shown_of_it(reader, laptop, monkeypatch):
    """Its id's milliseconds and its time's microseconds are cut off, each by themselves."""
    monkeypatch.setattr("telemetry.clock.time", lambda: NOON.timestamp() + 0.4999998)
    beat(laptop)
    (shown,) = results(get(reader, laptop, "beats"))
    assert shown["at"] == "2026-03-01T12:00:00.499999Z"
    assert results(get(reader, laptop, "beats", since=shown["at"])) == [shown]


def test_the_times_go_on_through_the_pages(reader, laptop, monkeypatch):
    beat_at(monkeypatch, laptop, *(NOON + timedelta(minutes=minute) for minute in range(6)))
    since = (NOON + timedelta(minutes=2)).isoformat()
    first = get(reader, laptop, "beats", since=since, page_size=3)
    second = reader.get(first.json()["next"])
    assert [len(results(first)), len(results(second))] == [3, 1]


@pytest.mark.parametrize("field", ["since", "until"])
@pytest.mark.parametrize("value", ["yesterday", "9" * 400, "nan", "a\0b", "0999-12-31"])
def test_a_time_that_is_none_is_refused_by_name(reader, laptop, field, value):
    response = get(reader, laptop, "beats", **{field: value})
    assert (response.status_code, list(response.json())) == (400, [field])


@pytest.mark.parametrize("what", LISTS)
@pytest.mark.parametrize("text", [b"p=x", b"p=9", b"p=2026-13-01", b"x=1", b"p=a%00b"])
def test_a_cursor_that_is_none_is_refused(reader, laptop, what, text):
    response = get(reader, laptop, what, cursor=b64encode(text).decode())
    assert (response.status_code, list(response.json())) == (400, ["cursor"])


@pytest.mark.parametrize("what", LISTS)
def test_what_is_only_of_devices_is_no_filter_here(reader, laptop, what):
    assert results(get(reader, laptop, what, state="asleep", name="x")) == []


@pytest.mark.parametrize("what", LISTS)
def test_nothing_can_be_changed_here(lab, laptop, what):
    manager = with_token(lab, "manage")
    for method in (manager.post, manager.put, manager.patch, manager.delete):
        assert method(f"{DEVICES}1/{what}/", {}).status_code == 405
