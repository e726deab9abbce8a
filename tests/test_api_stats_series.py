"""GET /api/v1/stats/<id>/series/: what a stat received, step by step, as JSON and CSV."""

from datetime import UTC, datetime, timedelta

import pytest

from stats_app.models import DayBucket, HourBucket, MinuteBucket, Stat
from tests.api_helpers import STATS, new_project, new_stat, with_token

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def lab():
    return new_project("lab")


@pytest.fixture
def reader(lab):
    return with_token(lab, "read")


@pytest.fixture
def load(lab):
    """Two values in the minute of noon, none in the next, one in the one after."""
    stat = new_stat(lab, "load", Stat.Kind.VALUE, unit="ms")
    for minute, values in [(0, (1.0, 3.0)), (2, (0.0,))]:
        MinuteBucket.objects.create(
            project=lab, stat=stat, start=NOON + timedelta(minutes=minute), count=len(values),
            sum=sum(values), min=min(values), max=max(values),
            sum_squares=sum(value * value for value in values),
        )  # fmt: skip
    return stat


def series(client, stat, headers=None, **parameters):
    if "since" in parameters:
        parameters["from"] = parameters.pop("since")
    return client.get(f"{STATS}{stat.pk}/series/", parameters, headers=headers or {})


def test_a_series_has_every_step_and_null_where_there_is_no_data(
    reader, load, django_assert_num_queries
):
    with django_assert_num_queries(3):  # the token with its project, the stat, its buckets
        response = series(
            reader, load, since="2026-03-01T12:00:30Z", to="2026-03-01T12:02:01Z", step="1m"
        )
    assert response.status_code == 200
    assert response["Content-Type"] == "application/json"
    assert response.json() == {
        "stat": {"id": load.pk, "name": "load", "kind": "value", "unit": "ms"},
        "from": "2026-03-01T12:00:00Z",
        "to": "2026-03-01T12:03:00Z",
        "step": 60,
        "aggregation": "mean",
        "points": [
            {"time": "2026-03-01T12:00:00Z", "value": 2.0, "count": 2},
            {"time": "2026-03-01T12:01:00Z", "value": None, "count": 0},
            {"time": "2026-03-01T12:02:00Z", "value": 0.0, "count": 1},
        ],
    }


@pytest.mark.parametrize(
    ("aggregation", "values"),
    [
        ("sum", [4.0, None]),
        ("mean", [2.0, None]),
        ("count", [2, 0]),
        ("min", [1.0, None]),
        ("max", [3.0, None]),
        ("spread", [1.0, None]),
    ],
)
def test_each_aggregation_can_be_had(reader, load, aggregation, values):
    response = series(
        reader, load, since=NOON.isoformat(), to=f"{NOON.timestamp() + 120}", step=60,
        aggregation=aggregation,
    )  # fmt: skip
    assert response.json()["aggregation"] == aggregation
    assert [point["value"] for point in response.json()["points"]] == values


def test_a_counter_shows_its_sum_unless_told_otherwise(lab, reader):
    assert series(reader, new_stat(lab, "hits")).json()["aggregation"] == "sum"


def test_without_parameters_it_is_the_last_day(reader, load):
    shown = series(reader, load).json()
    assert shown["step"] == 300
    assert len(shown["points"]) in (288, 289)
    age = datetime.now(UTC) - datetime.fromisoformat(shown["to"])
    assert timedelta(seconds=-300) <= age <= timedelta(seconds=5)


@pytest.mark.parametrize("step", ["3600", "1h", "60m", "3600s", "1H", " 1 h"])
def test_steps_are_seconds_or_have_a_unit(reader, load, step):
    assert series(reader, load, step=step).json()["step"] == 3600


def test_hours_and_days_come_from_their_own_tables(lab, reader, load):
    for table, start in [(HourBucket, NOON), (DayBucket, NOON.replace(hour=0))]:
        table.objects.create(
            project=lab, stat=load, start=start, count=7, sum=7, min=1, max=1, sum_squares=7
        )
    for step in ("1h", "1d", "1w"):
        points = series(reader, load, since="2026-03-01T12:00Z", to="2026-03-01T13:00Z", step=step)
        assert [point["count"] for point in points.json()["points"]] == [7]


@pytest.mark.parametrize("as_csv", [{"format": "csv"}, {"headers": {"Accept": "text/csv"}}])
def test_a_series_is_a_table_as_csv(reader, load, as_csv):
    response = series(
        reader, load, since="2026-03-01T12:00Z", to="2026-03-01T12:02Z", step=60, **as_csv
    )
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"] == f'attachment; filename="stat-{load.pk}.csv"'
    assert response.content.decode() == (
        "time,value,count\r\n2026-03-01T12:00:00Z,2.0,2\r\n2026-03-01T12:01:00Z,,0\r\n"
    )


def test_numbers_that_are_not_finite_are_null(lab, reader, load):
    HourBucket.objects.create(
        project=lab, stat=load, start=NOON, count=2, sum=float("inf"), min=1, max=9e299,
        sum_squares=float("inf"),
    )  # fmt: skip
    for aggregation in ("sum", "mean", "spread"):
        response = series(
            reader, load, since="2026-03-01T12:00Z", to="2026-03-01T13:00Z", step="1h",
            aggregation=aggregation,
        )  # fmt: skip
        assert response.json()["points"][0] == {
            "time": "2026-03-01T12:00:00Z", "value": None, "count": 2,
        }  # fmt: skip


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ({"from": "yesterday"}, "from"),
        ({"from": "2026-02-30"}, "from"),
        ({"from": "9" * 400}, "from"),
        ({"from": "-99999999999"}, "from"),
        ({"from": "nan"}, "from"),
        ({"from": "a\0b"}, "from"),
        ({"to": "inf"}, "to"),
        ({"to": "9999-12-31T23:59:59-14:00"}, "to"),
        ({"from": "2026-03-01", "to": "2026-02-01"}, "to"),
        ({"from": "2026-03-01", "to": "2026-03-01"}, "to"),
        ({"step": "0"}, "step"),
        ({"step": "-60"}, "step"),
        ({"step": "90"}, "step"),
        ({"step": "30s"}, "step"),
        ({"step": "1y"}, "step"),
        ({"step": "999999999w"}, "step"),
        ({"step": "1e3"}, "step"),
        ({"from": "2026-01-01", "to": "2026-03-01", "step": "60"}, "step"),
        ({"from": "1000-01-01", "to": "8999-01-01", "step": "60"}, "step"),
        ({"from": "2000-01-01", "to": "2026-01-01", "step": "1441m"}, "step"),
        ({"aggregation": "median"}, "aggregation"),
        ({"format": "xml"}, "format"),
    ],
)
@pytest.mark.parametrize("accept", ["application/json", "text/csv"])
def test_a_parameter_that_makes_no_sense_is_refused_by_name(
    reader, load, parameters, field, accept
):
    response = series(reader, load, headers={"Accept": accept}, **parameters)
    assert response.status_code == 400, response.content
    assert response["Content-Type"] == "application/json"
    assert list(response.json()) == [field]


def test_an_offset_whose_plus_was_not_encoded_is_understood(reader, load):
    query = "from=2026-03-01T13:00+01:00&to=2026-03-01T14:00:00+01:00&step=1h"
    response = reader.get(f"{STATS}{load.pk}/series/?{query}")
    assert response.json()["from"] == "2026-03-01T12:00:00Z"
