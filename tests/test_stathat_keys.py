"""Who may write: EZ keys, user keys, stats' own keys."""

import pytest

from stats_app.models import MinuteBucket, Stat
from telemetry.services import rotate_key
from tests.stathat_helpers import (
    EZ_KEY,
    JSON,
    OK,
    USER_KEY,
    batch,
    ez,
    get,
    new_project,
    post,
    sums,
)

INVALID = b'{"status":401,"msg":"invalid keys"}'


@pytest.fixture(autouse=True)
def project(db, monkeypatch):
    return new_project()


@pytest.fixture
def stat(project):
    return Stat.objects.create(project=project, name="hits", kind=Stat.Kind.COUNTER)


def refused(reply):
    return (reply.status, reply.body) == (401, INVALID)


@pytest.mark.parametrize(
    "key",
    ["unknown", EZ_KEY.upper(), EZ_KEY + "x", USER_KEY, "schlüssel", "x" * 255, "x" * 100_000,
     "a\x00b", "a b", "%", "'--", "\u2028", "😀", " "],
)  # fmt: skip
def test_a_key_that_is_not_the_projects_is_refused_and_makes_nothing(key):
    assert refused(post("/ez", {"ezkey": key, "stat": "a", "count": 1}))
    assert refused(post("/ez", {"ezkey": key, "stat": "a", "count": 1}, JSON))
    assert refused(post("/ez", {"ezkey": key, "data": [{"stat": "a", "count": 1}]}, JSON))
    assert refused(get("/c", ukey=key, key="a")) or key == USER_KEY
    assert not Stat.objects.exists()


def test_half_a_character_is_no_key():
    assert refused(post("/ez", {"ezkey": "\ud800", "stat": "a", "count": 1}, JSON))


def test_spaces_around_a_key_are_forgiven():
    assert get("/ez", ezkey=f" {EZ_KEY}\n", stat="a", count=1).body == OK


def test_a_rotated_ez_key_is_refused_by_the_very_next_request(project):
    assert ez(stat="a", count=1).body == OK
    fresh = rotate_key(project=project, key="ezkey")
    assert refused(ez(stat="a", count=1))
    assert refused(batch({"stat": "a", "count": 1}))
    assert get("/ez", ezkey=fresh, stat="a", count=1).body == OK
    assert sums() == {"a": 2}


def test_a_rotated_user_key_is_refused_by_the_very_next_request(project, stat):
    assert get("/c", ukey=USER_KEY, key=stat.key).body == OK
    fresh = rotate_key(project=project, key="ukey")
    assert refused(get("/c", ukey=USER_KEY, key=stat.key))
    assert get("/c", ukey=fresh, key=stat.key).body == OK


def test_a_switched_off_ez_api_refuses_its_key_and_leaves_classic_alone(project, stat):
    project.ez_enabled = False
    project.save()
    assert refused(ez(stat="hits", count=1))
    assert refused(batch({"stat": "new", "count": 1}))
    assert get("/c", ukey=USER_KEY, key=stat.key).body == OK
    project.ez_enabled = True
    project.save()
    assert ez(stat="hits", count=1).body == OK
    assert sums() == {"hits": 2}


def test_projects_with_the_same_names_keep_apart(project, monkeypatch):
    new_project("other", ezkey="other", ukey="other-user")
    ez(stat="a", count=1)
    assert get("/ez", ezkey="other", stat="a", count=5).body == OK
    totals = MinuteBucket.objects.values_list("project__slug", "sum")
    assert dict(totals) == {"p": 1, "other": 5}


def test_another_projects_stat_key_is_no_stat_of_this_user_key(stat):
    new_project("other", ezkey="other", ukey="other-user")
    reply = get("/c", ukey="other-user", key=stat.key)
    assert (reply.status, reply.body) == (404, b'{"status":404,"msg":"no stat"}')
    assert not sums()


@pytest.mark.parametrize("key", ["unknown", "hits", USER_KEY, "%00", "x" * 254])
def test_an_unknown_stat_key_is_no_stat(stat, key):
    for path in ("/c", "/v"):
        reply = get(path, ukey=USER_KEY, key=key, value=1)
        assert (reply.status, reply.json) == (404, {"status": 404, "msg": "no stat"})


def test_a_deleted_project_or_stat_is_unknown_at_once(project, stat):
    assert get("/c", ukey=USER_KEY, key=stat.key).body == OK
    stat.delete()
    assert get("/c", ukey=USER_KEY, key=stat.key).status == 404
    project.delete()
    assert refused(get("/c", ukey=USER_KEY, key=stat.key))
    assert refused(ez(stat="a", count=1))


def test_a_mail_address_with_a_plus_is_a_key_however_it_is_encoded(project):
    project.ezkey = "john+tag@example.com"
    project.save()
    for raw in ("john+tag@example.com", "john%2Btag@example.com", "john%2btag%40example.com"):
        assert post("/ez", f"ezkey={raw}&stat=a&count=1").body == OK
    assert post("/ez", {"ezkey": "john+tag@example.com", "data": [{"stat": "a", "count": 1}]}, JSON)
    assert sums() == {"a": 4}
