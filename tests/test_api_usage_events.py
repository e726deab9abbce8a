"""/api/v1/usage/events/: how often events were counted, step by step and by segments."""

import pytest

from tests.api_helpers import with_token
from tests.app_helpers import app_project, day, use

pytestmark = pytest.mark.django_db

EVENTS = "/api/v1/usage/events/"
HOURS = {"resolution": "hour"}
WEEK = {"from": "2026-03-12", "to": "2026-03-18"}


@pytest.fixture
def project(monkeypatch):
    return app_project(monkeypatch)


@pytest.fixture
def reader(project):
    return with_token(project, "read")


def get(client, path="", **parameters):
    response = client.get(f"{EVENTS}{path}", parameters)
    assert response.status_code == 200, response.content
    return response.json()


def row(count=0.0, sum=0.0, seconds=0.0):  # noqa: A002 - as the API has it
    return {"count": count, "sum": sum, "seconds": seconds}


def happen(project, key, count=1, ago=1, **fields):
    use(project, at=day(ago), events=[{"key": key, "count": count, **fields}])


def test_events_of_a_period_are_listed(project, reader, django_assert_num_queries):
    happen(project, "buy", 3, sum=4.5, dur=9)
    happen(project, "jump", 1)
    happen(project, "jump", 2, ago=8)
    with django_assert_num_queries(2):  # the token with its project, the counters
        shown = get(reader, **WEEK)
    assert shown["events"] == [
        {"event": "buy", "share": 75.0, "totals": row(3, 4.5, 9), "before": row()},
        {"event": "jump", "share": 25.0, "totals": row(1), "before": row(2)},
    ]


def test_an_event_has_a_series(project, reader, django_assert_num_queries):
    happen(project, "a/b", 3, sum=4.5)
    with django_assert_num_queries(3):  # the token with its project, the name, the counters
        shown = get(reader, "series/", event="a/b", **WEEK)
    assert (shown["event"], shown["segment"], shown["value"]) == ("a/b", None, None)
    assert shown["totals"] == row(3, 4.5)
    assert len(shown["points"]) == 7
    assert shown["points"][5] == {"time": "2026-03-17", **row(3, 4.5)}
    hours = get(reader, "series/", event="a/b", period="yesterday")
    assert [each["count"] for each in hours["points"]][8] == 3


def test_a_value_of_a_segment_has_a_series(project, reader):
    happen(project, "buy", 3, segmentation={"v": "1.0"})
    happen(project, "buy", 2, segmentation={"v": "2.0"})
    shown = get(reader, "series/", event="buy", segment="v", value="1:0", **WEEK)
    assert shown["totals"] == row(3)
    day_long = get(reader, "series/", event="buy", segment="v", value="1:0", period="yesterday")
    assert (day_long["resolution"], len(day_long["points"])) == ("day", 1)


def test_values_of_a_segment_are_ranked(project, reader):
    for value, count in (("1.0", 3), ("2.0", 1), ("hat", 1)):
        happen(project, "buy", count, segmentation={"v": value})
    shown = get(reader, "values/", event="buy", segment="v", limit=2, **WEEK)
    assert shown["count"] == 3
    assert [(each["value"], each["label"], each["share"]) for each in shown["values"]] == [
        ("1:0", "1.0", 60.0),
        ("2:0", "2.0", 20.0),
    ]
    assert get(reader, "values/", event="buy", segment="other", **WEEK)["values"] == []


def test_sums_beyond_all_numbers_are_still_json(project, reader):
    happen(project, "huge", sum=9e299)
    happen(project, "huge", sum=9e299)
    get(reader, **WEEK)
    get(reader, "series/", event="huge", **WEEK)


def test_there_is_no_such_event(project, reader):
    for path in ("series/?event=no", "values/?event=no&segment=s"):
        assert reader.get(f"{EVENTS}{path}").status_code == 404


@pytest.mark.parametrize(
    ("path", "parameters", "field"),
    [
        ("", {"period": "ages"}, "period"),
        ("series/", {}, "event"),
        ("series/", {"event": ""}, "event"),
        ("series/", {"event": "\0"}, "event"),
        ("series/", {"event": "e", "segment": "s"}, "value"),
        ("series/", {"event": "e", "value": "s"}, "value"),
        (
            "series/",
            {"event": "e", "segment": "s", "value": "v", "resolution": "hour"},
            "resolution",
        ),
        ("values/", {"event": "e"}, "segment"),
        ("values/", {"event": "e", "segment": "s", "limit": "-1"}, "limit"),
    ],
)
def test_a_parameter_that_makes_no_sense_is_refused_by_name(reader, path, parameters, field):
    response = reader.get(f"{EVENTS}{path}", parameters)
    assert response.status_code == 400, response.content
    assert list(response.json()) == [field]
