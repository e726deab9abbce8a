"""Requests of Countly's SDKs, and what was counted of them."""

import json
from collections import defaultdict
from datetime import datetime
from typing import Any

import pytest
from django.test import Client

from sessions_app.models import Dimension, EventCounter, KnownName, UsageCounter
from telemetry import clock
from telemetry.models import Project
from telemetry.services import create_project

__all__ = ["Sender", "counts", "event_counts", "make_project", "names", "set_clock"]


def make_project(**fields: Any) -> Project:
    project = create_project(name="app", open=True).project
    Project.objects.filter(pk=project.pk).update(**fields)
    project.refresh_from_db()
    return project


def set_clock(monkeypatch: pytest.MonkeyPatch, at: float | datetime) -> None:
    seconds = at.timestamp() if isinstance(at, datetime) else at
    monkeypatch.setattr(clock, "time", lambda: seconds)


class Sender:
    """Sends requests of devices by GET, as the SDKs of 2012 did."""

    def __init__(self, client: Client, project: Project) -> None:
        self.client = client
        self.project = project

    def __call__(self, device: str = "d1", *, expect: str = "", **params: Any) -> Any:
        fields = {
            name: value if isinstance(value, str) else json.dumps(value)
            for name, value in params.items()
        }
        query = {"app_key": self.project.app_key, "device_id": device, **fields}
        reply = self.client.get("/i", query)
        assert reply.status_code == 200, reply.content
        document = reply.json()
        assert document["result"] == "Success"
        assert expect in document.get("info", ""), document
        if not expect:
            assert "info" not in document, document
        return document


def counts(project: Project, dimension: Dimension, value: str | None = None) -> dict[int, Any]:
    """By bucket: what is not zero, e.g. {2012: {"t": 1}}; of several values by value, too."""
    found: dict[int, Any] = defaultdict(dict)
    rows = UsageCounter.objects.filter(project=project, dimension=dimension)
    for row in rows:
        numbers = {name: getattr(row, name) for name in "tnude" if getattr(row, name)}
        if not numbers:
            continue
        if value is None and row.value:
            found[row.bucket][row.value] = numbers
        elif value is None or row.value == value:
            found[row.bucket] = numbers
    return dict(found)


def event_counts(project: Project, event: str, segment: str = "") -> dict[int, Any]:
    found: dict[int, Any] = defaultdict(dict)
    for row in EventCounter.objects.filter(project=project, event=event, segment=segment):
        numbers = {name: getattr(row, name) for name in ("c", "s", "dur") if getattr(row, name)}
        if segment:
            found[row.bucket][row.value] = numbers
        else:
            found[row.bucket] = numbers
    return dict(found)


def names(project: Project, dimension: Dimension) -> list[tuple[str, str, str]]:
    rows = KnownName.objects.filter(project=project, dimension=dimension).order_by("place")
    return [(row.event, row.segment, row.value) for row in rows]
