"""TStats over real sockets: what the server says byte for byte, and what it puts up with."""

import json
import re
import socket
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.tstats_helpers import send_to
from tests.wire_helpers import talk, through_server

EVENTS = """
SELECT s.num_events, s.end_reason, array(
           SELECT e.type::text FROM sessions_app_event e
            WHERE e.project_id = s.project_id AND e.session_id = s.id ORDER BY e.id)
  FROM sessions_app_session s
 WHERE s.project_id = %s AND replace(s.id::text, '-', '') = left(%s, 32)
"""


@pytest.fixture(scope="module")
def keys(server):
    return server.create_project("TStats", "--open")


@pytest.fixture
def session(server, keys):
    return send_to(server, keys, "POST", "/sessions/").json["_id"]


def stored(server, keys, session):
    """The types of a session's events in order, which it must have counted; what ended it."""
    [(number, reason, types)] = server.query(EVENTS, keys["id"], session)
    assert number == len(types)
    return types, reason


def request(method, path, body=b"", *lines, close=True):
    head = [f"{method} {path} HTTP/1.1", "Host: localhost", *lines]
    if not any("Transfer-Encoding" in line for line in lines):
        head.append(f"Content-Length: {len(body)}")
    head += ["Connection: close"] if close else []
    return "\r\n".join([*head, "", ""]).encode() + body


def test_the_reply_is_these_very_bytes(server, keys):
    body = b'{"clientTime":"2013-06-30T20:39:25.987Z"}'
    reply = talk(server, request("POST", "/sessions/", body, f"X-App-Key: {keys['app_key']}"))
    time = rb"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"
    assert re.fullmatch(
        rb"HTTP/1\.1 201 Created\r\ndate: [^\r]+ GMT\r\ncontent-type: application/json\r\n"
        rb"content-length: (\d+)\r\naccess-control-allow-origin: \*\r\nconnection: close\r\n\r\n"
        rb'\{"clientTime":"2013-06-30T20:39:25\.987Z","serverTime":"' + time + rb'",'
        rb'"ip":"127\.0\.0\.1","_id":"[0-9a-f]{33,47}"\}',
        reply,
    )


def test_many_events_share_a_connection_and_keep_their_order(server, keys, session):
    names = [f"event{number}" for number in range(60)]
    path = f"/sessions/{session}/event/"
    requests = [request("PUT", path + name, close=False) for name in names[:-1]]
    reply = talk(server, b"".join(requests) + request("PUT", path + names[-1]))
    assert re.findall(rb'"type":"(\w+)"', reply) == [name.encode() for name in names]
    assert stored(server, keys, session) == (names, "")


def test_a_whole_session_fits_in_one_write(server, keys, session):
    path = f"/sessions/{session}"
    replies = talk(
        server,
        request("PUT", f"{path}/event/a", close=False)
        + request("POST", f"{path}/event", b'{"event":"b"}', close=False)
        + request("PUT", f"{path}/close", b"{}", close=False)
        + request("PUT", f"{path}/event/c", close=False)
        + request("PUT", f"{path}/close"),
    )
    statuses = re.findall(rb"HTTP/1\.1 (\d{3}) ", replies)
    assert statuses == [b"201", b"201", b"200", b"409", b"200"]
    assert stored(server, keys, session) == (["a", "b"], "closed")


@pytest.mark.parametrize("pieces", [1, 5])
@pytest.mark.parametrize(
    "chunks",
    [
        b'10\r\n{"event":"jump"}\r\n0\r\n\r\n',
        b'9\r\n{"event":\r\n7;x=y\r\n"jump"}\r\n0\r\nTrailer: x\r\n\r\n',
    ],
)
def test_a_body_in_chunks(server, keys, session, chunks, pieces):
    whole = request("PUT", f"/sessions/{session}/event", chunks, "Transfer-Encoding: chunked")
    step = len(whole) // pieces + 1
    reply = talk(server, *(whole[at : at + step] for at in range(0, len(whole), step)))
    assert reply.startswith(b"HTTP/1.1 201 ")
    assert stored(server, keys, session) == (["jump"], "")


def test_who_waits_to_be_told_to_go_on_is_told(server, keys, session):
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as line:
        whole = request("PUT", f"/sessions/{session}/event", b"event=a", "Expect: 100-continue")
        line.sendall(whole[:-7])
        assert line.recv(65_536) == b"HTTP/1.1 100 Continue\r\n\r\n"
        line.sendall(whole[-7:])
        assert b"HTTP/1.1 201 " in b"".join(iter(lambda: line.recv(65_536), b""))


def test_http_1_0_and_raw_characters_in_the_path(server, keys, session):
    for path in ("größe", "Game started", "gr%C3%B6%C3%9Fe"):
        raw = f"POST /sessions/{session}/event/{path} HTTP/1.0\r\nContent-Length: 0\r\n\r\n"
        assert talk(server, raw.encode()).startswith(b"HTTP/1.1 201 ")
    assert stored(server, keys, session)[0] == ["größe", "Game started", "größe"]


def test_who_hangs_up_within_a_body_has_stored_nothing(server, keys, session):
    whole = request("PUT", f"/sessions/{session}/event", b'{"event":"jump"}')
    for cut in (1, 8):
        with socket.create_connection(("127.0.0.1", server.port), timeout=10) as line:
            line.sendall(whole[:-cut])
    time.sleep(0.2)
    assert send_to(server, keys, "PUT", f"/sessions/{session}/event/after").status == 201
    assert stored(server, keys, session) == (["after"], "")
    assert "Traceback" not in server.output()


def test_a_body_over_the_limit_is_a_413(server, keys, session):
    reply = send_to(server, keys, "PUT", f"/sessions/{session}/event", b" " * (1024 * 1024 + 1))
    assert (reply.status, reply.json["error"]["code"]) == (413, "too_large")
    assert stored(server, keys, session) == ([], "")


def test_sessions_of_one_client_are_one_for_all_processes(server, keys):
    """Each request on a connection of its own, so that both processes have their turn."""

    def play(number):
        session = send_to(server, keys, "POST", "/sessions/").json["_id"]
        for turn in range(5):
            event = {"event": turn, "eventId": f"{number}-{turn}"}
            for _ in range(2):
                reply = send_to(server, keys, "PUT", f"/sessions/{session}/event/t", event)
                assert (reply.status, reply.json["event"]) == (201, turn)
        assert send_to(server, keys, "PUT", f"/sessions/{session}/close").status == 200
        assert send_to(server, keys, "PUT", f"/sessions/{session}/event/late").status == 409
        return session

    with ThreadPoolExecutor(8) as threads:
        played = list(threads.map(play, range(16)))
    for session in played:
        assert stored(server, keys, session) == (["t"] * 5, "closed")
    listed = through_server(
        server, "GET", "/sessions/?size=200", headers={"X-App-Key": keys["app_key"]}
    )
    ended = {one["_id"]: (one["events"], one["endedBy"]) for one in listed.json["sessions"]}
    assert all(ended[session] == (5, "closed") for session in played)


def test_the_same_retry_on_many_connections_at_once_is_one_event(server, keys, session):
    path = f"/sessions/{session}/event/t"

    def send(number):
        return send_to(server, keys, "PUT", path, {"event": number}, **{"Idempotency-Key": "k"})

    with ThreadPoolExecutor(16) as threads:
        replies = list(threads.map(send, range(64)))
    assert {reply.status for reply in replies} == {201}
    assert len({json.dumps(reply.json) for reply in replies}) == 1
    assert stored(server, keys, session) == (["t"], "")
