"""``manage.py create_project``: a project with all its keys, printed once."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from telemetry.models import User
from telemetry.services import NewProject, create_project


class Command(BaseCommand):
    help = "Make a project and print its keys and tokens; the secret ones are never shown again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", metavar="NAME")
        parser.add_argument("--slug", help="What names it in URLs; made from NAME if not given.")
        parser.add_argument("--timezone", default="UTC", help="Such as Europe/Berlin.")
        parser.add_argument(
            "--country",
            default="",
            metavar="CC",
            help="Such as TR: Countly's cities are counted of this country only.",
        )
        parser.add_argument("--open", action="store_true", help="Its reads need no token.")
        parser.add_argument("--default", action="store_true", help="Make it the default project.")
        parser.add_argument(
            "--manager",
            action="append",
            default=[],
            metavar="USERNAME",
            help="Who manages it and gets its e-mails; may be given several times.",
        )
        parser.add_argument("--json", action="store_true", help="Print one JSON object.")

    def handle(self, *_: Any, **options: Any) -> None:
        managers = [_user(name) for name in options["manager"]]
        try:
            new = create_project(
                name=options["name"],
                slug=options["slug"],
                open=options["open"],
                default=options["default"],
                timezone=options["timezone"],
                country=options["country"],
                managers=dict.fromkeys(managers),
            )
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        facts = facts_of(new)
        if options["json"]:
            self.stdout.write(json.dumps(facts))
            return
        for name, value in facts.items():
            self.stdout.write(f"{name:<12}  {value}")


def _user(name: str) -> User:
    try:
        return User.objects.get_by_natural_key(name)
    except User.DoesNotExist:
        raise CommandError(f"There is no user “{name}”.") from None


def facts_of(new: NewProject) -> dict[str, str | int]:
    """What is told of a new project, by the names that programs read."""
    project = new.project
    return {
        "id": project.pk,
        "slug": project.slug,
        "app_key": project.app_key,
        "ezkey": project.ezkey,
        "ukey": project.ukey,
        "secret_key": new.secret_key,
        "read_token": new.read_token,
        "manage_token": new.manage_token,
    }
