"""POST sessions/: a session begins."""

import ipaddress
import json
import re

import pytest

from sessions_app.models import Dialect, Session
from tests.tstats_helpers import (
    APP_KEY,
    CLIENT_TIME,
    FORM,
    JSON,
    OCTETS,
    SERVER_TIME,
    default_project,
    new_project,
    open_session,
    problem,
    row,
    send,
    set_clock,
)
from tests.wire_helpers import through_door, through_urls

PATHS = ["/sessions/", "/sessions", "//sessions/", "//sessions"]


@pytest.fixture(autouse=True)
def project(db, monkeypatch):
    set_clock(monkeypatch)
    return default_project()


def test_the_seeds_example():
    reply = send("POST", "/sessions/", {"clientTime": CLIENT_TIME})
    found = json.loads(reply.body)
    assert reply.status == 201
    assert list(found) == ["clientTime", "serverTime", "ip", "_id"]
    assert found | {"_id": ""} == {
        "clientTime": "2013-06-30T20:39:25.987Z",
        "serverTime": "2013-06-30T20:39:26.015Z",
        "ip": "127.0.0.1",
        "_id": "",
    }
    assert re.fullmatch("[0-9a-f]{33,47}", found["_id"])
    assert reply.headers == {
        "content-type": "application/json",
        "content-length": str(len(reply.body)),
        "access-control-allow-origin": "*",
    }


def test_what_is_stored(project):
    session = row(open_session({"clientTime": CLIENT_TIME}))
    assert (session.project, session.dialect) == (project, Dialect.TSTATS)
    assert session.started_at == session.last_at
    assert session.started_at.isoformat() == "2013-06-30T20:39:26.015000+00:00"
    assert session.client_started_at.isoformat() == "2013-06-30T20:39:25.987000+00:00"
    assert (session.ended_at, session.end_reason, session.client_ended_at) == (None, "", None)
    assert (session.num_events, session.address, session.username) == (0, "127.0.0.1", "")
    assert (session.server_id, session.player_id, session.zone) == (None, None, "UTC")


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("through", [through_door, through_urls])
def test_slashes_do_not_matter(path, through):
    assert send("POST", path, {"clientTime": CLIENT_TIME}, through=through).status == 201
    assert Session.objects.count() == 1


def test_every_session_has_an_id_of_its_own():
    assert len({open_session() for _ in range(20)}) == 20


@pytest.mark.parametrize(
    ("body", "content_type", "client_time"),
    [
        (b'{"clientTime":"2013-06-30T20:39:25.987Z"}', JSON, CLIENT_TIME),
        (b'{"clientTime":"2013-06-30T20:39:25.987Z"}', OCTETS, CLIENT_TIME),
        (b'{"clientTime":"2013-06-30T20:39:25.987Z"}', FORM, CLIENT_TIME),
        (b'{"clientTime":"2013-06-30T20:39:25.987Z"}', "", CLIENT_TIME),
        (b'\xef\xbb\xbf{"clientTime":1372624765987}', "text/json; charset=utf-8", CLIENT_TIME),
        (b'\r\n {"clientTime":1372624765987}\n', "text/plain", CLIENT_TIME),
        (b'{"clientTime":1, "clientTime":1372624765987}', JSON, CLIENT_TIME),
        (b"clientTime=2013-06-30T20:39:25.987Z", FORM, CLIENT_TIME),
        (b"clientTime=2013-06-30T20%3A39%3A25.987Z&clientTime=x", FORM, CLIENT_TIME),
        (b"clientTime=1372624765987", "", CLIENT_TIME),
        # What UnityWebRequest.Post(url, text) makes of a text.
        (b"%7b%22clientTime%22%3a+1372624765987%7d", FORM, CLIENT_TIME),
        (b"%7B%22clientTime%22%3A%201372624765987%7D", FORM, CLIENT_TIME),
        (b"", "", None),
        (b"", JSON, None),
        (b" \r\n", JSON, None),
        (b"{}", JSON, None),
        (b'{"clientTime":null}', JSON, None),
        (b'{"clientTime":""}', JSON, None),
        (b'{"clienttime":"x","other":{"a":[1]}}', JSON, None),
        (b"clientTime=", FORM, None),
        (b"\0", OCTETS, None),  # Unity's WWW posts nothing without a body
        (b"x", FORM, None),
    ],
)
def test_bodies_are_understood_by_their_looks(body, content_type, client_time):
    reply = send("POST", "/sessions/", body, content_type=content_type)
    assert (reply.status, reply.json["clientTime"]) == (201, client_time)


