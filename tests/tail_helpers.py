"""What the tests of tail_minecraft share: logs that are written, and what became of them."""

import gzip
import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.parse
from collections import Counter
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from io import StringIO
from unittest import mock

from django.core.management import CommandError, call_command

from tests.server import ROOT
from tests.wire_helpers import through_server

DEADLINE = 40
COMMAND = (sys.executable, "manage.py", "tail_minecraft")
NOWHERE = "postgresql://nobody@127.0.0.1:1/none"


class Feed:
    """A Minecraft server on a real server of ours, a folder for its logs, and what was stored."""

    def __init__(self, server, folder, keys=None):
        self.server = server
        self.folder = folder / "logs"
        self.folder.mkdir()
        self.keys = keys or server.create_project("Mine")
        self.token = self.keys["manage_token"]
        made = self.post("/api/v1/servers", name="Survival")
        self.key = made["key"]
        self.agent = made["agent"]
        (found,) = server.query("SELECT id FROM sessions_app_server WHERE key = %s", self.key)
        self.id = found[0]
        self.live = self.folder / "latest.log"
        self.state = folder / "state.json"

    def post(self, path, **fields):
        headers = {
            "Authorization": f"Bearer {self.token}",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        body = urllib.parse.urlencode(fields)
        return json.loads(through_server(self.server, "POST", path, body, headers).body)

    def arguments(self, *options, path=None, url=None, server=None, zone="UTC", state=True):
        return [
            *(str(path or self.folder), "--url", url or self.server.url),
            *([f"--server={server or self.key}"] if server != "" else []),
            *(["--state", str(self.state)] if state else []),
            *(["--zone", zone] if zone else []),
            *options,
        ]

    def env(self, **more):
        """That of a machine without a database."""
        kept = {name: value for name, value in os.environ.items() if name != "TZ"}
        folder = {"TELEMETRY_DATA_DIR": str(self.folder.parent / "client")}
        return kept | folder | {"DATABASE_URL": NOWHERE, "TELEMETRY_TOKEN": self.token} | more

    def once(self, *options, env=None, **kwargs):
        """One run in this process, which must not need a database; code and what it said."""
        told, code = StringIO(), 0
        with mock.patch.dict(os.environ, self.env(**(env or {}))):
            try:
                call_command(
                    "tail_minecraft",
                    *self.arguments("--once", *options, **kwargs),
                    stdout=told,
                    stderr=told,
                )
            except CommandError as error:
                told.write(f"CommandError: {error}\n")
                code = error.returncode
        return code, told.getvalue()

    def once_apart(self, *options, env=None, **kwargs):
        """One run in a process of its own."""
        done = subprocess.run(
            [*COMMAND, *self.arguments("--once", *options, **kwargs)],
            cwd=ROOT,
            env=self.env(**(env or {})),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert "Traceback" not in done.stderr, done.stderr
        return done.returncode, done.stderr

    def send(self, *options, **kwargs):
        """One run that must end well; what it said."""
        code, said = self.once(*options, **kwargs)
        assert code == 0, said
        return said

    @contextmanager
    def following(self, *options, **kwargs):
        """A process that follows the log."""
        process = Following(self, *options, **kwargs)
        try:
            yield process
        finally:
            process.kill()

    def stored(self):
        """Lines with their times, as UTC shows them; each as often as it is stored."""
        rows = self.server.query(
            "SELECT at, line FROM sessions_app_logline WHERE server_id = %s", self.id
        )
        return Counter((at and at.astimezone(UTC).replace(tzinfo=None), line) for at, line in rows)

    def plays(self):
        """Who played from when to when."""
        rows = self.server.query(
            "SELECT username, started_at, ended_at FROM sessions_app_session WHERE server_id = %s",
            self.id,
        )
        return sorted(
            (name, *(at and at.astimezone(UTC).replace(tzinfo=None) for at in times))
            for name, *times in rows
        )

    def wait_for(self, *lines):
        """Until just these are stored."""
        expected = Counter(lines)
        until(lambda: self.stored() >= expected, lambda: expected - self.stored())
        assert self.stored() == expected


class Following:
    def __init__(self, feed, *options, env=None, **kwargs):
        self.output = feed.folder.parent / "said.txt"
        with self.output.open("ab") as output:
            self.process = subprocess.Popen(
                [*COMMAND, *feed.arguments(*options, **kwargs)],
                cwd=ROOT,
                env=feed.env(PYTHONUNBUFFERED="1", **(env or {})),
                stdout=output,
                stderr=output,
            )

    @property
    def said(self):
        return self.output.read_text()

    def wait_until_it_says(self, text):
        until(lambda: re.search(text, self.said), lambda: self.said)

    def wait_until(self, condition):
        """Until this is so, or the process has ended."""
        until(lambda: condition() or self.process.poll() is not None, lambda: self.said)

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(timeout=20)

    def end(self, number=signal.SIGTERM):
        """Its exit code after a signal."""
        self.process.send_signal(number)
        code = self.process.wait(timeout=DEADLINE)
        assert "Traceback" not in self.said, self.said
        return code


def until(condition, why=lambda: ""):
    deadline = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < deadline, why()
        time.sleep(0.05)


TODAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
DAY = timedelta(days=1)


def said(at, text):
    """When a line was written, and the line of that time."""
    return at, f"[{at:%H:%M:%S}] [Server thread/INFO]: {text}"


def login(at, name="steve"):
    return said(at, f"{name}[/10.0.0.1:5000] logged in with entity id 7 at (1.0, 64.0, -2.5)")


def lost(at, name="steve"):
    return said(at, f"{name} lost connection: Disconnected")


def text_of(lines):
    return "".join(f"{line}\n" for _, line in lines).encode()


def write(path, lines, *, at=None):
    """A log of these lines, as if it was last changed `at` that time (UTC)."""
    text = text_of(lines)
    path.write_bytes(gzip.compress(text) if path.suffix == ".gz" else text)
    if at:
        seconds = at.replace(tzinfo=UTC).timestamp()
        os.utime(path, (seconds, seconds))


def append(path, lines):
    with path.open("ab") as file:
        file.write(text_of(lines))


def recent(count, *, ago=3600, word="line"):
    """Lines of the last while, a second apart, in UTC; none of them in the future."""
    begin = datetime.now(UTC).replace(microsecond=0, tzinfo=None) - timedelta(seconds=ago)
    return [said(begin + timedelta(seconds=n % ago), f"{word} {n}") for n in range(count)]
