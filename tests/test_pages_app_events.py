"""An app's events: all of them, and one over time, split by a segment."""

from urllib.parse import quote_plus

import pytest

from tests.app_helpers import app_project, day, use
from tests.page_helpers import check_html, viewer

pytestmark = pytest.mark.django_db

URL = "/projects/p/app/events/"
ONE = "/projects/p/app/event/"


@pytest.fixture
def project(monkeypatch):
    return app_project(monkeypatch)


@pytest.fixture
def client(project):
    return viewer(project)


def happen(project, key, count=1, ago=1, **fields):
    use(project, at=day(ago), events=[{"key": key, "count": count, **fields}])


def test_events_are_listed_by_how_often_they_happened(project, client):
    happen(project, "jump", 3)
    happen(project, "buy", 9, sum=4.5)
    happen(project, "buy", 6, ago=40)
    response = client.get(URL)
    check_html(response)
    rows = response.context["rows"]
    assert [(line.row.event, line.row.totals.count) for line in rows] == [("buy", 9), ("jump", 3)]
    assert [line.change.text for line in rows] == ["+50 %", "new"]
    assert [line.row.share for line in rows] == [75, 25]
    assert "4.5" in response.content.decode()
    assert "2 events, counted 12 times" in response.content.decode()


def test_many_events_are_on_several_pages(project, client, monkeypatch):
    monkeypatch.setattr("sessions_app.event_views.PAGE_SIZE", 2)
    for key in "abc":
        happen(project, key)
    first = client.get(f"{URL}?period=7d")
    assert "?page=2&amp;period=7d" in check_html(first)
    second = client.get(f"{URL}?page=2&period=7d")
    assert [line.row.event for line in second.context["rows"]] == ["c"]
    assert "page=1" in check_html(second)
    for page in ("0", "x", "99", ""):
        assert client.get(URL, {"page": page}).status_code == 200


@pytest.mark.parametrize("key", ["a/b c", "größe & <b>", "?x=1#y", "日本", "100%"])
def test_any_key_has_a_page(project, client, key):
    happen(project, key)
    assert f"{ONE}?event={quote_plus(key)}" in check_html(client.get(URL))
    response = client.get(ONE, {"event": key})
    assert "<b>" not in check_html(response)
    assert response.context["figures"][0].text == "1"


def test_one_event_has_its_count_sum_and_time(project, client):
    happen(project, "buy", 2, sum=5, dur=90)
    happen(project, "buy", 1, ago=40, sum=4)
    response = client.get(ONE, {"event": "buy"})
    shown = {each.label: (each.text, each.change.text) for each in response.context["figures"]}
    assert shown == {
        "Count": ("2", "+100 %"),
        "Sum": ("5", "+25 %"),
        "Sum per event": ("2.5", "−38 %"),  # noqa: RUF001
        "Time": ("1m 30s", "new"),
    }
    assert [chart.title for chart in response.context["charts"]] == ["Count", "Sum", "Time"]


def test_it_is_split_by_any_of_its_segments(project, client):
    for item, count in (("hat", 1), ("v1.0", 3)):
        happen(project, "buy", count, segmentation={"item": item, "shop": "a"})
    happen(project, "buy", 2, ago=40, segmentation={"item": "hat"})
    response = client.get(ONE, {"event": "buy", "by": "item", "period": "7d"})
    text = check_html(response)
    assert [(row.label, row.share) for row, _ in response.context["ranked"]] == [
        ("v1.0", 75),
        ("hat", 25),
    ]
    assert [chart.title for chart in response.context["multiples"]] == ["v1.0", "hat"]
    assert "?event=buy&amp;by=shop&amp;period=7d" in text
    day_long = client.get(ONE, {"event": "buy", "by": "item", "period": "yesterday"})
    assert "not counted by the hour" in check_html(day_long)
    assert "never sent with" in check_html(
        client.get(ONE, {"event": "buy", "by": "item", "period": "today"})
    )


def test_negative_and_huge_sums_are_drawn(project, client):
    happen(project, "loss", sum=-5)
    happen(project, "loss", sum=3, ago=2)
    happen(project, "huge", sum=9e299)
    happen(project, "huge", sum=9e299)
    (_, chart, *_) = client.get(ONE, {"event": "loss"}).context["charts"]
    assert (chart.top, chart.bottom) == ("3", "-5")
    assert client.get(ONE, {"event": "huge"}).status_code == 200
    assert client.get(URL).status_code == 200


@pytest.mark.parametrize(
    "query", [{}, {"event": ""}, {"event": "no"}, {"event": "\0"}, {"event": "buy", "by": "no"}]
)
def test_there_is_no_such_event(project, client, query):
    happen(project, "buy")
    assert client.get(ONE, query).status_code == 404


def test_a_project_without_events_says_how_to_send_one(project, client):
    use(project)
    assert "events=[{" in check_html(client.get(URL)).replace("&quot;", '"')


def test_pages_take_the_same_few_queries_whatever_is_stored(
    project, client, django_assert_num_queries
):
    for keys in ("a", "abcdef"):
        for key in keys:
            happen(project, key, segmentation={"s": key})
        with django_assert_num_queries(7):  # savepoint, session, user, project; events, steps
            client.get(URL)
        with django_assert_num_queries(8):  # savepoint, session, user, project; names, counters
            client.get(ONE, {"event": "a"})
        with django_assert_num_queries(10):  # and the values, and these over time
            client.get(ONE, {"event": "a", "by": "s"})
