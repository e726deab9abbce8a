"""A day of an app, step by step, as Countly's own tests of 2014 go: after each, what is read."""

import json
import re
from datetime import UTC, datetime

import pytest

from tests.countly_helpers import Sender, set_clock
from tests.countly_reads import ask, basic, member
from tests.wire_helpers import through_urls

pytestmark = pytest.mark.django_db

COUNTED = re.compile(r"-?\d*\.?\d+").fullmatch
METHODS = [
    *("locations", "sessions", "users", "devices", "device_details", "carriers", "app_versions"),
    "cities",
]


class App:
    """An app that an administrator has made, whose key came by HTTP Basic."""

    def __init__(self, client):
        member("test", is_staff=True)
        self.key = through_urls("GET", "/api-key", headers=basic("test", "secret")).body.decode()
        made = self.manage("create", name="Test App")
        self.id, self.app_key = made["_id"], made["key"]
        self.send = Sender(client, self)

    def manage(self, verb, **args):
        reply = ask(f"/i/apps/{verb}", api_key=self.key, args=json.dumps(args))
        assert reply.status == 200
        return reply.json

    def read(self, method, **query):
        return ask("/o", api_key=self.key, app_id=self.id, method=method, **query).json

    def analytics(self, what):
        return ask(f"/o/analytics/{what}", api_key=self.key, app_id=self.id).json

    def has(self, method, counted, **meta):
        """Whether every year, month, day and hour (of sessions) holds these."""
        document = self.read(method)
        assert document.pop("meta", {}) == meta
        assert document.pop("_id") == self.id
        assert list(_parts(document))
        for part in _parts(document):
            assert {name: part.get(name) for name in counted} == counted
            others = {name for name in part if not COUNTED(name) and not name.startswith("w")}
            if method != "sessions":
                assert others == set(counted)


def _parts(document):
    for name, part in document.items():
        if COUNTED(name):
            yield part
            yield from _parts(part)


def is_empty(document):
    return all(part == {} for part in document.values())


@pytest.fixture
def app(client, monkeypatch):
    set_clock(monkeypatch, datetime(2014, 9, 17, 16, tzinfo=UTC))
    return App(client)


def numbers(app):
    found = app.analytics("dashboard")
    for name, period in found.items():
        dashboard = period["dashboard"]
        assert dashboard["total_users"].pop("is_estimate") is (name != "today")
        assert {(each["change"], each["trend"]) for each in dashboard.values()} == {("NA", "u")}
    [total] = {
        tuple(each["total"] for each in period["dashboard"].values()) for period in found.values()
    }
    return total


def test_an_app_that_was_just_made_is_empty(app):
    for method in METHODS:
        assert is_empty(app.read(method))
    assert app.read("events") == app.read("get_events") == {}
    assert numbers(app) == (0, 0, 0, "0.0 min", "0.0 min", "0.0")
    assert app.analytics("countries") == {"30days": [], "7days": [], "today": []}


def test_sessions(app):
    app.send("1234567890")
    app.has("sessions", {"e": 1})
    assert is_empty(app.read("users"))
    assert is_empty(app.read("locations"))
    assert numbers(app) == (0, 0, 0, "0.0 min", "0.0 min", "0.0")

    first = {"f-ranges": ["0"], "l-ranges": ["0"]}
    unknown = {"countries": ["Unknown"]}
    steps = [
        # What is sent, then sessions, users and locations as they are read after it.
        ({"begin_session": "1"}, {"e": 2, "t": 1, "n": 1, "u": 1}, 1, (1, 1, 1)),
        ({"begin_session": "1"}, {"e": 3, "t": 2, "n": 1, "u": 1}, 1, (2, 1, 1)),
        ({"device": "0987654321", "begin_session": "1"}, {"e": 4, "t": 3, "n": 2}, 2, (3, 2, 2)),
        ({"session_duration": "30"}, {"e": 5, "d": 30, "t": 3, "u": 2}, 2, (3, 2, 2)),
        ({"end_session": "1"}, {"e": 6, "d": 30, "t": 3, "u": 2}, 2, (3, 2, 2)),
        ({"session_duration": "30"}, {"e": 7, "d": 60, "t": 3, "u": 2}, 2, (3, 2, 2)),
        ({"device": "nobody", "end_session": "1"}, {"e": 8, "d": 60, "t": 3}, 2, (3, 2, 2)),
    ]
    for sent, sessions, users, (t, n, u) in steps:
        app.send(**{"device": "1234567890", **sent})
        document = app.read("sessions")
        for part in _parts({name: document[name] for name in document if COUNTED(name)}):
            assert {name: part.get(name) for name in sessions} == sessions
        assert document.get("meta", {}) == ({"d-ranges": ["1"]} if sessions["e"] >= 6 else {})
        app.has("users", {"f": {"0": users}, "l": {"0": users}}, **first)
        app.has("locations", {"Unknown": {"t": t, "n": n, "u": u}}, **unknown)
        for countries in app.analytics("countries").values():
            assert countries == [{"country": "Unknown", "code": "unknown", "t": t, "u": u, "n": n}]
    assert numbers(app) == (3, 2, 2, "1.0 min", "0.3 min", "4.0")


