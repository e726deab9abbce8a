"""``/o/sdk`` and ``/o/ping``: what SDKs of today ask before they send."""

from datetime import UTC, datetime

import pytest

from tests.countly_helpers import make_project, set_clock
from tests.countly_reads import ask
from tests.wire_helpers import through_urls

pytestmark = pytest.mark.django_db


@pytest.fixture
def project():
    return make_project(read_policy="token")


def sdk(project, method=None, **query):
    return ask("/o/sdk", app_key=project.app_key, device_id="d", method=method, **query)


def test_there_are_no_settings(project, monkeypatch):
    set_clock(monkeypatch, datetime(2026, 1, 1, tzinfo=UTC))
    reply = sdk(project, "sc")
    assert (reply.status, reply.json) == (200, {"v": 2, "t": 1767225600000, "c": {}})


def test_there_is_no_remote_configuration_and_no_feedback(project):
    for method in ("rc", "fetch_remote_config"):
        assert sdk(project, method).body == b"{}"
    assert sdk(project, "feedback").json == {"result": []}


def test_nobody_is_refused_for_a_test(project):
    words = {"result": "Successfully enrolled in ab tests"}
    assert sdk(project, "ab", keys='["a"]').json == words
    reply = sdk(project, "ab")
    assert (reply.status, reply.json) == (400, {"result": "Missing Keys"})


def test_what_is_wrong_is_told_in_order(project):
    missing = {"result": 'Missing parameter "app_key" or "device_id"'}
    for query in ({}, {"app_key": project.app_key}, {"device_id": "d"}, {"app_key": ""}):
        reply = ask("/o/sdk", method="x", **query)
        assert (reply.status, reply.json) == (400, missing)
    reply = ask("/o/sdk", app_key="x", device_id="d", method="x")
    assert (reply.status, reply.json) == (400, {"result": "App does not exist"})
    for method in (None, "", "x"):
        reply = sdk(project, method)
        assert (reply.status, reply.json) == (400, {"result": "Invalid method"})


def test_an_sdk_may_ask_by_a_form(project):
    form = f"app_key={project.app_key}&device_id=d&method=sc&sdk_name=x".encode()
    kind = {"content-type": "application/x-www-form-urlencoded"}
    reply = through_urls("POST", "/o/sdk", form, kind)
    assert reply.json["v"] == 2


def test_a_ping_is_answered(monkeypatch):
    assert ask("/o/ping").json == {"result": "Success"}
    monkeypatch.setattr("sessions_app.dialects.countly.sdk.database_answers", lambda: False)
    reply = ask("/o/ping")
    assert (reply.status, reply.json) == (404, {"result": "DB Error"})
