"""What the tests of the StatHat dialect share: how to send, and what is stored afterwards."""

import json
from urllib.parse import urlencode

from stats_app.models import MinuteBucket
from telemetry.models import Project
from tests.wire_helpers import through_door

EZ_KEY, USER_KEY = "an-ez-key", "a-user-key"
FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
OK = b'{"status":200,"msg":"ok"}'


def new_project(slug="p", **fields):
    """A project with well-known keys."""
    keys = {"ezkey": EZ_KEY, "ukey": USER_KEY, **fields}
    return Project.objects.create(name=slug.title(), slug=slug, **keys)


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
