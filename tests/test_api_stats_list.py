"""GET /api/v1/stats/: the project's stats by name, in pages, narrowed down."""

from base64 import b64encode
from datetime import UTC, datetime, timedelta

import pytest

from stats_app.models import Stat
from tests.api_helpers import STATS, new_project, new_stat, signed_in, with_token

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def lab():
    return new_project("lab")


@pytest.fixture
def reader(lab):
    return with_token(lab, "read")


def names(response):
    assert response.status_code == 200, response.content
    return [stat["name"] for stat in response.json()["results"]]


def test_a_stat_is_shown_with_its_kind_as_a_word(lab, reader):
    stat = new_stat(lab, "load", Stat.Kind.VALUE, unit="ms", public=True, last_received_at=NOON)
    (shown,) = reader.get(STATS).json()["results"]
    assert shown == {
        "id": stat.pk,
        "name": "load",
        "kind": "value",
        "key": None,
        "public": True,
        "unit": "ms",
        "created_at": stat.created_at.isoformat().replace("+00:00", "Z"),
        "last_received_at": "2026-03-01T12:00:00Z",
    }


def test_a_stats_own_key_is_for_those_who_manage(lab):
    stat = new_stat(lab, "hits")
    viewer, manager = signed_in("v", (lab, "viewer")), signed_in("m", (lab, "manager"))
    for client, key in [
        (with_token(lab, "read"), None),
        (viewer, None),
        (with_token(lab, "manage"), stat.key),
        (manager, stat.key),
    ]:
        assert client.get(STATS).json()["results"][0]["key"] == key
        assert client.get(f"{STATS}{stat.pk}/").json()["key"] == key


def test_a_list_takes_the_same_few_queries_however_long(lab, reader, django_assert_num_queries):
    viewer = signed_in("v", (lab, "viewer"))
    for length in (1, 30):
        for index in range(length):
            new_stat(lab, f"{length}-{index}")
        with django_assert_num_queries(2):  # the token with its project, the stats
            reader.get(STATS)
        with django_assert_num_queries(5):  # session, user, project, role, stats
            viewer.get(STATS)


def test_pages_lead_through_all_stats_and_back(lab, reader, django_assert_num_queries):
    for letter in "edcba":
        new_stat(lab, letter)
    first = reader.get(STATS, {"page_size": 2})
    assert names(first) == ["a", "b"]
    assert first.json()["previous"] is None
    with django_assert_num_queries(2):
        second = reader.get(first.json()["next"])
    third = reader.get(second.json()["next"])
    assert (names(second), names(third)) == (["c", "d"], ["e"])
    assert third.json()["next"] is None
    assert names(reader.get(second.json()["previous"])) == ["a", "b"]


def test_a_page_has_100_stats_and_at_most_1000(lab, reader):
    Stat.objects.bulk_create(Stat(project=lab, name=f"{index:04}", kind=0) for index in range(1001))
    assert len(names(reader.get(STATS))) == 100
    assert len(names(reader.get(STATS, {"page_size": 99999}))) == 1000


@pytest.mark.parametrize("size", ["0", "-1", "many", "", "²", "9" * 40])
def test_a_page_size_that_is_none_is_refused(reader, size):
    response = reader.get(STATS, {"page_size": size})
    assert response.status_code == 400
    assert response.json() == {"page_size": ["Give a number from 1 to 1000."]}


@pytest.mark.parametrize(
    "cursor",
    [
        "nonsense",
        "ü",
        "\0",
        "%",
        "====",
        "@@@",
        *(b64encode(text).decode() for text in (b"p=a%00b", b"o=-3", b"x=1", b"p=a&x=1", b"\xff")),
    ],
)
def test_a_cursor_that_is_none_is_refused(lab, reader, cursor):
    new_stat(lab, "hits")
    response = reader.get(STATS, {"cursor": cursor})
    assert response.status_code == 400
    assert "no cursor" in response.json()["cursor"][0]


def test_an_empty_cursor_is_the_beginning(lab, reader):
    new_stat(lab, "hits")
    assert names(reader.get(STATS, {"cursor": ""})) == ["hits"]


@pytest.mark.parametrize("path", ["/api/v1/", "/api/v1/nothing/", "/api/v1/stats/1/x"])
def test_where_there_is_nothing_programs_get_json(client, path):
    response = client.get(path)
    assert response.status_code == 404
    assert response.json() == {"detail": "There is nothing at this path."}


def test_stats_are_found_by_what_is_known_of_them(lab, reader):
    new_stat(lab, "Page View", public=True, last_received_at=NOON)
    new_stat(lab, "load", Stat.Kind.VALUE, last_received_at=NOON - timedelta(days=9))
    new_stat(lab, "load average", Stat.Kind.VALUE)
    for parameters, found in [
        ({"name": "PAGE v"}, ["Page View"]),
        ({"name": "%"}, []),
        ({"exact_name": "load"}, ["load"]),
        ({"exact_name": "Load"}, []),
        ({"kind": "counter"}, ["Page View"]),
        ({"kind": "value"}, ["load", "load average"]),
        ({"public": "true"}, ["Page View"]),
        ({"public": "false", "name": "average"}, ["load average"]),
        ({"active_since": "2026-03-01T12:00Z"}, ["Page View"]),
        ({"active_since": "2026-03-01T13:00+01:00"}, ["Page View"]),
        ({"active_since": f"{NOON.timestamp():.0f}"}, ["Page View"]),
        ({"inactive_since": "2026-03-01"}, ["load", "load average"]),
        ({"name": "", "kind": "", "public": "", "active_since": ""}, None),
    ]:
        everything = ["Page View", "load", "load average"]
        expected = everything if found is None else found
        assert sorted(names(reader.get(STATS, parameters))) == expected, parameters


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("kind", "1"),
        ("kind", "timer"),
        ("public", "maybe"),
        ("active_since", "yesterday"),
        ("active_since", "9" * 400),
        ("active_since", "nan"),
        ("inactive_since", "0001-01-01T00:00+14:00"),
        ("inactive_since", "a\0b"),
        ("name", "a\0b"),
        ("exact_name", "a\0b"),
        ("format", "xml"),
    ],
)
def test_a_parameter_that_makes_no_sense_is_refused_by_name(reader, field, value):
    response = reader.get(STATS, {field: value})
    assert response.status_code == 400
    assert list(response.json()) == [field]


def test_only_json_is_spoken(reader):
    assert reader.get(STATS, headers={"Accept": "text/html,*/*"})["Content-Type"] == (
        "application/json"
    )
    assert reader.get(STATS, headers={"Accept": "text/html"}).status_code == 406
