"""A stat's page: what it plots, its figures, who may see it."""

import json
import shlex
from datetime import timedelta

import pytest
from django.utils.timezone import now

from stats_app.models import Stat
from telemetry.templatetags.telemetry_pages import ago, number
from tests.api_helpers import new_project, new_stat
from tests.page_helpers import check_html, manager, send, viewer, visitor

pytestmark = pytest.mark.django_db


@pytest.fixture
def project():
    return new_project("weather")


@pytest.fixture
def rain(project):
    return new_stat(project, "rain", unit="mm")


@pytest.fixture
def wind(project):
    return new_stat(project, "wind", Stat.Kind.VALUE)


def url_of(stat):
    return f"/projects/{stat.project.slug}/stats/{stat.pk}/"


def figures_in(response):
    return {figure.name: figure.value for figure in response.context["figures"]}


def test_a_counter_shows_its_total(project, rain):
    send(rain, 3, 4)
    send(rain, 5, ago=timedelta(hours=2))
    response = viewer(project).get(url_of(rain))
    text = check_html(response)
    figures = figures_in(response)
    assert (figures["total"], figures["points"], figures["max"]) == (12, 3, 7)
    assert (figures["min"], figures["latest"]) == (0, 7)
    assert figures["mean"] == pytest.approx(12 / 288, rel=0.01)
    assert "12 mm" in text
    assert 'Sum per <span id="step">5 minutes</span>' in text
    assert "just now" in text


def test_a_value_has_no_total(project, wind):
    send(wind, 1, 2, 6)
    send(wind, 3, ago=timedelta(hours=2))
    figures = figures_in(viewer(project).get(url_of(wind)))
    assert "total" not in figures
    assert figures == {
        "mean": 3,
        "min": 1,
        "max": 6,
        "spread": pytest.approx(3.5**0.5),
        "latest": 3,
        "points": 4,
    }


def test_no_data_is_not_zero(project, rain, wind):
    client = viewer(project)
    for stat in (rain, wind):
        response = client.get(url_of(stat))
        assert "Nothing has been received yet" in check_html(response)
        figures = figures_in(response)
        assert figures.pop("points") == 0
        assert set(figures.values()) == {None}


def test_the_plot_s_data_is_on_the_page(project, wind):
    send(wind, 1, 2)
    response = viewer(project).get(url_of(wind), {"range": "1h"})
    text = check_html(response)
    start = text.index('type="application/json">') + 24
    data = json.loads(text[start : text.index("</script>", start)])
    assert (data["kind"], data["step"], data["range"], data["live"]) == ("value", 60, "1h", True)
    assert (data["y"], data["low"], data["high"], data["n"]) == ([1.5], [1], [2], [2])
    assert data["spread"] == [0.5]
    assert data["from"] <= data["t"][0] < data["end"]


def test_names_cannot_break_out_of_the_page(project):
    stat = new_stat(project, "</script><script>alert(1)</script>", unit='"><bad>')
    text = check_html(manager(project).get(url_of(stat)))
    assert "alert(1)</script>" not in text
    assert '"><bad>' not in text


@pytest.mark.parametrize(
    ("span", "step"),
    [("1h", 60), ("12h", 300), ("24h", 300), ("7d", 1800), ("30d", 10800), ("1y", 86400)],
)
def test_each_range_has_a_step_that_suits_it(project, rain, span, step):
    response = viewer(project).get(url_of(rain), {"range": span})
    assert response.context["payload"]["step"] == step
    assert f'data-range-link="{span}" aria-current="true"' in check_html(response)


def test_a_custom_range(project, rain):
    send(rain, 1, ago=timedelta(days=40))
    begin = int(now().timestamp()) - 41 * 86400
    client = viewer(project)
    response = client.get(url_of(rain), {"from": begin, "to": begin + 2 * 86400})
    assert figures_in(response)["total"] == 1
    assert response.context["payload"]["live"] is False
    response = client.get(url_of(rain), {"from": "2026-01-31T10:00", "to": "2026-01-31T11:00"})
    assert response.context["payload"]["to"] - response.context["payload"]["from"] == 3600


@pytest.mark.parametrize(
    "query",
    [
        {"range": "2h"},
        {"from": "yesterday"},
        {"from": "", "to": "5"},
        {"from": "9", "to": "5"},
        {"from": "99999999999999999999"},
        {"from": "9999-12-31T23:59", "to": "9999-12-31T23:59:59"},
    ],
)
def test_a_range_that_makes_no_sense(project, rain, query):
    client = viewer(project)
    page, data = client.get(url_of(rain), query), client.get(f"{url_of(rain)}data", query)
    assert (page.status_code, data.status_code) == (400, 400)
    assert 'role="alert"' in check_html(page)
    assert data.json()["detail"]


