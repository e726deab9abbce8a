"""Who reads an app: whoever has the key of an open one, its tokens, its members, administrators."""

import pytest
from django.test import Client

from sessions_app.models import Dimension
from telemetry.services import rotate_key
from tests.countly_helpers import make_project
from tests.countly_reads import app_id, ask, key_of, member, o, token_of, usage
from tests.wire_helpers import through_urls

pytestmark = pytest.mark.django_db

READS = [
    *(f"/o?method={method}" for method in ("sessions", "users", "locations", "carriers")),
    *(f"/o?method={method}" for method in ("devices", "device_details", "app_versions", "cities")),
    *(f"/o?method={method}" for method in ("events", "get_events", "total_users", "top_events")),
    "/o/analytics/dashboard",
    "/o/analytics/countries",
]


@pytest.fixture
def closed():
    project = make_project(read_policy="token")
    usage(project, Dimension.DEVICE, "secret device", b2012={"t": 1})
    return project


def status(path, **query):
    path, _, method = path.partition("?method=")
    return ask(path, method=method, **query).status


@pytest.mark.parametrize("path", READS)
def test_a_closed_app_is_read_with_what_is_its_own(closed, path):
    other = make_project()
    mine, named = {"app_id": app_id(closed)}, {"app_key": closed.app_key}
    assert status(path, **named) == status(path, **mine, **named) == 401
    viewer, manager = member("v", (closed, "viewer")), member("m", (closed, "manager"))
    stranger = member("s", (other, "manager"))
    keys = [token_of(closed), token_of(closed, "manage"), key_of(viewer), key_of(manager)]
    keys.append(key_of(member("admin", is_staff=True)))
    for key in keys:
        assert status(path, api_key=key, **mine) == 200
        assert status(path, api_key=key, **named) == 200
        assert status(path, api_key=key, **mine, **named) == 200
    others = [token_of(other), token_of(closed, "write"), token_of(closed, "agent")]
    for key in [*others, key_of(stranger), other.app_key, closed.app_key]:
        assert status(path, api_key=key, **mine) == 401
        assert status(path, api_key=key, **named) == 401


@pytest.mark.parametrize("path", READS)
def test_an_open_app_is_read_with_its_key_and_no_other(closed, path):
    own = make_project()
    assert status(path, app_key=own.app_key) == 200
    assert status(path, app_key=own.app_key, app_id=app_id(own)) == 200
    assert status(path, app_key=own.app_key, app_id=app_id(closed)) == 400
    assert status(path, app_key=closed.app_key, app_id=app_id(own)) == 400
    for key in (token_of(closed), "unknown"):
        assert status(path, app_key=own.app_key, api_key=key) == 401


def test_an_id_and_a_key_have_to_mean_the_same(closed):
    own = make_project()
    admin = key_of(member("admin", is_staff=True))
    for first, second in ((own, closed), (closed, own)):
        query = {"app_key": first.app_key, "app_id": app_id(second), "method": "devices"}
        for key in (token_of(first), token_of(second), admin):
            assert ask("/o", api_key=key, **query).status == 401


def test_nothing_of_another_project_is_in_a_document(closed):
    own = make_project()
    assert list(o(own, "devices").values()) == [{}]
    key = token_of(closed)
    found = ask("/o", api_key=key, app_id=app_id(closed), method="devices").json
    assert found["meta"] == {"devices": ["secret device"]}


def test_a_key_is_heard_by_other_names(closed):
    key, query = token_of(closed), {"app_id": app_id(closed), "method": "devices"}
    assert ask("/o", auth_token=key, **query).status == 200
    target = f"/o?app_id={app_id(closed)}&method=devices"
    assert through_urls("GET", target, headers={"countly-token": key}).status == 200
    assert through_urls("GET", target, headers={"countly-token": "x"}).status == 401


def test_a_browser_that_is_signed_in_reads_nothing_by_its_cookie(closed):
    # Any page could embed it as a script.
    client = Client()
    client.force_login(member("m", (closed, "manager")))
    target = f"/o?app_key={closed.app_key}&method=devices&callback=steal"
    assert through_urls("GET", target, client=client).status == 401


def test_a_rotated_key_reads_nothing():
    project = make_project()
    old = project.app_key
    rotate_key(project=project, key="app_key")
    assert ask("/o", app_key=old, method="sessions").status == 400
    assert ask("/o", app_key=project.app_key, method="sessions").status == 200


def test_who_is_no_member_any_more_reads_nothing(closed):
    viewer = member("v", (closed, "viewer"))
    query = {"api_key": key_of(viewer), "app_id": app_id(closed), "method": "sessions"}
    assert ask("/o", **query).status == 200
    viewer.memberships.all().delete()
    assert ask("/o", **query).status == 401