def test_multipart_fields_are_understood():
    body = b'--b\r\nContent-Disposition: form-data; name="clientTime"\r\n\r\n1372624765987\r\n--b--'
    reply = send("POST", "/sessions", body, content_type="multipart/form-data; boundary=b")
    assert (reply.status, reply.json["clientTime"]) == (201, CLIENT_TIME)
    message = problem(
        send("POST", "/sessions", body, content_type="multipart/form-data"), 400, "bad_request"
    )
    assert "multipart" in message


@pytest.mark.parametrize(
    ("body", "hint"),
    [
        (b"{", "not JSON"),
        (b'{"clientTime":NaN}', "NaN"),
        (b'{"clientTime":-Infinity}', "Infinity"),
        (b'{"clientTime": time // time needs to be a\n}', "not JSON"),  # the seed's, verbatim
        (b"{clientTime:1}", "not JSON"),
        (b"[]", "object"),
        (b'"2013-06-30T20:39:25.987Z"', "object"),
        (b'{"clientTime":"\xff"}', "not JSON"),
        (b'{"a":' * 100_000, "deep"),
        (b'{"a":' + b"9" * 5000 + b"}", "not JSON"),
        (b"%7b%22clientTime", "not JSON"),
        (b"anything", "neither JSON"),
        (b"<event/>", "neither JSON"),
        ('{"clientTime":1}'.encode("utf-16"), "neither JSON"),
    ],
)
def test_a_body_that_cannot_be_understood_is_a_400_and_stores_nothing(body, hint):
    assert hint in problem(send("POST", "/sessions/", body), 400, "bad_request")
    assert not Session.objects.exists()


@pytest.mark.parametrize("body", [b"1", b"null", b"true"])
def test_json_that_is_no_object_is_a_400_if_it_is_called_json(body):
    problem(send("POST", "/sessions/", body, content_type=JSON), 400, "bad_request")


@pytest.mark.parametrize(
    ("forwarded", "address"),
    [("203.0.113.9", "203.0.113.9"), ("2001:db8::5", "2001:db8::5"), ("x" * 100, "x" * 64)],
)
def test_behind_a_proxy_the_address_is_the_clients_as_far_as_it_fits(settings, forwarded, address):
    settings.TRUSTED_PROXIES = [ipaddress.ip_network("127.0.0.0/8")]
    reply = send("POST", "/sessions/", through=through_urls, x_forwarded_for=forwarded)
    assert (reply.status, reply.json["ip"]) == (201, address)
    assert row(reply.json["_id"]).address == address


def test_a_project_is_named_by_its_key(project):
    other = new_project("other")
    assert row(open_session(key=APP_KEY)).project == project
    assert row(open_session(key=f"  {other.app_key}\t")).project == other
    reply = send("POST", f"/sessions/?app_key={other.app_key}")
    assert (reply.status, row(reply.json["_id"]).project) == (201, other)
    reply = send("POST", f"/sessions?app_key={other.app_key}", key=APP_KEY)
    assert row(reply.json["_id"]).project == project


def test_times_are_the_servers_whatever_the_client_says():
    session = row(open_session({"clientTime": "2040-01-01T00:00:00Z"}))
    assert session.started_at.isoformat().startswith(SERVER_TIME[:-1])
    assert session.client_started_at.year == 2040
