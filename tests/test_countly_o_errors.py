"""What is wrong with a read is told in one order, to readers with an app key and an API key."""

import pytest

from tests.countly_helpers import make_project
from tests.countly_reads import app_id, ask, key_of, member, token_of

pytestmark = pytest.mark.django_db

UNKNOWN_ID = "123456789012345678901234"
NO_RIGHT = "User does not have view right for this application"


@pytest.fixture
def project():
    return make_project(read_policy="token")


def said(path="/o", **query):
    reply = ask(path, **query)
    assert reply.headers["content-type"] == "application/json; charset=utf-8"
    assert list(reply.json) == ["result"]
    return reply.status, reply.json["result"]


@pytest.mark.parametrize("path", ["/o", "/o/analytics/dashboard", "/o/analytics/x"])
def test_every_step_comes_before_the_next(project, path):
    query = {"callback": "alert(1)", "app_id": "short", "user_id": "short"}
    assert said(path, **query) == (400, 'Invalid parameter "callback"')
    del query["callback"]
    assert said(path, **query) == (400, 'Invalid parameter "app_id"')
    query["app_id"] = UNKNOWN_ID
    assert said(path, **query) == (400, 'Invalid parameter "user_id"')
    del query["user_id"]
    assert said(path, **query) == (400, 'Missing parameter "api_key"')
    del query["app_id"]
    assert said(path, **query) == (400, 'Missing parameter "api_key"')
    query["api_key"] = "unknown"
    assert said(path, **query) == (400, 'Missing parameter "app_id"')


def test_then_the_method_then_who_asks_and_then_for_which_app(project):
    query = {"api_key": "unknown", "app_id": UNKNOWN_ID}
    for method in (None, "", "session", "Sessions", "durations", "__class__", "total"):
        assert said(method=method, **query) == (400, "Invalid method")
    query["method"] = "locations"
    assert said(**query) == (401, "User does not exist")
    query["api_key"] = token_of(make_project())
    assert said(**query) == (401, NO_RIGHT)
    query["app_id"] = app_id(project)
    assert said(**query) == (401, NO_RIGHT)
    query["api_key"] = token_of(project)
    assert ask("/o", **query).status == 200


def test_an_administrator_hears_that_an_app_does_not_exist():
    key = key_of(member("admin", is_staff=True))
    for unknown in (UNKNOWN_ID, "f" * 24, "0" * 24, "z" * 24, "+0000000000000000000000f", " " * 24):
        query = {"api_key": key, "method": "locations", "app_id": unknown}
        assert said(**query) == (401, "App does not exist")


def test_a_third_segment_that_there_is_not_is_told_before_who_asks(project):
    query = {"api_key": "unknown", "app_id": UNKNOWN_ID}
    for path in ("/o/analytics", "/o/analytics/x", "/o/analytics/dashboard/x"):
        words = "Invalid path, must be one of /dashboard or /countries"
        assert said(path, **query) == (400, words)
    assert said("/o/analytics/countries", **query) == (401, "User does not exist")


def test_with_an_app_key_alone_the_method_comes_before_the_app(project):
    assert said(app_key="unknown") == (400, "Invalid method")
    assert said(app_key="unknown", method="sessions") == (400, "App does not exist")
    assert said(app_key=project.app_key, method="x") == (400, "Invalid method")
    assert said(app_key=project.app_key, method="sessions") == (401, NO_RIGHT)


def test_an_empty_parameter_is_none(project):
    assert said(app_key="", method="sessions") == (400, 'Missing parameter "api_key"')
    assert said(api_key="", app_id="", method="x") == (400, 'Missing parameter "api_key"')
    assert said(api_key="x", app_id="", app_key="") == (400, 'Missing parameter "app_id"')


def test_an_app_id_alone_opens_nothing():
    project = make_project()
    assert said(app_id=app_id(project), method="sessions") == (400, 'Missing parameter "api_key"')


@pytest.mark.parametrize("key", ["\0", "\ufffd", "x" * 9000, "'", "%", "💥", "[]", "null"])
def test_a_key_may_be_anything(project, key):
    assert said(app_key=key, method="sessions") == (400, "App does not exist")
    query = {"app_id": app_id(project), "method": "sessions"}
    assert said(api_key=key, **query) == (401, "User does not exist")
    assert said(api_key=key, app_key=key, method="sessions") == (401, "User does not exist")
