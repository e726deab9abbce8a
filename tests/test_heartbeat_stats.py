"""GET /api/stats: the document of the seed."""

import json
from datetime import UTC, datetime

import pytest

from devices_app.models import Device, Tally
from devices_app.services import count_visit, delete_devices
from tests.heartbeat_helpers import (
    DAY,
    HOUR,
    START,
    beat,
    default_project,
    register,
    set_clock,
    stats,
)
from tests.wire_helpers import through_urls


@pytest.fixture
def clock(monkeypatch):
    return set_clock(monkeypatch)


@pytest.fixture
def project(db, clock):
    return default_project(created_at=datetime.fromtimestamp(START, UTC))


def found():
    reply = stats()
    assert reply.status == 200
    return reply.json


def test_a_server_that_has_seen_nothing(project, clock):
    clock.tick(5)
    assert stats().body == (
        b'{"last_seen":null,"last_seen_relative":0,"longest_absence":0,"num_visits":0,'
        b'"total_beats":0,"devices":[],"uptime":5}'
    )


def test_a_device_that_has_not_beaten_changes_nothing_but_the_list(project, clock):
    before = found()
    register()
    clock.tick(DAY)
    device = {"id": 0, "name": "Laptop", "last_beat": None, "num_beats": 0}
    assert found() == before | {"devices": [device], "uptime": DAY}


def test_the_first_beat_counts_at_once_and_is_no_absence(project, clock):
    token = register()["token"]
    clock.tick(30 * DAY)
    beat(token)
    device = {"id": 0, "name": "Laptop", "last_beat": clock.at, "num_beats": 1}
    assert found() == {
        "last_seen": clock.at,
        "last_seen_relative": 0,
        "longest_absence": 0,
        "num_visits": 0,
        "total_beats": 1,
        "devices": [device],
        "uptime": 30 * DAY,
    }


def test_each_device_has_its_own_last_beat_and_count_and_is_listed_by_id(project, clock):
    tokens = [register(f"device {12 - number}")["token"] for number in range(12)]
    for number in (11, 3, 10, 0, 3, 7):
        clock.tick(60)
        beat(tokens[number])
    listed = found()["devices"]
    assert [device["id"] for device in listed] == list(range(12))
    counts = {device["id"]: device["num_beats"] for device in listed if device["num_beats"]}
    last = {device["id"]: device["last_beat"] for device in listed if device["last_beat"]}
    assert counts == {0: 1, 3: 2, 7: 1, 10: 1, 11: 1}
    ago = {number: (clock.at - at) // 60 for number, at in last.items()}
    assert ago == {11: 5, 10: 3, 0: 2, 3: 1, 7: 0}


def test_beats_of_a_deleted_device_stay_in_the_total(project, clock):
    tokens = [register(name)["token"] for name in ("Laptop", "Phone")]
    for token in (*tokens, tokens[1]):
        clock.tick(HOUR)
        beat(token)
    before = found()
    delete_devices(project=project, numbers=[1])
    assert found() == before | {"devices": before["devices"][:1]}
    delete_devices(project=project, numbers=[0])
    assert found() == before | {"devices": []}
    assert (before["total_beats"], before["last_seen"]) == (3, clock.at)
    assert before["longest_absence"] == HOUR


def test_visits_are_counted_and_requests_of_programs_are_none(project):
    for _ in range(3):
        count_visit(slug=project.slug)
    for target in ("/api/stats", "//api/stats", "/api/nope", "/ez?stat=a", "/healthz"):
        through_urls("GET", target)
    assert [found()["num_visits"] for _ in range(3)] == [3, 3, 3]


def test_a_name_is_written_so_that_json_understands_it(project):
    names = [
        "größe 📱",
        '"\\/\b\f\n\r\t\x01\x1f\x7f',
        "</script>",
        "\u2028\u2029\ufeff",
        "null",
        " ",
    ]
    names.remove(" ")
    for name in names:
        register(name)
    assert [device["name"] for device in found()["devices"]] == names


def test_numbers_over_32_bits_are_written_in_full(project, clock):
    token = register()["token"]
    Device.objects.update(num_beats=2**53)
    Tally.objects.create(project=project, slot=-1, beats=2**53, visits=2**40)
    beat(token)
    document = found()
    assert (document["total_beats"], document["num_visits"]) == (2**53 + 1, 2**40)
    assert document["devices"][0]["num_beats"] == 2**53 + 1


def test_two_queries_however_many_devices(project, django_assert_num_queries):
    for number in range(30):
        register(f"device {number}")
    with django_assert_num_queries(2):
        assert len(found()["devices"]) == 30


@pytest.mark.parametrize("path", ["/api/stats", "/api/stats/", "//api/stats", "//api/stats/"])
@pytest.mark.parametrize("query", ["", "?", "?a=b", "?project=", "?countVisit=false"])
def test_other_parameters_and_a_slash_too_many_change_nothing(project, path, query):
    register()
    assert through_urls("GET", path + query).body == stats().body


def test_the_document_is_json_as_others_write_it(project):
    register("größe")
    body = stats().body
    assert json.dumps(json.loads(body), ensure_ascii=False, separators=(",", ":")).encode() == body
