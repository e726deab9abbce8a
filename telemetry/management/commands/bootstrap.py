"""``manage.py bootstrap``: what an empty server needs, printed once."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from telemetry.management.commands.create_project import facts_of
from telemetry.services import bootstrap


class Command(BaseCommand):
    help = "On an empty database, make the default project and an administrator."

    def handle(self, *_: Any, **__: Any) -> None:
        made = bootstrap(admin_email=settings.ADMIN_EMAIL)
        if made is None:
            self.stdout.write("Nothing was needed: there are projects and users.")
            return
        if made.project:
            self.stdout.write(
                "Made the default project. Its secrets are not shown again;\n"
                "its reads are open: whoever has a key or URL may read."
            )
            for name, value in facts_of(made.project).items():
                self.stdout.write(f"  {name:<12}  {value}")
        if made.admin:
            self.stdout.write("Made an administrator. The password is not shown again.")
            self.stdout.write(f"  {'username':<12}  {made.admin.username}")
            self.stdout.write(f"  {'password':<12}  {made.admin.password}")
