"""GET /api/stats: who may read which project's, by which method, from which page."""

import pytest
from django.test import Client

from telemetry.models import Membership, User
from telemetry.services import create_token
from tests.heartbeat_helpers import (
    JSON,
    SECRET,
    TEXT,
    beat,
    default_project,
    new_project,
    register,
    stats,
)
from tests.wire_helpers import talk, through_server, through_urls

LAB = "?project=lab"


@pytest.fixture
def project(db):
    return default_project()


@pytest.fixture
def lab(project):
    """A project whose statistics need a token, with a device."""
    lab = new_project("lab", "the-lab's-key")
    beat(register("in the lab", "the-lab's-key")["token"])
    return lab


def bearer(project, *scopes):
    return f"Bearer {create_token(project=project, name='x', scopes=scopes)[1]}"


def browser(project=None, **fields):
    user = User.objects.create_user("vera", **fields)
    if project:
        Membership.objects.create(user=user, project=project, role=Membership.Role.VIEWER)
    client = Client()
    client.force_login(user)
    return client


def shows(reply, project="lab"):
    """Whether it is the statistics of that project; else it must show nothing of any."""
    if reply.status == 200:
        return b"in the lab" in reply.body if project == "lab" else b"in the lab" not in reply.body
    phrase = {401: b"Unauthorized", 404: b"Not Found"}[reply.status]
    assert (reply.body, reply.headers["content-type"]) == (phrase, TEXT)
    return False


def test_an_open_project_is_shown_to_anybody(lab):
    assert shows(stats(), "p")
    assert shows(stats("?project=p"), "p")
    lab.read_policy = "open"
    lab.save()
    assert shows(stats(LAB))
    assert stats(LAB).json["total_beats"] == 1
    assert shows(stats(), "p")


@pytest.mark.parametrize("authorization", ["Bearer x", "x", "Bearer", "Bearer \xff", SECRET])
def test_what_an_open_project_is_sent_as_authorization_does_not_matter(lab, authorization):
    assert stats(authorization=authorization).status == 200


@pytest.mark.parametrize("slug", ["lab", "nowhere", "LAB", "%00", "lab%00", "é", "x" * 5000, "p/"])
def test_who_says_nothing_of_themselves_is_not_told_whether_there_is_such_a_project(lab, slug):
    reply = stats(f"?project={slug}")
    assert reply.status == 401
    assert not shows(reply)


@pytest.mark.parametrize(
    ("scopes", "status"),
    [
        (["read"], 200),
        (["manage"], 200),
        (["read", "write"], 200),
        (["write"], 401),
        (["agent"], 401),
    ],
)
def test_a_token_of_the_project_shows_it_if_it_may_read(lab, scopes, status):
    reply = stats(LAB, authorization=bearer(lab, *scopes))
    assert reply.status == status
    assert shows(reply) is (status == 200)


def test_the_scheme_may_be_in_any_case(lab):
    secret = bearer(lab, "read").removeprefix("Bearer ")
    for scheme in ("bearer", "BEARER"):
        assert shows(stats(LAB, authorization=f"{scheme} {secret}"))
    for other in (secret, f"Basic {secret}", f"Bearer{secret}", f"Bearer {secret}x"):
        assert stats(LAB, authorization=other).status == 401


@pytest.mark.parametrize("slug", ["lab", "nowhere", "%00"])
def test_to_another_projects_token_there_is_no_such_project(lab, project, slug):
    for scope in ("read", "manage"):
        reply = stats(f"?project={slug}", authorization=bearer(project, scope))
        assert reply.status == 404
        assert not shows(reply)


def test_the_keys_of_devices_do_not_read(lab):
    token = register("Phone", "the-lab's-key")["token"]
    for key in (token, f"Bearer {token}", "the-lab's-key", "Bearer the-lab's-key"):
        assert stats(LAB, authorization=key).status == 401


@pytest.mark.parametrize("member_of", ["lab", "p", "none", "staff"])
def test_a_session_shows_what_its_user_may_read(lab, project, member_of):
    member = {"lab": lab, "p": project}.get(member_of)
    client = browser(member, is_staff=member_of == "staff")
    reply = stats(LAB, client)
    assert shows(reply) is (member_of in ("lab", "staff"))
    assert reply.status in (200, 404)
    assert stats("?project=nowhere", client).status == 404


def test_a_default_project_that_is_not_open_is_for_those_who_may_read_it(lab, project):
    project.read_policy = "token"
    project.save()
    assert stats().status == 401
    assert stats(authorization=bearer(project, "read")).status == 200
    assert stats(authorization=bearer(lab, "read")).status == 404
    assert stats(client=browser(project)).status == 200


def test_without_a_default_project_there_is_nothing_to_show(db):
    new_project(read_policy="open")
    assert (stats().status, stats().body) == (404, b"Not Found")
    assert stats("?project=p").status == 200


def test_a_head_is_answered_as_a_get_without_its_body(project):
    reply, head = stats(), through_urls("HEAD", "/api/stats")
    assert (head.status, head.body) == (200, b"")
    assert head.headers == reply.headers
    assert head.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize("path", ["/api/stats", "/api/stats/", "/api/stats?project=nowhere"])
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
def test_other_methods_are_refused(project, path, method):
    reply = through_urls(method, path, b"{}", {"content-type": JSON, "authorization": SECRET})
    assert (reply.status, reply.body) == (405, b"Method Not Allowed")
    assert (reply.headers["content-type"], reply.headers["allow"]) == (TEXT, "GET, HEAD")


def test_a_real_server_says_the_same(server):
    keys = server.create_project("Shown", "--open")
    target = f"/api/stats?project={keys['slug']}"
    request = f"GET {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    start, *headers = talk(server, request.encode()).split(b"\r\n")
    assert start == b"HTTP/1.1 200 OK"
    assert headers.pop(0).startswith(b"date: ")
    body = headers.pop()
    assert body.startswith(b'{"last_seen":null,"last_seen_relative":0,"longest_absence":0,')
    assert headers == [
        b"content-type: application/json",
        b"content-length: %d" % len(body),
        b"access-control-allow-origin: *",
        b"connection: close",
        b"",
    ]
    head = through_server(server, "HEAD", target)
    assert (head.status, head.body, head.headers["content-length"]) == (200, b"", str(len(body)))
    assert through_server(server, "GET", "/api/stats").status == 200  # the open default project
    closed = server.create_project("Closed")
    target = f"/api/stats?project={closed['slug']}"
    for token, status in ((closed["read_token"], 200), (keys["read_token"], 404), ("x", 401)):
        headers = {"Authorization": f"Bearer {token}"}
        assert through_server(server, "GET", target, headers=headers).status == status
