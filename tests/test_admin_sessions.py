"""Sessions, events, lines and players in the admin: read from indexes, one project at a time."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from sessions_app.keys import public_id
from sessions_app.models import Event, LogLine, Player, Server, Session
from telemetry.admin_base import CappedPaginator
from telemetry.models import Project, User
from tests.minecraft_helpers import chat, login, lost, new_server, send
from tests.sent_sessions import game, player

pytestmark = pytest.mark.django_db
FACTS = ["session", "event", "logline", "player"]
each_fact = pytest.mark.parametrize("model", FACTS)
NOBODY = "00000000-0000-0000-0000-000000000000"


@pytest.fixture
def staff(client):
    client.force_login(User.objects.create_user("staff", is_staff=True))
    return client


@pytest.fixture
def server():
    """Steve came twice, and Alex plays; a game has two events; another project has its own."""
    other = new_server("a other")
    send(other, login(0, "herobrine"))
    game(other.project, "haunt")
    server = new_server("lab")
    send(server, login(0), lost(10), login(20), lost(30), login(5, "alex"), chat(6, "alex"))
    game(server.project, "jump", "fall")
    Project.objects.filter(slug="lab").update(is_default=True)
    return server


def url(model, page="changelist", *args):
    return reverse(f"admin:sessions_app_{model}_{page}", args=args)


def rows(response):
    """The cells of the list, row by row."""
    assert response.status_code == 200, response
    html = response.content.decode()
    body = html.partition("<tbody>")[2].partition("</tbody>")[0]
    return [re.sub(r"<[^>]+>", "|", row) for row in body.split("</tr>") if "<td" in row]


def some(model):
    of = {"session": Session, "event": Event, "logline": LogLine, "player": Player}[model]
    return of.objects.filter(project__slug="lab").order_by("id").last()


@each_fact
def test_a_list_is_of_one_project_the_default_one_unless_another_is_chosen(staff, server, model):
    lab, other = (Project.objects.get(slug=slug) for slug in ("lab", "a other"))
    count = {"session": 4, "event": 2, "logline": 6, "player": 2}[model]
    for parameters in ({}, {"project": lab.pk}, {"project": "9999"}, {"project": "x"}):
        assert len(rows(staff.get(url(model), parameters))) == count
    assert len(rows(staff.get(url(model), {"project": other.pk}))) in (1, 2)
    Project.objects.update(is_default=False)
    assert len(rows(staff.get(url(model)))) in (1, 2)  # the first by name


@each_fact
def test_a_list_takes_the_same_few_queries_however_long(
    staff, server, model, django_assert_max_num_queries
):
    for length in range(1, 4):
        # Session, user, permissions; projects, count, rows, and the names of their projects and
        # servers.
        with django_assert_max_num_queries(9):
            before = len(rows(staff.get(url(model))))
        for number in range(length * 3):
            send(new_server("lab"), login(0, f"name{number}"))
            game(server.project, "jump")
    assert len(rows(staff.get(url(model)))) > before


@each_fact
def test_a_page_is_found_by_its_id_in_every_project_and_cannot_be_changed(
    staff, server, model, django_assert_max_num_queries
):
    row = some(model)
    with django_assert_max_num_queries(9):
        page = staff.get(url(model, "change", row.pk)).content.decode()
    assert str(row.pk) in page
    assert "lab" in page
    assert 'name="_save"' not in page
    assert staff.post(url(model, "change", row.pk), {"name": "x"}).status_code == 403
    assert staff.get(url(model, "add")).status_code == 403
    assert staff.get(url(model, "history", row.pk)).status_code == 200
    for wrong in (NOBODY, "1", "x"):
        assert staff.get(url(model, "change", wrong)).status_code == 302
    if model != "player":
        assert staff.post(url(model, "delete", row.pk), {"post": "yes"}).status_code == 403
        assert "delete_selected" not in staff.get(url(model)).content.decode()


@each_fact
def test_every_query_of_a_growing_table_names_the_project(staff, server, model):
    row = some(model)
    with CaptureQueriesContext(connection) as queries:
        for text in ("", row.pk, "steve", server.key, public_id(row.project_id, row.pk), NOBODY):
            staff.get(url(model), {"q": text})
        staff.get(url(model, "change", row.pk))
    tables = re.compile(r'FROM "sessions_app_(session|event|logline|player)"')
    asked = [query["sql"] for query in queries if tables.search(query["sql"])]
    assert len(asked) > 5
    for sql in asked:
        assert re.search(r'"project_id" (= \d+|IN \()', sql), sql
        assert " JOIN " not in sql


@pytest.mark.parametrize(
    ("model", "text", "found"),
    [
        ("session", "steve", 2),
        ("session", "Steve", 0),
        ("session", "{server}", 3),
        ("session", "{session}", 1),
        ("session", "{public}", 1),
        ("session", "{player}", 1),
        ("session", "herobrine", 0),
        ("event", "jump", 1),
        ("event", "jum", 0),
        ("event", "{event}", 1),
        ("event", "{session}", 2),
        ("event", "{public}", 2),
        ("logline", "{server}", 6),
        ("logline", "{player}", 2),
        ("logline", "{line}", 1),
        ("logline", "steve", 0),
        ("player", "alex", 1),
        ("player", "{player}", 1),
        ("player", "{server}", 2),
        ("player", "ale", 0),
        *((model, text, 0) for model in FACTS for text in (NOBODY, "%", "ü")),
    ],
)  # fmt: skip
def test_what_is_searched_for_is_found_by_an_index(staff, server, model, text, found):
    session = Session.objects.get(project=server.project, dialect=1)
    known = {
        "server": server.key,
        "session": session.pk,
        "public": public_id(server.project_id, session.pk),
        "player": player(server, "alex").pk,
        "event": some("event").pk,
        "line": some("logline").pk,
    }
    assert len(rows(staff.get(url(model), {"q": text.format(**known)}))) == found


@pytest.mark.parametrize("model", ["session", "logline"])
def test_what_was_up_to_a_time_is_found_by_an_index(staff, server, model, settings):
    """As the admin shows times; of lines, as the log's clock showed them."""
    settings.TIME_ZONE = "America/Chicago"  # where it was 3, not 8 o'clock
    hour = {"session": "03", "logline": "08"}[model]
    for text, sessions, lines in [
        ("2013-04-12", 0, 0),
        (f"2013-04-13 {hour}:00:04", 1, 1),
        (f"2013-04-13 {hour}:00:05", 2, 2),
        (f"2013-04-13T{hour}:00", 3, 6),
        (" 2013-04-13 ", 3, 6),
        ("9998-12-31", 4, 6),
        ("2013-02-30", 0, 0),
        ("9999-12-31", 0, 0),
    ]:
        found = {"session": sessions, "logline": lines}[model]
        assert len(rows(staff.get(url(model), {"q": text}))) == found, text