def test_a_reset_leaves_nothing(app):
    app.send("1", begin_session="1", metrics={"_os": "Android", "_device": "x"})
    app.send("1", events=[{"key": "test", "count": 1}])
    assert app.manage("reset", app_id=app.id) == {"result": "Success"}
    test_an_app_that_was_just_made_is_empty(app)


def test_metrics(app):
    sent = {
        "_os": "Android",
        "_os_version": "4.4",
        "_resolution": "1200x800",
        "_device": "Nexus 5",
        "_carrier": "Vodafone",
        "_app_version": "1.0",
    }
    for place, (name, value) in enumerate(sent.items()):
        app.send(f"device{place}", begin_session="1", metrics={name: value})
    once = {"t": 1, "n": 1, "u": 1}
    details = {"os": ["Android"], "os_versions": ["4:4"], "resolutions": ["1200x800"]}
    app.has("device_details", dict.fromkeys(("Android", "4:4", "1200x800"), once), **details)
    app.has("devices", {"Nexus 5": once}, devices=["Nexus 5"])
    app.has("carriers", {"Vodafone": once}, carriers=["Vodafone"])
    app.has("app_versions", {"1:0": once}, app_versions=["1:0"])
    for period in app.analytics("dashboard").values():
        top = period["top"]
        assert top["platforms"] == [{"name": "Android", "percent": 100}]
        assert top["resolutions"] == [{"name": "1200x800", "percent": 100}]
        assert top["carriers"] == [{"name": "Vodafone", "percent": 100}]
    assert numbers(app) == (6, 6, 6, "0.0 min", "0.0 min", "1.0")
    app.send("device", begin_session="1", metrics={**sent, "_app_version": "2.0"})
    twice = {value: {"t": 2, "n": 2, "u": 2} for value in ("Android", "1200x800")}
    details["os_versions"] = ["4:4", "a4:4"]
    app.has("device_details", {**twice, "4:4": once, "a4:4": once}, **details)
    app.has("app_versions", {"1:0": once, "2:0": once}, app_versions=["1:0", "2:0"])


def counted(document):
    """What every year, month, day and hour of a document holds; all have to hold the same."""
    found = [
        {name: part[name] for name in part if not COUNTED(name)}
        for part in _parts({name: document[name] for name in document if COUNTED(name)})
    ]
    assert found
    assert all(each == found[0] for each in found)
    return found[0]


def test_events(app):
    def send(*events):
        query = {"app_key": app.app_key, "device_id": "1", "events": json.dumps(events)}
        assert ask("/i", **query).json["result"] == "Success"

    send()
    send({"count": 1})
    send({"key": "test"})
    assert app.read("events") == app.read("get_events") == {}
    for count, total in ((1, 1), (2, 3)):
        send({"key": "test", "count": count})
        for query in ({}, {"event": "test"}):
            [document] = app.read("events", **query)
            assert document["_id"] == "no-segment"
            assert counted(document) == {"c": total}
        [day] = app.read("events", event="test", action="refresh")
        [year] = (part for name, part in day.items() if COUNTED(name))
        [month] = year.values()
        assert [counted({"1": part}) for part in month.values()] == [{"c": total}]
        assert counted(app.read("events", events='["test"]')) == {"c": total}
        assert app.read("get_events") == {"_id": app.id, "list": ["test"]}
    send({"key": "test1", "count": 1})
    assert counted(app.read("events")[0]) == {"c": 3}
    assert counted(app.read("events", event="test1")[0]) == {"c": 1}
    assert counted(app.read("events", events='["test","test1"]')) == {"c": 4}
    send({"key": "test2", "count": 1, "sum": 2.97, "segmentation": {"version": "1.0"}})
    whole, by_version = app.read("events", event="test2")
    assert counted(whole) == {"c": 1, "s": 2.97}
    assert whole["meta"] == {"version": ["1:0"], "segments": ["version"]}
    assert counted(by_version) == {"1:0": {"c": 1, "s": 2.97}}
    assert app.read("get_events") == {
        "_id": app.id,
        "list": ["test", "test1", "test2"],
        "segments": {"test2": ["version"]},
    }


def test_an_app_that_was_deleted_is_not_there(app):
    assert app.manage("delete", app_id=app.id) == {"result": "Success"}
    for path in ("/o/apps/all", "/o/apps/mine"):
        assert ask(path, api_key=app.key).json == {"admin_of": {}, "user_of": {}}
    reply = ask("/o", api_key=app.key, app_id=app.id, method="locations")
    assert (reply.status, reply.json) == (401, {"result": "App does not exist"})
