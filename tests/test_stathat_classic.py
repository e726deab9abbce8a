"""Classic: `/c` and `/v` for stats that exist, by their own keys."""

import pytest

from stats_app.models import Stat
from tests.stathat_helpers import FORM, JSON, OK, USER_KEY, ez, get, new_project, post, sums


@pytest.fixture(autouse=True)
def project(db, monkeypatch):
    return new_project()


@pytest.fixture
def counter(project):
    return Stat.objects.create(project=project, name="hits", kind=Stat.Kind.COUNTER, key="hits-key")


@pytest.fixture
def value(project):
    return Stat.objects.create(project=project, name="load", kind=Stat.Kind.VALUE, key="load-key")


def keys(stat, **others):
    return {"key": stat.key, "ukey": USER_KEY, **others}


def every_way(path, params):
    query = "&".join(f"{name}={value}" for name, value in params.items())
    return (
        get(path, **params),
        post(path, params),
        post(path, query=query),
        post(path, params, f"{FORM}; charset=utf-8"),
        post(path, params, JSON),
        post(path, query, ""),
    )


def test_a_counter_counts_what_it_is_told(counter):
    for reply in every_way("/c", keys(counter, count=3)):
        assert (reply.status, reply.body) == (200, OK)
    assert sums() == {"hits": 18}


def test_a_counter_counts_one_if_it_is_told_nothing(counter):
    for reply in every_way("/c", keys(counter)):
        assert (reply.status, reply.body) == (200, OK)
    assert get("/c", **keys(counter, count="")).body == OK
    assert sums() == {"hits": 7}


def test_a_value_sent_to_a_counters_address_counts_one(counter):
    assert get("/c", **keys(counter, value=5)).body == OK
    assert sums() == {"hits": 1}


def test_a_value_stat_takes_values(value):
    for reply in every_way("/v", keys(value, value="1.5e-07")):
        assert (reply.status, reply.body) == (200, OK)
    assert sums() == {"load": pytest.approx(9e-7)}


def test_a_value_is_required(value):
    for params in ({}, {"value": ""}, {"count": 1}):
        reply = get("/v", **keys(value, **params))
        assert (reply.status, reply.msg) == (400, "value is missing")


@pytest.mark.parametrize("missing", ["key", "ukey"])
@pytest.mark.parametrize("path", ["/c", "/v"])
def test_both_keys_are_required(counter, path, missing):
    params = keys(counter, value=1)
    for absent in ({missing: ""}, {}):
        given = {name: text for name, text in params.items() if name != missing} | absent
        reply = get(path, **given)
        assert (reply.status, reply.json) == (400, {"status": 400, "msg": f"{missing} is missing"})


def test_a_stat_of_the_other_kind_is_refused_and_nothing_is_stored(counter, value):
    for path, stat, message in (
        ("/v", counter, "this stat is a counter: send count, not value"),
        ("/c", value, "this stat is a value: send value, not count"),
    ):
        reply = get(path, **keys(stat, value=1, count=1))
        assert (reply.status, reply.json) == (400, {"status": 400, "msg": message})
    assert not sums()


def test_ez_refuses_the_other_kind_too_and_leaves_the_stat_as_it_was(counter, value):
    for params in ({"stat": "hits", "value": 1}, {"stat": "load", "count": 1}):
        reply = ez(**params)
        assert reply.status == reply.json["status"] == 400
        assert reply.msg.startswith("this stat is a ")
    assert not sums()
    assert dict(Stat.objects.values_list("name", "last_received_at")) == {
        "hits": None,
        "load": None,
    }


@pytest.mark.parametrize("number", ["9,95", "NaN", "1e300", "x"])
def test_a_bad_number_is_refused(counter, value, number):
    assert get("/c", **keys(counter, count=number)).status == 400
    assert get("/v", **keys(value, value=number)).status == 400
    assert not sums()


def test_classic_makes_no_stats():
    assert get("/c", key="new", ukey=USER_KEY).status == 404
    assert not Stat.objects.exists()
