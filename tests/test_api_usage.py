"""/api/v1/usage/: sessions and users of an app, step by step and by values, and all names."""

import pytest

from tests.api_helpers import bearer, new_project, signed_in, with_token
from tests.app_helpers import app_project, day, use

pytestmark = pytest.mark.django_db

USAGE = "/api/v1/usage/"
WEEK = {"from": "2026-03-12", "to": "2026-03-18"}


@pytest.fixture
def project(monkeypatch):
    return app_project(monkeypatch)


@pytest.fixture
def reader(project):
    return with_token(project, "read")


def get(client, path="", **parameters):
    response = client.get(f"{USAGE}{path}", parameters)
    assert response.status_code == 200, response.content
    return response.json()


def row(sessions=0, new=0, users=0, seconds=0, requests=0, exact=True):
    return {
        "sessions": sessions,
        "new_users": new,
        "users": users,
        "users_exact": exact,
        "seconds": seconds,
        "requests": requests,
    }


def test_a_series_has_totals_and_every_step(project, reader, django_assert_num_queries):
    use(project, "a", day(1), seconds=30)
    use(project, "a", day(0))
    use(project, "b", day(0))
    with django_assert_num_queries(2):  # the token with its project, the counters
        shown = get(reader, **WEEK)
    points = shown.pop("points")
    assert shown == {
        "timezone": "UTC",
        "from": "2026-03-12",
        "to": "2026-03-18",
        "before": {"from": "2026-03-05", "to": "2026-03-11"},
        "dimension": "sessions",
        "value": None,
        "resolution": "day",
        "totals": row(3, 2, 2, 30, 4),
    }
    assert len(points) == 7
    assert points[4] == {"time": "2026-03-16", **row()}
    assert points[5] == {"time": "2026-03-17", **row(1, 1, 1, 30, 2)}
    assert points[6] == {"time": "2026-03-18", **row(2, 1, 2, 0, 2)}


@pytest.mark.parametrize(
    ("parameters", "resolution", "count", "first"),
    [
        ({}, "day", 30, "2026-02-17"),
        ({"period": "today"}, "hour", 24, "2026-03-18T00"),
        ({"period": "7d", "resolution": "hour"}, "hour", 168, "2026-03-12T00"),
        ({"period": "year"}, "day", 77, "2026-01-01"),
        ({"period": "year", "resolution": "month"}, "month", 3, "2026-01-01"),
        ({"from": "2025-01-15"}, "month", 15, "2025-01-15"),
    ],
)
def test_steps_are_those_that_suit_or_were_asked_for(
    project, reader, parameters, resolution, count, first
):
    shown = get(reader, **parameters)
    assert shown["resolution"] == resolution
    assert len(shown["points"]) == count
    assert shown["points"][0]["time"] == first


def test_users_of_months_are_those_of_months(project, reader):
    for ago in (1, 2, 3, 20, 21, 22):
        use(project, "a", day(ago))
    shown = get(reader, period="90d", resolution="month")
    assert [each["users"] for each in shown["points"]] == [0, 0, 1, 1]
    assert [each["sessions"] for each in shown["points"]] == [0, 0, 3, 3]
    assert (shown["totals"]["users"], shown["totals"]["users_exact"]) == (1, False)


def test_one_value_has_a_series_too(project, reader):
    use(project, "a", day(1), metrics={"_app_version": "1.2"}, seconds=9)
    use(project, "b", day(1), metrics={"_app_version": "2.0"})
    shown = get(reader, dimension="app_version", value="1:2", **WEEK)
    assert (shown["dimension"], shown["value"]) == ("app_version", "1:2")
    assert shown["totals"] == row(1, 1, 1)
    assert get(reader, dimension="app_version", value="9", **WEEK)["totals"] == row()
    today = get(reader, dimension="app_version", value="1:2", period="yesterday")
    assert [each["time"] for each in today["points"]] == ["2026-03-17"]


def test_values_are_ranked_with_their_labels(project, reader, django_assert_num_queries):
    use(project, "a", day(1), country="TR", metrics={"_app_version": "1.2"})
    for ago in (9, 2, 1):
        use(project, "b", day(ago), country="DE", metrics={"_app_version": "1.2"})
    with django_assert_num_queries(2):
        shown = get(reader, "values/", dimension="country", limit=1, **WEEK)
    assert (shown["dimension"], shown["count"], shown["sessions"]) == ("country", 2, 3)
    assert shown["values"] == [
        {
            "value": "DE",
            "label": "Germany",
            "share": 66.67,
            "totals": row(2, 0, 1),
            "before": row(1, 1, 1),
        }
    ]
    (version,) = get(reader, "values/", dimension="app_version", **WEEK)["values"]
    assert (version["value"], version["label"]) == ("1:2", "1.2")


def test_ranges_are_values_in_their_order(project, reader):
    use(project, "a", day(1), seconds=45)
    shown = get(reader, "values/", dimension="duration", **WEEK)
    labels = [each["label"] for each in shown["values"]]
    assert labels[:3] == ["0-10 s", "11-30 s", "31-60 s"]
    assert [each["totals"]["sessions"] for each in shown["values"]][:4] == [0, 0, 1, 0]


