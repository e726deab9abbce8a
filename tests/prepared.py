"""What a server's first start makes, made once for a run of tests and copied for each server.

A database, its tables and the static files take five seconds; copying them takes a fifth of one.
What differs between installations is made by each server's own start: its secret key, the default
project, the first admin. Benchmarks, which set no template, begin with nothing.
"""

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from telemetry.postgres.layout import Layout
from tests.databases import stop_database

ROOT = Path(__file__).resolve().parent.parent
VARIABLE = "TELEMETRY_TEST_TEMPLATE"
_MAKE = """
from django.core.management import call_command
from telemetry.static_files import collect_static
call_command("migrate", interactive=False, verbosity=0)
collect_static()
"""


@contextmanager
def template_for_this_run() -> Iterator[None]:
    """Let servers be prepared from a template, which the first of them makes."""
    with tempfile.TemporaryDirectory(prefix="telemetry-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)  # as root, the database is another user
        os.environ[VARIABLE] = f"{folder}/template"
        yield
        del os.environ[VARIABLE]


def prepare(data_dir: Path) -> None:
    """Make the new data folder of a server as its first start would, as far as it is the same."""
    if not os.environ.get(VARIABLE):
        return
    template = Path(os.environ[VARIABLE])
    with template.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not template.exists():
            _make(template)
    Layout(data_dir).make()
    # With its owner: as root, the database is another user's.
    _run(["cp", "-a", str(template / "postgres/pgdata"), str(data_dir / "postgres/pgdata")])
    shutil.copytree(template / "static", data_dir / "static", copy_function=os.link)


def _make(template: Path) -> None:
    new = template.with_suffix(".new")
    shutil.rmtree(new, ignore_errors=True)
    env = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    command = [sys.executable, "manage.py", "shell", "--no-imports", "-c", _MAKE]
    _run(command, cwd=ROOT, env={**env, "TELEMETRY_DATA_DIR": str(new)})
    stop_database(new)
    new.rename(template)


def _run(command: list[str], **options: object) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    assert not done.returncode, done.stderr
