"""``manage.py tail_minecraft``: send a Minecraft server's log to a telemetry server.

It needs no database: it runs beside the game server, and talks to any of our servers by HTTP.
"""

import hashlib
import os
import signal
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from sessions_app.tail.logs import Logs, find_logs
from sessions_app.tail.places import BadState, State, StateFile
from sessions_app.tail.report import Report
from sessions_app.tail.sending import Credentials, Enough, Refused, Sender, Stopped
from sessions_app.tail.work import Tail
from sessions_app.tail.zones import is_zone, machine_zone
from telemetry.addresses import own_url
from telemetry.environment import is_base_url

_TRY_LATER = 75  # EX_TEMPFAIL of sysexits.h
_PATIENCE_ONCE = 300


class Command(BaseCommand):
    help = (
        "Send a Minecraft server's log to a telemetry server, and then what is added to it. Goes "
        "on where it stopped. On the first run it begins at the start of the present log file."
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        add = parser.add_argument
        add("path", metavar="PATH", type=Path, help="logs/latest.log, server.log, or their folder.")
        add("--server", metavar="KEY", default="", help="Needed unless the token is an agent's.")
        add("--url", default="", help=f"Where to send it, by default {own_url()}.")
        add("--token", default="", help="Better in TELEMETRY_TOKEN, which other users do not see.")
        add("--client-id", default="", help="The agent's, instead of a token.")
        add("--client-secret", default="", help="Better in TELEMETRY_CLIENT_SECRET.")
        add("--zone", default="", help="Of the log's times; by default this machine's.")
        add("--history", action="store_true", help="First send the files rotated before, too.")
        add("--once", action="store_true", help="Send what is there and stop.")
        add("--from-start", action="store_true", help="Forget where it stopped.")
        add("--state", metavar="FILE", type=Path, help="Where to keep how far it has come.")
        add(
            "--patience",
            metavar="SECONDS",
            type=int,
            help="How long to go on while the server is away: by default for ever, "
            f"with --once {_PATIENCE_ONCE}. Then the exit code is {_TRY_LATER}.",
        )

    def run_from_argv(self, argv: list[str]) -> None:
        # One key in 64 begins with a hyphen, and would be taken for another option.
        if "--server" in argv[:-1]:
            at = argv.index("--server")
            argv = [*argv[:at], f"--server={argv[at + 1]}", *argv[at + 2 :]]
        super().run_from_argv(argv)

    def handle(self, *_: Any, **options: Any) -> None:
        path = options["path"].absolute()
        url = (options["url"] or own_url()).rstrip("/")
        if not is_base_url(url):
            raise CommandError("--url must look like https://telemetry.example.org.")
        credentials = _credentials(options)
        logs = find_logs(path)
        self._need_something(logs, options)
        self.stderr.style_func = None
        report = Report(self.stderr, is_quiet=not options["verbosity"])
        name = path.name or "root"
        made_of = f"{path}\n{url}\n{options['server'] or credentials.client_id}"
        default = settings.TELEMETRY_DATA_DIR / "tail" / f"{name}-{_digest(made_of)}.json"
        kept = StateFile(options["state"] or default)
        try:
            with kept.held(), _stoppable() as stop:
                kept.load()
                if options["from_start"]:
                    kept.state = State(token=kept.state.token)
                self._run(logs, url, credentials, kept, report, stop, options)
        except BadState as problem:
            raise CommandError(str(problem)) from None

    def _need_something(self, logs: Logs, options: dict[str, Any]) -> None:
        """CommandError if one run would find nothing to send."""
        if logs.live.exists() or not (options["once"] or logs.is_over):
            return
        if logs.is_over or not logs.live.parent.is_dir() or not logs.rotated():
            raise CommandError(f"There is no {logs.live}.")
        if not options["history"]:
            raise CommandError(
                f"There is no {logs.live}: add --history to send the files rotated before."
            )

    def _run(
        self,
        logs: Logs,
        url: str,
        credentials: Credentials,
        kept: StateFile,
        report: Report,
        stop: Event,
        options: dict[str, Any],
    ) -> None:
        zone = _zone(options["zone"], report)
        is_once = options["once"] or logs.is_over
        patience = options["patience"]
        if patience is None and is_once:
            patience = _PATIENCE_ONCE

        def renewed(token: str) -> None:
            kept.state.token = token

        if credentials.can_renew and not credentials.token:
            credentials.token = kept.state.token
        sender = Sender(
            url=url,
            server=options["server"],
            zone=zone,
            credentials=credentials,
            stop=stop,
            say=report.say,
            renewed=renewed,
            patience=patience,
        )
        tail = Tail(
            logs=logs, sender=sender, kept=kept, report=report, zone=ZoneInfo(zone), stop=stop
        )
        with _said_in_one_line(options["path"]):
            if options["history"] or logs.is_over:
                tail.send_history()
            elif kept.state.live is None and logs.live.exists() and (past := logs.rotated()):
                report.say(f"{len(past):,} older files are not sent; --history sends them, too.")
            if not is_once:
                tail.follow()
            elif not logs.is_over:
                tail.send_what_is_there()
        if stop.is_set():
            report.say("Ended; the next run goes on from here.")
            return
        report.sum_up()
        if tail.skipped:
            raise CommandError(f"Could not read {', '.join(tail.skipped)}: run this again.")


def _credentials(options: dict[str, Any]) -> Credentials:
    given = Credentials(
        token=options["token"] or os.environ.get("TELEMETRY_TOKEN", ""),
        client_id=options["client_id"] or os.environ.get("TELEMETRY_CLIENT_ID", ""),
        client_secret=options["client_secret"] or os.environ.get("TELEMETRY_CLIENT_SECRET", ""),
    )
    if not given.token and not given.can_renew:
        raise CommandError(
            "Give a token with the scope agent in TELEMETRY_TOKEN, or the agent's --client-id and "
            "TELEMETRY_CLIENT_SECRET."
        )
    if not given.token.isascii() or not given.token.isprintable():
        raise CommandError("The token has characters that no token has.")
    return given


def _zone(name: str, report: Report) -> str:
    if name:
        if not is_zone(name):
            raise CommandError(f"--zone: there is no zone {name}; use one such as Europe/Berlin.")
        return name
    found = machine_zone()
    if found:
        report.say(f"Times are read as {found}, this machine's zone; --zone takes another.")
    else:
        report.say("Times are read as UTC, for this machine's zone has no name; --zone tells it.")
    return found or "UTC"


@contextmanager
def _said_in_one_line(path: Path) -> Iterator[None]:
    """What goes wrong, as a CommandError."""
    try:
        yield
    except Stopped:
        pass
    except Refused as problem:
        raise CommandError(str(problem)) from None
    except Enough as problem:
        raise CommandError(
            f"{problem} Run this again: it goes on where it stopped.", returncode=_TRY_LATER
        ) from None
    except OSError as problem:
        raise CommandError(f"{path} cannot be read: {problem}.") from None


@contextmanager
def _stoppable() -> Iterator[Event]:
    """An event that the first signal to end sets; the second ends the process as usual."""
    stop = Event()
    numbers = (signal.SIGTERM, signal.SIGINT)
    before: dict[int, Any] = {number: signal.getsignal(number) for number in numbers}

    def ask(number: int, _: object) -> None:
        stop.set()
        signal.signal(number, signal.SIG_DFL)

    for number in before:
        signal.signal(number, ask)
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]
