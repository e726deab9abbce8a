"""What `make run` prints: a working line for each dialect."""

import shlex
from urllib.parse import urlsplit

import pytest

from sessions_app.models import Session
from telemetry.management.greeting import greeting
from telemetry.models import Project
from tests.api_helpers import new_project

pytestmark = pytest.mark.django_db


def lines():
    found = (line.split(maxsplit=1) for line in greeting("127.0.0.1", 8000, None))
    return {name: command for name, command in found if command.startswith("curl")}


def test_there_is_a_line_for_each_dialect():
    new_project("p", is_default=True)
    assert list(lines()) == ["StatHat", "heartbeat", "TStats", "Countly", "mc-coal"]


def test_countly_s_begins_a_session(client):
    project = new_project("p", is_default=True)
    _, url = shlex.split(lines()["Countly"])
    place = urlsplit(url)
    reply = client.get(f"{place.path}?{place.query}")
    assert reply.json() == {"result": "Success"}
    assert Session.objects.get(project=project).username == "my-phone"


def test_without_a_default_project_there_is_nothing_to_try():
    assert not Project.objects.filter(is_default=True).exists()
    assert lines() == {}
