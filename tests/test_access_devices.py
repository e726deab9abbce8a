"""Nothing of a project's devices is visible, or can be changed, with another project's token."""

import pytest

from devices_app.models import Device
from tests.api_helpers import DEVICES, bearer, new_project, signed_in, with_token
from tests.device_helpers import NOON, beat, beat_at, register

pytestmark = pytest.mark.django_db

CALLS = [
    ("get", DEVICES),
    ("post", DEVICES),
    ("get", f"{DEVICES}1/"),
    ("put", f"{DEVICES}1/"),
    ("patch", f"{DEVICES}1/"),
    ("delete", f"{DEVICES}1/"),
    ("post", f"{DEVICES}1/token/"),
    ("get", f"{DEVICES}1/beats/"),
    ("get", f"{DEVICES}1/absences/"),
    ("get", f"{DEVICES}1/hours/"),
]
each_call = pytest.mark.parametrize(("method", "path"), CALLS)


@pytest.fixture
def lab():
    return new_project("lab", read_policy="open")


@pytest.fixture
def secret(lab, monkeypatch):
    """A device that beat on the 1st of March 2026, and was silent for days before."""
    register(lab, "secret 0")
    device = register(lab, "secret")
    beat_at(monkeypatch, device, NOON.replace(month=2, day=1), NOON)
    return device


@pytest.fixture
def other():
    project = new_project("other")
    register(project, "mine")
    return project


def call(client, method, path, query=""):
    body = {"name": "changed"} if method in ("post", "put", "patch") else None
    return getattr(client, method)(path + query, body)


def shows_nothing(response):
    text = response.content.decode()
    return "secret" not in text and "2026-0" not in text.replace('"created_at":"2026', "")


def is_untouched(device):
    beat(device)
    names = Device.objects.filter(project=device.project).order_by("number")
    return list(names.values_list("name", flat=True)) == ["secret 0", "secret"]


@each_call
def test_nothing_is_shown_to_nobody(secret, method, path):
    client = bearer("x")
    client.credentials()
    response = call(client, method, path)
    assert response.status_code == 401
    assert response["WWW-Authenticate"] == "Bearer"
    assert shows_nothing(response)
    assert is_untouched(secret)


@each_call
@pytest.mark.parametrize("query", ["", "?project=lab"])
@pytest.mark.parametrize("who", ["token", "member"])
def test_other_projects_lead_nowhere(secret, other, method, path, query, who):
    client = with_token(other, "manage")
    if who == "member":
        client = signed_in("m", (other, "manager"))
        client.handler.enforce_csrf_checks = False
    response = call(client, method, path, query)
    assert shows_nothing(response)
    if path != DEVICES or query:  # the other project has no device 1
        assert response.status_code == 404
    assert is_untouched(secret)


@each_call
@pytest.mark.parametrize("scopes", [["read"], ["write"], ["agent"], ["read", "write", "agent"]])
def test_a_token_allows_what_its_scopes_say(lab, secret, method, path, scopes):
    response = call(with_token(lab, *scopes), method, path)
    allowed = method == "get" and "read" in scopes
    assert response.status_code == (200 if allowed else 403)
    assert is_untouched(secret)


@each_call
def test_viewers_only_read(lab, secret, method, path):
    client = signed_in("v", (lab, "viewer"))
    client.handler.enforce_csrf_checks = False
    assert call(client, method, path).status_code == (200 if method == "get" else 403)
    assert is_untouched(secret)


@each_call
def test_managers_may_do_everything(lab, secret, method, path):
    client = signed_in("m", (lab, "manager"))
    client.handler.enforce_csrf_checks = False
    assert call(client, method, path).status_code in (200, 201, 204)


def test_the_same_id_is_another_device_in_each_project(lab, secret, other):
    register(other, "also 1")
    manager = with_token(other, "manage")
    assert manager.get(f"{DEVICES}1/").json()["name"] == "also 1"
    for what in ("beats", "absences", "hours"):
        assert manager.get(f"{DEVICES}1/{what}/").json()["results"] == []
    assert manager.delete(f"{DEVICES}1/").status_code == 204
    assert is_untouched(secret)
