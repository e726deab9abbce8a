"""GET /api/v1/devices/: the project's devices by id, in pages, narrowed down."""

from base64 import b64encode
from datetime import timedelta

import pytest

from devices_app.models import Device
from tests.api_helpers import DEVICES, new_project, signed_in, with_token
from tests.device_helpers import NOON, beat_at, register, set_clock

pytestmark = pytest.mark.django_db


@pytest.fixture
def lab():
    return new_project("lab")


@pytest.fixture
def reader(lab):
    return with_token(lab, "read")


@pytest.fixture
def four(lab, monkeypatch):
    """A device of each state at noon."""
    phone, laptop, old, _ = (register(lab, name) for name in ("Phone", "Laptop", "Old 5%", "New"))
    beat_at(monkeypatch, old, NOON - timedelta(hours=48))
    beat_at(monkeypatch, laptop, NOON - timedelta(minutes=5))
    beat_at(monkeypatch, phone, NOON - timedelta(minutes=4))
    set_clock(monkeypatch, NOON)


def names(response):
    assert response.status_code == 200, response.content
    return [device["name"] for device in response.json()["results"]]


def test_a_device_is_shown_with_its_state_and_last_beat(lab, reader, monkeypatch, settings):
    settings.TIME_ZONE = "Asia/Tokyo"
    register(lab, "other")
    device = register(lab, " Laptop ")
    beat_at(monkeypatch, device, NOON - timedelta(days=9), NOON)
    shown = reader.get(DEVICES).json()["results"]
    assert shown[1] == {
        "id": 1,
        "name": " Laptop ",
        "state": "active",
        "num_beats": 2,
        "last_beat": "2026-03-01T12:00:00Z",
        "created_at": device.created_at.isoformat().replace("+00:00", "Z"),
    }
    assert (shown[0]["state"], shown[0]["num_beats"], shown[0]["last_beat"]) == ("never", 0, None)


def test_states_go_by_the_last_beat(four, reader):
    states = [device["state"] for device in reader.get(DEVICES).json()["results"]]
    assert states == ["active", "away", "missing", "never"]


def test_a_list_takes_the_same_few_queries_however_long(lab, reader, django_assert_num_queries):
    viewer = signed_in("v", (lab, "viewer"))
    for length in (1, 30):
        for _ in range(length):
            register(lab)
        with django_assert_num_queries(2):  # the token with its project, the devices
            reader.get(DEVICES)
        with django_assert_num_queries(4):  # session, user, project, devices
            viewer.get(DEVICES)


def test_pages_lead_through_all_devices_and_back(lab, reader, django_assert_num_queries):
    for letter in "abcde":
        register(lab, letter)
    first = reader.get(DEVICES, {"page_size": 2})
    assert names(first) == ["a", "b"]
    assert first.json()["previous"] is None
    with django_assert_num_queries(2):
        second = reader.get(first.json()["next"])
    third = reader.get(second.json()["next"])
    assert (names(second), names(third)) == (["c", "d"], ["e"])
    assert third.json()["next"] is None
    assert names(reader.get(second.json()["previous"])) == ["a", "b"]


def test_ids_are_in_the_order_of_numbers(lab, reader):
    Device.objects.bulk_create(
        Device(project=lab, number=number, name=f"{number}", token_hash=f"{number}")
        for number in (11, 2, 100, 0)
    )
    assert names(reader.get(DEVICES)) == ["0", "2", "11", "100"]


@pytest.mark.parametrize("text", [b"p=x", b"p=1.5", b"p=" + b"9" * 400, b"p=a%00b", b"o=-3"])
def test_a_cursor_that_is_none_is_refused_or_leads_to_an_end(four, reader, text):
    response = reader.get(DEVICES, {"cursor": b64encode(text).decode()})
    if response.status_code == 200:
        assert names(response) == []
    else:
        assert (response.status_code, list(response.json())) == (400, ["cursor"])


def test_devices_are_found_by_what_is_known_of_them(four, reader):
    everything = ["Phone", "Laptop", "Old 5%", "New"]
    for parameters, found in [
        ({"name": "LAP"}, ["Laptop"]),
        ({"name": "%"}, ["Old 5%"]),
        ({"exact_name": "New"}, ["New"]),
        ({"exact_name": "new"}, []),
        ({"exact_name": "New "}, []),
        ({"state": "active"}, ["Phone"]),
        ({"state": "away"}, ["Laptop"]),
        ({"state": "missing"}, ["Old 5%"]),
        ({"state": "never"}, ["New"]),
        ({"seen_since": "2026-03-01T11:55Z"}, ["Phone", "Laptop"]),
        ({"seen_since": "2026-03-01T12:56+01:00"}, ["Phone"]),
        ({"seen_since": f"{NOON.timestamp() - 300:.0f}"}, ["Phone", "Laptop"]),
        ({"silent_since": "2026-03-01T11:55Z"}, ["Old 5%", "New"]),
        ({"silent_since": "2026-03-01T11:55Z", "state": "missing"}, ["Old 5%"]),
        ({"name": "", "state": "", "seen_since": "", "silent_since": ""}, everything),
    ]:
        assert names(reader.get(DEVICES, parameters)) == found, parameters


def test_a_name_that_begins_with_a_space_is_found(lab, reader):
    register(lab, " x")
    register(lab, "x")
    assert names(reader.get(DEVICES, {"exact_name": " x"})) == [" x"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("state", "asleep"),
        ("state", "Active"),
        ("seen_since", "yesterday"),
        ("seen_since", "9" * 400),
        ("silent_since", "nan"),
        ("silent_since", "a\0b"),
        ("name", "a\0b"),
        ("exact_name", "a\0b"),
        ("format", "xml"),
        ("page_size", "0"),
    ],
)
def test_a_parameter_that_makes_no_sense_is_refused_by_name(reader, field, value):
    response = reader.get(DEVICES, {field: value})
    assert response.status_code == 400
    assert list(response.json()) == [field]
