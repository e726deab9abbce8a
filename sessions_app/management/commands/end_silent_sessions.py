"""``manage.py end_silent_sessions``: what `serve` does by itself, for cron."""

from typing import Any

from django.core.management.base import BaseCommand

from sessions_app.services.sessions import end_silent


class Command(BaseCommand):
    help = (
        "End TStats sessions that have been silent for their project's session timeout, at their"
        " last activity, and print how many. A running server does so by itself twice a minute."
    )

    def handle(self, *_: Any, **__: Any) -> None:
        ended = end_silent()
        if ended is None:
            self.stdout.write("Another process is just doing that.")
        else:
            self.stdout.write(f"{ended} ended.")
