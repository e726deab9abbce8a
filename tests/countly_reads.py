"""Reads of Countly's dialect: ``o(project, "sessions")`` is the document that an open app shows."""

from base64 import b64encode
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from sessions_app.models import Dimension, EventCounter, KnownName, UsageCounter
from telemetry.models import Membership, Project, User
from telemetry.services import create_token
from tests.countly_helpers import Sender, set_clock
from tests.wire_helpers import Reply, through_urls

EXAMPLE_METRICS = {
    "_os": "Android",
    "_os_version": "4.0.4",
    "_device": "GT-I9100",
    "_resolution": "480x800",
    "_carrier": "vodafone TR",
    "_app_version": "1.2",
}
EXAMPLE_EVENTS = [
    {"key": "level_success", "count": 4},
    {"key": "level_fail", "count": 2},
    {
        "key": "in_app_purchase",
        "count": 3,
        "sum": 2.97,
        "segmentation": {"app_version": "1.0", "country": "Turkey"},
    },
]


def ask(path: str, http: str = "GET", **query: Any) -> Reply:
    text = urlencode({name: value for name, value in query.items() if value is not None})
    return through_urls(http, f"{path}?{text}" if text else path)


def o(project: Project, method: str, **query: Any) -> Any:
    """The document of a method, as whoever has the app key sees it."""
    reply = ask("/o", app_key=project.app_key, method=method, **query)
    assert reply.status == 200, reply
    return reply.json


def app_id(project: Project) -> str:
    return f"{project.pk:024x}"


def token_of(project: Project, *scopes: str) -> str:
    return create_token(project=project, name="test", scopes=scopes or ("read",))[1]


def member(name: str, *memberships: tuple[Project, str], **fields: Any) -> User:
    user = User.objects.create_user(name, f"{name}@example.org", "secret", **fields)
    for project, role in memberships:
        Membership.objects.create(user=user, project=project, role=role)
    return user


def basic(username: str, password: str) -> dict[str, str]:
    return {"authorization": f"Basic {b64encode(f'{username}:{password}'.encode()).decode()}"}


def key_of(user: User, password: str = "secret") -> str:
    """The API key of a member."""
    reply = through_urls("GET", "/api-key", headers=basic(user.username, password))
    assert reply.status == 200, reply
    return reply.body.decode()


def at(day: int, hour: int, minute: int = 0, second: int = 0) -> datetime:
    return datetime(2012, 7, day, hour, minute, second, tzinfo=UTC)


def send_example(client: Any, project: Project, monkeypatch: Any) -> None:
    """What the seed's device does on 2012-07-20, ending a minute after two."""
    send = Sender(client, project)
    set_clock(monkeypatch, at(20, 14, 5))
    send(begin_session="1", sdk_version="1.0", metrics=EXAMPLE_METRICS, country_code="TR")
    set_clock(monkeypatch, at(20, 14, 5, 30))
    send(session_duration="30")
    set_clock(monkeypatch, at(20, 14, 5, 50))
    send(end_session="1", session_duration="20")
    set_clock(monkeypatch, at(20, 14, 6))
    send(events=EXAMPLE_EVENTS)


def usage(project: Project, dimension: Dimension, value: str = "", **buckets: Any) -> None:
    """Counters as they are: ``usage(p, DEVICE, "x", b2012={"t": 1})``; the name is known."""
    for bucket, counts in buckets.items():
        UsageCounter.objects.create(
            project=project, dimension=dimension, bucket=int(bucket[1:]), value=value, **counts
        )
    if value:
        know(project, dimension, value=value)


def event(project: Project, key: str, segment: str = "", value: str = "", **buckets: Any) -> None:
    """Counters of an event as they are; its names are known."""
    for bucket, counts in buckets.items():
        EventCounter.objects.create(
            project=project,
            event=key,
            segment=segment,
            bucket=int(bucket[1:]),
            value=value,
            **counts,
        )
    know(project, Dimension.EVENT, event=key)
    if segment:
        know(project, Dimension.SEGMENT, event=key, segment=segment)
        know(project, Dimension.SEGMENT_VALUE, event=key, segment=segment, value=value)


def know(project: Project, dimension: Dimension, **name: str) -> None:
    KnownName.objects.get_or_create(
        project_id=project.pk,
        dimension=dimension,
        event=name.get("event", ""),
        segment=name.get("segment", ""),
        value=name.get("value", ""),
        defaults={"place": KnownName.objects.count()},
    )
