"""EZ: every way in which clients pass a count or value for a stat by name."""

import time

import pytest

from stats_app.models import Stat
from tests.stathat_helpers import EZ_KEY, FORM, JSON, OK, batch, ez, get, new_project, post, sums


@pytest.fixture(autouse=True)
def project(db, monkeypatch):
    return new_project()


def test_a_get_counts():
    assert get("/ez", ezkey=EZ_KEY, stat="page view", count=2).body == OK
    assert sums() == {"page view": 2}


def test_a_form_post_counts():
    assert post("/ez", {"ezkey": EZ_KEY, "stat": "page view", "count": 2}).body == OK
    assert sums() == {"page view": 2}


def test_a_post_with_its_parameters_in_the_query_string_counts():
    for content_type in ("", FORM, JSON):
        query = f"ezkey={EZ_KEY}&stat=page+view&count=2"
        assert post("/ez", b"", content_type, query=query).body == OK
    assert sums() == {"page view": 6}


@pytest.mark.parametrize(
    "content_type",
    [JSON, "application/json;charset=utf-8", "application/json; charset=UTF-8", "Application/JSON"],
)
def test_a_json_post_counts(content_type):
    item = {"stat": "page view", "count": 2}
    assert post("/ez", {"ezkey": EZ_KEY, **item}, content_type).body == OK
    assert post("/ez", {"ezkey": EZ_KEY, "data": [item]}, content_type).status == 200
    assert sums() == {"page view": 4}


@pytest.mark.parametrize("content_type", ["", FORM, "text/plain", f"{FORM};charset=utf-8"])
def test_the_body_is_understood_whatever_its_type_is_called(content_type):
    assert post("/ez", f"ezkey={EZ_KEY}&stat=a&count=1", content_type).body == OK
    json_body = f'{{"ezkey": "{EZ_KEY}", "data": [{{"stat": "b", "count": 1}}]}}'
    assert post("/ez", json_body, content_type).status == 200
    assert sums() == {"a": 1, "b": 1}


def test_curls_multipart_form_counts():
    fields = {"ezkey": EZ_KEY, "stat": "grüße", "count": "2"}
    part = '--xx\r\nContent-Disposition: form-data; name="{}"\r\n\r\n{}\r\n'
    body = "".join(part.format(*pair) for pair in fields.items()) + "--xx--\r\n"
    assert post("/ez", body, "multipart/form-data; boundary=xx").body == OK
    assert sums() == {"grüße": 2}
    for content_type in ("multipart/form-data", "multipart/form-data; boundary*=no''%41"):
        reply = post("/ez", body, content_type)
        assert reply.status == reply.json["status"] == 400
        assert "multipart/form-data" in reply.msg


def test_what_is_in_the_body_wins_over_the_query_string():
    assert post("/ez", f"ezkey={EZ_KEY}&count=3", query="ezkey=other&count=1&stat=a").body == OK
    assert sums() == {"a": 3}


def test_of_parameters_given_twice_the_first_counts():
    assert post("/ez", f"ezkey={EZ_KEY}&stat=a&count=3&count=5&stat=b").body == OK
    assert sums() == {"a": 3}


def test_email_is_another_name_for_ezkey(project):
    project.ezkey = "john@example.com"
    project.save()
    assert post("/ez", {"email": "john@example.com", "stat": "a", "count": 1}).body == OK
    assert get("/ez", email="john@example.com", stat="a", count=1).body == OK
    data = [{"stat": "a", "count": 1}]
    assert post("/ez", {"email": "john@example.com", "data": data}, JSON).status == 200
    assert sums() == {"a": 3}


@pytest.mark.parametrize("verbose", ["1", "0", ""])
def test_vb_changes_nothing(verbose):
    assert ez(stat="a", count=1, vb=verbose).body == OK


def test_success_is_exactly_25_bytes_with_their_length_for_every_kind_of_post():
    for reply in (ez(stat="a", count=1), ez(stat="b", value=0.5), ez(stat="c~x,y", count=1, vb=1)):
        assert (reply.status, reply.body) == (200, OK)
        assert reply.headers == {
            "content-type": "application/json",
            "content-length": "25",
            "access-control-allow-origin": "*",
        }


def test_a_count_makes_a_counter_and_a_value_makes_a_value_stat():
    ez(stat="hits", count=1)
    ez(stat="load", value=0.375)
    assert dict(Stat.objects.values_list("name", "kind")) == {"hits": 0, "load": 1}


def test_both_a_count_and_a_value_are_a_count():
    assert ez(stat="a", count=3, value=0.5).body == OK
    assert batch({"stat": "a", "value": 0.5, "count": 3}).status == 200
    assert sums() == {"a": 6}
    assert Stat.objects.get().is_counter


def test_a_stat_remembers_when_it_last_received():
    before = time.time()
    ez(stat="a", count=1, t=1_000_000_000)
    stat = Stat.objects.get()
    assert before - 1 <= stat.last_received_at.timestamp() <= time.time() + 1


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"stat": "a"}, "count or value is missing"),
        ({"stat": "a", "count": "", "value": ""}, "count or value is missing"),
        ({"count": 1}, "stat is missing"),
        ({"stat": "", "count": 1}, "stat is missing"),
        ({"stat": "a", "count": 1, "ezkey": ""}, "ezkey is missing"),
        ({"stat": "a", "count": "many"}, "count must be a number, such as 9, 0.375 or 1.5e+06"),
    ],
)
def test_what_is_missing_or_bad_is_named_and_nothing_is_stored(params, message):
    for reply in (ez(**params), post("/ez", {"ezkey": EZ_KEY, **params}, JSON)):
        assert (reply.status, reply.json) == (400, {"status": 400, "msg": message})
    assert not Stat.objects.exists()


def test_parameters_that_nobody_knows_are_passed_over():
    assert ez(stat="a", count=1, key="x", prefix="y", data2="z").body == OK


def test_an_empty_request_is_told_what_to_send():
    for reply in (get("/ez"), post("/ez"), post("/ez", "", JSON), post("/ez", "{}")):
        assert (reply.status, reply.msg) == (400, "ezkey is missing")
