"""Names of stats, and the “~” that posts to several of them at once."""

import pytest

from stats_app.dialects.stathat import _expand
from stats_app.models import Stat
from tests.stathat_helpers import OK, batch, ez, new_project, sums


@pytest.fixture(autouse=True)
def project(db, monkeypatch):
    return new_project()


@pytest.mark.parametrize(
    "name",
    [
        "ws0: load average",
        "messages sent - female to male",
        "a, b; c = d & e + f % g # h ? i / j \\ k \" l ' m < n >",
        "größe ☃ 😀 名前",
        "100%",
        "=name",
        "x" * 255,
        "😀" * 255,
        "a\u00a0b",
        "0",
        "null",
        "{json}",
    ],
)
def test_a_name_is_kept_as_it_was_sent(name):
    assert ez(stat=name, count=1).body == OK
    assert batch({"stat": name, "count": 1}).status == 200
    assert sums() == {name: 2}


def test_names_differ_by_case_and_are_trimmed():
    for name in ("Load", "load", "  load\t", "\nload"):
        assert ez(stat=name, count=1).body == OK
    assert sums() == {"Load": 1, "load": 3}


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        (" ", "a name is needed"),
        ("~", "a name is needed"),
        (" ~ , ,", "a name is needed"),
        ("x" * 256, "at most 255 characters"),
        ("a~" + "x" * 254, "at most 255 characters"),
        ("x" * 256 + "~a", "at most 255 characters"),
        ("a~b~c", "may appear only once"),
        ("a~" + ",".join(map(str, range(101))), "more than 100 names"),
        ("a\x00b", "control characters"),
        ("a\x1fb", "control characters"),
        ("a\x9fb", "control characters"),
        ("a\u2028b", "control characters"),
        ("a\u202eb", "control characters"),
        ("a\u2066b", "control characters"),
        ("a~b,c\x00", "control characters"),
    ],
)
def test_a_name_that_cannot_be_is_refused(name, reason):
    for reply in (ez(stat=name, count=1), batch({"stat": name, "count": 1})):
        assert reply.status == reply.json["status"] == 400
        assert reason in reply.msg
    assert not Stat.objects.exists()


@pytest.mark.parametrize("name", [5, True, ["a"], {"a": 1}, 1.5])
def test_a_name_that_is_no_text_is_refused(name):
    reply = batch({"stat": name, "count": 1}, {"stat": "b", "count": 1})
    assert reply.json["errors"] == [{"index": 0, "stat": None, "msg": "stat must be a string"}]
    assert sums() == {"b": 1}


@pytest.mark.parametrize(
    ("name", "stats"),
    [
        ("sent~total,female,europe", ["sent total", "sent female", "sent europe"]),
        ("time~total", ["time total"]),
        ("a~x, y", ["a x", "a y"]),
        (" a ~ x ,y ", ["a x", "a y"]),
        ("a~x,,y,", ["a x", "a y"]),
        ("a~", ["a"]),
        ("a~ , ", ["a"]),
        ("~x,y", ["x", "y"]),
        ("a~x,x, x", ["a x"]),
        ("a b~c d", ["a b c d"]),
        ("a,b~c", ["a,b c"]),
        ("a~" + "x" * 253, ["a " + "x" * 253]),
        ("a~" + ",".join(map(str, range(100))), [f"a {n}" for n in range(100)]),
        ("a~" + "," * 100_000, ["a"]),
    ],
)
@pytest.mark.parametrize("kind", ["count", "value"])
def test_a_tilde_posts_the_same_number_to_each_name(name, stats, kind):
    assert ez(stat=name, t=60, **{kind: 2}).body == OK
    assert batch({"stat": name, kind: 3, "t": 60}).json["multiple"] == 1
    assert sums() == dict.fromkeys(stats, 5)


def test_of_several_names_all_are_stored_or_none():
    ez(stat="a y", value=1)
    reply = ez(stat="a~x,y,z", count=1)
    assert (reply.status, reply.msg) == (400, "this stat is a value: send value, not count")
    assert sums() == {"a y": 1}
    assert list(Stat.objects.values_list("name", flat=True)) == ["a y"]


def test_half_a_character_becomes_a_question_mark():
    assert batch({"stat": "a\ud800b", "count": 1}).status == 200
    assert batch({"stat": "a\udc00~\udfff", "count": 1}).status == 200
    assert sums() == {"a?b": 1, "a? ?": 1}


def test_long_names_are_not_remembered():
    _expand.cache_clear()
    for name in ("~a" + "," * 500, "x" * 200, "short"):
        assert ez(stat=name, count=1).body == OK
    assert _expand.cache_info().currsize == 1
