"""The database backend: the default alias, its test databases, the writer's own connections."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.embedded_postgres_helpers import ROOT, Installation, installation


@pytest.fixture(scope="module")
def place() -> Iterator[Installation]:
    with installation() as made:
        made.user().sql("SELECT 1")  # kept up for the whole file
        yield made


def run(place: Installation, code: str, **options: object) -> "subprocess.CompletedProcess[str]":
    """A program with settings of its own, on the file's server."""
    databases = {
        "default": {
            "ENGINE": "telemetry.postgres",
            "NAME": "telemetry",
            "CONN_HEALTH_CHECKS": True,
            "OPTIONS": {"embedded_data_dir": str(place.data_dir), **options},
        }
    }
    head = (
        f"from django.conf import settings; settings.configure(DATABASES={databases!r});"
        "import django; django.setup(); from django.db import connection, connections;"
        "from telemetry.postgres.base import connection_kwargs; import psycopg\n"
    )
    return execute(place, "-c", head + code)


def manage(place: Installation, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return execute(place, "manage.py", "postgres", *arguments)


def execute(place: Installation, *arguments: str) -> "subprocess.CompletedProcess[str]":
    environment = {**os.environ, "TELEMETRY_DATA_DIR": str(place.data_dir)}
    environment.pop("DATABASE_URL", None)
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )


@pytest.mark.parametrize("options", [{}, {"pool": True}])
def test_a_test_database_and_its_clone(place: Installation, options: dict[str, object]) -> None:
    code = """
from django.test.utils import setup_databases, teardown_databases
old = setup_databases(verbosity=0, interactive=False, parallel=2)
with connection.cursor() as cursor:
    cursor.execute("SELECT current_database()")
    print(cursor.fetchone()[0])
with psycopg.connect(**connection_kwargs()) as writer:
    print(writer.execute("SELECT current_database()").fetchone()[0])
    print(writer.execute("SELECT count(*) FROM pg_database WHERE datname ~ '^test_'").fetchone()[0])
connection.close()
teardown_databases(old, verbosity=0, parallel=2)
connection.close_pool()
print(psycopg.connect(**connection_kwargs()).execute("SELECT current_database()").fetchone()[0])
"""
    done = run(place, code, **options)
    expected = ["test_telemetry", "test_telemetry", "3", "telemetry"]
    assert done.stdout.split() == expected, done.stderr


def test_a_pooled_connection_outlives_its_server(place: Installation) -> None:
    code = """
import os, signal, time
from telemetry.postgres.embedded import server_status
def ask():
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        print(cursor.fetchone()[0])
    connection.close()
ask()
status = server_status(connection.settings_dict["OPTIONS"]["embedded_data_dir"])
for pid in (status.postmaster, status.supervisor):
    os.kill(pid, signal.SIGKILL)
    time.sleep(0.3)
    connections.close_all()
    ask()
connection.close_pool()
"""
    done = run(place, code, pool={"min_size": 1, "max_size": 2})
    assert done.stdout.split() == ["1", "1", "1"], done.stderr


def test_the_command_shows_how_the_server_is_run(place: Installation) -> None:
    facts = json.loads(manage(place, "--json").stdout)
    assert facts["run"] == "embedded"
    assert facts["data_folder"] == str(place.data_dir)
    assert facts["supervisor_pid"] == place.state().supervisor
    assert facts["version"].startswith(place.state().version)
    assert facts["disk_bytes"] > facts["database_bytes"] > 0
    assert f"data folder     {place.data_dir}" in manage(place).stdout


def test_the_command_opens_psql(place: Installation) -> None:
    done = manage(place, "--psql", "-Atc", "SELECT current_user")
    assert done.stdout == "telemetry\n", done.stderr
    assert manage(place, "--psql", "-c", "SELEC").returncode == 1


def test_the_command_says_when_the_database_is_away() -> None:
    with installation() as broken:
        broken.data_dir.mkdir(0o711)
        (broken.data_dir / "postgres").touch()
        done = manage(broken)
    assert done.returncode == 1
    assert done.stderr.startswith("CommandError: The database is away: ")
    assert done.stderr.count("\n") == 1


def test_without_the_option_it_is_djangos_own(place: Installation) -> None:
    code = """
from django.db.backends.postgresql.base import DatabaseWrapper
ours = connection
ours.settings_dict.update(OPTIONS={}, HOST="example.org", USER="somebody", PASSWORD="secret")
theirs = DatabaseWrapper(ours.settings_dict)
print(ours.get_connection_params() == theirs.get_connection_params())
print(connection_kwargs()["host"])
"""
    done = run(place, code)
    assert done.stdout.split() == ["True", "example.org"], done.stderr


@pytest.mark.parametrize("command", [["end_silent_sessions"], ["create_project", "Game"]])
def test_commands_say_that_there_are_no_tables_yet(place: Installation, command: list[str]) -> None:
    done = execute(place, "manage.py", *command)
    assert done.returncode == 1
    [line] = done.stderr.splitlines()
    assert line.startswith("The database has not the tables of this version: run `manage.py")
