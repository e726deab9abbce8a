"""``manage.py demo``: a real server that is fed by its protocols and leaves nothing behind."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

import psutil
import pytest

from telemetry.postgres.embedded import server_status
from tests.server import ROOT, free_port, open_folder

SECONDS = 120
READY = "The clients go on"


class Demo:
    """The command in a process of its own."""

    def __init__(self, folder: Path) -> None:
        self.data_dir = folder / "var"
        self.log = folder / "demo.log"
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.env = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
        self.env |= {"TELEMETRY_DATA_DIR": str(self.data_dir), "PORT": str(port), "WORKERS": "2"}

    def start(self) -> None:
        with self.log.open("w") as out:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "demo", "--scale", "0.01"],
                cwd=ROOT,
                env=self.env,
                stdout=out,
                stderr=out,
            )

    def wait_for(self, words: str) -> None:
        deadline = time.monotonic() + SECONDS
        while words not in self.output():
            assert self.process.poll() is None, self.output()
            assert time.monotonic() < deadline, self.output()
            time.sleep(0.05)

    def output(self) -> str:
        return self.log.read_text()

    def family(self) -> list[psutil.Process]:
        """It and what it has started, but for the database, which others could be using."""
        me = psutil.Process(self.process.pid)
        everybody = [me, *me.children(recursive=True)]
        return [each for each in everybody if "serve" in each.cmdline() or each == me]

    def end(self, number: int) -> int:
        self.process.send_signal(number)
        return self.process.wait(timeout=60)

    @property
    def kept(self) -> dict:
        return json.loads((self.data_dir / "demo.json").read_text())

    def get(self, path: str) -> dict:
        headers = {"Authorization": f"Bearer {self.kept['manage_token']}"}
        request = urllib.request.Request(self.url + path, headers=headers)
        with urllib.request.urlopen(request, timeout=20) as reply:
            return json.load(reply)

    def count(self, path: str) -> int:
        return len(self.get(path)["results"])


@contextmanager
def demo() -> Iterator[Demo]:
    with open_folder() as folder:
        found = Demo(folder)
        found.start()
        try:
            yield found
        finally:
            if found.process.poll() is None:
                found.process.kill()
            found.process.wait()
            deadline = time.monotonic() + SECONDS
            while server_status(found.data_dir):  # nobody uses it any more
                assert time.monotonic() < deadline, "the database does not end"
                time.sleep(0.05)


def history_of(running: Demo) -> tuple[int, int]:
    """What was sent of the past: all points of a stat before the start, and sessions of the app."""
    kept = running.kept
    stats = running.get("/api/v1/stats/?name=response%20time,%20ms")["results"]
    until = datetime.fromtimestamp(kept["began"] // 3600 * 3600, UTC)
    day = {"step": "1h", "from": (until - timedelta(days=1)).isoformat(), "to": until.isoformat()}
    series = running.get(f"/api/v1/stats/{stats[0]['id']}/series/?{urlencode(day)}")
    old = urlencode({"dialect": "countly", "page_size": 500, "until": until.isoformat()})
    points = sum(each["count"] for each in series["points"])
    return points, running.count(f"/api/v1/sessions/?{old}")


@pytest.mark.timeout(300)
def test_every_dialect_has_something_to_show_and_nothing_stays_behind() -> None:
    with demo() as running:
        running.wait_for(READY)
        kept = running.kept
        assert f"Sign in as admin with the password {kept['password']}" in running.output()
        assert running.count("/api/v1/stats/") == 13
        for dialect in ("tstats", "countly", "mccoal"):
            assert running.count(f"/api/v1/sessions/?dialect={dialect}"), dialect
        reader = f"api_key={kept['manage_token']}&app_id={kept['project_id']:024x}"
        year = str(datetime.fromtimestamp(kept["began"], UTC).year)
        assert running.get(f"/o?{reader}&method=sessions")[year]["t"]
        assert running.count("/api/v1/events/?type=level_success")
        assert running.count("/api/v1/events/?type=jump")
        assert running.get(f"/api/v1/servers/{kept['server_key']}/sessions")["sessions"]
        assert running.get("/api/stats")["total_beats"] >= 1
        assert running.count("/api/v1/devices/") == 8
        sent = history_of(running)
        assert all(sent)

        family = running.family()
        assert len(family) > 1
        assert running.end(signal.SIGINT) == 0, running.output()
        assert running.output().endswith("goes on with it.\n")
        assert not psutil.wait_procs(family, timeout=20)[1]

        running.start()
        running.wait_for(READY)
        assert "of the past:" not in running.output()
        assert history_of(running) == sent
        assert running.kept["password"] == kept["password"]
        family = running.family()
        running.end(signal.SIGKILL)
        assert not psutil.wait_procs(family, timeout=30)[1]


def test_a_database_of_somebodys_is_left_alone() -> None:
    env = os.environ | {"DATABASE_URL": "postgresql://nobody@127.0.0.1:9/none"}
    done = subprocess.run(
        [sys.executable, "manage.py", "demo"],
        cwd=ROOT,
        env=env,
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert "unset DATABASE_URL" in done.stderr
