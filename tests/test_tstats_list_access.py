"""GET sessions/: who may read which project's, and what that costs."""

import re

import pytest
from django.db import connection

from sessions_app.models import Session
from telemetry.ids import new_id
from telemetry.services import create_token
from tests.page_helpers import visitor
from tests.tstats_helpers import (
    START,
    default_project,
    listed,
    new_project,
    open_session,
    problem,
    row,
)


@pytest.fixture
def project(db):
    return default_project()


@pytest.fixture
def lab(project):
    """A project whose sessions need a token, and have one."""
    lab = new_project("lab")
    open_session(key=lab.app_key)
    return lab


def bearer(project, *scopes, **fields):
    return f"Bearer {create_token(project=project, name='x', scopes=scopes, **fields)[1]}"


def number(reply):
    assert reply.status == 200, reply
    return len(reply.json["sessions"])


def refused(reply):
    assert reply.headers["www-authenticate"] == "Bearer"
    return "scope read" in problem(reply, 401, "unauthorized")


def test_an_open_project_is_for_whoever_has_the_key(project, lab):
    assert number(listed()) == 0
    assert number(listed(key=project.app_key)) == 0
    lab.read_policy = "open"
    lab.save()
    assert number(listed(key=lab.app_key)) == 1
    assert number(listed(f"?app_key={lab.app_key}")) == 1
    assert number(listed()) == 0


def test_another_needs_a_token_with_the_scope_read(project, lab):
    assert refused(listed(key=lab.app_key))
    for wrong in ("Bearer x", "Bearer", "x", "Basic eDp5", bearer(project, "read"),
                  bearer(lab, "write", "agent")):  # fmt: skip
        assert refused(listed(key=lab.app_key, authorization=wrong))
    for scopes in (["read"], ["write", "read"]):
        assert number(listed(key=lab.app_key, authorization=bearer(lab, *scopes))) == 1


def test_a_token_names_its_project_where_no_key_does(project, lab):
    token = bearer(lab, "read")
    assert number(listed(authorization=token)) == 1
    assert number(listed(key=project.app_key, authorization=token)) == 0
    problem(listed(key="x", authorization=token), 401, "unauthorized")
    assert refused(listed(authorization=bearer(lab, "write")))


def test_the_default_project_may_need_one_too(project, lab):
    project.read_policy = "token"
    project.save()
    assert refused(listed())
    assert number(listed(authorization=bearer(project, "read"))) == 0


def test_a_member_who_is_signed_in_reads(project, lab):
    for client, seen in (
        (visitor("vera", lab), True),
        (visitor("staff", is_staff=True), True),
        (visitor("max", project), False),
        (visitor("gone", lab, is_active=False), False),
        (visitor(), False),
    ):
        reply = listed(key=lab.app_key, client=client)
        assert number(reply) == 1 if seen else refused(reply)


def test_a_session_is_for_whoever_may_read_its_projects(project, lab):
    inside = open_session(key=lab.app_key)
    assert refused(listed(inside, key=lab.app_key))
    assert listed(inside, key=lab.app_key, authorization=bearer(lab, "read")).status == 200
    for other in ({}, {"key": project.app_key}):
        problem(listed(inside, **other), 404, "not_found")


def test_nothing_of_another_project_is_in_a_list(project, lab):
    mine = open_session()
    cursor_of_lab = listed("?size=1", authorization=bearer(lab, "read")).json
    assert "cursor" not in cursor_of_lab
    assert [session["_id"] for session in listed().json["sessions"]] == [mine]


@pytest.mark.parametrize("sessions", [0, 3, 200])
def test_a_page_costs_as_many_queries_whatever_is_on_it(
    project, django_assert_num_queries, sessions
):
    Session.objects.bulk_create(
        Session(
            id=new_id(START + turn), project=project, dialect=1,
            started_at=project.created_at, last_at=project.created_at,
        )
        for turn in range(sessions)
    )  # fmt: skip
    with django_assert_num_queries(2):  # the project, the page
        assert number(listed("?size=200&open=true&since=0")) == sessions
    with django_assert_num_queries(2):
        listed(key=project.app_key)
    token = bearer(project, "read")
    with django_assert_num_queries(2):  # the token with its project, the page
        listed(authorization=token)


@pytest.mark.parametrize(
    "query", ["", "?open=true", "?open=false", "?since=1372624766015", "?before=1372624766015"]
)
def test_a_page_is_read_from_an_index_in_its_order(project, query, django_assert_num_queries):
    for _ in range(3):
        open_session()
    cursor = listed("?size=1").json["cursor"]
    for more in ("", f"cursor={cursor}"):
        with django_assert_num_queries(2) as asked:
            assert listed(f"{query}{'&' if query else '?'}size=1&{more}").status == 200
        sql = asked.captured_queries[-1]["sql"]
        with connection.cursor() as cursor_:
            # What there is a choice of in a table of this size.
            cursor_.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off")
            cursor_.execute(f"EXPLAIN (COSTS off) {sql}")
            plan = "\n".join(line for (line,) in cursor_.fetchall())
        assert re.search(r"Index Scan( Backward)? using session", plan), plan
        assert f"(project_id = {project.pk})" in plan
        assert "Sort" not in plan
        assert "OFFSET" not in sql


def test_one_session_costs_two_queries(project, django_assert_num_queries):
    session = open_session()
    with django_assert_num_queries(2):
        assert listed(session).json["_id"] == session
    assert row(session).project == project
