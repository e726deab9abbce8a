"""An app's page: sessions, users, time, loyalty, frequency and duration, over a period."""

import pytest

from telemetry import clock
from tests.api_helpers import new_project
from tests.app_helpers import app_project, day, use
from tests.page_helpers import check_html, manager, viewer, visitor

pytestmark = pytest.mark.django_db

URL = "/projects/p/app/"


@pytest.fixture
def project(monkeypatch):
    return app_project(monkeypatch)


@pytest.fixture
def client(project):
    return viewer(project)


def figures(response):
    assert response.status_code == 200
    check_html(response)
    return {each.label: each for each in response.context["figures"]}


def texts(response):
    return {label: each.text for label, each in figures(response).items()}


@pytest.mark.parametrize("page", ["", "audience/", "events/", "event/?event=e"])
def test_members_and_staff_may_open_it_and_nobody_else(project, client, page):
    use(project, events=[{"key": "e", "count": 1}])
    url = URL + page
    for member in (client, manager(project), visitor("root", is_staff=True)):
        assert member.get(url).status_code == 200
    assert visitor("x", new_project("other")).get(url).status_code == 404
    assert visitor().get(URL).url == f"/accounts/login/?next={URL}"
    assert client.post(url).status_code == 405


@pytest.mark.parametrize("page", ["", "audience/", "events/"])
def test_an_app_that_has_sent_nothing_is_told_how(project, client, page):
    text = check_html(client.get(URL + page))
    assert "begin_session=1" in text
    assert "Ask a manager" in text
    assert project.app_key not in text
    assert project.app_key in check_html(manager(project).get(URL + page))


def test_what_is_counted_is_shown_against_the_period_before(project, client):
    for ago in (12, 11, 3, 2):
        use(project, "old", day(ago), seconds=60)
    use(project, "new", day(1), seconds=120)
    url = f"{URL}?from=2026-03-12&to=2026-03-18"
    shown = figures(client.get(url))
    assert texts(client.get(url)) == {
        "Sessions": "3",
        "Users": "2",
        "New users": "1",
        "Returning users": "1",
        "Time spent": "4m",
        "Time per session": "1m 20s",
        "Sessions per user": "1.5",
        "Requests": "6",
    }
    assert shown["Sessions"].change.text == "+50 %"
    assert shown["New users"].before == "1"
    assert shown["Time spent"].change.text == "+100 %"


def test_where_there_was_nothing_all_is_new(project, client):
    use(project)
    assert figures(client.get(URL))["Sessions"].change.text == "new"
    assert figures(client.get(f"{URL}?period=yesterday"))["Sessions"].text == "0"


def test_part_of_a_day_is_not_compared_in_per_cent(project, client):
    use(project, at=day(1))
    use(project, at=day(0))
    shown = figures(client.get(f"{URL}?period=today"))["Sessions"]
    assert (shown.text, shown.before, shown.change.text) == ("1", "1", "")
    assert "yesterday 1" in client.get(f"{URL}?period=today").content.decode()


def test_users_of_several_weeks_are_told_as_at_most(project, client):
    for device in ("a", "b"):
        for ago in (1, 8, 15, 22):
            use(project, device, day(ago))
    shown = figures(client.get(URL))  # 17 February to 18 March
    assert shown["Users"].text == "≤ 2"  # of the whole year there were no more
    assert shown["Users"].change.text == ""
    assert shown["Sessions per user"].text == "≥ 4"
    assert figures(client.get(f"{URL}?period=month"))["Users"].text == "2"
    assert figures(client.get(f"{URL}?period=7d"))["Users"].text == "2"


def test_users_are_the_fewest_that_any_way_of_counting_gives(project, client):
    for device in ("a", "b"):
        use(project, device, day(60))
    for ago in (1, 2, 3, 8, 9):
        use(project, "a", day(ago))
    url = f"{URL}?from=2026-03-08&to=2026-03-17"
    assert figures(client.get(url))["Users"].text == "≤ 1"  # the month had but one


