"""What a list of stats shows: its pages, newest values and sparklines, in few queries."""

from datetime import UTC, datetime, timedelta

import pytest

from stats_app.models import HourBucket, MinuteBucket, Stat
from stats_app.selectors import latest_values, sparklines, stat_page, stats_of
from telemetry.models import Project

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def project():
    return Project.objects.create(name="Lab", slug="lab")


def new_stat(project, name, kind=Stat.Kind.COUNTER, **fields):
    return Stat.objects.create(project=project, name=name, kind=kind, **fields)


def put(table, stat, start, total, count=1):
    table.objects.create(
        project_id=stat.project_id, stat_id=stat.pk, start=start, count=count,
        sum=total, min=0, max=total, sum_squares=total * total,
    )  # fmt: skip


def test_the_latest_value_is_what_the_newest_minute_shows(project, django_assert_num_queries):
    counter, silent = new_stat(project, "hits"), new_stat(project, "silent")
    value = new_stat(project, "load", Stat.Kind.VALUE)
    for stat in (counter, value):
        put(MinuteBucket, stat, NOON, 8.0, count=4)
        put(MinuteBucket, stat, NOON - timedelta(minutes=1), 77.0)
    with django_assert_num_queries(1):
        latest = latest_values([counter, silent, value])
    assert latest.keys() == {counter.pk, value.pk}
    assert (latest[counter.pk].at, latest[counter.pk].value) == (NOON, 8.0)
    assert latest[value.pk].value == 2.0


def test_a_sparkline_has_an_hour_for_each_of_the_last_day(project, django_assert_num_queries):
    stat, silent = new_stat(project, "hits"), new_stat(project, "silent")
    for hours, total in [(0, 1.0), (23, 2.0), (24, 3.0), (-1, 4.0)]:
        put(HourBucket, stat, NOON - timedelta(hours=hours), total)
    with django_assert_num_queries(1):
        lines = sparklines([stat, silent], until=NOON + timedelta(minutes=30))
    assert lines[stat.pk] == [2.0, *[None] * 22, 1.0]
    assert lines[silent.pk] == [None] * 24


def test_lists_of_no_stats_ask_nothing(project, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert latest_values([]) == sparklines([]) == {}


def test_stats_of_several_projects_are_not_looked_up_together(project):
    other = new_stat(Project.objects.create(name="Other", slug="other"), "hits")
    with pytest.raises(ValueError, match="one project"):
        latest_values([new_stat(project, "hits"), other])


def test_stats_are_those_of_the_project_by_name(project):
    other = Project.objects.create(name="Other", slug="other")
    for name in ("b", "a"):
        new_stat(project, name)
        new_stat(other, name + "!")
    assert [stat.name for stat in stats_of(project)] == ["a", "b"]


def test_stats_can_be_filtered(project):
    new_stat(project, "Page View", last_received_at=NOON)
    new_stat(project, "load", Stat.Kind.VALUE, last_received_at=NOON - timedelta(days=9))
    new_stat(project, "never")

    def names(**filters):
        return [stat.name for stat in stats_of(project, **filters)]

    assert names(name="page v") == ["Page View"]
    assert names(name="100%_") == names(name="a\0") == []
    assert names(kind=Stat.Kind.VALUE) == ["load"]
    assert names(active_since=NOON) == ["Page View"]
    assert names(inactive_since=NOON) == ["load", "never"]


def test_pages_lead_forth_and_back(project, django_assert_num_queries):
    for name in "abcde":
        new_stat(project, name)
    stats = stats_of(project)

    def names(page):
        return "".join(stat.name for stat in page.stats)

    with django_assert_num_queries(1):
        first = stat_page(stats, size=2)
    assert (names(first), first.before, first.after) == ("ab", None, "b")
    second = stat_page(stats, size=2, after=first.after)
    assert (names(second), second.before, second.after) == ("cd", "c", "d")
    third = stat_page(stats, size=2, after=second.after)
    assert (names(third), third.before, third.after) == ("e", "e", None)
    assert names(stat_page(stats, size=2, before=third.before)) == "cd"
    back = stat_page(stats, size=2, before=second.before)
    assert (names(back), back.before, back.after) == ("ab", None, "b")
    beyond = stat_page(stats, size=2, after="z")
    assert (beyond.stats, beyond.after, beyond.before) == ([], None, None)
