"""How reads are asked and answered: paths, methods, bodies, any origin, JSONP."""

import json
from urllib.parse import quote

import pytest

from sessions_app.models import Dimension
from tests.countly_helpers import make_project
from tests.countly_reads import ask, o, usage
from tests.wire_helpers import through_urls

pytestmark = pytest.mark.django_db

PATHS = ["/o", "/o/ping", "/o/sdk", "/o/analytics/dashboard", "/o/apps/mine", "/i/apps/create"]


@pytest.fixture
def project():
    project = make_project()
    usage(project, Dimension.DEVICE, "x\u2028</script>", b2012={"t": 1})
    return project


def test_a_slash_at_the_end_or_two_at_the_beginning_change_nothing(project):
    target = f"?app_key={project.app_key}&method=devices"
    plain = through_urls("GET", f"/o{target}")
    assert plain.status == 200
    for path in ("/o/", "//o", "//o/"):
        assert through_urls("GET", f"{path}{target}").body == plain.body
    for path in PATHS[1:]:
        assert ask(f"/{path}/").status == ask(path).status != 404


@pytest.mark.parametrize("path", PATHS)
def test_any_origin_may_ask(path):
    reply = ask(path)
    assert reply.headers["access-control-allow-origin"] == "*"
    assert reply.headers["x-content-type-options"] == "nosniff"
    preflight = ask(path, "OPTIONS")
    assert (preflight.status, preflight.body) == (200, b"")
    assert preflight.headers["access-control-allow-origin"] == "*"
    assert preflight.headers["access-control-allow-methods"] == "POST, GET, OPTIONS"
    assert "countly-token" in preflight.headers["access-control-allow-headers"]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["HEAD", "PUT", "PATCH", "DELETE", "TRACE", "COAL"])
def test_another_method_is_refused(path, method):
    reply = ask(path, method)
    assert reply.status == 405
    assert reply.headers["allow"] == "GET, POST, OPTIONS"
    if method != "HEAD":
        assert reply.json == {"result": "Method not allowed"}


def test_parameters_may_be_in_a_form(project):
    form = f"app_key={project.app_key}&method=devices".encode()
    kind = {"content-type": "application/x-www-form-urlencoded"}
    assert through_urls("POST", "/o", form, kind).json == o(project, "devices")
    # The query counts more.
    assert through_urls("POST", "/o?method=users", form, kind).json == o(project, "users")


def test_parameters_may_be_in_a_form_of_parts(project):
    parts = {"app_key": project.app_key, "method": "devices"}
    body = b"".join(
        f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in parts.items()
    )
    kind = {"content-type": "multipart/form-data; boundary=b"}
    reply = through_urls("POST", "/o", body + b"--b--\r\n", kind)
    assert reply.json == o(project, "devices")


def test_parameters_may_be_an_object_which_counts_most(project):
    body = json.dumps({"app_key": project.app_key, "method": "devices", "x": [1]}).encode()
    kind = {"content-type": "application/json"}
    assert through_urls("POST", "/o", body, kind).json == o(project, "devices")
    assert through_urls("POST", "/o?method=users", body, kind).json == o(project, "devices")


@pytest.mark.parametrize("body", [b"{", b"\xff", b"[" * 5000, b'{"a": NaN}'])
def test_a_body_that_is_no_json_is_told_so(body):
    reply = through_urls("POST", "/o", body, {"content-type": "application/json"})
    assert reply.status == 400
    assert reply.json["result"]


@pytest.mark.parametrize(
    "document", [[], "x", None, {"app_key": ["a"]}, {"app_key": {}}, {"app_key": "\ud800"}]
)
def test_values_may_be_anything(document):
    body = json.dumps(document).encode()
    reply = through_urls("POST", "/o?method=users", body, {"content-type": "application/json"})
    assert reply.status == 400


@pytest.mark.parametrize("query", ["%FF=%FF", "app_key=%FF&method=%C3", "&&==&", "a" * 9000])
def test_a_query_may_be_anything(query):
    assert through_urls("GET", f"/o?{query}").status == 400


@pytest.mark.parametrize(
    "callback", ["jQuery17208_1342", "f", "a.b.c", "$", "_", "angular.callbacks._0", "c" * 128]
)
def test_a_callback_is_called(project, callback):
    plain = ask("/o", app_key=project.app_key, method="devices")
    reply = ask("/o", app_key=project.app_key, method="devices", callback=callback, _="134")
    assert reply.status == 200
    assert reply.headers["content-type"] == "application/javascript; charset=utf-8"
    assert reply.headers["x-content-type-options"] == "nosniff"
    text = reply.body.decode()
    assert text.startswith(f"{callback}(")
    assert text.endswith(")")
    assert "\u2028" not in text
    assert json.loads(text[len(callback) + 1 : -1]) == plain.json


@pytest.mark.parametrize(
    "callback",
    ["alert(1)//", "a b", "a-b", "a[0]", "<script>", "a\u2028", "é", "a" * 129, "a;b", "a/*", "\0"],
)
def test_a_callback_that_is_no_name_is_refused_as_json(project, callback):
    for path in PATHS:
        target = f"{path}?app_key={project.app_key}&method=devices&callback={quote(callback)}"
        reply = through_urls("GET", target)
        assert (reply.status, reply.json) == (400, {"result": 'Invalid parameter "callback"'})
        assert reply.headers["content-type"] == "application/json; charset=utf-8"


def test_errors_call_back_too():
    reply = ask("/o", app_key="unknown", method="devices", callback="f")
    assert (reply.status, reply.body) == (400, b'f({"result":"App does not exist"})')
    reply = ask("/o/apps/x", callback="f")
    assert reply.body == b'f({"result":"Missing parameter \\"api_key\\""})'


@pytest.mark.parametrize(
    "method",
    [
        *("sessions", "users", "locations", "carriers", "devices", "device_details"),
        *("app_versions", "cities", "countries", "events", "get_events", "total_users"),
    ],
)
def test_every_method_calls_back(project, method):
    reply = ask("/o", app_key=project.app_key, method=method, callback="f")
    plain = ask("/o", app_key=project.app_key, method=method)
    assert reply.status == 200
    assert json.loads(reply.body[2:-1]) == plain.json


def test_replies_have_no_headers_of_pages(project):
    reply = ask("/o", app_key=project.app_key, method="devices")
    assert set(reply.headers) == {
        "content-type",
        "content-length",
        "access-control-allow-origin",
        "x-content-type-options",
    }
