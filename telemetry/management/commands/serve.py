"""``manage.py serve``: the production server, ready to use."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections

from telemetry import geo
from telemetry.data_dir import why_not_beside
from telemetry.management.greeting import greeting
from telemetry.services import bootstrap
from telemetry.serving import check_free, default_workers, run
from telemetry.static_files import collect_static


class Command(BaseCommand):
    help = "Prepare the database and the static files, then serve until interrupted."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default=settings.HOST)
        parser.add_argument("--port", type=int, default=settings.PORT)
        parser.add_argument(
            "--workers",
            type=int,
            default=settings.WORKERS,
            help="processes; 0: one per core, at most 4",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        host, port = options["host"], options["port"]
        with listening_at(host, port):
            check_free(host, port)  # before a password is made and shown for the only time
        self._prepare()
        made = bootstrap(admin_email=settings.ADMIN_EMAIL)
        for line in greeting(host, port, made):
            self.stdout.write(line)
        self.stdout.flush()
        connections.close_all()
        with listening_at(host, port):
            run(host, port, options["workers"] or default_workers())

    def _prepare(self) -> None:
        chosen_by_us = not os.environ.get("TELEMETRY_DATA_DIR")
        if chosen_by_us and (reason := why_not_beside(settings.BASE_DIR)):
            self.stdout.write(reason)
        if problem := geo.problem():
            self.stdout.write(f"{problem} Countries stay unknown.")
        call_command("migrate", interactive=False, verbosity=0)
        collect_static()


@contextmanager
def listening_at(host: str, port: int) -> Iterator[None]:
    """A problem with the address as one line that says what to do."""
    try:
        yield
    except OverflowError:
        raise CommandError(f"There is no port {port}.") from None
    except OSError as error:
        cure = (
            "Stop the program that listens there, or set PORT to another one."
            if error.errno == errno.EADDRINUSE
            else "Set HOST and PORT to where this machine may listen."
        )
        raise CommandError(f"Cannot listen on {host}:{port}: {error.strerror}. {cure}") from None