def test_the_data_are_those_of_the_page_and_never_cached(project, rain):
    send(rain, 2)
    client = viewer(project)
    page = client.get(url_of(rain)).context["payload"]
    response = client.get(f"{url_of(rain)}data", {"range": "24h"})
    assert {**response.json(), "now": 0, "to": 0} == {**page, "now": 0, "to": 0}
    assert "no-store" in response.headers["Cache-Control"]


def test_an_open_page_asks_only_for_the_newest_bins(project, rain):
    send(rain, 2, ago=timedelta(hours=1))
    client = viewer(project)
    query = {"range": "24h", "after": int(now().timestamp()) - 600}
    assert client.get(f"{url_of(rain)}data", query).json()["t"] == []
    send(rain, 3)
    assert client.get(f"{url_of(rain)}data", query).json()["y"] == [3]
    late = {**query, "after": int(now().timestamp()) + 10**6}
    assert client.get(f"{url_of(rain)}data", late).json()["t"] == []
    assert client.get(f"{url_of(rain)}data", {"after": "x"}).status_code == 400


def test_page_and_data_take_a_constant_number_of_queries(project, rain, django_assert_num_queries):
    send(rain, *range(5))
    client = viewer(project)
    # session, user, stat, role, series, latest; of the page also a savepoint for the visit
    for path, queries in (("", 8), ("data", 6)):
        with django_assert_num_queries(queries):
            client.get(url_of(rain) + path)


def test_only_managers_see_keys_and_the_way_to_change_it(project, rain):
    text = check_html(manager(project).get(url_of(rain)))
    for secret in (project.ezkey, project.ukey, rain.key, "/edit/", "/delete/"):
        assert secret in text
    text = check_html(viewer(project).get(url_of(rain)))
    for secret in (project.ezkey, project.ukey, rain.key, "/edit/", "/delete/"):
        assert secret not in text
    assert "YOUR_EZKEY" in text


def test_strangers_and_visitors_do_not_see_it(project, rain):
    stranger = viewer(new_project("other"))
    for path in ("", "data", "edit/", "delete/"):
        assert stranger.get(url_of(rain) + path).status_code == 404
        assert visitor().get(url_of(rain) + path).status_code == 302
        assert stranger.get(f"/projects/other/stats/{rain.pk}/{path}").status_code == 404
    assert stranger.get("/projects/other/stats/99999999999999999999999/").status_code == 404


def test_anyone_sees_a_public_stat_and_no_keys(project, rain):
    rain.public = True
    rain.save()
    send(rain, 4)
    text = check_html(visitor().get(url_of(rain)))
    assert "4 mm" in text
    for secret in (project.ezkey, project.ukey, project.app_key, rain.key, "curl"):
        assert secret not in text
    assert "/projects/weather/stats/" + '"' not in text
    assert visitor().get(f"{url_of(rain)}data").json()["y"] == [4]
    stranger = viewer(new_project("other"))
    for path in ("edit/", "delete/"):
        assert visitor().get(url_of(rain) + path).status_code == 302
        assert stranger.get(url_of(rain) + path).status_code == 403


@pytest.mark.parametrize("name", ['it\'s "5" & more', "größe 日本", "$(id) `x` \\ !", "a+b=c?#%"])
def test_command_lines_survive_the_shell_whatever_the_name(project, name):
    stat = new_stat(project, name)
    form, body, classic = commands_on(manager(project), stat)
    assert form[-1] == body[-1] == "http://testserver/ez"
    assert f"stat={name}" in form
    assert json.loads(body[body.index("-d") + 1])["data"] == [{"stat": name, "count": 1}]
    assert classic[-1] == "http://testserver/c"
    assert f"key={stat.key}" in classic


def commands_on(client, stat):
    return [shlex.split(each.command) for each in client.get(url_of(stat)).context["snippets"]]


def test_numbers_and_times_are_written_for_people():
    unknown = "\N{EN DASH}"
    written = {
        None: unknown, 0: "0", 0.5: "0.5", -3.0: "-3", 1234567: "1,234,567", 7150.254: "7,150.25",
        12.3456789: "12.3457", 1 / 3: "0.333333", 2e-7: "2e-07", 1e300: "1e+300",
        float("inf"): unknown,
    }  # fmt: skip
    assert {value: number(value) for value in written} == written
    spans = {0: "just now", 60: "1 minute ago", 7300: "2 hours ago", 90000: "1 day ago"}
    assert {s: ago(now() - timedelta(seconds=s)) for s in spans} == spans
    assert ago(None) == "never"
