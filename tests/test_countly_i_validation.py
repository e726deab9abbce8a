"""Who sends what to which app is looked at first, and told in Countly's words."""

import itertools
import json
from urllib.parse import quote, urlencode

import pytest

from sessions_app.models import AppUser, Player
from tests.countly_helpers import set_clock
from tests.countly_writes import FORM, JSON, NOON, acknowledged, logged, new_app
from tests.wire_helpers import through_door

pytestmark = pytest.mark.django_db

MISSING = 'Missing parameter "app_key" or "device_id"'
NO_APP = "App does not exist"
NOBODY = "00000000-0000-0000-0000-000000000000"


@pytest.fixture
def app(monkeypatch):
    set_clock(monkeypatch, NOON)
    return new_app()


def refused(reply, result):
    assert (reply.status, reply.json) == (400, {"result": result})
    assert not AppUser.objects.exists()
    assert not Player.objects.exists()


# A parameter that is missing

WAYS = ["query", "form", "json"]


def sent(way, params):
    if way == "json":
        return through_door("POST", "/i", json.dumps(params).encode(), {"content-type": JSON})
    text = urlencode({name: value for name, value in params.items() if value is not None})
    if way == "form":
        return through_door("POST", "/i", text.encode(), {"content-type": FORM})
    return through_door("GET", f"/i?{text}")


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("key", "device"),
    [
        pair
        for pair in itertools.product(["absent", "empty", "null", "there"], repeat=2)
        if pair != ("there", "there")
    ],
)
def test_a_key_or_a_device_that_is_missing_or_empty(app, way, key, device):
    params = {"begin_session": "1"}
    for name, state, value in (("app_key", key, app.key), ("device_id", device, "d1")):
        if state != "absent":
            params[name] = {"empty": "", "null": None, "there": value}[state]
    refused(sent(way, params), MISSING)


def test_nothing_at_all(app):
    refused(through_door("GET", "/i"), MISSING)
    refused(through_door("POST", "/i", b""), MISSING)


def test_a_missing_device_is_noted_for_the_app(app):
    refused(through_door("GET", f"/i?app_key={app.key}&begin_session=1"), MISSING)
    ((status, reason, what),) = logged(app)
    assert (status, reason) == (400, MISSING)
    assert "begin_session=1" in what


# An app that there is not


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("key", ["nothing", " ", "%", "\0", "ö", "x" * 10_000])
def test_an_unknown_app(app, way, key):
    refused(sent(way, {"app_key": key, "device_id": "d1", "begin_session": "1"}), NO_APP)


def test_a_key_is_compared_exactly(app):
    for key in (app.key.swapcase(), f"{app.key} ", app.key[:-1]):
        refused(sent("query", {"app_key": key, "device_id": "d"}), NO_APP)


@pytest.mark.parametrize(
    "key",
    [
        *({}, {"$ne": None}, {"a": {"b": 1}}, [], [1], ["x"], [[]]),
        *(0, 1, -1.5, 10**20, 10**400, 1e300, True, False),
    ],
    ids=repr,
)
def test_a_key_that_is_no_text_opens_nothing(app, key):
    if isinstance(key, list) and key == ["x"]:
        key = [app.key]
    refused(sent("json", {"app_key": key, "device_id": "d1", "begin_session": 1}), NO_APP)


@pytest.mark.parametrize("key", [{"$ne": None}, [1], 10**400], ids=repr)
def test_a_bulks_key_that_is_no_text_opens_nothing(app, key):
    document = {"app_key": key, "requests": [{"device_id": "d", "begin_session": 1}]}
    assert acknowledged(app.post(json.dumps(document), JSON, path="/i/bulk"))
    document = {"requests": [{"app_key": key, "device_id": "d", "begin_session": 1}]}
    assert acknowledged(app.post(json.dumps(document), JSON, path="/i/bulk"))
    assert not AppUser.objects.exists()


