"""What an export of sessions holds: CSV for spreadsheets, NDJSON for programs."""

import csv
import io
import json
from datetime import timedelta

import pytest

from sessions_app import export
from sessions_app.listing import Filters, session_chunks
from tests.api_helpers import new_project, with_token
from tests.minecraft_helpers import new_server
from tests.page_helpers import viewer, visitor
from tests.stored_sessions import NOON, crowd, play, set_clock, tstats

pytestmark = pytest.mark.django_db

URL = "/projects/p/sessions/export"
HEADER = [
    *("id", "dialect", "server", "player", "username", "started_at", "last_at", "ended_at"),
    *("end_reason", "open", "duration", "client_started_at", "client_ended_at", "events"),
    *("address", "zone", "server_key"),
]


@pytest.fixture
def project():
    return new_project("p")


@pytest.fixture
def client(project):
    return viewer(project)


def content(client, kind, **query):
    response = client.get(f"{URL}.{kind}", query)
    assert response.status_code == 200
    return b"".join(response.streaming_content).decode()


def ndjson(client, **query):
    return [json.loads(line) for line in content(client, "ndjson", **query).splitlines()]


def rows(client, **query):
    return list(csv.reader(io.StringIO(content(client, "csv", **query), newline="")))


@pytest.mark.parametrize("kind", ["csv", "ndjson"])
def test_members_may_export_and_nobody_else(project, client, kind):
    tstats(project)
    url = f"{URL}.{kind}"
    assert client.get(url).status_code == 200
    assert visitor("x", new_project("other")).get(url).status_code == 404
    assert visitor().get(url).url == f"/accounts/login/?next={url}"
    assert client.post(url).status_code == 405
    assert client.get(f"{URL}.xlsx").status_code == 404


def test_ndjson_has_the_names_and_values_of_the_rest_api(project, client, monkeypatch):
    set_clock(monkeypatch, NOON + timedelta(hours=1))
    server = new_server("p")
    tstats(project, NOON, lasts=1.5, num_events=3, client_started_at=NOON - timedelta(seconds=9))
    tstats(project, NOON + timedelta(microseconds=1500))
    play(server, "stevé", NOON, zone="America/Chicago")
    listed = with_token(project).get("/api/v1/sessions/").json()["results"]
    exported = ndjson(client)
    assert len(exported) == 3
    for row, of_api in zip(exported, listed, strict=True):
        assert list(row) == list(export.FIELDS)
        assert row == {name: of_api[name] for name in row}


def test_csv_has_a_header_and_a_row_for_each_session(project, client, monkeypatch):
    set_clock(monkeypatch, NOON + timedelta(hours=1))
    server = new_server("p")
    played = play(server, "steve", NOON, lasts=90)
    running = tstats(project, NOON + timedelta(seconds=1))
    header, first, second = rows(client)
    assert header == HEADER
    blank = dict.fromkeys(header, "")
    assert dict(zip(header, first, strict=True)) == blank | {
        "id": str(running.pk),
        "dialect": "tstats",
        "started_at": "2026-03-01T12:00:01Z",
        "last_at": "2026-03-01T12:00:01Z",
        "open": "true",
        "duration": "3599.0",
        "events": "0",
        "address": "192.0.2.7",
        "zone": "UTC",
    }
    assert dict(zip(header, second, strict=True)) == blank | {
        "id": str(played.pk),
        "dialect": "mccoal",
        "server": "Survival",
        "player": str(played.player_id),
        "username": "steve",
        "started_at": "2026-03-01T12:00:00Z",
        "last_at": "2026-03-01T12:01:30Z",
        "ended_at": "2026-03-01T12:01:30Z",
        "end_reason": "logout",
        "open": "false",
        "duration": "90.0",
        "events": "0",
        "zone": "UTC",
        "server_key": server.key,
    }


@pytest.mark.parametrize(
    "name",
    [
        *("=1+1", "+1", "-1", "@SUM(A1)", " =1", "\t=1", "\r=1", "\n=1", "\uff1d1", "\uff20x"),
        '=HYPERLINK("http://x","y")',
    ],
)
def test_a_cell_that_could_be_a_formula_is_text(project, client, name):
    server = new_server("p")
    server.name = name
    server.save()
    play(server, name)
    _, row = rows(client)
    told = dict(zip(HEADER, row, strict=True))
    assert told["username"] == told["server"] == f"'{name}"
    [of_json] = ndjson(client)
    assert (of_json["username"], of_json["server"]["name"]) == (name, name)


def test_a_cell_may_have_anything_in_it(project, client):
    name = 'a,"b"\nc;ü =1'
    play(new_server("p"), name)
    _, row = rows(client)
    assert row[HEADER.index("username")] == name
    assert ndjson(client)[0]["username"] == name


def test_it_is_a_file_with_a_name_and_no_copy_is_kept(project, client, monkeypatch):
    set_clock(monkeypatch, NOON)
    for kind, media in (("csv", "text/csv; charset=utf-8"), ("ndjson", "application/x-ndjson")):
        response = client.get(f"{URL}.{kind}")
        disposition = f'attachment; filename="sessions-p-2026-03-01.{kind}"'
        assert response.headers["Content-Disposition"] == disposition
        assert response.headers["Content-Type"] == media
        assert "no-store" in response.headers["Cache-Control"]
        assert response.streaming
        head = client.head(f"{URL}.{kind}")
        assert head.status_code == 200
        assert b"".join(head.streaming_content) == b""


def test_of_nothing_there_is_a_header_only(project, client):
    assert rows(client) == [HEADER]
    assert ndjson(client) == []


@pytest.mark.parametrize("count", [1, 2, 3, 4, 6])
def test_parts_hold_every_session_once(project, client, monkeypatch, count):
    monkeypatch.setattr(export, "ROWS_AT_ONCE", 3)
    pks = [str(session.pk) for session in reversed(crowd(project, count))]
    assert [row["id"] for row in ndjson(client)] == pks
    assert [row[0] for row in rows(client)[1:]] == pks


def test_sessions_that_come_while_it_is_read_neither_double_nor_hide_others(project):
    pks = [session.pk for session in reversed(crowd(project, 9))]
    found = []
    for part in session_chunks(project, Filters(), 2):
        found += [session.pk for session in part]
        tstats(project, NOON + timedelta(hours=len(found)))
    assert found == pks


def test_another_project_s_sessions_are_not_in_it(project, client):
    tstats(new_project("other"))
    play(new_server("third"))
    assert ndjson(client) == []


def test_parts_take_two_queries_each(project, client, monkeypatch, django_assert_num_queries):
    monkeypatch.setattr(export, "ROWS_AT_ONCE", 5)
    server = new_server("p")
    for index in range(10):
        play(server, f"player{index}")
    # session, user, project, servers offered; sessions and servers twice, and no more sessions
    with django_assert_num_queries(9):
        content(client, "csv")
