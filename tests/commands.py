"""Management commands without a process for each: to start one takes two seconds, every time."""

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# Runs each command as `manage.py` would, in the database of the data folder that is named with it,
# and is no user of that database any more when it answers.
_SOURCE = """
import io, json, sys
import django
django.setup()
from django.core.management import call_command
from django.db import connection
from telemetry.postgres.embedded import release
for line in sys.stdin:
    data_dir, arguments = json.loads(line)
    connection.settings_dict["OPTIONS"]["embedded_data_dir"] = data_dir
    out, error = io.StringIO(), ""
    try:
        call_command(*arguments, stdout=out)
    except Exception as problem:
        error = f"{type(problem).__name__}: {problem}"
    connection.close()
    release(data_dir)
    print(json.dumps([out.getvalue(), error]), flush=True)
"""


class Commands:
    """A process that runs one command after the other."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None

    def run(self, data_dir: Path, *arguments: str) -> str:
        """The output of a command in the embedded database of this folder."""
        with self._lock:
            process = self._process = self._process or _start()
            assert process.stdin
            assert process.stdout
            process.stdin.write(f"{json.dumps([str(data_dir), arguments])}\n")
            process.stdin.flush()
            out, error = json.loads(process.stdout.readline())
        assert not error, error
        return str(out)


def _start() -> subprocess.Popen[str]:
    env = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    return subprocess.Popen(
        [sys.executable, "-c", _SOURCE],
        cwd=ROOT,
        env={**env, "DJANGO_SETTINGS_MODULE": "telemetry.settings", "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


commands = Commands()
