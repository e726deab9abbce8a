"""`t`, and the minute, hour and UTC day in which a point is stored."""

import time
from datetime import UTC, datetime

import pytest

from stats_app.models import DayBucket, HourBucket, MinuteBucket, Stat
from tests.stathat_helpers import JSON, OK, batch, buckets, ez, get, new_project, post, sums

T = 1_363_118_126  # 2013-03-12 19:55:26, the seed's example


@pytest.fixture(autouse=True)
def project(db, monkeypatch):
    return new_project()


def start(model=MinuteBucket):
    ((_, at, *_),) = buckets(model)
    return at


def test_a_point_is_in_its_own_minute_hour_and_utc_day():
    assert ez(stat="a", value=2.5, t=T).body == OK
    assert ez(stat="a", value=-1, t=T + 60).body == OK
    numbers = (1, 2.5, 2.5, 2.5, 6.25)
    both = (2, 1.5, -1.0, 2.5, 7.25)
    day = datetime(2013, 3, 12, tzinfo=UTC)
    assert buckets(MinuteBucket) == [
        ("a", day.replace(hour=19, minute=55), *numbers),
        ("a", day.replace(hour=19, minute=56), 1, -1.0, -1.0, -1.0, 1.0),
    ]
    assert buckets(HourBucket) == [("a", day.replace(hour=19), *both)]
    assert buckets(DayBucket) == [("a", day, *both)]


def test_points_on_both_sides_of_midnight_are_in_different_days():
    midnight = 1_415_232_000
    batch(*({"stat": "a", "count": 1, "t": midnight + s} for s in (-1, 0, 59, 3600)))
    days = [(at.day, count) for _, at, count, *_ in buckets(DayBucket)]
    hours = [(at.hour, count) for _, at, count, *_ in buckets(HourBucket)]
    minutes = [(at.hour, at.minute, count) for _, at, count, *_ in buckets(MinuteBucket)]
    assert days == [(5, 1), (6, 3)]
    assert hours == [(23, 1), (0, 2), (1, 1)]
    assert minutes == [(23, 59, 1), (0, 0, 2), (1, 0, 1)]


@pytest.mark.parametrize("absent", [{}, {"t": ""}, {"t": None}, {"t": "null"}])
def test_without_t_the_minute_is_that_of_receipt(absent):
    before = time.time() // 60 * 60
    assert batch({"stat": "a", "count": 1, **absent}).status == 200
    assert before <= start().timestamp() <= time.time()
    assert start().second == 0


@pytest.mark.parametrize("kind", [str, int, float])
def test_t_may_be_text_or_a_number(kind):
    assert batch({"stat": "a", "count": 1, "t": kind(T)}).status == 200
    assert start().timestamp() == T // 60 * 60


@pytest.mark.parametrize("t", [0.25, 1, 59.999, "59.999", "1e1"])
def test_the_first_minute_of_1970_is_a_time(t):
    assert ez(stat="a", count=1, t=t).body == OK
    assert start().timestamp() == 0


def test_a_fraction_of_a_second_is_cut_off():
    assert ez(stat="a", count=1, t="1363118159.999").body == OK
    assert start().timestamp() == 1_363_118_100


@pytest.mark.parametrize("t", [0, -1, "-0", "-1363118126", "0.0"])
def test_t_must_be_after_1970(t):
    for reply in (ez(stat="a", count=1, t=t), batch({"stat": "a", "count": 1, "t": t})):
        assert reply.status == 400
        assert "t must be a time in unix seconds, after 1970" in reply.msg
    assert not Stat.objects.exists()


@pytest.mark.parametrize("t", ["yesterday", "2013-03-12", "1363118126s", "NaN", "inf", "1e300"])
def test_t_must_be_a_number(t):
    reply = ez(stat="a", count=1, t=t)
    assert reply.status == 400
    assert reply.msg == "t must be a time in unix seconds, such as 1362772440"
    assert not Stat.objects.exists()


def test_t_may_be_a_day_ahead_and_no_more():
    now = time.time()
    assert ez(stat="a", count=1, t=int(now) + 86_390).body == OK
    for ahead in (now + 86_500, now * 1000, 1e299):  # the second is in milliseconds
        reply = ez(stat="a", count=1, t=ahead)
        assert (reply.status, "more than a day in the future" in reply.msg) == (400, True)
    assert sums() == {"a": 1}


def test_classic_takes_t_too(project):
    for name, kind in (("c", Stat.Kind.COUNTER), ("v", Stat.Kind.VALUE)):
        stat = Stat.objects.create(project=project, name=name, kind=kind)
        keys = {"key": stat.key, "ukey": project.ukey, "value": 1}
        assert get(f"/{name}", **keys, t=T).body == OK
        assert post(f"/{name}", {**keys, "t": None}, JSON).body == OK
        assert get(f"/{name}", **keys, t=0).status == 400
    assert [(name, at.year) for name, at, *_ in buckets()][:2] == [("c", 2013), ("v", 2013)]
    assert sums() == {"c": 2, "v": 2}
