"""``manage.py serve``: the production server, ready to use."""

import os
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections

from telemetry.data_dir import why_not_beside
from telemetry.management.greeting import greeting
from telemetry.services import bootstrap
from telemetry.serving import default_workers, run


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
        self._prepare()
        made = bootstrap()
        for line in greeting(options["host"], options["port"], made):
            self.stdout.write(line)
        self.stdout.flush()
        connections.close_all()
        try:
            run(options["host"], options["port"], options["workers"] or default_workers())
        except OSError as error:
            where = f"{options['host']}:{options['port']}"
            raise CommandError(f"Cannot listen on {where}: {error.strerror}.") from None

    def _prepare(self) -> None:
        chosen_by_us = not os.environ.get("TELEMETRY_DATA_DIR")
        if chosen_by_us and (reason := why_not_beside(settings.BASE_DIR)):
            self.stdout.write(reason)
        call_command("migrate", interactive=False, verbosity=0)
        call_command("collectstatic", interactive=False, verbosity=0)
