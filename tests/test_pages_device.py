"""A device's page: its beats per hour, its absences, and how to make it beat."""

import shlex
from datetime import timedelta

import pytest

from devices_app.chart import HEIGHT
from tests.api_helpers import new_project
from tests.device_helpers import NOON, beat, beat_at, register, set_clock
from tests.page_helpers import check_html, manager, viewer, visitor

pytestmark = pytest.mark.django_db

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


@pytest.fixture
def project():
    return new_project("home")


@pytest.fixture
def laptop(project):
    return register(project)


@pytest.fixture
def client(project):
    return viewer(project)


def url_of(device, path=""):
    return f"/projects/{device.project.slug}/devices/{device.number}/{path}"


def absences_in(response):
    return [(str(length), each.ended_at) for each, length in response.context["absences"]]


def test_it_tells_who_the_device_is_and_when_it_beat_last(laptop, client, monkeypatch):
    beat_at(monkeypatch, laptop, NOON, NOON + MINUTE)
    text = check_html(client.get(url_of(laptop)))
    assert "<h1>Laptop</h1>" in text
    assert 'data-state="active">active</span>' in text
    assert f'datetime="{(NOON + MINUTE).isoformat()}"' in text
    assert "<span data-count>2</span> in all" in text


def test_a_device_that_never_beat_says_so(laptop, client):
    response = client.get(url_of(laptop))
    text = check_html(response)
    assert 'data-state="never">never</span>' in text
    assert "It has not beaten yet." in text
    assert (response.context["chart"].total, response.context["chart"].busy) == (0, [])


@pytest.mark.parametrize(("span", "bars"), [("24h", 24), ("7d", 168), ("30d", 720)])
def test_each_range_has_a_bar_for_each_hour_up_to_now(laptop, client, monkeypatch, span, bars):
    set_clock(monkeypatch, NOON + 30 * MINUTE)
    response = client.get(url_of(laptop), {"range": span})
    chart = response.context["chart"]
    assert len(chart.bars) == bars
    assert (chart.first, chart.bars[-1].start) == (NOON - (bars - 1) * HOUR, NOON)
    text = check_html(response)
    assert f'<a href="?range={span}" aria-current="true">' in text
    assert text.count('<g class="hour"') == bars


def test_a_week_is_shown_where_nothing_else_is_asked_for(laptop, client):
    assert client.get(url_of(laptop)).context["range"] == "7d"


@pytest.mark.parametrize("query", ["range=1y", "range=", "range=%00", "before=yesterday"])
def test_what_cannot_be_shown_is_a_404(laptop, client, query):
    response = client.get(f"{url_of(laptop)}?{query}")
    assert response.status_code == 404
    check_html(response)


def test_bars_are_as_high_as_their_hours_are_busy(laptop, client, monkeypatch):
    beat_at(monkeypatch, laptop, *[NOON - 2 * HOUR + n * MINUTE for n in range(6)])
    beat_at(monkeypatch, laptop, *[NOON + n * MINUTE for n in range(3)])
    response = client.get(url_of(laptop), {"range": "24h"})
    chart = response.context["chart"]
    assert [bar.count for bar in chart.bars][-3:] == [6, 0, 3]
    assert (chart.top, chart.total, chart.running) == (6, 9, 3)
    assert [bar.height for bar in chart.bars][-3:] == [HEIGHT, 0, HEIGHT / 2]
    text = check_html(response)
    assert "<title>2026-03-01 10:00 UTC: 6 beats</title>" in text
    assert 'x="21.06" y="0.00" width="0.88" height="100.00"/>' in text
    assert 'y="50.00" width="0.88" height="50.00" data-running data-top="6"' in text
    assert "9</span> in this time" in text


@pytest.mark.parametrize(
    ("beats", "top"), [(1, 1), (2, 2), (3, 3), (5, 6), (7, 8), (9, 10), (11, 20)]
)
def test_the_scale_ends_at_a_round_number(laptop, client, monkeypatch, beats, top):
    beat_at(monkeypatch, laptop, *[NOON] * beats)
    chart = client.get(url_of(laptop)).context["chart"]
    assert (chart.top, chart.total) == (top, beats)
    assert all(0 <= bar.height <= HEIGHT for bar in chart.bars)


def test_the_table_holds_the_busy_hours_newest_first(laptop, client, monkeypatch):
    beat_at(monkeypatch, laptop, NOON - 5 * HOUR, NOON - 2 * HOUR, NOON - 2 * HOUR)
    response = client.get(url_of(laptop))
    assert [(b.start, b.count) for b in response.context["chart"].busy] == [
        (NOON - 2 * HOUR, 2),
        (NOON - 5 * HOUR, 1),
    ]
    table = check_html(response).split('<div class="data-table">')[1].split("</table>")[0]
    assert table.index("2026-03-01 10:00 UTC") < table.index("2026-03-01 07:00 UTC")