def test_a_rotated_key_is_refused_at_once(app):
    assert app.send() == ""
    app.project.app_key = "another-key"
    app.project.save()
    assert app.reply().json == {"result": NO_APP}
    app.key = "another-key"
    assert app.send() == ""


# Devices


@pytest.mark.parametrize("device", [[], {}, {"$gt": ""}, [1], ["d1"]], ids=repr)
def test_a_device_that_is_no_text_is_missing(app, device):
    refused(sent("json", {"app_key": app.key, "device_id": device}), MISSING)


@pytest.mark.parametrize(
    ("device", "name"), [(17, "17"), (10**20, "1" + "0" * 20), (1.5, "1.5"), (True, "true")]
)
def test_a_device_that_is_a_number_is_named_by_it(app, device, name):
    assert acknowledged(sent("json", {"app_key": app.key, "device_id": device})) == ""
    assert AppUser.objects.get().device_id == name


@pytest.mark.parametrize("letter", ["x", "ö", "😀", "\U0010ffff"])
def test_a_device_may_have_255_characters_and_no_more(app, letter):
    assert app.send(letter * 255, begin_session="1") == ""
    assert app.year["t"] == 1
    assert app.send(letter * 256, begin_session="1") == "Ignoring device_id"
    assert app.year["t"] == 1
    assert AppUser.objects.count() == 1
    assert [row[:2] for row in logged(app)] == [(200, "Ignoring device_id")]


def test_all_zeros_are_nobody(app):
    assert app.send(NOBODY, begin_session="1") == "Ignoring device_id"
    assert app.bulk({"device_id": NOBODY, "begin_session": 1}) == "requests[0]: Ignoring device_id"
    assert not app.counts()


def test_zeros_that_are_not_all_are_a_device(app):
    assert app.send(NOBODY[:-1] + "1", begin_session="1") == ""
    assert app.year["t"] == 1


@pytest.mark.parametrize("raw", ["%00", "a%00b", "%FF", "%ED%A0%80", "%C3", "%", "%zz", "\x7f"])
def test_a_device_of_any_bytes_is_a_device(app, raw):
    reply = through_door("GET", f"/i?app_key={app.key}&device_id={raw}&begin_session=1")
    assert acknowledged(reply) == ""
    assert app.year["n"] == 1
    assert "\0" not in AppUser.objects.get().device_id


def test_one_device_in_two_apps_is_two_users(app):
    other = new_app()
    app.send(begin_session="1")
    other.send(begin_session="1")
    for each in (app, other):
        assert [counts["n"] for counts in each.counts().values() if "n" in counts] == [1] * 4


# What is true


@pytest.mark.parametrize("value", ["0", "false", "no", "null", "-"])
def test_whatever_a_query_gives_begin_session_begins_one(app, value):
    app.send(begin_session=value)
    assert AppUser.objects.get().num_sessions == 1


def test_an_empty_begin_session_begins_none(app):
    app.send(begin_session="")
    assert AppUser.objects.get().num_sessions == 0


@pytest.mark.parametrize(("value", "sessions"), [(0, 0), (False, 0), (None, 0), (1, 1), (True, 1)])
def test_in_a_bulk_zero_and_false_begin_none(app, value, sessions):
    app.bulk({"device_id": "d1", "begin_session": value})
    assert AppUser.objects.get().num_sessions == sessions


@pytest.mark.parametrize("value", [0, False])
def test_in_a_bulk_zero_and_false_end_none(app, value):
    app.bulk({"device_id": "d1", "begin_session": 1}, {"device_id": "d1", "end_session": value})
    assert AppUser.objects.get().state == AppUser.State.OPEN


@pytest.mark.parametrize("name", ["sdk_version", "unknown", quote("ä\0"), "rr", "hc", "crash"])
def test_parameters_that_nobody_knows_do_no_harm(app, name):
    assert app.send(**{name: "1", "begin_session": "1"}) == ""
    assert AppUser.objects.get().num_sessions == 1
