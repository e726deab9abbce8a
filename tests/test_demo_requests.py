"""The demo's history: the same requests from the same seed and start, and no time to come."""

import ast
import gzip
import json
from itertools import pairwise
from pathlib import Path

import pytest

from sessions_app.lines.formats import parse_line
from sessions_app.lines.kinds import Kind
from telemetry.demo import app_users, loads, minecraft
from telemetry.demo.history import APP_LANES, Keys, lanes
from telemetry.demo.state import State
from tests.demo_helpers import NOW

SCALE = 0.02
KEYS = Keys("app", "ez")


def history(seed: int = 1, began: float = NOW) -> dict[str, list]:
    state = State(seed=seed, scale=SCALE, began=began, manage_token="t", server_key="s")
    return {lane.name: list(lane.make()) for lane in lanes(state, KEYS)}


def app_requests(seed: int = 1) -> list[list[dict]]:
    return [
        [
            said
            for bulk in app_users.history(seed, NOW, SCALE, "app", lane, APP_LANES)
            for said in json.loads(bulk.body)["requests"]
        ]
        for lane in range(APP_LANES)
    ]


def test_the_same_seed_and_start_send_the_same() -> None:
    assert history() == history()


@pytest.mark.parametrize("other", [{"seed": 2}, {"began": NOW + 86_400}])
def test_another_seed_or_start_sends_something_else(other) -> None:
    first, second = history(), history(**other)
    assert first.keys() == second.keys()
    assert all(first[name] != second[name] for name in first)


def test_a_device_keeps_to_one_lane_and_its_requests_to_the_order_of_time() -> None:
    found = app_requests()
    devices = [{said["device_id"] for said in lane} for lane in found]
    assert all(devices)
    assert not set.intersection(*devices)
    for lane in found:
        times = [said["timestamp"] for said in lane]
        assert times == sorted(times)
        assert times[-1] < NOW
        assert times[0] > NOW - 367 * 86_400


def test_a_session_begins_tells_its_time_in_parts_and_ends() -> None:
    by_device: dict[str, list[dict]] = {}
    for said in (said for lane in app_requests() for said in lane):
        by_device.setdefault(said["device_id"], []).append(said)
    for device in by_device.values():
        is_open = False
        for said in device:
            if said.get("begin_session"):
                assert not is_open
                assert said["metrics"]["_app_version"]
                assert said["country_code"]
                is_open = True
            else:
                assert is_open
                assert 0 < said["session_duration"] <= 120
                is_open = not said.get("end_session")


def test_versions_of_the_app_replace_each_other() -> None:
    months: dict[int, set[str]] = {}
    for said in (said for lane in app_requests() for said in lane):
        if "metrics" in said:
            month = int((NOW - said["timestamp"]) // (61 * 86_400))
            months.setdefault(month, set()).add(said["metrics"]["_app_version"])
    assert "3.0" in months[0]
    assert "1.9" in months[5]
    assert "3.0" not in months[5]


def test_lines_of_the_log_are_understood_and_no_player_is_there_twice() -> None:
    online: set[str] = set()
    kinds = set()
    for file in minecraft.history(1, NOW, 1, "t", "s"):
        for text in gzip.decompress(file.body).decode().splitlines():
            line = parse_line(text)
            kinds.add(line.kind)
            if line.kind == Kind.LOGIN:
                assert line.username not in online
                online.add(line.username)
            elif line.kind == Kind.LEFT:
                online.remove(line.username)
            elif line.kind in {Kind.CHAT, Kind.DEATH, Kind.ACHIEVEMENT}:
                assert line.username in online, text
            elif line.kind in {Kind.STOP, Kind.CRASH}:
                online.clear()
    assert kinds >= {Kind.LOGIN, Kind.CRASH, Kind.START, Kind.OVERLOADED, Kind.ACHIEVEMENT}
    assert Kind.UNKNOWN not in kinds


def test_ninety_days_of_loads_the_last_of_them_by_the_minute() -> None:
    points = [
        point
        for batch in loads.history(1, NOW, 1, "ez")
        for point in json.loads(batch.body)["data"]
    ]
    times = sorted({point["t"] for point in points if point["stat"] == "response time, ms"})
    assert times[0] < NOW - 89 * 86_400
    assert NOW - 120 < times[-1] < NOW
    assert {later - before for before, later in pairwise(times[-1400:])} == {60}
    ill = [p["value"] for p in points if p["stat"] == "response time, ms" and p["value"] > 300]
    assert 4 <= len(ill) <= 8  # three hours of half hours, twelve days ago


def test_simulated_clients_know_nothing_of_the_server() -> None:
    folder = Path(loads.__file__).parent
    for path in folder.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom):
                ours = (node.module or "").split(".")[0]
                assert ours not in {"django", "sessions_app", "stats_app", "devices_app"}
                assert ours != "telemetry" or node.module.startswith("telemetry.demo"), path
            elif isinstance(node, ast.Import):
                assert not {alias.name for alias in node.names} & {"django", "telemetry"}
