"""JSON batches: many points at once, good ones stored, bad ones named."""

import json

import pytest

from stats_app.models import MinuteBucket, Stat
from tests.stathat_helpers import EZ_KEY, JSON, OK, batch, ez, get, new_project, post, sums

# The seed's own example, with its comma too many.
SEED = """{
    "ezkey": "%s",
    "data": [
        {"stat": "page view", "count": 2},
        {"stat": "messages sent~total,female,europe", "count": 1},
        {"stat": "request time~total,messages", "value": 23.094},
        {"stat": "ws0: load average", "value": 0.732, "t": 1363118126},
    ]
}"""


@pytest.fixture(autouse=True)
def project(db, monkeypatch):
    return new_project()


def test_the_seeds_own_example_is_stored_in_spite_of_its_trailing_comma():
    reply = post("/ez", SEED % EZ_KEY, JSON)
    assert reply.body == b'{"status":200,"msg":"ok","multiple":4}'
    assert sums() == {
        "page view": 2,
        "messages sent total": 1,
        "messages sent female": 1,
        "messages sent europe": 1,
        "request time total": 23.094,
        "request time messages": 23.094,
        "ws0: load average": 0.732,
    }


@pytest.mark.parametrize("name", ["a,]", "a, }", '",]', "\\", "\\\\,]", "\\,}", '\\",]', "é😀,]"])
def test_commas_within_strings_survive_the_forgiving_of_those_before_a_bracket(name):
    item = json.dumps({"stat": name, "count": 1}).replace("1}", "1 ,\n}")
    assert post("/ez", f'{{"ezkey":"{EZ_KEY}","data":[{item},\t],\r\n}}', JSON).status == 200
    assert sums() == {name: 1}


@pytest.mark.parametrize("tail", ["[,]", "[1,,]", ",", '{"a":,}'])
def test_other_commas_too_many_are_not_forgiven(tail):
    assert post("/ez", f'{{"ezkey":"{EZ_KEY}","data":{tail}}}', JSON).status == 400


def test_a_thousand_items_are_one_post():
    reply = batch(*({"stat": f"s {n}", "count": n, "t": 60} for n in range(1000)))
    assert reply.body == b'{"status":200,"msg":"ok","multiple":1000}'
    assert sums() == {f"s {n}": n for n in range(1000)}


def test_ten_thousand_points_are_the_limit():
    items = [{"stat": "a~" + ",".join(map(str, range(100))), "count": 1, "t": 60}] * 100
    assert batch(*items).json == {"status": 200, "msg": "ok", "multiple": 100}
    for too_many in ([*items, {"stat": "b", "count": 1}], [{"stat": "b", "count": 1}] * 10_001):
        reply = batch(*too_many)
        assert reply.status == reply.json["status"] == 400
        assert reply.msg == "data has more than 10000 points, send fewer at a time"
    assert sums() == {f"a {n}": 100 for n in range(100)}


def test_good_items_are_stored_and_bad_ones_are_named_in_order():
    ez(stat="is a value", value=1)
    reply = batch(
        {"stat": "good", "count": 1},
        {"stat": "is a value", "count": 1},
        {"stat": "nothing to count"},
        {"count": 1},
        "not an object",
        {"stat": 7, "count": 1},
        {"stat": "bad", "count": "9,95"},
        {"stat": "bad~a~b", "count": 1},
        {"stat": "late", "count": 1, "t": 1e12},
        {"stat": "good", "count": 2},
    )
    stats = [(error["index"], error["stat"]) for error in reply.json["errors"]]
    assert (reply.status, reply.msg, reply.json["multiple"]) == (200, "ok", 2)
    assert stats == [
        (1, "is a value"),
        (2, "nothing to count"),
        (3, None),
        (4, None),
        (5, None),
        (6, "bad"),
        (7, "bad~a~b"),
        (8, "late"),
    ]
    assert [error["msg"].split(",")[0].split(":")[0] for error in reply.json["errors"]] == [
        "this stat is a value",
        "count or value is missing",
        "stat is missing",
        "each element of data must be an object",
        "stat must be a string",
        "count must be a number",
        "stat",
        "t is more than a day in the future; it must be in unix seconds",
    ]
    assert sums() == {"good": 3, "is a value": 1}
    assert Stat.objects.count() == 2


def test_an_item_that_makes_a_stat_decides_its_kind_for_those_after_it():
    reply = batch(*({"stat": "new", kind: 1} for kind in ("value", "count", "value")))
    assert reply.json["multiple"] == 2
    assert [error["index"] for error in reply.json["errors"]] == [1]
    assert not Stat.objects.get().is_counter


def test_if_all_are_bad_the_status_says_so():
    reply = batch({"stat": "a"}, {"count": 1})
    assert (reply.status, reply.json["status"]) == (400, 400)
    assert reply.msg == "no point was stored: count or value is missing"
    assert [error["index"] for error in reply.json["errors"]] == [0, 1]
    ez(stat="b", value=1)
    reply = batch({"stat": "b", "count": 1})
    assert (reply.status, reply.json["errors"][0]["stat"]) == (400, "b")


def test_an_unknown_key_refuses_the_whole_batch():
    reply = post("/ez", {"ezkey": "x", "data": [{"stat": "a", "count": 1}, {"stat": "b"}]}, JSON)
    assert reply.body == b'{"status":401,"msg":"invalid keys"}'
    assert reply.status == 401


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ([], "data is empty"),
        ({}, "data must be an array of stat objects"),
        (None, "data must be an array of stat objects"),
        ("[]", "data must be an array of stat objects"),
        ({"stat": "a", "count": 1}, "data must be an array of stat objects"),
    ],
)
def test_data_must_be_an_array_with_something_in_it(data, message):
    reply = post("/ez", {"ezkey": EZ_KEY, "data": data}, JSON)
    assert (reply.status, reply.msg) == (400, message)


@pytest.mark.parametrize("key", [5, True, ["x"], {"a": 1}])
def test_a_key_must_be_text(key):
    reply = post("/ez", {"ezkey": key, "data": [{"stat": "a", "count": 1}]}, JSON)
    assert (reply.status, reply.msg) == (400, "ezkey must be a string")


@pytest.mark.parametrize(
    "body", ["", "[]", "5", "null", '"x"', "{", '{"a":1}}', "{'a': 1}", "\x00"]
)
def test_a_body_that_is_no_json_object_is_refused(body):
    reply = post("/ez", body, JSON)
    assert reply.status == reply.json["status"] == 400


def test_one_item_per_object_with_null_fields_is_what_the_ruby_gem_sends():
    assert batch({"stat": "a", "count": 1, "value": None, "t": None}).status == 200
    assert get("/ez", ezkey=EZ_KEY, stat="a", count=1).body == OK
    assert sum(MinuteBucket.objects.values_list("count", flat=True)) == 2
