"""The list of a project's stats."""

from datetime import timedelta

import pytest
from django.utils.timezone import now

from stats_app.models import Stat
from telemetry import sparkline
from tests.api_helpers import new_project, new_stat
from tests.page_helpers import check_html, manager, send, viewer, visitor

pytestmark = pytest.mark.django_db

URL = "/projects/weather/stats/"


@pytest.fixture
def project():
    return new_project("weather")


@pytest.fixture
def client(project):
    return viewer(project)


def names_in(response):
    return [row.stat.name for row in response.context["rows"]]


def test_it_shows_each_stat_with_its_last_value_and_when(project, client):
    rain = new_stat(project, "rain & hail")
    wind = new_stat(project, "wind", Stat.Kind.VALUE, unit="m/s", public=True)
    new_stat(project, "<snow>")
    send(rain, 2, 3)
    send(wind, 4.25, ago=timedelta(minutes=7))
    response = client.get(URL)
    text = check_html(response)
    rows = {row.stat.name: row for row in response.context["rows"]}
    assert rows["rain & hail"].latest.value == 5
    assert rows["wind"].latest.value == 4.25
    assert rows["<snow>"].latest is None
    assert "rain &amp; hail" in text
    assert "&lt;snow&gt;" in text
    assert "4.25 <span" in text
    assert "m/s" in text
    assert "never" in text
    assert f"{URL}{rain.pk}/" in text


def test_sparklines_say_in_words_what_they_draw(project, client):
    send(new_stat(project, "rain"), 2, 3)
    new_stat(project, "snow")
    text = check_html(client.get(URL))
    assert "Last 24 hours, by the hour: 5 to 5, nothing in 23 hours" in text
    assert "No data in the last 24 hours" in text


def test_lists_are_paged_by_name_both_ways(project, client):
    Stat.objects.bulk_create(Stat(project=project, name=f"s{i:03}", kind=0) for i in range(120))
    first = client.get(URL)
    assert names_in(first) == [f"s{i:03}" for i in range(50)]
    assert first.context["previous"] == ""
    second = client.get(URL + first.context["next"])
    assert names_in(second) == [f"s{i:03}" for i in range(50, 100)]
    third = client.get(URL + second.context["next"])
    assert names_in(third) == [f"s{i:03}" for i in range(100, 120)]
    assert third.context["next"] == ""
    back = client.get(URL + third.context["previous"])
    assert names_in(back) == names_in(second)
    check_html(second)


def test_pages_keep_their_filters_and_odd_names(project, client):
    Stat.objects.bulk_create(Stat(project=project, name=f"a&b={i:02}+ü", kind=0) for i in range(60))
    new_stat(project, "other")
    first = client.get(URL, {"name": "A&B"})
    assert names_in(client.get(URL + first.context["next"])) == [
        f"a&b={i:02}+ü" for i in range(50, 60)
    ]


def test_it_is_filtered_by_name_kind_and_activity(project, client):
    new_stat(project, "rain", last_received_at=now())
    new_stat(project, "wind", Stat.Kind.VALUE, last_received_at=now() - timedelta(days=3))
    new_stat(project, "Train", Stat.Kind.VALUE)
    for query, names in [
        ({"name": "rAi"}, ["rain", "Train"]),
        ({"kind": "0"}, ["rain"]),
        ({"kind": "1", "name": "w"}, ["wind"]),
        ({"activity": "day"}, ["rain"]),
        ({"activity": "week"}, ["rain", "wind"]),
        ({"activity": "silent-day"}, ["Train", "wind"]),
        ({"kind": "sideways", "activity": "?"}, ["rain", "Train", "wind"]),
    ]:
        assert sorted(names_in(client.get(URL, query))) == sorted(names), query
    assert "No stat matches" in check_html(client.get(URL, {"name": "zzz"}))


def test_it_takes_a_constant_number_of_queries(project, client, django_assert_num_queries):
    for count in (2, 70):
        for index in range(count):
            new_stat(project, f"stat {count} {index}", index % 2)
        # session, user, project, stats, latest, sparklines; and a savepoint for the visit
        with django_assert_num_queries(8):
            client.get(URL)


def test_without_stats_it_tells_how_to_send_the_first(project):
    text = check_html(manager(project).get(URL))
    assert "No stats yet" in text
    assert project.ezkey in text
    assert "YOUR_EZKEY" in check_html(viewer(project).get(URL))
    assert project.ezkey not in check_html(visitor("x", project).get(URL))


def test_strangers_and_visitors_do_not_see_it(project):
    assert viewer(new_project("other")).get(URL).status_code == 404
    assert visitor().get(URL).url == f"/accounts/login/?next={URL}"


def test_one_project_s_stats_are_not_in_another_s_list(project, client):
    new_stat(new_project("other"), "theirs")
    assert client.get(URL).context["rows"] == []


def test_sparklines_of_extreme_and_negative_numbers_are_finite():
    for hours in ([-1e308, 1e308, None], [-3, 0, 5], [0.0, 0.0], [7, None, 7], [1e-300]):
        for counter in (True, False):
            drawn = sparkline.draw(hours, counter=counter)
            assert "nan" not in f"{drawn.bars}{drawn.line}{drawn.base}"
            assert "inf" not in f"{drawn.bars}{drawn.line}{drawn.base}"
