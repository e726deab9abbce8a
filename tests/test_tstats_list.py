"""GET sessions/: a project's sessions, newest first, page by page."""

import json

import pytest

from tests.tstats_helpers import (
    CLIENT_TIME,
    SERVER_TIME,
    START,
    add_event,
    close,
    default_project,
    listed,
    open_session,
    problem,
    set_clock,
)


@pytest.fixture(autouse=True)
def clock(db, monkeypatch):
    default_project()
    return set_clock(monkeypatch)


def ids(reply):
    assert reply.status == 200, reply
    return [session["_id"] for session in reply.json["sessions"]]


def some(clock, number, seconds=10):
    """Sessions so many seconds apart, newest first."""
    made = []
    for _ in range(number):
        made.append(open_session())
        clock.tick(seconds)
    return made[::-1]


def test_without_sessions_it_is_empty():
    reply = listed()
    assert (reply.status, reply.body) == (200, b'{"sessions":[]}')
    assert reply.headers == {
        "content-type": "application/json",
        "content-length": "15",
        "access-control-allow-origin": "*",
    }


def test_what_is_told_of_a_session(clock):
    session = open_session({"clientTime": CLIENT_TIME})
    clock.tick(60.5)
    add_event(session)
    document = {
        "clientTime": CLIENT_TIME,
        "serverTime": SERVER_TIME,
        "ip": "127.0.0.1",
        "_id": session,
        "closeTime": None,
        "duration": 60.5,
        "endedBy": None,
        "events": 1,
    }
    assert json.loads(listed().body) == {"sessions": [document]}
    assert list(listed().json["sessions"][0]) == list(document)
    assert listed(f"{session}").json == listed(f"{session}/").json == document
    clock.tick(5)
    close(session)
    clock.tick(5)
    document |= {"closeTime": "2013-06-30T20:40:31.515Z", "duration": 65.5, "endedBy": "closed"}
    assert listed().json["sessions"] == [document]
    assert listed(session).json == document


def test_newest_first_fifty_on_a_page(clock):
    made = some(clock, 53)
    first = listed()
    assert ids(first) == made[:50]
    last = listed(f"?cursor={first.json['cursor']}")
    assert ids(last) == made[50:]
    assert list(last.json) == ["sessions"]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 9, 200])
def test_pages_of_any_size_have_everything_once(clock, size):
    made = some(clock, 8)
    found, query, pages = [], f"?size={size}", 0
    while query:
        reply = listed(query)
        page = ids(reply)
        assert len(page) <= size
        found += page
        pages += 1
        cursor = reply.json.get("cursor")
        query = f"?size={size}&cursor={cursor}" if cursor else None
    assert (found, pages) == (made, -(-8 // size))


@pytest.mark.parametrize(
    "size", ["0", "-1", "201", "1000", "99999999999999999999", "x", "1.5", "٣x", "%00"]
)
def test_another_size_is_a_400(size):
    message = problem(listed(f"?size={size}"), 400, "bad_request", "size")
    assert "from 1 to 200" in message


@pytest.mark.parametrize(
    "cursor", ["x", "eA==", "cD14", "cD0%3D", "cj0xJnA9eA==", "%00", "%F0%9F", "cD0AMQ=="]
)
def test_what_is_no_cursor_is_a_400(clock, cursor):
    some(clock, 2)
    problem(listed(f"?size=1&cursor={cursor}"), 400, "bad_request", "cursor")


def test_an_empty_cursor_is_the_beginning(clock):
    made = some(clock, 2)
    assert ids(listed("?cursor=")) == made


def test_a_cursor_stays_good_though_its_session_goes_on_or_away(clock):
    made = some(clock, 4)
    cursor = listed("?size=2").json["cursor"]
    close(made[1])
    some(clock, 3)
    assert ids(listed(f"?size=2&cursor={cursor}")) == made[2:]


def test_since_is_inclusive_and_before_is_exclusive(clock):
    made = some(clock, 5)  # 40, 30, 20, 10 and 0 seconds after the start
    at = {seconds: int((START + seconds) * 1000 + 0.5) for seconds in (0, 10, 20, 30, 40)}
    assert ids(listed(f"?since={at[20]}")) == made[:3]
    assert ids(listed(f"?before={at[20]}")) == made[3:]
    assert ids(listed(f"?since={at[10]}&before={at[30]}")) == made[2:4]
    assert ids(listed(f"?since={at[30]}&before={at[10]}")) == []
    assert ids(listed("?since=2013-06-30T20:39:46.015Z")) == made[:3]
    assert ids(listed("?since=2013-06-30T22:39:46.015%2B02:00")) == made[:3]
    assert ids(listed("?since=2013-06-30T22:39:46.015+02:00")) == made[:3]  # a space, now
    assert ids(listed("?since=2013-06-30T20:39:46.016Z")) == made[:2]
    assert ids(listed("?before=2013-06-30T20:39:46.016Z")) == made[2:]
    assert ids(listed("?since=&before=&open=")) == made


def test_times_within_a_millisecond_are_told_apart(clock):
    clock.at = START + 0.0002
    early = open_session()
    clock.at = START + 0.0007
    late = open_session()
    assert ids(listed("?since=2013-06-30T20:39:26.0155Z")) == [late]
    assert ids(listed("?before=2013-06-30T20:39:26.0155Z")) == [early]


@pytest.mark.parametrize("name", ["since", "before"])
@pytest.mark.parametrize("value", ["soon", "2013-06-30", "%00", "1e400", "9" * 30, "%ED%A0%80"])
def test_what_is_no_time_is_a_400_that_names_the_field(name, value):
    problem(listed(f"?{name}={value}"), 400, "bad_request", name)


def test_open_or_not(clock):
    made = some(clock, 3)
    close(made[1])
    assert ids(listed("?open=true")) == [made[0], made[2]]
    assert ids(listed("?open=false")) == [made[1]]
    assert ids(listed("?open=true&size=1")) == [made[0]]
    for value in ("yes", "1", "True", "%00"):
        problem(listed(f"?open={value}"), 400, "bad_request", "open")


def test_filters_go_on_over_pages(clock):
    made = some(clock, 9)
    for session in made[::2]:
        close(session)
    query = "?open=true&size=2&before=1372624836015"
    first = listed(query)
    assert ids(first) + ids(listed(f"{query}&cursor={first.json['cursor']}")) == made[3::2]


@pytest.mark.parametrize("accept", ["text/html", "application/xml", "*/*", "image/png", "x", ""])
def test_whatever_is_accepted_it_is_json(clock, accept):
    made = some(clock, 1)
    assert ids(listed(accept=accept)) == made
    assert ids(listed("?format=xml", accept=accept)) == made


def test_unknown_parameters_do_not_matter(clock):
    assert ids(listed("?page=2&offset=10&limit=x&_=123")) == []


@pytest.mark.parametrize("path", ["x", "51d0977e4218431852000001", "%00", "f" * 40, "a b", "é"])
def test_an_unknown_session_is_a_404(path):
    problem(listed(path), 404, "not_found")
