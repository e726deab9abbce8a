"""What the tests of the StatHat dialect share: two ways in, and what is stored afterwards."""

import itertools
import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from asgiref.sync import async_to_sync
from django.test import Client

from stats_app.models import MinuteBucket
from telemetry.asgi import application
from telemetry.models import Project

EZ_KEY, USER_KEY = "an-ez-key", "a-user-key"
FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
OK = b'{"status":200,"msg":"ok"}'


@dataclass(frozen=True)
class Reply:
    """A whole reply; names of headers are in lower case, those that tell the time left out."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def msg(self) -> str:
        return str(self.json["msg"])


def new_project(slug="p", **fields):
    """A project with well-known keys."""
    keys = {"ezkey": EZ_KEY, "ukey": USER_KEY, **fields}
    return Project.objects.create(name=slug.title(), slug=slug, **keys)


def through_door(method, target, body=b"", headers=None, *, more_body=()):
    """A request straight to the ASGI application, as uvicorn would hand it over."""
    path, _, query = target.partition("?")
    pairs = {"host": "localhost", "content-length": str(len(body)), **(headers or {})}
    pairs = {name.lower(): value for name, value in pairs.items() if value is not None}
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": query.encode("utf-8", "surrogateescape"),
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in pairs.items()],
        "client": ("127.0.0.1", 5),
    }
    parts = itertools.chain([body], more_body, [b""] if more_body else [])
    sent: list[Any] = []

    async def receive():
        part = next(parts, None)
        assert part is not None, "the door reads on after the end"
        return {"type": "http.request", "body": part, "more_body": bool(more_body) and part != b""}

    async def send(message):
        sent.append(message)

    async_to_sync(application)(scope, receive, send)
    start, *rest = sent
    found = {name.decode(): value.decode("latin-1") for name, value in start["headers"]}
    return Reply(start["status"], b"".join(message["body"] for message in rest), found)


def through_urls(method, target, body=b"", headers=None):
    """The same request to Django's URLs, as a WSGI server would hand it over."""
    path, _, query = target.partition("?")
    headers = {"host": "localhost", **(headers or {})}
    named = {name.lower().replace("-", "_"): value for name, value in headers.items() if value}
    extra = {
        f"HTTP_{name.upper()}": value
        for name, value in named.items()
        if name not in {"content_type", "content_length"}
    }
    response = Client().generic(
        method,
        path,
        body,
        content_type=named.get("content_type", ""),
        QUERY_STRING=query.encode("utf-8", "surrogateescape").decode("latin-1"),
        **extra,
    )
    found = {name.lower(): value for name, value in response.headers.items()}
    return Reply(response.status_code, response.content, found)


def get(path, **params):
    return through_door("GET", f"{path}?{urlencode(params)}")


def post(path, body=b"", content_type=FORM, *, query=""):
    """POST `body`: bytes as they are, a dictionary as the content type says."""
    if isinstance(body, dict):
        body = json.dumps(body) if JSON in content_type.lower() else urlencode(body)
    if isinstance(body, str):
        body = body.encode()
    headers = {"content-type": content_type} if content_type else {}
    return through_door("POST", f"{path}?{query}" if query else path, body, headers)


def ez(**params):
    """A form post to `/ez` under the project's key."""
    return post("/ez", {"ezkey": EZ_KEY, **params})


def batch(*items, **others):
    """A JSON batch under the project's key."""
    return post("/ez", {"ezkey": EZ_KEY, "data": list(items), **others}, JSON)


def sums():
    """What each stat has received in all."""
    found: dict[str, float] = {}
    for name, amount in MinuteBucket.objects.values_list("stat__name", "sum"):
        found[name] = found.get(name, 0) + amount
    return found


def buckets(model=MinuteBucket):
    """Every bucket as (stat, start, count, sum, min, max, sum of squares), oldest first."""
    columns = ("stat__name", "start", "count", "sum", "min", "max", "sum_squares")
    return list(model.objects.order_by("start", "stat__name").values_list(*columns))
