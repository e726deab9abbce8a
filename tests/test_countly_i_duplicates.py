"""What an SDK delivers again, because it has not heard our reply, counts once."""

import pytest

from sessions_app.models import Event, Session
from sessions_app.writes.usage.requests import Result
from tests.countly_helpers import event_counts, set_clock
from tests.countly_writes import NOON, acknowledged, logged, new_app, one_batch, write_of

pytestmark = pytest.mark.django_db

AGAIN = "Request ignored: Duplicate request"
WHEN = str(NOON)
BEGIN = {"begin_session": "1", "timestamp": WHEN, "events": [{"key": "k", "count": 1}]}


@pytest.fixture
def app(monkeypatch):
    set_clock(monkeypatch, NOON + 3600)
    return new_app()


def check_once(app):
    assert app.year == {"t": 1, "n": 1, "u": 1, "e": 1}
    assert event_counts(app.project, "k")[2012] == {"c": 1}
    assert (Session.objects.count(), Event.objects.count()) == (1, 1)
    assert logged(app) == []


def test_the_same_again_is_acknowledged_and_not_counted(app):
    assert app.send(**BEGIN) == ""
    for _ in range(3):
        assert app.send(**BEGIN) == AGAIN
    check_once(app)


@pytest.mark.parametrize(
    "change",
    [{"rr": "7"}, {"checksum": "a"}, {"checksum256": "b"}, {"rr": "0", "checksum": ""}, {"_": "1"}],
)
def test_the_queues_length_and_checksums_do_not_make_it_another(app, change):
    assert app.send(**BEGIN, rr="1", checksum256="0") == ""
    assert app.send(**{**BEGIN, **change}) == AGAIN
    check_once(app)


def test_the_order_of_parameters_does_not_make_it_another(app):
    app.send(**BEGIN)
    assert app.send(**dict(reversed(BEGIN.items()))) == AGAIN
    check_once(app)


def test_the_same_by_get_and_by_post_is_the_same(app):
    app.send(**BEGIN)
    assert acknowledged(app.post(app.query(**BEGIN))) == AGAIN
    check_once(app)


@pytest.mark.parametrize(
    "change",
    [
        {"timestamp": str(NOON + 1)},
        {"timestamp": f"{NOON}000"},
        {"x": "1"},
        {"session_duration": "1"},
    ],
)
def test_whatever_else_is_different_makes_it_another(app, change):
    app.send(**BEGIN)
    assert app.send(**{**BEGIN, **change}) == ""
    assert app.year["t"] == 2


def test_without_a_time_it_always_counts(app):
    for _ in range(3):
        assert app.send(begin_session="1") == ""
    assert app.year == {"t": 3, "n": 1, "u": 1, "e": 3}


def test_of_another_device_or_another_app_it_counts(app):
    other = new_app()
    assert [app.send("d1", **BEGIN), app.send("d2", **BEGIN), other.send("d1", **BEGIN)] == [""] * 3
    assert app.year["n"] == 2
    assert other.year["n"] == 1


def test_a_time_that_is_none_still_tells_deliveries_apart(app):
    told = "timestamp has neither 10 nor 13 digits: it was taken as now"
    assert app.send(begin_session="1", timestamp="soon") == told
    assert app.send(begin_session="1", timestamp="soon") == AGAIN
    assert app.year["t"] == 1


@pytest.mark.parametrize("others", [1, 5, 15])
def test_a_few_later_requests_do_not_make_it_forgotten(app, others):
    app.send(**BEGIN)
    for number in range(others):
        app.send(timestamp=str(NOON + number + 1))
    assert app.send(**BEGIN) == AGAIN


@pytest.mark.parametrize(
    "params",
    [
        {"metrics": "{"},
        {"events": "["},
        {"events": [{"key": "x"}]},
        {"events": [{"key": "x" * 129, "count": 1}]},
        {"session_duration": "x"},
        {"metrics": {"_os": []}},
        {"user_details": {"n": 10**30}},
    ],
)
def test_nothing_that_is_refused_of_it_makes_it_count_again(app, params):
    app.reply(begin_session="1", timestamp=WHEN, **params)
    assert app.send(begin_session="1", timestamp=WHEN, **params) == AGAIN
    assert app.year == {"t": 1, "n": 1, "u": 1, "e": 1}
    assert len(logged(app)) <= 1


# In a bulk


ITEM = {"device_id": "d1", **BEGIN, "begin_session": 1, "timestamp": NOON}


def test_twice_in_one_bulk(app):
    assert app.bulk(ITEM, {**ITEM, "rr": 5}) == f"requests[1]: {AGAIN}"
    check_once(app)


def test_the_same_bulk_again(app):
    items = [{**ITEM, "timestamp": NOON + number} for number in range(3)]
    assert app.bulk(*items) == ""
    before = app.counts()
    info = app.bulk(*items)
    assert info == "; ".join(f"requests[{place}]: {AGAIN}" for place in range(3))
    assert app.counts() == before
    assert logged(app) == []


def test_a_bulk_of_very_many_is_known_again_from_its_first_on(app):
    items = [{"device_id": "d1", "timestamp": NOON + number} for number in range(200)]
    app.bulk(*items)
    app.bulk(*items)
    assert app.year == {"e": 200}


def test_a_bulk_that_is_sent_again_with_more_counts_what_is_new(app):
    items = [{"device_id": f"d{number}", "timestamp": NOON} for number in range(4)]
    app.bulk(*items[:2])
    app.bulk(*items)
    assert app.year == {"e": 4}


def test_items_that_have_no_time_always_count(app):
    app.bulk({"device_id": "d1"}, {"device_id": "d1"})
    assert app.year == {"e": 2}


# In one batch of several clients


def test_twice_in_one_batch(app):
    params = {**BEGIN, "begin_session": 1}
    writes = [write_of(app, device, **params) for device in ("d1", "d1", "d2", "d1")]
    results = [outcome.result for outcome in one_batch(writes)]
    assert results == [Result.STORED, Result.REPEATED, Result.STORED, Result.REPEATED]
    assert app.year == {"t": 2, "n": 2, "u": 2, "e": 2}


def test_in_two_batches(app):
    for expected in (Result.STORED, Result.REPEATED):
        assert [outcome.result for outcome in one_batch([write_of(app, **BEGIN)])] == [expected]
    check_once(app)
