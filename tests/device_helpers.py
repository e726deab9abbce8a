"""What the tests of devices share: the clock, devices, and beats as clients send them."""

from datetime import UTC, datetime

from django.test import Client

from devices_app.services import create_device

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def set_clock(monkeypatch, time):
    monkeypatch.setattr("telemetry.clock.time", time.timestamp)


def register(project, name="Laptop"):
    """A new device, with its token as `token`, which only registering tells."""
    new = create_device(project=project, name=name)
    new.device.token = new.token
    return new.device


def beat(device, status=200):
    response = Client().post("/api/beat", HTTP_AUTHORIZATION=device.token)
    assert response.status_code == status, response.content


def beat_at(monkeypatch, device, *times):
    """Beats at these times, at the last of which the clock stays."""
    for time in times:
        set_clock(monkeypatch, time)
        beat(device)
