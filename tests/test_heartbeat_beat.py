"""POST /api/beat: the time as digits, once the beat is stored; the same both ways in."""

import pytest

from devices_app.models import Beat, Device
from devices_app.services import delete_devices
from tests.heartbeat_helpers import (
    JSON,
    SECRET,
    START,
    TEXT,
    beat,
    default_project,
    new_project,
    register,
    set_clock,
    stats,
)
from tests.wire_helpers import through_door, through_urls

WAYS = pytest.mark.parametrize("way", [through_door, through_urls])
PATHS = pytest.mark.parametrize("path", ["/api/beat", "/api/beat/", "//api/beat", "//api/beat/"])


@pytest.fixture
def project(db):
    return default_project()


@pytest.fixture
def token(project):
    return register()["token"]


def is_refused(reply):
    return (reply.status, reply.body, reply.headers["content-type"]) == (401, b"Unauthorized", TEXT)


@WAYS
@PATHS
def test_the_reply_is_the_time_of_the_beat_and_nothing_else(token, monkeypatch, way, path):
    set_clock(monkeypatch, START + 0.875)
    reply = way("POST", path, headers={"authorization": token})
    assert (reply.status, reply.body) == (200, b"1698915036")
    assert reply.headers == {"content-type": TEXT, "content-length": "10"}
    assert Beat.objects.get().at.timestamp() == START + 0.875
    assert (stats().json["last_seen"], stats().json["total_beats"]) == (START, 1)


@WAYS
@pytest.mark.parametrize("fraction", [0, 1e-6, 0.5, 0.999999, 0.9999998])
def test_the_reply_is_the_second_that_statistics_tell(token, monkeypatch, way, fraction):
    set_clock(monkeypatch, START + fraction)
    told = int(beat(token, way).body)
    found = stats().json
    assert (found["last_seen"], found["devices"][0]["last_beat"]) == (told, told)


@WAYS
@pytest.mark.parametrize(
    "prefix", ["Bearer ", "bearer ", "Basic ", "Token ", "token=", '"', "x", "-"]
)
def test_only_the_bare_token_beats(token, way, prefix):
    assert is_refused(beat(f"{prefix}{token}", way))
    assert not Beat.objects.exists()


@WAYS
@pytest.mark.parametrize(
    "key", [None, "", "unknown", SECRET, "schlüssel", "ÿ", "x" * 60_000, "'--", "\t", "a b"]
)
def test_what_is_no_devices_token_is_refused(token, way, key):
    headers = {} if key is None else {"authorization": key}
    assert is_refused(way("POST", "/api/beat", headers=headers))
    assert is_refused(way("POST", "/api/beat", b"body", headers))
    assert not Beat.objects.exists()


@WAYS
def test_a_token_in_another_case_or_cut_or_hashed_is_refused(token, way):
    for other in (token.swapcase(), token[:-1], token[1:], Device.objects.get().token_hash):
        assert is_refused(beat(other, way))


@WAYS
def test_a_token_is_looked_for_in_its_own_header_only(token, way):
    for headers in ({"auth": token}, {"x-authorization": token}, {"cookie": f"token={token}"}):
        assert is_refused(way("POST", f"/api/beat?token={token}", token.encode(), headers))


@WAYS
def test_a_deleted_devices_token_is_refused(project, token, way):
    delete_devices(project=project, numbers=[0])
    assert is_refused(beat(token, way))


@WAYS
@PATHS
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "BREW"])
@pytest.mark.parametrize("key", [None, "unknown", "token"])
def test_other_methods_are_refused_whoever_asks(token, way, path, method, key):
    headers = {} if key is None else {"authorization": token if key == "token" else key}
    reply = way(method, path, headers=headers)
    body = b"Method Not Allowed"
    assert (reply.status, reply.headers["allow"]) == (405, "POST")
    assert (reply.body or body, reply.headers["content-type"]) == (body, TEXT)
    assert reply.body or method == "HEAD"
    assert not Beat.objects.exists()


@WAYS
@pytest.mark.parametrize(
    "body", [b"", b"{}", b"{", b"stat=1&count=1", b"\xff\x00\x1f\x8b", b"x" * 99_999]
)
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"content-type": "application/x-www-form-urlencoded"},
        {"content-type": JSON},
        {"content-type": "multipart/form-data"},
        {"content-type": "text/plain; charset=no-such"},
        {"content-type": "\x7f"},
        {"content-encoding": "gzip"},
        {"content-encoding": "br, gzip", "content-type": JSON},
    ],
    ids=str,
)  # fmt: skip
def test_a_body_is_passed_over_whatever_it_is(token, way, body, headers):
    reply = way("POST", "/api/beat", body, {"authorization": token, **headers})
    assert (reply.status, reply.body.isdigit()) == (200, True)
    assert Beat.objects.count() == 1


def test_a_body_in_parts_is_passed_over(token):
    headers = {"authorization": token, "content-length": None, "transfer-encoding": "chunked"}
    reply = through_door("POST", "/api/beat", b"x", headers, more_body=[b"y" * 70_000, b"z"])
    assert (reply.status, reply.body.isdigit()) == (200, True)


@WAYS
@pytest.mark.parametrize(
    "headers",
    [
        {"host": "localhost:8000"},
        {"host": None},
        {"accept": "application/json"},
        {"accept-encoding": "gzip, br"},
        {"cookie": "sessionid=x; csrftoken=y"},
        {"origin": "https://example.org", "sec-fetch-site": "cross-site"},
        {"if-none-match": "*", "if-modified-since": "Thu, 02 Nov 2023 08:50:36 GMT"},
        {"range": "bytes=0-1"},
        {"x-http-method-override": "GET"},
        {"upgrade": "websocket", "connection": "Upgrade"},
    ],
    ids=str,
)
def test_other_headers_change_nothing(token, monkeypatch, way, headers):
    set_clock(monkeypatch)
    reply = way("POST", "/api/beat?project=x", b"", {"authorization": token, **headers})
    assert (reply.status, reply.body) == (200, b"1698915036")
    assert reply.headers == {"content-type": TEXT, "content-length": "10"}


@WAYS
def test_what_the_door_refuses_is_a_line_of_text_and_no_beat(token, way):
    reply = way("POST", "/api/beat", b"", {"authorization": token, "host": "example.org"})
    assert (reply.status, reply.headers["content-type"]) == (400, TEXT)
    assert len(reply.body.splitlines()) == 1
    assert not Beat.objects.exists()


@WAYS
def test_a_body_may_have_any_size_because_nobody_reads_it(token, way):
    reply = way("POST", "/api/beat", b"x" * 1_048_577, {"authorization": token})
    assert reply.status == 200
    assert Beat.objects.count() == 1


def test_a_token_beats_for_its_own_project(project, token):
    other = new_project("other", "another-secret-key")
    theirs = register("theirs", "another-secret-key")["token"]
    for each in (token, theirs, theirs):
        assert beat(each).status == 200
    assert Beat.objects.filter(project=project).count() == 1
    assert Beat.objects.filter(project=other).count() == 2
    assert stats().json["total_beats"] == 1


@pytest.mark.parametrize(
    "path",
    ["/api/beats", "/api/beat/1", "/api/nope", "/api/devices/0", "/api/devices//token/generate"],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_what_is_nowhere_under_api_is_a_bare_404(token, path, method):
    reply = through_urls(method, path, headers={"authorization": token})
    assert (reply.status, reply.body, reply.headers["content-type"]) == (404, b"Not Found", TEXT)
