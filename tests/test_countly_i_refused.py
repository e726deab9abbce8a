"""What the database refuses, whatever it is stored with, stops no queue and no neighbour."""

import pytest
from django.db import connection

from tests.countly_writes import NOON, logged, new_app

pytestmark = pytest.mark.django_db

POISON = [{"key": "poison", "count": 1}]


@pytest.fixture
def app():
    """The database takes no event of one key: a fault that no sender can mend."""
    with connection.cursor() as cursor:
        cursor.execute(
            "ALTER TABLE sessions_app_event ADD CONSTRAINT none CHECK (type <> 'poison')"
        )
    return new_app()


def test_it_is_acknowledged_and_noted(app):
    assert "could not be stored" in app.send(events=POISON, begin_session="1")
    assert not app.counts()
    ((status, reason, what),) = logged(app)
    assert (status, "could not be stored" in reason, "poison" in what) == (200, True, True)


def test_its_neighbours_in_a_bulk_are_counted(app):
    items = [
        {"device_id": "a", "begin_session": 1, "timestamp": NOON},
        {"device_id": "b", "begin_session": 1, "timestamp": NOON, "events": POISON},
        {"device_id": "c", "begin_session": 1, "timestamp": NOON},
    ]
    assert app.bulk(*items).startswith("requests[1]: this could not be stored")
    assert app.year == {"t": 2, "n": 2, "u": 2, "e": 2}
    assert len(logged(app)) == 1
