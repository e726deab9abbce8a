"""Nothing of a project is visible, or can be changed, with another project's token or session."""

from datetime import timedelta

import pytest
from django.utils.timezone import now

from stats_app.models import Stat
from telemetry.models import AccessToken, Project
from telemetry.services import create_token
from tests.api_helpers import STATS, bearer, new_project, new_stat, signed_in, with_token

pytestmark = pytest.mark.django_db

CALLS = [
    ("get", STATS),
    ("post", STATS),
    ("get", f"{STATS}{{id}}/"),
    ("put", f"{STATS}{{id}}/"),
    ("patch", f"{STATS}{{id}}/"),
    ("delete", f"{STATS}{{id}}/"),
    ("get", f"{STATS}{{id}}/series/"),
]
each_call = pytest.mark.parametrize(("method", "path"), CALLS)


@pytest.fixture
def lab():
    return new_project("lab", read_policy="open")


@pytest.fixture
def secret(lab):
    return new_stat(lab, "secret")


@pytest.fixture
def other():
    project = new_project("other")
    new_stat(project, "mine")
    return project


def call(client, method, path, stat, query=""):
    body = {"name": "changed", "kind": "counter"} if method in ("post", "put", "patch") else None
    return getattr(client, method)(path.format(id=stat.pk) + query, body)


def is_untouched(stat):
    return Stat.objects.filter(pk=stat.pk, name="secret").exists()


@each_call
def test_nothing_is_shown_to_nobody(secret, method, path):
    client = bearer("x")
    client.credentials()
    response = call(client, method, path, secret)
    assert response.status_code == 401
    assert response["WWW-Authenticate"] == "Bearer"
    assert "secret" not in response.content.decode()
    assert is_untouched(secret)


@each_call
def test_another_projects_token_leads_nowhere(secret, other, method, path):
    client = with_token(other, "manage")
    for query in ("", "?project=lab"):
        response = call(client, method, path, secret, query)
        assert "secret" not in response.content.decode()
        if "{id}" in path or query:
            assert response.status_code == 404
    assert is_untouched(secret)
    assert Stat.objects.filter(project=secret.project).count() == 1


@each_call
def test_a_member_of_another_project_is_led_nowhere(secret, other, method, path):
    client = signed_in("m", (other, "manager"))
    client.handler.enforce_csrf_checks = False
    for query in ("", "?project=lab", "?project=nowhere", "?project=a%00b"):
        response = call(client, method, path, secret, query)
        assert "secret" not in response.content.decode()
        if "{id}" in path or query:
            assert response.status_code == 404
    assert is_untouched(secret)
    assert Stat.objects.filter(project=secret.project).count() == 1


@each_call
@pytest.mark.parametrize("scopes", [["read"], ["write"], ["agent"], ["read", "write", "agent"]])
def test_a_token_allows_what_its_scopes_say(lab, secret, method, path, scopes):
    response = call(with_token(lab, *scopes), method, path, secret)
    allowed = method == "get" and "read" in scopes
    assert response.status_code == (200 if allowed else 403)
    assert is_untouched(secret)


@each_call
def test_viewers_only_read(lab, secret, method, path):
    client = signed_in("v", (lab, "viewer"))
    client.handler.enforce_csrf_checks = False
    response = call(client, method, path, secret)
    assert response.status_code == (200 if method == "get" else 403)
    assert is_untouched(secret)


@pytest.mark.parametrize("header", ["Bearer", "Bearer ", "Bearer x", "Bearer ü\xff", "bearer \0"])
def test_a_token_that_is_none_is_refused(secret, header):
    client = bearer("")
    client.credentials(HTTP_AUTHORIZATION=header)
    response = client.get(STATS)
    assert response.status_code == 401
    assert response["WWW-Authenticate"] == "Bearer"


def test_a_token_that_expired_or_was_deleted_is_refused_at_once(lab):
    _, plain = create_token(
        project=lab, name="x", scopes=["read"], expires_at=now() + timedelta(hours=1)
    )
    client = bearer(plain)
    assert client.get(STATS).status_code == 200
    AccessToken.objects.update(expires_at=now())
    assert client.get(STATS).status_code == 401
    AccessToken.objects.update(expires_at=None)
    assert client.get(STATS).status_code == 200
    AccessToken.objects.all().delete()
    assert client.get(STATS).status_code == 401


def test_a_token_names_its_project_and_no_other(lab, secret):
    client = with_token(lab, "read")
    assert client.get(STATS, {"project": "lab"}).status_code == 200
    assert client.get(STATS, {"project": "nowhere"}).status_code == 404


def test_a_member_of_several_projects_has_to_name_one(lab, secret, other):
    client = signed_in("m", (lab, "viewer"), (other, "manager"))
    response = client.get(STATS)
    assert response.status_code == 400
    assert list(response.json()) == ["project"]
    (stat,) = client.get(STATS, {"project": "lab"}).json()["results"]
    assert stat["name"] == "secret"
    assert signed_in("nobody").get(STATS).status_code == 404


def test_staff_reach_every_project(lab, secret, other):
    client = signed_in("s", is_staff=True)
    client.handler.enforce_csrf_checks = False
    assert client.delete(f"{STATS}{secret.pk}/?project=lab").status_code == 204
    assert Project.objects.count() == 2