def test_names_are_listed_page_by_page(project, reader, django_assert_num_queries):
    events = [{"key": "buy", "count": 1, "segmentation": {"item": "hat", "v": "1.0"}}]
    use(project, events=[*events, {"key": "a/b", "count": 1}])
    for number in range(3):
        use(project, f"d{number}", metrics={"_device": f"model {number}"})

    def names(**parameters):
        return [each["name"] for each in get(reader, "names/", **parameters)["results"]]

    with django_assert_num_queries(2):
        assert names(dimension="event") == ["a/b", "buy"]
    assert names(dimension="segment", event="buy") == ["item", "v"]
    assert names(dimension="segment_value", event="buy", segment="v") == ["1:0"]
    assert names(dimension="country") == ["TR"]
    first = get(reader, "names/", dimension="device", page_size=2)
    assert [each["label"] for each in first["results"]] == ["Pixel 8", "model 0"]
    second = reader.get(first["next"]).json()
    assert [each["name"] for each in second["results"]] == ["model 1", "model 2"]
    assert second["next"] is None


@pytest.mark.parametrize(
    ("path", "parameters", "field"),
    [
        ("", {"period": "ages"}, "period"),
        ("", {"period": "7d", "from": "2026-03-01"}, "period"),
        ("", {"from": "x"}, "from"),
        ("", {"from": "2026-03-02", "to": "2026-03-01"}, "from"),
        ("", {"from": "\0"}, "from"),
        ("", {"to": "2026-03-01"}, "from"),
        ("", {"resolution": "minute"}, "resolution"),
        ("", {"period": "year", "resolution": "hour"}, "resolution"),
        ("", {"from": "2020-01-01", "resolution": "day"}, "resolution"),
        ("", {"dimension": "x"}, "dimension"),
        ("", {"dimension": "country"}, "value"),
        ("", {"value": "TR"}, "value"),
        ("", {"dimension": "country", "value": "a\0"}, "value"),
        ("", {"dimension": "country", "value": "TR", "resolution": "hour"}, "resolution"),
        ("", {"dimension": "country", "value": "x" * 257}, "value"),
        ("values/", {}, "dimension"),
        ("values/", {"dimension": "sessions"}, "dimension"),
        ("values/", {"dimension": "country", "limit": "0"}, "limit"),
        ("values/", {"dimension": "country", "limit": "1001"}, "limit"),
        ("values/", {"dimension": "country", "limit": "x"}, "limit"),
        ("names/", {}, "dimension"),
        ("names/", {"dimension": "sessions"}, "dimension"),
        ("names/", {"dimension": "segment"}, "event"),
        ("names/", {"dimension": "segment_value", "event": "e"}, "segment"),
        ("names/", {"dimension": "country", "event": "e"}, "event"),
        ("names/", {"dimension": "segment", "event": "\0"}, "event"),
        ("names/", {"dimension": "event", "cursor": "x"}, "cursor"),
        ("", {"format": "xml"}, "format"),
    ],
)
def test_a_parameter_that_makes_no_sense_is_refused_by_name(reader, path, parameters, field):
    response = reader.get(f"{USAGE}{path}", parameters)
    assert response.status_code == 400, response.content
    assert list(response.json()) == [field]


PATHS = [
    "",
    "values/?dimension=country",
    "names/?dimension=country",
    "events/",
    "events/series/?event=secret",
    "events/values/?event=secret&segment=s",
]


@pytest.mark.parametrize("path", PATHS)
def test_nothing_of_a_project_is_shown_to_others(project, path, monkeypatch):
    events = [{"key": "secret", "count": 1, "segmentation": {"s": "v"}}]
    use(project, events=events, country="AQ")
    url = f"{USAGE}{path}"
    for who in (with_token(project, "read"), signed_in("v", (project, "viewer"))):
        response = who.get(url)
        assert response.status_code == 200
        assert any(word in response.content.decode() for word in ("AQ", "secret", '"sessions":1'))
    assert with_token(project, "write").get(url).status_code == 403
    assert bearer("x").get(url).status_code == 401
    assert signed_in("nobody").get(url).status_code == 404
    other = new_project("other")
    for who in (with_token(other, "manage"), signed_in("m", (other, "manager"))):
        response = who.get(url)
        assert response.status_code == (404 if "secret" in path else 200)
        text = response.content.decode()
        assert not any(word in text for word in ("AQ", '"secret"', '"sessions":1'))
        sign = "&" if "?" in path else "?"
        assert who.get(f"{url}{sign}project=p").status_code == 404


@pytest.mark.parametrize("path", PATHS)
def test_counters_are_only_read(project, path):
    manager = with_token(project, "manage")
    assert manager.post(f"{USAGE}{path}").status_code == 405
    assert manager.delete(f"{USAGE}{path}").status_code == 405
