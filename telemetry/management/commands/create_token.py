"""``manage.py create_token``: an access token for the native API, printed once."""

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils.dateparse import parse_datetime
from django.utils.timezone import is_naive

from telemetry.models import AccessToken, Project
from telemetry.services import create_token


class Command(BaseCommand):
    help = "Make an access token and print it; it is never shown again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug", metavar="SLUG")
        parser.add_argument("name", metavar="NAME", help="What it is for, such as Grafana.")
        parser.add_argument(
            "--scope",
            action="append",
            required=True,
            choices=[scope.value for scope in AccessToken.Scope],
            help="What it may do; may be given several times.",
        )
        parser.add_argument("--expires", metavar="TIME", help="Such as 2030-01-31T12:00Z.")

    def handle(self, *_: Any, **options: Any) -> None:
        project = Project.objects.filter(slug=options["slug"]).first()
        if project is None:
            raise CommandError(f"There is no project “{options['slug']}”.")
        expires_at = None
        if options["expires"]:
            try:
                expires_at = parse_datetime(options["expires"])
            except ValueError as error:
                raise CommandError(f"--expires: {error}.") from error
            if expires_at is None or is_naive(expires_at):
                raise CommandError("--expires: give a time with its zone: 2030-01-31T12:00Z.")
        try:
            new = create_token(
                project=project,
                name=options["name"],
                scopes=options["scope"],
                expires_at=expires_at,
            )
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        self.stdout.write(new[1])
