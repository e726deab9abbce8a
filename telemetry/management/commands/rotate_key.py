"""``manage.py rotate_key``: replace a project's key."""

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from telemetry.models import Project
from telemetry.services import clear_secret_key, key_names, rotate_key


class Command(BaseCommand):
    help = "Replace a project's key and print the new one. The old one stops working at once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug", metavar="SLUG")
        parser.add_argument("key", metavar="KEY", choices=key_names(), help=", ".join(key_names()))
        parser.add_argument(
            "--clear",
            action="store_true",
            help="Of secret_key: make no new one, so that nobody can register devices.",
        )

    def handle(self, *_: Any, **options: Any) -> None:
        if options["clear"] and options["key"] != "secret_key":
            raise CommandError(f"--clear is for secret_key only: {options['key']} cannot be empty.")
        project = Project.objects.filter(slug=options["slug"]).first()
        if project is None:
            raise CommandError(f"There is no project “{options['slug']}”.")
        try:
            if options["clear"]:
                clear_secret_key(project=project)
                self.stdout.write("Nobody can register devices any more.")
            else:
                self.stdout.write(rotate_key(project=project, key=options["key"]))
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