def test_ranges_of_some_days_are_of_these_days_whatever_they_were_first_in_the_month(
    project, client
):
    for days_ago in (12, 2, 1, 0):  # the months' and the year's first session is another
        use(project, at=day(days_ago))
    response = client.get(f"{URL}?from=2026-03-16&to=2026-03-18")
    found = {title: ranking for title, _, ranking in response.context["ranges"]}
    loyalty = {row.label: row.totals.sessions for row in found["Loyalty"].rows}
    assert (loyalty["1"], loyalty["2"], loyalty["3-5"]) == (0, 1, 2)
    frequency = {row.label: row.totals.sessions for row in found["Frequency"].rows}
    assert (frequency["8-14 days"], frequency["1 day"], frequency["first session"]) == (1, 2, 0)


def test_ranges_are_in_their_order_with_words(project, client):
    use(project, at=day(3), seconds=5)
    use(project, at=day(2), seconds=45)
    use(project, at=day(1), seconds=45)
    response = client.get(f"{URL}?period=month")
    found = {title: ranking for title, _, ranking in response.context["ranges"]}
    assert list(found) == ["Loyalty", "Frequency", "Duration"]
    duration = [(row.label, row.totals.sessions) for row in found["Duration"].rows[:4]]
    assert duration == [("0-10 s", 1), ("11-30 s", 0), ("31-60 s", 2), ("1-3 min", 0)]
    assert [row.totals.sessions for row in found["Loyalty"].rows[:2]] == [1, 0]
    assert found["Frequency"].rows[0].label == "first session"


def test_charts_have_a_bar_for_each_step_and_a_table(project, client):
    use(project, at=day(1, 9), seconds=30)
    response = client.get(f"{URL}?period=yesterday")
    sessions, users, time = response.context["charts"]
    assert len(sessions.bars) == len(users.bars) == len(time.bars) == 24
    (bar,) = [bar for bar in sessions.bars if bar.pieces]
    assert bar.text == "17 Mar 2026, 09:00: 1 sessions"
    text = check_html(response)
    assert "Sessions: 1 in all, most at 17 Mar 2026, 09:00: 1" in text
    assert text.count('<tr><th scope="row" class="nowrap">17 Mar 2026') == 24


def test_days_are_those_of_the_project_s_zone(monkeypatch):
    project = app_project(monkeypatch, timezone="Asia/Tokyo")
    use(project, at=day(1, 16))  # one o'clock of the next day in Tokyo
    client = viewer(project)
    assert figures(client.get(f"{URL}?period=today"))["Sessions"].text == "1"
    assert "Asia/Tokyo" in client.get(URL).content.decode()


@pytest.mark.parametrize(
    "query",
    ["period=ages", "from=x", "from=2026-03-02&to=2026-03-01", "from=1000-01-01", "from=%00"],
)
@pytest.mark.parametrize("page", ["", "audience/", "events/"])
def test_a_period_that_makes_no_sense_is_refused_with_words(project, client, page, query):
    use(project)
    response = client.get(f"{URL}{page}?{query}")
    assert response.status_code == 400
    assert 'role="alert"' in check_html(response)


def test_other_periods_and_tabs_are_a_click_away(project, client):
    use(project)
    text = check_html(client.get(f"{URL}?period=7d"))
    assert '<a href="?period=90d">90 days</a>' in text
    assert '<a href="?period=7d" aria-current="true">7 days</a>' in text
    assert '<a href="/projects/p/app/audience/?period=7d">Audience</a>' in text


def test_a_page_takes_the_same_few_queries_whatever_is_stored(
    project, client, django_assert_num_queries
):
    for times in (1, 3):
        for number in range(times):
            use(project, f"d{number}", day(number), seconds=9, events=[{"key": "e", "count": 1}])
        for query in ("", "?period=year", "?period=today", "?from=2020-01-01"):
            with django_assert_num_queries(7):  # savepoint, session, user, project; totals, ranges
                assert client.get(URL + query).status_code == 200


def test_nothing_of_another_project_is_counted(project, client, monkeypatch):
    use(app_project(monkeypatch, "other"), "theirs", seconds=9)
    use(project)
    assert figures(client.get(URL))["Sessions"].text == "1"
    assert clock.now().year == 2026