def test_a_list_that_is_not_counted_to_its_end_says_so(staff, server, monkeypatch):
    assert "6 log lines" in staff.get(url("logline")).content.decode()
    monkeypatch.setattr(CappedPaginator, "cap", 5)
    for parameters in ({}, {"q": server.key}):
        page = staff.get(url("logline"), parameters).content.decode()
        assert re.search(r"5 or more (log lines|results)", page), parameters


def test_sessions_are_filtered_by_dialect_and_by_whether_they_are_open(staff, server):
    for parameters, count in [
        ({"dialect": 1}, 1),
        ({"dialect": 2}, 3),
        ({"open": "true"}, 2),
        ({"open": "false"}, 2),
        ({"open": "true", "dialect": 2}, 1),
        ({"dialect": 1, "q": "steve"}, 0),
        ({"dialect": 2, "q": "steve"}, 2),
        ({"dialect": 1, "q": server.key}, 0),
        ({"dialect": "9", "open": "x"}, 4),
    ]:
        assert len(rows(staff.get(url("session"), parameters))) == count, parameters


@each_fact
@pytest.mark.parametrize("query", ["username=x", "type__contains=x", "line=x", "name__gt=a"])
def test_nothing_is_looked_for_that_no_index_has(staff, server, model, query):
    assert staff.get(f"{url(model)}?{query}").status_code == 400


@each_fact
def test_no_other_order_can_be_asked_for(staff, server, model):
    with CaptureQueriesContext(connection) as queries:
        staff.get(url(model), {"o": "3.-2"})
    orders = {re.search(r"ORDER BY .*", q["sql"])[0] for q in queries if "ORDER BY" in q["sql"]}
    of_rows = [
        order for order in orders if f"sessions_app_{model}" in order and "LIMIT" not in order
    ]
    wanted = '"name" ASC' if model == "player" else f'ORDER BY "sessions_app_{model}"."id" DESC'
    assert all(wanted in order for order in of_rows)


def test_rows_whose_server_is_gone_are_shown(staff, server):
    Server.objects.all().delete()  # what is of it goes a moment later
    for model in ("session", "logline", "player"):
        assert "alex" in staff.get(url(model)).content.decode()
        row = some(model)
        assert str(row.pk) in staff.get(url(model, "change", row.pk)).content.decode()