def test_an_hour_without_a_beat_is_an_absence_and_less_is_none(laptop, client, monkeypatch):
    beat_at(monkeypatch, laptop, NOON, NOON + HOUR - timedelta(microseconds=1))
    assert "None of an hour or more." in check_html(client.get(url_of(laptop)))
    beat_at(monkeypatch, laptop, NOON + 3 * HOUR)
    response = client.get(url_of(laptop))
    assert absences_in(response) == [("2:00:00.000001", NOON + 3 * HOUR)]
    assert response.context["silence"] is None
    assert "<td>2 hours</td>" in check_html(response)


def test_the_absence_that_still_goes_on_comes_first(laptop, client, monkeypatch):
    beat_at(monkeypatch, laptop, NOON, NOON + 2 * HOUR)
    set_clock(monkeypatch, NOON + 2 * HOUR + 59 * MINUTE)
    assert "still away" not in check_html(client.get(url_of(laptop)))
    set_clock(monkeypatch, NOON + 5 * HOUR)
    response = client.get(url_of(laptop))
    assert response.context["silence"] == 3 * HOUR
    table = check_html(response).split("absences-heading")[2]
    assert table.index("still away") < table.index("<td>2 hours</td>")


def test_absences_are_paged_newest_first(laptop, client, monkeypatch):
    odd = timedelta(microseconds=123_457)
    beat_at(monkeypatch, laptop, *[NOON + n * (2 * HOUR + odd) for n in range(43)])
    ends, page = [], client.get(url_of(laptop), {"range": "24h"})
    for _ in range(3):
        ends += [end for _, end in absences_in(page)]
        check_html(page)
        older = page.context["older"]
        page = client.get(url_of(laptop), {"before": older.isoformat() if older else ""})
    assert ends == [NOON + n * (2 * HOUR + odd) for n in range(42, 0, -1)]


def test_an_older_page_has_links_that_lead_on_and_back(laptop, client, monkeypatch):
    beat_at(monkeypatch, laptop, *[NOON + n * 2 * HOUR for n in range(43)])
    text = check_html(client.get(url_of(laptop), {"range": "24h"}))
    link = text.split('">Older')[0].split('href="')[-1].replace("&amp;", "&")
    second = client.get(url_of(laptop) + link)
    assert second.context["range"] == "24h"
    assert len(second.context["absences"]) == 20
    assert "still away" not in check_html(second)
    assert 'href="?range=24h">' in second.content.decode().split(" Newest</a>")[0][-40:]


def test_the_command_lines_have_the_public_address_and_no_token(laptop, client, settings):
    settings.PUBLIC_URL = "https://t.example.org"
    response = client.get(url_of(laptop))
    text = check_html(response)
    assert laptop.token not in text
    assert "testserver" not in text
    commands = [snippet.command for snippet in response.context["snippets"]]
    assert len(commands) == 4
    assert all("https://t.example.org/api/beat" in command for command in commands)
    assert all("Authorization: YOUR_TOKEN" in command for command in commands)
    assert shlex.split(commands[0])[-3:] == [
        "-H", "Authorization: YOUR_TOKEN", "https://t.example.org/api/beat",
    ]  # fmt: skip


def test_only_managers_are_shown_how_to_change_it(project, laptop, client):
    paths = [url_of(laptop, path) for path in ("token/", "edit/", "delete/")]
    text = check_html(client.get(url_of(laptop)))
    assert not any(path in text for path in paths)
    text = check_html(manager(project).get(url_of(laptop)))
    assert all(path in text for path in paths)


def test_strangers_and_visitors_do_not_see_it(laptop, client):
    stranger = visitor("x", new_project("other"))
    assert stranger.get(url_of(laptop)).status_code == 404
    assert stranger.get("/projects/other/devices/0/").status_code == 404
    assert visitor().get(url_of(laptop)).url == f"/accounts/login/?next={url_of(laptop)}"
    for number in ("1", "99999999999", "9" * 30):
        assert client.get(f"/projects/home/devices/{number}/").status_code == 404


def test_it_takes_a_constant_number_of_queries(laptop, client, django_assert_num_queries):
    for beats in (1, 5):
        for _ in range(beats):
            beat(laptop)
        # session, user, project, device, hours, absences, role; a savepoint for the visit
        with django_assert_num_queries(9):
            client.get(url_of(laptop), {"range": "30d"})
