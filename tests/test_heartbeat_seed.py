"""GET /api/stats: the example of the seed, number for number."""

from datetime import UTC, datetime

from devices_app.models import Device, Tally
from tests.heartbeat_helpers import JSON, beat, default_project, register, set_clock, stats

EXAMPLE = b"""
    {
      "last_seen": 1698915320,
      "last_seen_relative": 41,
      "longest_absence": 84898,
      "num_visits": 1628,
      "total_beats": 120062,
      "devices": [
        {
          "id": 0,
          "name": "Laptop",
          "last_beat": 1698825626,
          "num_beats": 36308
        },
        {
          "id": 1,
          "name": "Phone",
          "last_beat": 1698825626,
          "num_beats": 639
        },
        {
          "id": 2,
          "name": "Workstation",
          "last_beat": 1698915320,
          "num_beats": 83115
        }
      ],
      "uptime": 8082297
    }
"""


def test_the_seeds_example(db, monkeypatch):
    clock = set_clock(monkeypatch)
    project = default_project(created_at=datetime.fromtimestamp(1698915320 + 41 - 8082297, UTC))
    names = ("Laptop", "Phone", "Workstation")
    laptop, phone, workstation = (register(name)["token"] for name in names)
    # What three processes have counted before the beats that tell.
    for number, (before, visits) in enumerate(((36307, 1000), (638, 600), (83113, 28))):
        Device.objects.filter(number=number).update(num_beats=before)
        Tally.objects.create(project=project, slot=-number, beats=before, visits=visits)
    for at, token in (
        (1698825626, laptop),
        (1698825626, phone),
        (1698825626 + 84898, workstation),
        (1698915320, workstation),
    ):
        clock.at = at
        assert beat(token).status == 200
    clock.tick(41)
    reply = stats()
    assert reply.body == b"".join(EXAMPLE.split())
    assert reply.headers == {
        "content-type": JSON,
        "content-length": str(len(reply.body)),
        "access-control-allow-origin": "*",
    }
