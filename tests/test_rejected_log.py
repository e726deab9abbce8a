"""Rejected input is logged by project: whichever key it came with, and never in a reply's way."""

import logging
from uuid import UUID

import pytest
from asgiref.sync import async_to_sync

from telemetry import clock
from telemetry.models import RejectedInput
from telemetry.rejected import (
    ACCESS_TOKEN,
    APP_KEY,
    EZKEY,
    SECRET_KEY,
    UKEY,
    Dialect,
    Key,
    KeyKind,
    Rejection,
    note_rejected,
    note_rejected_and_wait,
)
from telemetry.rejected.writes import MOST_KEPT, TRIM_EVERY, RecordRejection
from telemetry.services import create_project, delete_projects, rotate_key
from telemetry.store import StoreUnavailable, get_store, use_store

pytestmark = pytest.mark.django_db


def rejection(**named):
    usual = {
        "dialect": Dialect.TSTATS,
        "status": 400,
        "path": "POST /sessions/",
        "reason": "the body is not JSON",
        "what": b'{"clientTime": ',
    }
    return Rejection(**{**usual, **named})


def logged(project):
    return list(RejectedInput.objects.filter(project=project).order_by("id"))


def test_what_came_why_and_by_which_dialect_is_kept():
    project = create_project(name="Lab").project
    async_to_sync(note_rejected)(
        rejection(project=project.pk, query=b"a=1", path="PUT /sessions/1/close", status=409)
    )
    (row,) = logged(project)
    assert (row.dialect, row.status, row.path) == ("tstats", 409, "PUT /sessions/1/close")
    assert (row.reason, row.what) == ("the body is not JSON", '?a=1\n{"clientTime": ')
    assert row.more == 0


@pytest.mark.parametrize(
    ("kind", "column"), [(APP_KEY, "app_key"), (EZKEY, "ezkey"), (UKEY, "ukey")]
)
def test_a_key_leads_to_its_project_until_it_is_rotated(kind, column):
    project = create_project(name="Lab").project
    key = Key(kind, getattr(project, column))
    note_rejected_and_wait(rejection(key=key))
    assert len(logged(project)) == 1
    rotate_key(project=project, key=column)
    note_rejected_and_wait(rejection(key=key))
    assert len(logged(project)) == 1


def test_a_secret_key_and_a_token_lead_to_their_project_by_their_hashes():
    new = create_project(name="Lab")
    note_rejected_and_wait(rejection(key=Key(SECRET_KEY, new.secret_key)))
    note_rejected_and_wait(rejection(key=Key(ACCESS_TOKEN, new.read_token)))
    assert len(logged(new.project)) == 2


@pytest.mark.parametrize("kind", [APP_KEY, EZKEY, UKEY, SECRET_KEY, ACCESS_TOKEN])
@pytest.mark.parametrize("text", ["", "nobody's", "a\0b", "\ud800", "é\n", "x" * 1000])
def test_nobodys_key_stores_nothing(kind: KeyKind, text):
    create_project(name="Lab")
    note_rejected_and_wait(rejection(key=Key(kind, text)))
    note_rejected_and_wait(rejection())
    assert not RejectedInput.objects.exists()


def test_nothing_is_stored_for_a_project_that_there_is_not(django_capture_on_commit_callbacks):
    project = create_project(name="Lab").project
    note_rejected_and_wait(rejection(project=project.pk))
    with django_capture_on_commit_callbacks(execute=True):
        delete_projects(projects=[project])
    note_rejected_and_wait(rejection(project=project.pk))
    assert not RejectedInput.objects.exists()


def test_what_cannot_be_stored_as_it_is_is_stored_nevertheless():
    project = create_project(name="Lab").project
    note_rejected_and_wait(
        rejection(
            project=project.pk,
            path="POST /\0\ud800" + "p" * 300,
            reason="r\0\ud800" * 200,
            what="w\0\ud800😀" * 2000,
        )
    )
    (row,) = logged(project)
    assert len(row.path) == 200
    assert len(row.reason) == 300
    assert len(row.what) == 2000
    assert row.what.startswith("w␀?😀")


def test_the_key_of_a_request_is_masked_wherever_it_stands():
    project = create_project(name="Lab").project
    rotate_key(project=project, key="app_key")
    note_rejected_and_wait(
        rejection(
            key=Key(APP_KEY, project.app_key),
            path=f"GET /x/{project.app_key}/y",
            reason=f"“{project.app_key}” is wrong",
            what=f"hello {project.app_key}",
        )
    )
    (row,) = logged(project)
    masked = project.app_key[:4] + "…"
    assert (row.path, row.reason) == (f"GET /x/{masked}/y", f"“{masked}” is wrong")
    assert row.what == f"hello {masked}"


def row(project, number, at="2026-01-01T00:00Z"):
    return RejectedInput(
        id=UUID(int=number << 32), project=project, dialect="tstats", at=at, status=400,
        path="", reason=str(number), what="",
    )  # fmt: skip


def test_the_newest_thousand_are_kept_and_few_more():
    project = create_project(name="Lab").project
    other = create_project(name="Other").project
    last = MOST_KEPT + 500
    RejectedInput.objects.bulk_create(
        [row(project, number) for number in range(1, last)] + [row(other, 1)]
    )
    for odd, kept in ((1, last), (TRIM_EVERY, MOST_KEPT)):
        number = (last << 32) // TRIM_EVERY * TRIM_EVERY + odd
        get_store().submit_and_wait(
            RecordRejection(
                id=UUID(int=number), at=clock.now(), dialect="tstats", status=400, path="",
                reason="new", what="", more=0, project=project.pk, key=None,
            )
        )  # fmt: skip
        assert len(logged(project)) == kept
    assert [each.reason for each in logged(project)[-3:]] == [str(last - 1), "new", "new"]
    assert len(logged(other)) == 1


class Failing:
    """A store whose database is away."""

    def __init__(self, error):
        self.error = error

    async def submit(self, write):
        raise self.error

    def submit_and_wait(self, write):
        raise self.error

    def close(self):
        pass


@pytest.mark.parametrize("error", [StoreUnavailable(), RuntimeError("bug")])
def test_a_failure_to_log_is_told_once_and_raises_nothing(error, caplog, monkeypatch):
    monkeypatch.setattr("telemetry.rejected.service._fails", False)
    project = create_project(name="Lab").project
    use_store(Failing(error))
    with caplog.at_level(logging.WARNING, "telemetry.rejected"):
        note_rejected_and_wait(rejection(project=project.pk))
        async_to_sync(note_rejected)(rejection(project=project.pk))
    assert [record.levelname for record in caplog.records] == ["WARNING"]
