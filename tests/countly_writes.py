"""An app that SDKs of Countly write to, by the direct door, and what it tells of it."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import psycopg
from django.db import connection, transaction

from sessions_app.dialects.countly.parsing import read_request
from sessions_app.models import Dimension
from sessions_app.writes.usage.requests import Outcome, RecordRequests
from telemetry.keys import new_key
from telemetry.models import Project, RejectedInput
from telemetry.store import Batch
from tests.countly_helpers import counts
from tests.wire_helpers import Reply, through_door

__all__ = [
    "FORM",
    "JSON",
    "NOON",
    "App",
    "acknowledged",
    "at",
    "logged",
    "multipart",
    "new_app",
    "one_batch",
    "write_of",
]

FORM, JSON = "application/x-www-form-urlencoded", "application/json"


def at(month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0) -> int:
    """Of 2012, in UTC."""
    return int(datetime(2012, month, day, hour, minute, second, tzinfo=UTC).timestamp())


NOON = at(7, 20, 12)


class App:
    def __init__(self, project: Project) -> None:
        self.project = project
        self.key = project.app_key

    # What is sent

    def query(self, device: str = "d1", **params: Any) -> str:
        """The query of a request; what is no text is JSON."""
        fields = {
            name: value if isinstance(value, str) else json.dumps(value)
            for name, value in params.items()
        }
        return urlencode({"app_key": self.key, "device_id": device, **fields})

    def reply(self, device: str = "d1", **params: Any) -> Reply:
        return through_door("GET", f"/i?{self.query(device, **params)}")

    def send(self, device: str = "d1", **params: Any) -> str:
        """Send something that is acknowledged; the `info` of the reply, empty if there is none."""
        return acknowledged(self.reply(device, **params))

    def post(
        self, body: bytes | str, kind: str = FORM, *, query: str = "", path: str = "/i"
    ) -> Any:
        raw = body.encode() if isinstance(body, str) else body
        target = f"{path}?{query}" if query else path
        return through_door("POST", target, raw, {"content-type": kind})

    def bulk(self, *items: Any, **params: Any) -> str:
        """Send items by ``/i/bulk``; the `info` of the reply."""
        fields = {"app_key": self.key, "requests": json.dumps(items), **params}
        return acknowledged(self.post(urlencode(fields), path="/i/bulk"))

    # What is counted

    def counts(self, dimension: Dimension = Dimension.SESSIONS) -> dict[int, Any]:
        return counts(self.project, dimension)

    @property
    def year(self) -> dict[str, int]:
        """The sessions' counters of 2012."""
        found: dict[str, int] = self.counts().get(2012, {})
        return found

    def by_value(self, dimension: Dimension, bucket: int = 2012) -> dict[str, Any]:
        """By value: ``{"Android": {"t": 1}}``; of ranges what they count: ``{"0": 1}``."""
        found: dict[str, Any] = self.counts(dimension).get(bucket, {})
        if dimension in {Dimension.FREQUENCY, Dimension.LOYALTY, Dimension.DURATION}:
            return {value: numbers["t"] for value, numbers in found.items()}
        return found


def new_app(**fields: Any) -> App:
    """Just the row: this is done before each of many small tests."""
    return App(Project.objects.create(name="app", slug=new_key(), read_policy="open", **fields))


def acknowledged(reply: Reply) -> str:
    assert reply.status == 200, reply
    assert reply.headers["content-type"] == "application/json; charset=utf-8"
    assert reply.json["result"] == "Success"
    assert reply.json.keys() <= {"result", "info"}
    return str(reply.json.get("info", ""))


def multipart(**fields: str) -> tuple[bytes, str]:
    """A body as ``curl -F`` sends it, and its content type."""
    parts = [
        f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ]
    return ("".join(parts) + "--b--\r\n").encode(), "multipart/form-data; boundary=b"


def logged(app: App) -> list[tuple[int, str, str]]:
    """What is in the project's log of rejected input: status, reason, what came."""
    rows = RejectedInput.objects.filter(project=app.project).order_by("id")
    return list(rows.values_list("status", "reason", "what"))


def write_of(app: App, device: str = "d1", *, received: float = NOON, **params: Any) -> Any:
    """What the store is handed for a request."""
    request = read_request(
        params,
        app_key=app.key,
        device_id=device,
        received=received,
        address="",
        signed=b"",
        problems=[],
    )
    return RecordRequests((request,))


def one_batch(writes: Sequence[RecordRequests]) -> list[Outcome]:
    """Apply these as the store does with those that came while it was busy."""
    connection.ensure_connection()
    plain: Any = connection.connection
    with transaction.atomic(), psycopg.Cursor[Any](plain) as cursor:
        cursor.format = psycopg.pq.Format.BINARY
        outcomes = RecordRequests.apply(Batch(cursor), writes)
    return [outcome for (outcome,) in outcomes]
