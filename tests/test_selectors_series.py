"""What is read of a stat: dense series of bins, whatever was stored."""

from datetime import UTC, datetime, timedelta

import pytest

from stats_app.models import RESOLUTIONS, DayBucket, HourBucket, MinuteBucket, Stat
from stats_app.selectors import AGGREGATIONS, MAX_BINS, auto_step, series, summary
from telemetry.models import Project

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def stat():
    project = Project.objects.create(name="Lab", slug="lab")
    return Stat.objects.create(project=project, name="load", kind=Stat.Kind.VALUE)


def put(stat, start, *values, tables=RESOLUTIONS):
    """What the write path keeps of these values, one row in each table."""
    for table in tables:
        seconds = table.seconds
        border = datetime.fromtimestamp(start.timestamp() // seconds * seconds, UTC)
        table.objects.create(
            project_id=stat.project_id, stat_id=stat.pk, start=border, count=len(values),
            sum=sum(values), min=min(values), max=max(values),
            sum_squares=sum(value * value for value in values),
        )  # fmt: skip


def test_every_bin_is_there_and_those_without_data_say_so(stat, django_assert_num_queries):
    put(stat, NOON + timedelta(minutes=2), 0.0)
    with django_assert_num_queries(1):
        bins = series(stat=stat, since=NOON, until=NOON + timedelta(minutes=4), step=60)
    assert [bin_.start.minute for bin_ in bins] == [0, 1, 2, 3]
    assert [AGGREGATIONS["sum"](bin_) for bin_ in bins] == [None, None, 0.0, None]
    assert [AGGREGATIONS["count"](bin_) for bin_ in bins] == [0, 0, 1, 0]
    assert bins[0].sum == 0.0
    assert bins[0].mean is bins[0].min is bins[0].max is bins[0].spread is None


def test_bins_are_whole_and_begin_at_multiples_of_the_step(stat):
    since = NOON + timedelta(minutes=7, seconds=3)
    bins = series(stat=stat, since=since, until=since + timedelta(minutes=10), step=300)
    assert [bin_.start.minute for bin_ in bins] == [5, 10, 15]


def test_a_bin_over_many_buckets_adds_them_up(stat):
    put(stat, NOON, 1.0, 3.0)
    put(stat, NOON + timedelta(minutes=4), 5.0, tables=[MinuteBucket])
    put(stat, NOON + timedelta(minutes=5), 99.0, tables=[MinuteBucket])
    (bin_,) = series(stat=stat, since=NOON, until=NOON + timedelta(minutes=5), step=300)
    assert (bin_.count, bin_.sum, bin_.min, bin_.max, bin_.mean) == (3, 9.0, 1.0, 5.0, 3.0)
    assert bin_.spread == pytest.approx((8 / 3) ** 0.5)


@pytest.mark.parametrize(
    ("step", "table"),
    [(60, MinuteBucket), (5400, MinuteBucket), (7200, HourBucket), (7 * 86400, DayBucket)],
)
def test_the_coarsest_table_that_fits_is_read(stat, step, table):
    put(stat, NOON, 1.0, tables=[table])
    bins = series(stat=stat, since=NOON, until=NOON + timedelta(seconds=1), step=step)
    assert [bin_.count for bin_ in bins] == [1]
    other = [each for each in RESOLUTIONS if each is not table]
    table.objects.all().delete()
    put(stat, NOON, 1.0, tables=other)
    bins = series(stat=stat, since=NOON, until=NOON + timedelta(seconds=1), step=step)
    assert [bin_.count for bin_ in bins] == [0]


def test_the_end_is_not_part_of_a_series(stat):
    put(stat, NOON + timedelta(minutes=1), 1.0)
    bins = series(stat=stat, since=NOON, until=NOON + timedelta(minutes=1), step=60)
    assert [bin_.count for bin_ in bins] == [0]


def test_times_before_1970_are_binned_too(stat):
    old = datetime(1969, 12, 31, 23, 59, 30, tzinfo=UTC)
    (bin_,) = series(stat=stat, since=old, until=old + timedelta(seconds=1), step=60)
    assert bin_.start == datetime(1969, 12, 31, 23, 59, tzinfo=UTC)


def test_other_stats_and_other_projects_are_not_in_it(stat):
    stranger = Project.objects.create(name="Other", slug="other")
    for project in (stat.project, stranger):
        other = Stat.objects.create(project=project, name="else", kind=Stat.Kind.VALUE)
        put(other, NOON, 1.0)
    (bin_,) = series(stat=stat, since=NOON, until=NOON + timedelta(seconds=1), step=60)
    assert bin_.count == 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"step": 0}, "whole number of minutes"),
        ({"step": -60}, "whole number of minutes"),
        ({"step": 90}, "whole number of minutes"),
        ({"until": NOON}, "end must be after"),
        ({"until": NOON + timedelta(minutes=MAX_BINS + 1)}, "11,001 steps"),
        ({"until": NOON + timedelta(days=3000), "step": 86_460}, "whole hours"),
        ({"until": datetime.max.replace(tzinfo=UTC), "step": 364 * 86400}, "too far"),
    ],
)
def test_a_series_that_cannot_be_had_is_refused_in_words(stat, change, message):
    wanted = {"since": NOON, "until": NOON + timedelta(hours=1), "step": 60} | change
    with pytest.raises(ValueError, match=message):
        series(stat=stat, **wanted)


