"""Whatever is asked, the answer is a document or says what is wrong, in JSON."""

import json
from urllib.parse import quote_from_bytes, urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sessions_app.models import Dimension
from tests.countly_helpers import make_project
from tests.countly_reads import app_id, event, token_of, usage
from tests.wire_helpers import through_urls

pytestmark = pytest.mark.django_db

PATHS = ["/o", "/o/analytics/", "/o/apps/", "/o/users/", "/o/sdk", "/o/ping", "/i/apps/"]
TAILS = ["dashboard", "sessions", "events", "metric", "tops", "loyalty", "mine", "me", "update"]
NAMES = ["period", "event", "events", "segmentation", "metric", "metrics", "shape", "action"]
NAMES += ["timestamp", "limit", "bucket", "args", "device_id", "keys", "user_id", "app_id"]
METHODS = ["sessions", "users", "locations", "events", "get_events", "total_users", "top_events"]
METHODS += ["device_details", "app_versions", "sc", "rc", "ab", ""]
WORDS = ["refresh", "merged", "hour", "7days", "month", "[0,1e400]", '["e"]', '["e",1,null]', "e"]
WORDS += ["os", "users", "no-segment", "s", "1405858000", "9999999999", "0000000000", "-1", "1e9"]
WORDS += ['{"app_id":"', "[" * 3000, "\0", "\ud800", "f" * 24, "9" * 5000]
values = st.one_of(st.sampled_from(WORDS), st.text(max_size=30))
few = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture
def project():
    project = make_project()
    usage(project, Dimension.OS, "w5", b2012={"t": 1}, b20120720={"u": 1})
    event(project, "e", "s", "5", b2012={"c": 1.5}, b20120720={"s": -0.1})
    return project


def is_told(reply):
    assert reply.status in {200, 400, 401, 404}, reply
    json.loads(reply.body)


@few
@given(data=st.data())
def test_queries(project, data):
    path = data.draw(st.sampled_from(PATHS))
    if path.endswith("/"):
        path += data.draw(st.sampled_from(TAILS))
    names = data.draw(st.lists(st.sampled_from(NAMES), max_size=5, unique=True))
    query = {name: data.draw(values) for name in names}
    query["method"] = data.draw(st.sampled_from(METHODS))
    if data.draw(st.booleans()):
        query["app_key"] = project.app_key
    else:
        query |= {"api_key": token_of(project, "manage"), "app_id": app_id(project)}
    text = urlencode(query, errors="surrogatepass")
    is_told(through_urls("GET", f"{path}?{text}"))


@few
@given(query=st.binary(max_size=60), path=st.sampled_from(PATHS))
def test_bytes(project, query, path):
    text = quote_from_bytes(query, safe="&=%")
    is_told(through_urls("GET", f"{path}?app_key={project.app_key}&method=events&{text}"))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=6,
)


@few
@given(fields=st.dictionaries(st.sampled_from([*NAMES, "method", "callback"]), JSON))
def test_objects(project, fields):
    document = {"app_key": project.app_key, "method": "events", **fields}
    for path in ("/o", "/o/analytics/events", "/o/analytics/tops", "/i/apps/update"):
        document["api_key"] = token_of(project, "manage") if path[1] == "i" else None
        body = json.dumps(document).encode()
        is_told(through_urls("POST", path, body, {"content-type": "application/json"}))


@few
@given(args=st.dictionaries(st.sampled_from(["name", "timezone", "country", "key"]), JSON))
def test_args(project, args):
    query = {
        "api_key": token_of(project, "manage"),
        "args": json.dumps({**args, "app_id": app_id(project)}),
    }
    is_told(through_urls("GET", f"/i/apps/update?{urlencode(query)}"))
