"""``manage.py serve``: the production server, ready to use."""

import os
from typing import Any

import uvicorn
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from telemetry.data_dir import why_not_beside
from telemetry.door.call import parse_networks
from telemetry.management.greeting import greeting
from telemetry.services import bootstrap


class Command(BaseCommand):
    help = "Prepare the database and the static files, then serve until interrupted."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default=settings.HOST)
        parser.add_argument("--port", type=int, default=settings.PORT)
        parser.add_argument(
            "--workers", type=int, default=settings.WORKERS, help="processes; 0: one per core, at most 4"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        parse_networks(settings.TRUSTED_PROXIES)
        self._prepare()
        made = bootstrap()
        for line in greeting(options["host"], options["port"], made):
            self.stdout.write(line)
        self.stdout.flush()
        run(options["host"], options["port"], options["workers"] or default_workers())

    def _prepare(self) -> None:
        chosen_by_us = not os.environ.get("TELEMETRY_DATA_DIR")
        if chosen_by_us and (reason := why_not_beside(settings.BASE_DIR)):
            self.stdout.write(reason)
        call_command("migrate", interactive=False, verbosity=0)
        call_command("collectstatic", interactive=False, verbosity=0)


def default_workers() -> int:
    """A process per core we may use, and no more than 4: the database needs cores as well."""
    return min(4, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)


def run(host: str, port: int, workers: int) -> None:
    """Serve until a signal says to stop; requests in flight are answered first."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "telemetry.settings")
    try:
        uvicorn.run(
            "telemetry.asgi:application",
            host=host,
            port=port,
            workers=workers,
            loop="auto",
            http="auto",
            lifespan="on",
            access_log=False,
            log_config=None,
            server_header=False,
            proxy_headers=False,
            backlog=4096,
            timeout_graceful_shutdown=10,
            timeout_worker_healthcheck=30,
        )
    except SystemExit as stopped:
        if stopped.code:
            raise CommandError(f"The server could not start on {host}:{port}.") from None
        raise
