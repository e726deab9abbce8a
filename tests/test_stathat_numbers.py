"""Numbers, as Go, Java, Erlang, C# and others print them, and what is no number."""

import json

import pytest

from stats_app.models import DayBucket, HourBucket, MinuteBucket, Stat
from tests.stathat_helpers import EZ_KEY, JSON, OK, batch, buckets, ez, new_project, post, sums


@pytest.fixture(autouse=True)
def project(db, monkeypatch):
    return new_project()


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("9", 9),
        ("0", 0),
        ("-3", -3),
        ("+7", 7),
        ("2.5", 2.5),
        ("12.0", 12),  # Java, Objective-C and C# count in doubles
        (".5", 0.5),
        ("5.", 5),
        ("92.194000", 92.194),  # Erlang's ~f
        ("1.0E10", 1e10),  # Java
        ("1e+06", 1e6),  # Go
        ("1.5e-07", 1.5e-7),
        ("9007199254740993", 2**53),
        ("9" * 200, 1e200),
        (" 4 ", 4),
        ("0009", 9),
        ("1e-400", 0),
        ("9.99e299", 9.99e299),
    ],
)
@pytest.mark.parametrize("kind", ["count", "value"])
def test_a_number_is_taken_as_clients_print_it(kind, text, number):
    assert ez(stat="form", **{kind: text}).body == OK
    assert batch({"stat": "text", kind: text}).status == 200
    assert sums() == {"form": pytest.approx(number), "text": pytest.approx(number)}


@pytest.mark.parametrize("text", ["9", "-3", "2.5", "1.0E10", "1e+06", "1.5e-07", "9" * 200])
def test_a_json_number_is_taken_too(text):
    body = '{"ezkey":"%s","data":[{"stat":"a","value":%s}]}'
    assert post("/ez", body % (EZ_KEY, text), JSON).status == 200
    assert sums() == {"a": float(text)}


@pytest.mark.parametrize(
    "text",
    ["9,95", "nine", "0x10", "1_000", "1e", "--1", "1 2", "٣", "½", "1\x00", "true", "[]", "$5"],
)
@pytest.mark.parametrize("kind", ["count", "value"])
def test_what_is_no_number_is_refused(kind, text):
    for reply in (ez(stat="a", **{kind: text}), batch({"stat": "a", kind: text})):
        assert reply.status == reply.json["status"] == 400
        assert f"{kind} must be a number" in reply.msg
    assert not Stat.objects.exists()


@pytest.mark.parametrize(
    "text", ["NaN", "nan", "Inf", "+Inf", "-Infinity", "1e300", "-1e300", "1e999", "9" * 301]
)
def test_what_is_not_finite_or_too_large_is_refused(text):
    assert ez(stat="a", count=text).msg == "count must be a finite number below 1e300"
    assert ez(stat="a", value=text).msg == "value must be a finite number below 1e300"
    assert not Stat.objects.exists()


@pytest.mark.parametrize(
    "literal", ["NaN", "Infinity", "-Infinity", "1e999", "9" * 400, "1" * 5000]
)
def test_such_a_json_number_refuses_its_own_item_only(literal):
    body = '{"ezkey":"%s","data":[{"stat":"a","count":%s},{"stat":"b","count":1}]}'
    reply = post("/ez", body % (EZ_KEY, literal), JSON)
    assert (reply.status, reply.json["multiple"]) == (200, 1)
    assert reply.json["errors"][0]["index"] == 0
    assert sums() == {"b": 1}


@pytest.mark.parametrize("wrong", [True, False, [], {}, [1], {"a": 1}])
def test_json_that_is_no_number_is_refused(wrong):
    for name in ("count", "value", "t"):
        good = {"stat": "a", "count": 1} if name == "t" else {"stat": "a"}
        reply = batch({**good, name: wrong})
        assert reply.status == 400, name
        assert name in reply.msg
    assert not Stat.objects.exists()


def test_null_and_empty_are_absent():
    assert batch({"stat": "a", "count": None, "value": 2, "t": None}).status == 200
    assert batch({"stat": "b", "count": "", "value": 2, "t": ""}).status == 200
    assert ez(stat="c", count="", value=2, t="").body == OK
    assert ez(stat="d", count=" ", value="2", t=" ").body == OK
    assert set(Stat.objects.values_list("kind", flat=True)) == {Stat.Kind.VALUE}


def test_a_batch_sums_exactly_what_it_was_sent():
    numbers = [3.0, -1.5, 0.25, 8.0]
    assert batch(*({"stat": "a", "value": n, "t": 3600} for n in numbers)).status == 200
    for model in (MinuteBucket, HourBucket, DayBucket):
        ((_, _, count, total, least, most, squares),) = buckets(model)
        assert (count, total, least, most) == (4, 9.75, -1.5, 8.0)
        assert squares == 9 + 2.25 + 0.0625 + 64


@pytest.mark.parametrize("number", [1.2e154, -9.9e299, 9.99e299])
def test_numbers_whose_squares_no_float_holds_are_stored_again_and_again(number):
    for _ in range(3):
        assert ez(stat="a", value=number, t=60).body == OK
    assert batch(*[{"stat": "a", "value": number, "t": t} for t in (60, 120, 60)]).status == 200
    assert ez(stat="a", value=1, t=60).body == OK
    ((_, _, count, total, least, most, _),) = buckets(HourBucket)
    assert (count, total) == (7, pytest.approx(number * 6))
    assert json.dumps([least, most]) == json.dumps(sorted([number, 1.0]))
