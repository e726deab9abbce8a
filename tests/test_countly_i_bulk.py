"""Many requests in one: each counts by itself, one after the other."""

import json
from urllib.parse import urlencode

import pytest

from sessions_app.models import AppUser, Dimension, Event, Session
from telemetry.models import RejectedInput
from tests.countly_helpers import event_counts, set_clock
from tests.countly_writes import JSON, NOON, acknowledged, at, logged, multipart, new_app
from tests.wire_helpers import through_door

pytestmark = pytest.mark.django_db

MISSING = 'Missing parameter "requests"'
INVALID = 'Invalid parameter "requests"'
BEGIN = {"device_id": "d1", "begin_session": 1}


@pytest.fixture
def app(monkeypatch):
    set_clock(monkeypatch, NOON)
    return new_app()


# How it is sent


def test_by_get_by_form_by_multipart_and_as_json(app):
    requests = json.dumps([BEGIN])
    params = {"app_key": app.key, "requests": requests}
    replies = [
        through_door("GET", f"/i/bulk?{urlencode(params)}"),
        app.post(urlencode(params), path="/i/bulk"),
        app.post(*multipart(**params), path="/i/bulk"),
        app.post(json.dumps(params), JSON, path="/i/bulk"),
        app.post(json.dumps({**params, "requests": [BEGIN]}), JSON, path="/i/bulk"),
        app.post(urlencode({"requests": requests}), query=f"app_key={app.key}", path="/i/bulk"),
    ]
    assert [(reply.status, reply.body) for reply in replies] == [(200, b'{"result":"Success"}')] * 6
    assert app.year == {"t": 6, "n": 1, "u": 1, "e": 6}


@pytest.mark.parametrize("way", ["nothing", "empty", "null"])
def test_without_requests_it_is_refused(app, way):
    document = {"nothing": {}, "empty": {"requests": ""}, "null": {"requests": None}}[way]
    reply = app.post(json.dumps({"app_key": app.key, **document}), JSON, path="/i/bulk")
    assert (reply.status, reply.json) == (400, {"result": MISSING})
    assert [row[:2] for row in logged(app)] == [(400, MISSING)]


@pytest.mark.parametrize("text", ["{}", "5", '"[]"', "true", "{", "[1,", "x", "[" * 2000])
def test_requests_that_are_no_array_are_refused_and_noted(app, text):
    body = urlencode({"app_key": app.key, "requests": text})
    reply = app.post(body, path="/i/bulk")
    assert (reply.status, reply.json) == (400, {"result": INVALID})
    ((status, reason, what),) = logged(app)
    assert status == 400
    assert reason.startswith(f"{INVALID}: this is no")
    assert what


@pytest.mark.parametrize("value", [{}, 5, 0, True, False, {"0": BEGIN}], ids=repr)
def test_json_requests_that_are_no_array_are_refused(app, value):
    body = json.dumps({"app_key": app.key, "requests": value})
    reply = app.post(body, JSON, path="/i/bulk")
    assert (reply.status, reply.json) == (400, {"result": INVALID})


def test_no_requests_at_all_are_a_success(app):
    assert app.bulk() == ""
    assert app.counts() == {}


# Whose they are


def test_an_item_without_a_key_is_the_bulks_and_with_one_its_own(app):
    other = new_app()
    app.bulk(BEGIN, {**BEGIN, "app_key": other.key}, {**BEGIN, "app_key": ""})
    assert app.year == {"t": 2, "n": 1, "u": 1, "e": 2}
    assert other.year == {"t": 1, "n": 1, "u": 1, "e": 1}


def test_a_bulk_needs_no_key_if_its_items_have_them(app):
    body = json.dumps({"requests": [{**BEGIN, "app_key": app.key}, BEGIN]})
    info = acknowledged(app.post(body, JSON, path="/i/bulk"))
    assert info == 'requests[1]: Missing parameter "app_key" or "device_id"'
    assert app.year["t"] == 1


def test_an_app_that_there_is_not_is_told_and_the_others_count(app):
    info = app.bulk(BEGIN, {**BEGIN, "app_key": "nobody's"}, {**BEGIN, "device_id": "d2"})
    assert info == "requests[1]: App does not exist"
    assert app.year["n"] == 2


# What is wrong with one


SKIPPED = 'Missing parameter "app_key" or "device_id"'


