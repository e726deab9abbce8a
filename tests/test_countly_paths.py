"""Paths of Countly's that there are not: JSON, as all that its clients are told."""

import pytest

from sessions_app.models import Dialect, Session
from sessions_app.selectors import duration_of
from tests.countly_writes import NOON, new_app
from tests.wire_helpers import through_urls

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("path", ["/i/foo", "/o/foo", "/i/users/create", "/o/sdk/content", "//i/x"])
def test_they_are_told_in_json_to_scripts_of_any_origin(path):
    reply = through_urls("GET", f"{path}?callback=cb")
    assert (reply.status, reply.body) == (400, b'cb({"result":"Invalid path"})')
    assert through_urls("GET", path).json == {"result": "Invalid path"}
    assert through_urls("GET", path).headers["access-control-allow-origin"] == "*"


def test_a_session_that_is_told_late_has_lasted_until_what_is_known_of_it():
    app = new_app()
    app.send(begin_session="1", timestamp=str(NOON))
    app.send(session_duration="20", timestamp=str(NOON + 20))
    session = Session.objects.get(dialect=Dialect.COUNTLY)
    assert session.ended_at is None
    assert duration_of(session, session.created_at) == 20
