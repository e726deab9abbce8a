"""``manage.py postgres``: which database server this is, how it is run, and a shell on it."""

import json
import sys
from argparse import REMAINDER, ArgumentParser
from pathlib import Path
from subprocess import CalledProcessError
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DEFAULT_DB_ALIAS, Error, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from telemetry.postgres.base import embedded_data_dir
from telemetry.postgres.embedded import server_status


class Command(BaseCommand):
    help = "Show the PostgreSQL server: its version, how it is run, and what it holds."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--database", default=DEFAULT_DB_ALIAS)
        parser.add_argument("--json", action="store_true", help="Print one JSON object.")
        parser.add_argument(
            "--psql",
            nargs=REMAINDER,
            metavar="ARGUMENT",
            help="Run psql on the database, with all arguments that follow.",
        )

    def handle(self, *_: Any, **options: Any) -> None:
        connection = connections[options["database"]]
        if options["psql"] is not None:
            self._run_psql(connection, options["psql"])
            return
        try:
            facts = _facts(connection)
        except Error as error:
            line = " ".join(str(error).split())
            raise CommandError(f"The database is away: {line}") from error
        if options["json"]:
            self.stdout.write(json.dumps(facts))
            return
        width = max(map(len, facts))
        for name, value in facts.items():
            self.stdout.write(f"{name.replace('_', ' '):<{width}}  {_readable(name, value)}")

    def _run_psql(self, connection: BaseDatabaseWrapper, arguments: list[str]) -> None:
        # Not exec: our process is what keeps the embedded server up meanwhile.
        try:
            connection.client.runshell(arguments)
        except FileNotFoundError as error:
            raise CommandError("psql is not installed.") from error
        except Error as error:
            raise CommandError(f"The database is away: {error}") from error
        except CalledProcessError as error:
            sys.exit(error.returncode)


def _facts(connection: BaseDatabaseWrapper) -> dict[str, str | int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('server_version'), current_database(), current_user,"
            " pg_database_size(current_database()), pg_postmaster_start_time()"
        )
        version, database, role, size, started = cursor.fetchone()
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
        (open_connections,) = cursor.fetchone()
    facts: dict[str, str | int] = {
        "version": version,
        "run": "external",
        "database": database,
        "role": role,
        "database_bytes": size,
        "connections": open_connections,
        "started": started.isoformat(timespec="seconds"),
    }
    data_dir = embedded_data_dir(connection.settings_dict)
    if data_dir is None:
        facts["host"] = connection.settings_dict["HOST"] or "(default)"
        facts["port"] = connection.settings_dict["PORT"] or "(default)"
        return facts
    facts["run"] = "embedded"
    if status := server_status(data_dir):
        facts |= {
            "data_folder": str(status.data_dir),
            "disk_bytes": _disk_bytes(status.data_dir / "postgres"),
            "socket_folder": status.connection.host,
            "port": status.connection.port,
            "log": str(status.log),
            "os_user": status.os_user,
            "programs": str(status.bin_dir),
            "supervisor_pid": status.supervisor,
            "server_pid": status.postmaster,
        }
    return facts


def _disk_bytes(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.lstat().st_blocks * 512
        except OSError:  # a temporary file of the server, gone again
            continue
    return total


def _readable(name: str, value: str | int) -> str:
    if not name.endswith("_bytes"):
        return str(value)
    return f"{int(value) / 1_000_000:,.1f} MB"
