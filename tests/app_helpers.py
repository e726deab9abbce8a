"""An app that was used: what its devices send, as pages and the native API then show it."""

from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count

from django.test import Client

from tests.api_helpers import new_project
from tests.countly_helpers import Sender, set_clock

__all__ = ["NOON", "app_project", "day", "use"]

NOON = datetime(2026, 3, 18, 12, tzinfo=UTC)
"""Now, of all of them: a Wednesday."""
_numbers = count()
PHONE = {"_os": "Android", "_os_version": "14", "_device": "Pixel 8", "_app_version": "1.2"}


def app_project(monkeypatch, slug="p", **fields):
    set_clock(monkeypatch, NOON)
    return new_project(slug, **fields)


def day(days_ago=0, hour=8):
    return NOON.replace(hour=hour) - timedelta(days=days_ago)


def use(project, device="d1", at=NOON, *, seconds=0, events=None, metrics=PHONE, country="TR"):
    """A session that begins at this time, and what happened in it."""
    send = partial(Sender(Client(), project), nr=str(next(_numbers)))  # none is another again
    began = int(at.timestamp())
    send(device, begin_session="1", metrics=metrics, country_code=country, timestamp=str(began))
    if events:
        send(device, events=events, timestamp=str(began + 1))
    if seconds:
        end = str(began + seconds)
        send(device, end_session="1", session_duration=str(seconds), timestamp=end)
