"""Does the board cost the same with 100 devices and with 100,000?"""

from typing import Any

from tests.bench.pages import milliseconds, signed_in
from tests.server import ServerProcess

_FLEET = """
INSERT INTO devices_app_fleet (project_id, next_number, devices) VALUES (%s, %s, %s) RETURNING 1
"""
_DEVICES = """
INSERT INTO devices_app_device (project_id, number, name, token_hash, num_beats, last_beat_at)
SELECT %s, g, 'device ' || g, %s || g, 24 * 60, now() - g * interval '1 second'
  FROM generate_series(0, %s) g RETURNING 1
"""
_HOURS = """
INSERT INTO devices_app_beathour (project_id, device_id, start, count)
SELECT d.project_id, d.id, date_trunc('hour', now()) - h * interval '1 hour', 60
  FROM devices_app_device d, generate_series(0, 23) h WHERE d.project_id = %s RETURNING 1
"""


def measure(server: ServerProcess, many: int, repeats: int = 40) -> dict[str, Any]:
    """Median milliseconds of the board, of a device's page and of `/api/stats`."""
    browser = signed_in(server)
    figures: dict[str, Any] = {}
    projects = {}
    for name, devices in (("few", 100), ("many", many)):
        project = projects[name] = server.create_project(name, "--open")
        server.query(_FLEET, project["id"], devices, devices)
        server.query(_DEVICES, project["id"], name, devices - 1)
        server.query(_HOURS, project["id"])
        figures[name] = {"devices": devices}
    # In turns: a machine's speed changes by the minute.
    for kind, path, turns in (
        ("board", "/projects/{}/devices/", repeats),
        ("last_page", "/projects/{}/devices/?before=1000000", repeats),
        ("device", "/projects/{}/devices/50/", repeats),
        ("stats", "/api/stats?project={}", repeats // 4),
    ):
        for name, project in projects.items():
            url = server.url + path.format(project["slug"])
            figures[name][kind] = milliseconds(browser, url, turns)
    for kind in ("board", "last_page", "device"):
        figures[f"{kind}_many_of_few"] = round(figures["many"][kind] / figures["few"][kind], 2)
    return figures
