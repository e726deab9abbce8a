"""Which project a request is for, and that nobody reaches another's sessions."""

import pytest

from sessions_app.keys import public_id
from sessions_app.models import Event, Session
from telemetry.services import rotate_key
from tests.tstats_helpers import (
    APP_KEY,
    add_event,
    close,
    default_project,
    events,
    listed,
    new_project,
    open_session,
    problem,
    row,
    send,
    set_clock,
)
from tests.wire_helpers import through_door, through_urls

# No key that is like one of ours.
UNKNOWN = [
    "x",
    "an-app-ke",
    "an-app-key2",
    "AN-APP-KEY",
    "a" * 64,
    "a" * 65,
    "ö",
    "a\x01",
    "'",
    "%",
]
NO_IDS = [
    *("x", "0", "a" * 31, "a" * 32, "a" * 33, "f" * 47, "f" * 48, "g" * 34, "1" * 1000, "-1"),
    *("51d0977e4218431852000001", "%00", "%FF", "é", "0x" + "1" * 40, "..", "*"),
]


@pytest.fixture
def project(db):
    return default_project()


@pytest.fixture
def other(project):
    return new_project("other")


def everything(session, **options):
    """All that can be asked of a session."""
    return [
        add_event(session, **options),
        add_event(session, type_="t", **options),
        close(session, **options),
    ]


@pytest.mark.parametrize("key", UNKNOWN)
@pytest.mark.parametrize("through", [through_door, through_urls])
def test_an_unknown_key_is_a_401_everywhere(project, key, through):
    session = open_session()
    replies = [send("POST", "/sessions/", key=key, through=through)]
    replies += everything(session, key=key, through=through)
    for reply in replies:
        assert "X-App-Key" in problem(reply, 401, "unauthorized")
    assert (Session.objects.count(), events(session), row(session).ended_at) == (1, [], None)
    assert problem(listed(key=key), 401, "unauthorized") == replies[0].json["error"]["message"]


@pytest.mark.parametrize("query", ["app_key=x", "app_key=%00", "app_key=%ff", "app_key=%F0%9F"])
def test_so_is_one_in_the_query(project, query):
    problem(send("POST", f"/sessions?{query}"), 401, "unauthorized")
    problem(listed(f"?{query}"), 401, "unauthorized")
    assert not Session.objects.exists()


def test_without_a_key_it_is_the_default_project(project, other):
    assert row(open_session()).project == project
    for empty in ("", " "):
        assert row(open_session(key=empty)).project == project
    assert row(send("POST", "/sessions?app_key=").json["_id"]).project == project


def test_without_a_default_project_a_key_is_needed_and_the_reply_says_where(db):
    new_project(is_default=False)
    message = problem(send("POST", "/sessions/"), 401, "unauthorized")
    assert "in the header X-App-Key" in message
    assert problem(listed(), 401, "unauthorized") == message
    session = open_session(key=APP_KEY)
    assert add_event(session).status == 201  # whose project is known
    assert close(session).status == 200


def test_a_session_is_written_by_its_id_alone_or_with_its_projects_key(project, other):
    for owner in (project, other):
        session = open_session(key=owner.app_key)
        assert add_event(session, "a").status == 201
        assert add_event(session, "b", key=owner.app_key).status == 201
        path = f"/sessions/{session}/event/c?app_key={owner.app_key}"
        assert send("PUT", path).status == 201
        assert [kind for kind, _ in events(session)] == ["a", "b", "c"]
        assert close(session, key=owner.app_key).status == 200


def test_with_the_key_of_another_project_it_is_a_404(project, other):
    for owner, stranger in ((project, other), (other, project)):
        session = open_session(key=owner.app_key)
        for reply in everything(session, key=stranger.app_key):
            assert problem(reply, 404, "not_found") == "there is no such session"
        assert (events(session), row(session).ended_at) == ([], None)


@pytest.mark.parametrize("session", NO_IDS)
@pytest.mark.parametrize("key", [None, APP_KEY])
def test_an_unknown_id_is_a_404(project, session, key):
    for through in (through_door, through_urls):
        if ".." not in session:
            for reply in everything(session, key=key, through=through):
                problem(reply, 404, "not_found")
    assert not Event.objects.exists()


def test_an_id_is_not_another_spelling_of_it_nor_of_another_project(project, other):
    session = open_session()
    pk = row(session).pk
    for wrong in (
        session.upper(),
        f"{pk.hex}0{project.pk:x}",
        public_id(other.pk, pk),
        public_id(2**60 - 1, pk),
        session + "0",
        session[1:],
        str(pk) + session[32:],
    ):
        if wrong != session:
            problem(add_event(wrong), 404, "not_found")
    assert events(session) == []


def test_a_rotated_key_is_refused_at_once_and_sessions_go_on_with_the_new_one(project):
    session = open_session(key=APP_KEY)
    fresh = rotate_key(project=project, key="app_key")
    problem(send("POST", "/sessions/", key=APP_KEY), 401, "unauthorized")
    problem(add_event(session, key=APP_KEY), 401, "unauthorized")
    problem(listed(key=APP_KEY), 401, "unauthorized")
    assert add_event(session, key=fresh).status == 201
    assert listed(key=fresh).status == 200


def test_sessions_of_minecraft_are_not_for_tstats(project, monkeypatch):
    set_clock(monkeypatch)
    session = open_session()
    Session.objects.filter(project=project).update(dialect=2)
    for reply in everything(session):
        problem(reply, 404, "not_found")
    assert listed().json == {"sessions": []}
    assert (events(session), row(session).ended_at) == ([], None)
