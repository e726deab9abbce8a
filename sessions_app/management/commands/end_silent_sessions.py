"""``manage.py end_silent_sessions``: what `serve` does by itself, for cron."""

from typing import Any

from django.core.management.base import BaseCommand

from sessions_app.services.sessions import end_silent
from sessions_app.services.usage import time_out_silent


class Command(BaseCommand):
    help = (
        "End sessions of TStats and Countly that have been silent for their project's session"
        " timeout, at their last activity, and print how many. A running server does so by itself"
        " twice a minute."
    )

    def handle(self, *_: Any, **__: Any) -> None:
        counts = [count for count in (end_silent(), time_out_silent()) if count is not None]
        if counts:
            self.stdout.write(f"{sum(counts)} ended.")
        else:
            self.stdout.write("Another process is just doing that.")