@pytest.mark.parametrize(
    ("item", "info"),
    [
        ({}, SKIPPED),
        ({"device_id": ""}, SKIPPED),
        ({"device_id": None, "begin_session": 1}, SKIPPED),
        ({"device_id": [1]}, SKIPPED),
        ({"device_id": "x" * 256}, "Ignoring device_id"),
        (None, "this is no object"),
        (5, "this is no object"),
        ("x", "this is no object"),
        ([BEGIN], "this is no object"),
        ({"device_id": "bad", "metrics": "{"}, "metrics: this is not JSON"),
        ({"device_id": "bad", "metrics": []}, "metrics: this is no object"),
        ({"device_id": "bad", "events": {}}, "events: this is no array"),
        ({"device_id": "bad", "events": [{"key": "k"}]}, "events[0]: count is missing"),
        ({"device_id": "bad", "timestamp": "x"}, "timestamp has neither"),
        ({"device_id": "bad", "session_duration": "x"}, "session_duration is no number"),
        ({"device_id": "bad", "metrics": {"_os": 10**400}}, "metrics: "),
        ({"device_id": "bad", "user_details": {"n": 1e308 * 10}}, "user_details"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_an_item_that_is_wrong_is_told_and_noted_and_its_neighbours_count(app, item, info):
    text = json.dumps([BEGIN, item, {**BEGIN, "device_id": "d2"}]).replace("Infinity", "1e999")
    told = acknowledged(app.post(urlencode({"app_key": app.key, "requests": text}), path="/i/bulk"))
    assert told.startswith(f"requests[1]: {info}")
    assert {user.device_id for user in AppUser.objects.all()} >= {"d1", "d2"}
    assert app.year["n"] == 2
    ((status, reason, _),) = logged(app)
    assert (status, reason) == (200, told)


def test_of_a_bulk_only_the_wrong_item_is_noted(app):
    app.bulk(BEGIN, {"device_id": "d9", "events": "["}, BEGIN)
    ((_, _, what),) = logged(app)
    assert json.loads(what) == {"device_id": "d9", "events": "["}
    assert RejectedInput.objects.get().path == "POST /i/bulk"


def test_of_very_much_that_is_wrong_a_part_is_told(app):
    info = app.bulk(*({"device_id": "d1", "events": "["} for _ in range(100)))
    assert len(info) == 500
    assert app.year == {"e": 100}


# What they say


def test_values_are_json_and_may_be_text_as_well(app):
    events = [{"key": "k", "count": 1}]
    app.bulk(
        {"device_id": "d1", "begin_session": 1, "metrics": {"_os": "a"}, "events": events},
        {
            "device_id": "d2",
            "begin_session": "1",
            "metrics": json.dumps({"_os": "a"}),
            "events": json.dumps(events),
            "session_duration": "30",
            "timestamp": str(NOON),
        },
        {"device_id": "d2", "session_duration": 30, "end_session": True, "timestamp": NOON},
    )
    assert app.year == {"t": 2, "n": 2, "u": 2, "d": 30, "e": 3}
    assert app.by_value(Dimension.OS) == {"a": {"t": 2, "n": 2, "u": 2}}
    assert event_counts(app.project, "k")[2012] == {"c": 2}


def test_items_are_counted_in_order(app):
    app.bulk(
        {"device_id": "d1", "begin_session": 1, "timestamp": at(7, 19, 8)},
        {"device_id": "d1", "session_duration": 40, "timestamp": at(7, 19, 8, 1)},
        {"device_id": "d1", "end_session": 1, "timestamp": at(7, 19, 8, 1)},
        {"device_id": "d1", "begin_session": 1, "timestamp": at(7, 19, 9)},
        {"device_id": "d1", "session_duration": 5, "timestamp": at(7, 19, 9, 1)},
    )
    assert app.by_value(Dimension.DURATION) == {"2": 1}
    first, second = Session.objects.order_by("started_at")
    assert (first.active_seconds, first.end_reason) == (40, "closed")
    assert (second.active_seconds, second.end_reason) == (5, "")


def test_the_parameters_of_the_bulk_are_not_those_of_its_items(app):
    app.bulk({"device_id": "d1"}, begin_session="1", timestamp=str(at(1, 1)), device_id="d9")
    assert app.year == {"e": 1}
    assert 201207 in app.counts()
    assert AppUser.objects.get().device_id == "d1"


def test_a_thousand_items(app):
    devices = [f"d{number % 250}" for number in range(1000)]
    items = [
        {
            "device_id": device,
            "begin_session": 1,
            "timestamp": NOON - 100_000 + 60 * number,
            "events": [{"key": f"k{number % 3}", "count": 1}],
        }
        for number, device in enumerate(devices)
    ]
    body = json.dumps({"app_key": app.key, "requests": items})
    assert acknowledged(app.post(body, JSON, path="/i/bulk")) == ""
    assert app.year == {"t": 1000, "n": 250, "u": 250, "e": 1000}
    assert (Session.objects.count(), Event.objects.count()) == (1000, 1000)
    assert [event_counts(app.project, f"k{n}")[2012]["c"] for n in range(3)] == [334, 333, 333]


def test_a_bulk_of_more_than_is_stored_at_once_is_counted_once_whole(app):
    """Each thousand is committed for itself; what is sent again is known from its first on."""
    items = [
        {"device_id": "d1", "timestamp": NOON * 1000 + number, "session_duration": 1}
        for number in range(2_500)
    ]
    assert app.bulk(*items) == ""
    assert app.year == {"e": 2_500, "d": 2_500}
    assert "requests[0]: Request ignored: Duplicate" in app.bulk(*items)
    assert app.year == {"e": 2_500, "d": 2_500}
