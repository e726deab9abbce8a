"""What is no GET or POST, what comes from a browser, what is too large or for another host."""

import pytest

from tests.stathat_helpers import EZ_KEY, FORM, OK, ez, new_project, post, sums
from tests.wire_helpers import through_door, through_urls

PATHS = pytest.mark.parametrize("path", ["/ez", "/c", "/v"])


@pytest.fixture(autouse=True)
def project(db, monkeypatch):
    return new_project()


@PATHS
@pytest.mark.parametrize("method", ["HEAD", "PUT", "DELETE", "PATCH", "TRACE", "BREW"])
def test_other_methods_are_refused_in_json(path, method):
    reply = through_door(method, f"{path}?ezkey={EZ_KEY}&stat=a&count=1")
    assert (reply.status, reply.json) == (405, {"status": 405, "msg": "use GET or POST"})
    assert reply.headers["allow"] == "GET, POST, OPTIONS"
    assert reply.headers["access-control-allow-origin"] == "*"
    assert not sums()


@PATHS
def test_a_browsers_question_is_answered(path):
    headers = {"origin": "https://example.org", "access-control-request-method": "POST"}
    reply = through_door("OPTIONS", path, headers=headers)
    assert (reply.status, reply.body) == (204, b"")
    assert reply.headers == {
        "access-control-allow-origin": "*",
        "access-control-allow-methods": "GET, POST, OPTIONS",
        "access-control-allow-headers": "content-type",
        "access-control-max-age": "86400",
    }


def test_a_page_of_any_origin_may_read_the_reply():
    for reply in (ez(stat="a", count=1), ez(stat="a"), post("/ez"), through_door("PUT", "/c")):
        assert reply.headers["access-control-allow-origin"] == "*"


@PATHS
def test_a_body_over_the_limit_is_refused(path, settings):
    for body, more in ((b"x" * (settings.BODY_LIMIT + 1), ()), (b"x", [b"x" * 65_536] * 16)):
        headers = {"content-length": None} if more else {}
        reply = through_door("POST", path, body, headers, more_body=more)
        message = "the body is larger than 1048576 bytes"
        assert (reply.status, reply.json) == (413, {"status": 413, "msg": message})
        assert reply.headers["connection"] == "close"
    assert not sums()


def test_a_body_over_the_limit_is_read_on_only_for_a_while(settings):
    sent = []

    def parts():
        for part in [b"x" * settings.BODY_LIMIT] * 20:
            sent.append(part)
            yield part

    reply = through_door("POST", "/ez", b"x", {"content-length": None}, more_body=parts())
    assert (reply.status, len(sent)) == (413, 8)


def test_a_body_that_says_it_is_far_too_large_is_refused_before_it_is_read():
    def parts():
        raise AssertionError("it was read")
        yield

    reply = through_door("POST", "/ez", b"", {"content-length": str(1 << 40)}, more_body=parts())
    assert (reply.status, reply.headers["connection"]) == (413, "close")


def test_a_body_of_exactly_the_limit_is_read(settings):
    start = f"ezkey={EZ_KEY}&stat=a&count=1&x=".encode()
    body = start + b"x" * (settings.BODY_LIMIT - len(start))
    assert post("/ez", body).body == OK
    first, rest = body[:10], body[10:]
    reply = through_door("POST", "/ez", first, {"content-length": None}, more_body=[rest])
    assert reply.body == OK
    assert sums() == {"a": 2}


@pytest.mark.parametrize("length", ["9" * 5000, "1048577", "00000000001048577", "twelve twelve"])
def test_a_length_that_cannot_be_is_refused(length):
    assert through_door("POST", "/ez", b"", {"content-length": length}).status == 413


@PATHS
@pytest.mark.parametrize("host", ["example.org", "localhost.example.org", "loc alhost", "é"])
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
def test_a_host_that_is_not_ours_is_refused(path, host, method):
    reply = through_door(method, f"{path}?ezkey={EZ_KEY}&stat=a&count=1", headers={"host": host})
    message = "this server does not answer for that host name"
    assert (reply.status, reply.json) == (400, {"status": 400, "msg": message})
    assert not sums()


@pytest.mark.parametrize("host", ["api.stathat.com", "API.StatHat.com:80", "", None])
@pytest.mark.parametrize("way", [through_door, through_urls])
def test_the_host_of_the_original_and_none_at_all_are_ours(way, host):
    reply = way("GET", f"/ez?ezkey={EZ_KEY}&stat=a&count=1", headers={"host": host})
    assert (reply.status, reply.body) == (200, OK)
    assert sums() == {"a": 1}


@PATHS
@pytest.mark.parametrize("way", [through_door, through_urls])
def test_a_compressed_body_is_refused_by_name(way, path):
    reply = way("POST", path, b"\x1f\x8b\x08", {"content-encoding": "gzip"})
    message = "Content-Encoding gzip: send the body as it is"
    assert (reply.status, reply.json) == (415, {"status": 415, "msg": message})
    assert ez(stat="a", count=1).status == 200
    headers = {"content-encoding": "Identity", "content-type": FORM}
    assert way("POST", "/ez", f"ezkey={EZ_KEY}&stat=a&count=1".encode(), headers).status == 200