def test_sums_beyond_a_float_are_infinite_and_shown_as_unknown(stat):
    for minute in range(3):
        put(stat, NOON + timedelta(minutes=minute), 9e299, 9e299, tables=[MinuteBucket])
    (bin_,) = series(stat=stat, since=NOON, until=NOON + timedelta(minutes=5), step=300)
    assert bin_.sum == float("inf")
    assert bin_.spread is None
    assert AGGREGATIONS["sum"](bin_) is AGGREGATIONS["mean"](bin_) is None
    assert AGGREGATIONS["max"](bin_) == 9e299


def test_a_spread_is_never_the_root_of_a_negative_number(stat):
    put(stat, NOON, *[0.1] * 3)
    (bin_,) = series(stat=stat, since=NOON, until=NOON + timedelta(minutes=1), step=60)
    assert bin_.spread == pytest.approx(0.0, abs=1e-8)


def test_a_summary_is_all_bins_in_one(stat):
    put(stat, NOON, 1.0, 3.0)
    put(stat, NOON + timedelta(minutes=2), 8.0, tables=[MinuteBucket])
    bins = series(stat=stat, since=NOON, until=NOON + timedelta(minutes=5), step=60)
    total = summary(bins, Stat.Kind.VALUE)
    assert (total.count, total.sum, total.mean, total.min, total.max) == (3, 12.0, 4.0, 1.0, 8.0)
    assert total.spread == pytest.approx((74 / 3 - 16) ** 0.5)
    assert (total.latest, total.latest_at) == (8.0, NOON + timedelta(minutes=2))
    nothing = summary(bins[3:], Stat.Kind.VALUE)
    assert (nothing.count, nothing.mean, nothing.latest, nothing.latest_at) == (0, None, None, None)


def test_a_step_of_its_own_suits_the_length_of_time():
    assert auto_step(NOON, NOON + timedelta(hours=1)) == 60
    assert auto_step(NOON, NOON + timedelta(days=1)) == 300
    assert auto_step(NOON, NOON + timedelta(days=365)) == 86400
    assert auto_step(datetime.min.replace(tzinfo=UTC), NOON) == 364 * 86400


def test_rows_of_every_table_are_distinct(stat):
    put(stat, NOON, 1.0)
    assert HourBucket.objects.get().start == NOON
    assert DayBucket.objects.get().start == NOON.replace(hour=0)
