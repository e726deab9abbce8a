"""What the tests of the heartbeat dialect share: a project, its devices, and a clock to set."""

import json

import psutil

from telemetry.keys import hash_secret
from telemetry.models import Project
from tests.wire_helpers import through_door, through_server, through_urls

SECRET = "a-secret-key"
JSON = "application/json"
TEXT = "text/plain; charset=utf-8"
START = 1_698_915_036  # the seed's example of a beat: Thursday, 2 November 2023, 08:50:36 UTC
HOUR, DAY, YEAR = 3600, 86_400, 365 * 86_400


class Clock:
    """What beats are told by in a test. Times of eighths of a second are exact everywhere."""

    def __init__(self, at=START):
        self.at = at

    def __call__(self):
        return float(self.at)

    def tick(self, seconds):
        self.at += seconds


def set_clock(monkeypatch, at=START):
    clock = Clock(at)
    monkeypatch.setattr("telemetry.clock.time", clock)
    return clock


def new_project(slug="p", secret=SECRET, **fields):
    """A project whose devices this key registers; without one nobody registers any."""
    fields["secret_key_hash"] = hash_secret(secret) if secret else ""
    return Project.objects.create(name=slug.title(), slug=slug, **fields)


def default_project(**fields):
    """The project that an empty server begins with: the default one, its reads open."""
    return new_project(**{"is_default": True, "read_policy": "open", **fields})


def post_devices(body=b'{"name":"Laptop"}', key=SECRET, content_type=JSON, path="/api/devices"):
    """The reply to a registration; a body that is not bytes is sent as JSON."""
    body = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"authorization": key, "content-type": content_type}
    return through_urls("POST", path, body, headers)


def register(name="Laptop", key=SECRET):
    """A new device's id, name and token."""
    reply = post_devices({"name": name}, key)
    assert reply.status == 200, reply
    return reply.json


def regenerate(number, key=SECRET):
    headers = {"authorization": key} if key is not None else {}
    return through_urls("POST", f"/api/devices/{number}/token/generate", headers=headers)


def beat(token, through=through_door):
    return through("POST", "/api/beat", headers={"authorization": token})


def stats(query="", client=None, **headers):
    """The reply to a question for statistics."""
    return through_urls("GET", f"/api/stats{query}", headers=headers, client=client)


def beat_after(clock, *waits):
    """Beats, each by its token so many seconds after the one before."""
    for seconds, token in waits:
        clock.tick(seconds)
        assert beat(token).status == 200


def seen():
    """What statistics say of time: when, how long ago, and the longest absence."""
    found = stats().json
    return found["last_seen"], found["last_seen_relative"], found["longest_absence"]


def beat_on(server, token):
    return through_server(server, "POST", "/api/beat", headers={"Authorization": token})


def register_on(server, keys, name="Laptop"):
    """As `register`, on a real server, in the project with these keys."""
    headers = {"Authorization": keys["secret_key"], "Content-Type": JSON}
    reply = through_server(server, "POST", "/api/devices", json.dumps({"name": name}), headers)
    assert reply.status == 200, reply
    return reply.json


def processes_talked_to(server):
    """The serving processes that have connections open just now."""
    return {
        process.pid
        for process in psutil.Process(server.process.pid).children(recursive=True)
        for line in process.net_connections("tcp")
        if line.status == "ESTABLISHED" and line.laddr.port == server.port
    }


def of_devices(server, project_id):
    """By its name what is stored of each device: beats that it, its rows and its hours count."""
    return {
        name: counts
        for name, *counts in server.query(
            """
            SELECT d.name, d.num_beats,
                   (SELECT count(*) FROM devices_app_beat b
                     WHERE b.project_id = d.project_id AND b.device_id = d.id),
                   (SELECT coalesce(sum(h.count), 0)::int8 FROM devices_app_beathour h
                     WHERE h.project_id = d.project_id AND h.device_id = d.id)
              FROM devices_app_device d WHERE d.project_id = %s
            """,
            project_id,
        )
    }
