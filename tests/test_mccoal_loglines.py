"""``GET /api/v1/servers/:key/loglines``, ``…/loglines/:key`` and ``…/players/:player/loglines``."""

import pytest

from sessions_app import minecraft
from tests.mccoal_helpers import get, open_server, path_of, walk
from tests.minecraft_helpers import at, chat, login, lost, send, start, stop, upload

pytestmark = pytest.mark.django_db

KEYS = [
    *("key", "server_key", "username", "player_key", "user_key", "line", "log_level", "ip"),
    *("port", "location", "chat", "tags", "timestamp", "created", "updated"),
]


@pytest.fixture
def server():
    return open_server()


def lines(server, *parts, **query):
    reply = get(path_of(server, *(parts or ["loglines"]), **query))
    assert reply.status == 200, reply
    return [line["line"] for line in reply.json["loglines"]]


def test_the_latest_line_comes_first_and_lines_without_a_time_are_not_listed(server):
    send(server, login(0), "java.lang.Exception", chat(5), lost(9))
    assert lines(server) == [lost(9), chat(5), login(0)]


def test_a_line_has_these_fifteen_keys(server):
    send(server, login(0))
    (shown,) = get(path_of(server, "loglines")).json["loglines"]
    assert list(shown) == KEYS
    assert {name: shown[name] for name in KEYS[2:13] if not name.endswith("_key")} == {
        "username": "steve",
        "line": login(0),
        "log_level": "INFO",
        "ip": "10.0.0.1",
        "port": "5000",
        "location": {"x": 1.0, "y": 64.0, "z": -2.5},
        "chat": None,
        "tags": ["timestamp", "connection", "login"],
        "timestamp": "2013-04-13 08:00:00 UTC+0000",
    }
    assert get(path_of(server, "loglines", shown["key"])).json == shown


def test_what_a_line_does_not_tell_is_null(server):
    send(server, at(0, "Done (3.5s)!"))
    (shown,) = get(path_of(server, "loglines")).json["loglines"]
    assert {name for name in KEYS if shown[name] is None} == {
        *("username", "player_key", "user_key", "ip", "port", "location", "chat")
    }
    assert shown["tags"] == ["timestamp", "unknown"]


def test_lines_are_found_by_tag_by_text_and_by_both(server):
    send(server, start(0), login(1), chat(2, text="50% _off"), chat(3, text="HELLO"), stop(4))
    assert lines(server, "loglines", tag="chat") == [
        chat(3, text="HELLO"),
        chat(2, text="50% _off"),
    ]
    assert lines(server, "loglines", tag="server") == [stop(4), start(0)]
    assert lines(server, "loglines", tag="nonsense") == []
    assert lines(server, "loglines", q="hello") == [chat(3, text="HELLO")]
    assert lines(server, "loglines", q="% _") == [chat(2, text="50% _off")]
    assert lines(server, "loglines", q="hello", tag="starting") == []
    assert lines(server, "loglines", q="", tag="starting") == [start(0)]
    assert lines(server, "loglines", q="\x00\\") == []


def test_lines_of_a_player_are_found_by_name_and_by_key(server):
    send(server, login(0), login(1, "alex"), chat(2), lost(3, "alex"))
    key = get(path_of(server, "players", "steve")).json["key"]
    for player in ("steve", key):
        assert lines(server, "players", player, "loglines") == [chat(2), login(0)]
    assert lines(server, "players", "steve", "loglines", tag="chat") == [chat(2)]
    assert get(path_of(server, "players", "Steve", "loglines")).status == 404


def test_since_is_inclusive_and_before_exclusive(server):
    send(server, chat(0), chat(1), chat(2), chat(3))
    found = lines(server, "loglines", since="2013-04-13 08:00:01", before="2013-04-13 08:00:03")
    assert found == [chat(2), chat(1)]


def test_lines_of_one_second_are_walked_one_by_one(server):
    sent = [chat(second, text=f"number {n}") for second in (0, 1) for n in range(20)]
    upload(server, *sent)
    for size in (1, 7, 20, 50):
        found = [line["line"] for line in walk(path_of(server, "loglines"), "loglines", size=size)]
        assert sorted(found) == sorted(sent)


def test_lines_of_before_1970_are_walked_too(server):
    """What is 1970 to a server east of Greenwich was 1969 there."""
    sent = [f"1970-01-01 00:00:0{n} [INFO] <steve> hello" for n in range(5)]
    upload(server, *sent, zone="Asia/Tokyo")
    found = walk(path_of(server, "loglines"), "loglines", size=2)
    assert [line["line"] for line in found] == sent[::-1]
    assert found[0]["timestamp"] == "1970-01-01 00:00:04 JST+0900"


@pytest.mark.parametrize("searched", [1, 2, 3, 10, 39, 40, 41])
@pytest.mark.parametrize("size", [1, 3, 50])
def test_a_search_that_ends_a_page_early_goes_on_on_the_next(server, monkeypatch, searched, size):
    monkeypatch.setattr(minecraft, "LINES_SEARCHED", searched)
    sent = [chat(n // 4, text=f"{n} {'rare' if n % 13 == 0 else ''}") for n in range(40)]
    upload(server, *sent)
    path = path_of(server, "loglines")
    for query in ({"q": "rare"}, {"q": "rare", "tag": "chat"}):
        found = walk(path, "loglines", size=size, **query)
        assert {line["line"] for line in found} == {sent[0], sent[13], sent[26], sent[39]}
        assert len(found) == 4
    assert len(walk(path, "loglines", size=size, tag="chat")) == 40
    assert walk(path, "loglines", size=size, tag="starting") == []


def test_keys_of_others_are_unknown(server):
    other = open_server()
    for each in (server, other):
        send(each, login(0))
    (shown,) = get(path_of(other, "loglines")).json["loglines"]
    for key in (shown["key"], shown["player_key"], "x", server.key):
        assert get(path_of(server, "loglines", key)).status == 404


def test_a_line_as_long_as_is_kept_is_shown_whole(server):
    send(server, chat(0, text="x" * 10_000))
    (shown,) = lines(server)
    assert len(shown) == 8192


@pytest.mark.parametrize("count", [1, 50])
def test_a_page_takes_four_queries_however_many_are_on_it(server, django_assert_num_queries, count):
    upload(server, *(chat(n, f"player{n}") for n in range(count)))
    with django_assert_num_queries(4):
        assert len(lines(server, "loglines", size=50)) == count
    with django_assert_num_queries(5):
        assert len(lines(server, "loglines", size=50, tag="chat", q="hello")) == count
