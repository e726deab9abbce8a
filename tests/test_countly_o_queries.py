"""What a read costs: few queries, whatever the history, along the primary keys."""

import pytest
from django.db import connection

from sessions_app import counters
from sessions_app.models import Dimension
from tests.countly_helpers import make_project
from tests.countly_reads import app_id, ask, key_of, member, token_of

METHODS = {
    **dict.fromkeys(("sessions", "users", "locations", "carriers", "devices", "cities"), 2),
    **dict.fromkeys(("device_details", "app_versions", "countries"), 2),
    "events": 3,
    "get_events": 1,
    "total_users": 1,
    "top_events": 2,
}


@pytest.fixture
def project():
    """Three years of it, with a hundred devices and an event on every day."""
    project = make_project()
    days = "generate_series(timestamp '2012-01-01', '2014-12-31', '1 day') day"
    hours = "generate_series(timestamp '2012-01-01', '2014-12-31', '1 hour') hour"
    years = "unnest(ARRAY[2012, 2013, 2014]) year"
    values = "generate_series(1, 100) value"
    day, hour = "to_char(day, 'YYYYMMDD')::int", "to_char(hour, 'YYYYMMDDHH24')::int"
    usage = "sessions_app_usagecounter (project_id, t, dimension, bucket, value)"
    event = "sessions_app_eventcounter (project_id, c, event, segment, bucket, value)"
    name = "sessions_app_knownname (project_id, dimension, event, segment, value, place)"
    device, pk = Dimension.DEVICE.value, project.pk
    kinds = f"{Dimension.EVENT.value}, 'e'"
    statements = [
        f"INSERT INTO {usage} SELECT {pk}, 1, 0, {hour}, '' FROM {hours}",
        f"INSERT INTO {usage} SELECT {pk}, 1, 0, year, '' FROM {years}",
        f"INSERT INTO {usage} SELECT {pk}, 1, {device}, {day}, value FROM {days}, {values}",
        f"INSERT INTO {usage} SELECT {pk}, 1, {device}, year, value FROM {years}, {values}",
        f"INSERT INTO {event} SELECT {pk}, 1, 'e', 's', {day}, value FROM {days}, {values}",
        f"INSERT INTO {name} SELECT {pk}, {device}, '', '', value, value FROM {values}",
        f"INSERT INTO {name} SELECT {pk}, {kinds}, '', '', 0",
        f"INSERT INTO {name} SELECT {pk}, {Dimension.SEGMENT.value}, 'e', 's', '', 1",
    ]
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
    return project


@pytest.mark.django_db
@pytest.mark.parametrize("more", [{}, {"action": "refresh"}, {"shape": "merged"}])
def test_queries_of_a_read(project, more, django_assert_max_num_queries):
    token = token_of(project)
    for method, count in METHODS.items():
        query = {"method": method, "metric": "devices", **more}
        with django_assert_max_num_queries(1 + count):
            assert ask("/o", app_key=project.app_key, **query).status == 200
        with django_assert_max_num_queries(2 + count):
            ask("/o", api_key=token, app_id=app_id(project), **query)


@pytest.mark.django_db
def test_queries_of_a_members_read(project, django_assert_num_queries):
    viewer = key_of(member("v", (project, "viewer")))
    with django_assert_num_queries(5):
        ask("/o", api_key=viewer, app_id=app_id(project), method="sessions")


@pytest.mark.django_db
def test_queries_of_analytics(project, django_assert_num_queries):
    for what, count in (("dashboard", 3), ("countries", 2)):
        with django_assert_num_queries(count):
            ask(f"/o/analytics/{what}", app_key=project.app_key)


@pytest.mark.django_db
def test_ranges_are_read_along_the_primary_key(project):
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE sessions_app_usagecounter, sessions_app_eventcounter")
    today = [(20140917, 20140917), (2014091700, 2014091723)]
    reads = [
        (lambda: counters.usage_counters(project.pk, [0, Dimension.DEVICE], today), 124),
        (lambda: counters.event_counters(project.pk, "e", ["", "s"], today)["s"], 100),
    ]
    for read, count in reads:
        buffers = _pages(read)
        assert len(read()) == count
        assert buffers < 3 * count  # of thousands


def _pages(read):
    """How many pages of tables and indexes a read looks at."""
    found = []

    def explain(execute, sql, params, many, context):
        with connection.connection.cursor() as plain:
            plain.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {sql}", params)
            plan = plain.fetchone()[0][0]["Plan"]
            found.append(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])
        return execute(sql, params, many, context)

    with connection.execute_wrapper(explain):
        read()
    return sum(found)
