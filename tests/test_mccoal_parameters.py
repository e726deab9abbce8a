"""What lists are asked with: size, since, before, cursor; and what is said of what is no such."""

import pytest

from tests.mccoal_helpers import (
    get,
    open_server,
    path_of,
    player_of,
    plays_of,
    seconds_of,
)

pytestmark = pytest.mark.django_db

RANGE = "Number must be between 1 and 50."
INTEGER = "Not a valid integer value"
TIME = "Not a valid datetime value"
LISTS = [("sessions",), ("players", "steve", "sessions"), ("loglines",)]


@pytest.fixture
def server():
    server = open_server()
    player_of(server, "steve")
    return server


def ask(server, query, parts=("sessions",)):
    return get(f"{path_of(server, *parts)}?{query}")


def errors(server, query, parts=("sessions",)):
    reply = ask(server, query, parts)
    assert (reply.status, list(reply.json)) == (400, ["errors"]), reply
    assert reply.headers["content-type"] == "application/json"
    return reply.json["errors"]


@pytest.mark.parametrize("parts", [*LISTS, ("players",)])
@pytest.mark.parametrize(
    ("text", "messages"),
    [
        *((text, [RANGE]) for text in ("0", "51", "-1", "+0", "999999999999999999999999", "%20-7")),
        *((text, [INTEGER, RANGE]) for text in ("", "%20", "abc", "5.0", "1e1", "0x5", "1_0")),
        *((text, [INTEGER, RANGE]) for text in ("%00", "5%00", "%FF", "--5", "9" * 5000, "[5]")),
        ("%C2%B2", [INTEGER, RANGE]),
    ],
)
def test_a_size_that_is_none(server, parts, text, messages):
    assert errors(server, f"size={text}", parts) == {"size": messages}


@pytest.mark.parametrize(
    ("query", "size"),
    [
        *(("", 10), ("size=1", 1), ("size=50", 50), ("size=%2B5", 5), ("size=%207%20", 7)),
        *(("size=007", 7), ("size=5&size=abc", 5), ("size=%D9%A5", 5), ("Size=abc", 10)),
    ],
)
def test_a_size_that_is_one(server, query, size):
    plays_of(server, *range(60))
    assert len(ask(server, query).json["sessions"]) == size


@pytest.mark.parametrize("name", ["since", "before"])
@pytest.mark.parametrize("parts", LISTS)
@pytest.mark.parametrize(
    "text",
    [
        *("2013-04-13", "2013-04-13T20:50:34", "2013-04-13 20:50:34Z", "2013-04-13 20:50:34.5"),
        *("2013-04-13 20:50:34 +0000", "2013-02-30 00:00:00", "2013-04-13 24:00:00", "0"),
        *("2013-04-13 20:50:60", "2013-04-13 20:50", "13-04-13 20:50:34", "0000-01-01 00:00:00"),
        *("10000-01-01 00:00:00", "2013-04-13 20:50:34\x00", "20:50:34", "now", "x" * 5000),
    ],
)
def test_a_time_that_is_none(server, parts, name, text):
    query = f"{name}={text}".replace("+", "%2B").replace("\x00", "%00")
    assert errors(server, query, parts) == {name: [TIME]}


@pytest.mark.parametrize(
    ("query", "seconds"),
    [
        ("since=2013-04-13+12:00:01", [2, 1]),
        ("since=2013-04-13%2012%3A00%3A01", [2, 1]),
        ("since=2013-4-13%2012:0:1", [2, 1]),
        ("since=%20%202013-04-13%2012:00:01%20", [2, 1]),
        ("since=2013-04-13&since=12:00:01", [2, 1]),
        ("since=", [2, 1, 0]),
        ("since=%20&before=", [2, 1, 0]),
        ("since=0001-01-01+00:00:00", [2, 1, 0]),
        ("before=0001-01-01+00:00:00", []),
        ("since=1969-12-31+23:59:59&before=9999-12-31+23:59:59", [2, 1, 0]),
        ("since=9999-12-31+23:59:59", []),
    ],
)
def test_a_time_that_is_one(server, query, seconds):
    plays_of(server, *range(3))
    for parts in LISTS[:2]:
        assert seconds_of(ask(server, query, parts).json["sessions"]) == seconds
    assert ask(server, query, LISTS[2]).status == 200


def test_all_that_is_wrong_is_told_at_once_and_the_cursor_only_then(server):
    assert errors(server, "before=x&size=0&cursor=x&since=y") == {
        "size": [RANGE],
        "since": [TIME],
        "before": [TIME],
    }


@pytest.mark.parametrize("parts", [*LISTS, ("players",)])
def test_an_empty_cursor_is_the_first_page(server, parts):
    for cursor in ("", "%20%20"):
        assert ask(server, f"cursor={cursor}", parts).status == 200


@pytest.mark.parametrize("parts", [*LISTS, ("players",)])
@pytest.mark.parametrize("cursor", ["invalid_cursor_xxx", "x", "=", "-", "\x00", "\xe9", "A" * 600])
def test_a_cursor_that_is_none_is_told_in_a_text(server, parts, cursor):
    told = errors(
        server, "cursor=" + cursor.replace("\x00", "%00").replace("\xe9", "%C3%A9"), parts
    )
    shown = cursor.replace("\x00", "\ufffd")
    assert list(told) == ["cursor"]
    assert told["cursor"].startswith(f"Invalid cursor {shown}. Details: ")


def test_parameters_that_we_do_not_know_are_passed_over(server):
    assert ask(server, "page=3&%00=1&size[]=9&&;=&=").status == 200


def test_a_query_of_too_many_parameters_is_refused(server):
    told = errors(server, "a=1&" * 2000)
    assert told.startswith("Unhandled form parsing exception: ")
    kind = {"content-type": "text/plain; charset=latin-1"}
    assert get(f"{path_of(server, 'sessions')}?{'a=1&' * 2000}", **kind).status == 400


@pytest.mark.parametrize(
    "kind", ["application/json", "text/plain; charset=rot13", "text/plain; charset=latin-1", "x"]
)
def test_the_content_type_of_a_get_says_nothing(server, kind):
    plays_of(server, *range(3))
    reply = get(path_of(server, "sessions", size=2), **{"content-type": kind})
    assert (reply.status, len(reply.json["sessions"])) == (200, 2)
