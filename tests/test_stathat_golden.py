"""Requests as published clients send them, with the exact reply and what is stored.

Those of Go, Node, stathat.py and Flask were recorded; the others were written after what their
clients' sources do. To add one: put its request beside the others and run the test with
GOLDEN=write, then read what it wrote.
"""

import json
import os
from pathlib import Path

import pytest

from stats_app.models import Stat
from tests.stathat_helpers import buckets, new_project
from tests.wire_helpers import parsed, through_door, through_urls

FOLDER = Path(__file__).parent / "golden" / "stathat"
EXPECTED = FOLDER / "expected.json"


@pytest.fixture(autouse=True)
def project(db, monkeypatch):
    project = new_project()
    for name, kind in (("hits", Stat.Kind.COUNTER), ("load", Stat.Kind.VALUE)):
        Stat.objects.create(project=project, name=name, kind=kind, key=f"{name}-key")


def outcome(through, path):
    reply = through(*parsed(path.read_bytes()))
    stats = dict(Stat.objects.values_list("name", "kind"))
    stored = [
        [name, Stat.Kind(stats[name]).label, "then" if start.year < 2020 else "now", count, total]
        for name, start, count, total, *_ in buckets()
    ]
    return {"status": reply.status, "body": reply.body.decode(), "stored": sorted(stored)}


@pytest.mark.parametrize("through", [through_door, through_urls])
@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.http")), ids=lambda path: path.stem)
def test_a_published_clients_request_has_its_reply_and_is_stored(path, through):
    expected = json.loads(EXPECTED.read_text()) if EXPECTED.exists() else {}
    if os.environ.get("GOLDEN") == "write":
        expected[path.stem] = outcome(through, path)
        text = json.dumps(expected, indent=2, sort_keys=True, ensure_ascii=False)
        EXPECTED.write_text(f"{text}\n")
    else:
        assert outcome(through, path) == expected[path.stem]
