"""What SDKs and browsers are told: always JSON with a ``result``, whatever went wrong."""

import json
from urllib.parse import quote

import pytest

from sessions_app.models import AppUser
from tests.countly_writes import FORM, JSON, new_app
from tests.wire_helpers import through_door, through_urls

pytestmark = pytest.mark.django_db

MISSING = 'Missing parameter "app_key" or "device_id"'
both_ways = pytest.mark.parametrize("through", [through_door, through_urls])
both_paths = pytest.mark.parametrize("path", ["/i", "/i/bulk", "/i/", "//i"])


@pytest.fixture
def app():
    return new_app()


def test_success_is_what_sdks_wait_for(app):
    reply = app.reply()
    assert (reply.status, reply.body) == (200, b'{"result":"Success"}')
    assert reply.headers == {
        "content-type": "application/json; charset=utf-8",
        "content-length": "20",
        "access-control-allow-origin": "*",
        "x-content-type-options": "nosniff",
    }


@both_ways
@both_paths
def test_a_browsers_preflight_is_answered(app, through, path):
    headers = {
        "origin": "https://example.org",
        "access-control-request-method": "POST",
        "access-control-request-headers": "content-type",
    }
    reply = through("OPTIONS", path, headers=headers)
    assert (reply.status, reply.body) == (200, b"")
    assert reply.headers["access-control-allow-origin"] == "*"
    assert reply.headers["access-control-allow-methods"] == "POST, GET, OPTIONS"
    assert reply.headers["access-control-allow-headers"] == "countly-token, Content-Type"


@both_ways
@both_paths
@pytest.mark.parametrize("method", ["HEAD", "PUT", "DELETE", "PATCH", "TRACE", "NONSENSE"])
def test_other_methods_are_refused(app, through, path, method):
    reply = through(method, f"{path}?{app.query(begin_session='1')}")
    assert reply.status == 405
    if method != "HEAD" or reply.body:
        assert reply.json == {"result": "Method not allowed"}
    assert reply.headers["access-control-allow-origin"] == "*"
    assert not AppUser.objects.exists()


# JSONP


def called(reply, name):
    """What a script that is a reply hands over."""
    assert reply.headers["content-type"] == "application/javascript; charset=utf-8"
    assert reply.headers["x-content-type-options"] == "nosniff"
    text = reply.body.decode()
    assert text.startswith(f"{name}(")
    assert text.endswith(")")
    return json.loads(text[len(name) + 1 : -1])


@pytest.mark.parametrize("name", ["cb", "jQuery17208_1342", "a.b.$c", "_", "x" * 128])
def test_success_is_handed_to_a_callback(app, name):
    reply = app.reply(callback=name, begin_session="1")
    assert reply.status == 200
    assert called(reply, name) == {"result": "Success"}
    assert app.counts()


@pytest.mark.parametrize(
    ("query", "status", "document"),
    [
        ("", 400, {"result": MISSING}),
        ("app_key=x", 400, {"result": MISSING}),
        ("app_key=x&device_id=d", 400, {"result": "App does not exist"}),
        (f"app_key=x&device_id=00000000-{'0000-' * 3}{'0' * 12}", 200,
         {"result": "Success", "info": "Ignoring device_id"}),
    ],
)  # fmt: skip
def test_what_is_wrong_is_handed_to_a_callback(query, status, document):
    reply = through_door("GET", f"/i?callback=cb&{query}")
    assert reply.status == status
    assert called(reply, "cb") == document


@pytest.mark.parametrize(
    ("query", "status", "result"),
    [
        ("", 400, 'Missing parameter "requests"'),
        ("requests={", 400, 'Invalid parameter "requests"'),
        ("requests=[]", 200, "Success"),
    ],
)
def test_a_bulks_reply_is_handed_to_a_callback(query, status, result):
    reply = through_door("GET", f"/i/bulk?callback=cb&{query}")
    assert reply.status == status
    assert called(reply, "cb")["result"] == result


def test_an_info_and_a_repetition_are_handed_to_a_callback(app):
    query = app.query(callback="cb", events="[", timestamp="1342785900")
    assert called(through_door("GET", f"/i?{query}"), "cb")["info"].startswith("events: ")
    info = called(through_door("GET", f"/i?{query}"), "cb")["info"]
    assert info == "Request ignored: Duplicate request"


def test_a_callback_in_a_body_counts_too(app):
    reply = app.post(json.dumps({"callback": "cb", "app_key": app.key, "device_id": "d"}), JSON)
    assert called(reply, "cb") == {"result": "Success"}


@both_ways
@pytest.mark.parametrize("path", ["/i", "/i/bulk"])
@pytest.mark.parametrize(
    "name", ["alert(1)//", "a b", "a;b", "<script>", "a-b", "ä", "x" * 129, "a\n", "\0", "%", "a()"]
)
def test_a_callback_that_is_no_safe_name_is_refused(app, through, path, name):
    target = f"{path}?{app.query(begin_session='1')}&callback={quote(name)}"
    reply = through("GET", target)
    assert (reply.status, reply.json) == (400, {"result": 'Invalid parameter "callback"'})
    assert reply.headers["content-type"] == "application/json; charset=utf-8"
    assert not AppUser.objects.exists()


@pytest.mark.parametrize("callback", ["", [], {}, None])
def test_an_empty_callback_is_none(app, callback):
    body = json.dumps({"callback": callback, "app_key": app.key, "device_id": "d"})
    assert app.post(body, JSON).body == b'{"result":"Success"}'


@both_ways
@pytest.mark.parametrize(
    ("headers", "status", "names"),
    [
        ({"host": "example.org"}, 400, {"result"}),
        # What will never be taken would be sent for ever, were it not acknowledged.
        ({"content-encoding": "gzip"}, 200, {"result", "info"}),
    ],
)
def test_what_the_door_refuses_is_told_in_countlys_words(app, through, headers, status, names):
    reply = through("POST", "/i", app.query().encode(), {"content-type": FORM, **headers})
    assert reply.status == status
    assert reply.json.keys() == names
    assert reply.headers["access-control-allow-origin"] == "*"
    assert not AppUser.objects.exists()
