"""``manage.py demo``: a server with data that simulated clients sent by the real protocols."""

import os
import signal
import time
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Iterator
from pathlib import Path
from threading import Event
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connections

from telemetry.addresses import own_url
from telemetry.demo.history import History, Keys
from telemetry.demo.live import Live, introduce
from telemetry.demo.state import State
from telemetry.demo.wire import Connection, Refused, Request
from telemetry.management.child import ChildServer, Ended
from telemetry.management.commands.serve import listening_at
from telemetry.models import Project
from telemetry.services import bootstrap, create_project
from telemetry.serving import check_free

_TELL_EVERY = 5
_LOOK = 0.5


def _scale(text: str) -> float:
    try:
        scale = float(text)
    except ValueError:
        scale = 0.0
    if not 0.001 <= scale <= 10:
        raise ArgumentTypeError("give a number from 0.001 to 10")
    return scale


class Command(BaseCommand):
    help = "Start a server with a project whose data simulated clients send, then go on live."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default=settings.HOST)
        parser.add_argument("--port", type=int, default=settings.PORT)
        parser.add_argument(
            "--seed",
            type=int,
            default=os.environ.get("DEMO_SEED") or "1",
            help="what all that the clients do follows from (DEMO_SEED, or 1)",
        )
        parser.add_argument(
            "--scale",
            type=_scale,
            default=os.environ.get("DEMO_SCALE") or "1",
            help="how much history there is: 0.1 is a tenth (DEMO_SCALE, or 1)",
        )

    def handle(self, *_: Any, **options: Any) -> None:
        host, port = options["host"], options["port"]
        _check_folder()
        with listening_at(host, port):
            check_free(host, port)  # or a stranger who listens there would be sent all of it
        self._say("Preparing the database …")
        call_command("migrate", interactive=False, verbosity=0)
        path = settings.TELEMETRY_DATA_DIR / "demo.json"
        state, project = self._opened(path, options["seed"], options["scale"])
        connections.close_all()
        demo = _Demo(self, state, path, project, host, port)
        try:
            demo.run()
        except Ended as reason:
            raise CommandError(f"The server has ended. It said:\n{reason}") from None
        except Refused as reason:
            raise CommandError(
                f"The server does not take what the clients send: {reason}"
            ) from None
        self._say("Stopped. What was stored stays; `make demo` goes on with it.")

    def _opened(self, path: Path, seed: int, scale: float) -> tuple[State, Project]:
        """What the last start has left, or a project and an administrator to begin with."""
        try:
            state = State.load(path)
        except ValueError as reason:
            raise CommandError(f"{path} cannot be read ({reason}): delete it.") from None
        if state:
            project = Project.objects.filter(pk=state.project_id).first()
            if project and project.created_at.isoformat() == state.project_made:
                if (state.seed, state.scale) != (seed, scale):
                    self._say(f"Going on with seed {state.seed} and scale {state.scale:g}.")
                return state, project
        fresh = State(seed=seed, scale=scale, began=time.time())
        if state:
            fresh.admin, fresh.password = state.admin, state.password
        # The default one where it is alone, so that URLs which name no project show it.
        made = create_project(name="Demo", open=True, default=not Project.objects.exists())
        fresh.project_id = made.project.pk
        fresh.project_made = made.project.created_at.isoformat()
        fresh.secret_key, fresh.manage_token = made.secret_key, made.manage_token
        missing = bootstrap(admin_email=settings.ADMIN_EMAIL)
        if missing and missing.admin:
            fresh.admin, fresh.password = missing.admin.username, missing.admin.password
        fresh.save(path)
        return fresh, made.project

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()


def _check_folder() -> None:
    """The demo is not for a database that somebody needs."""
    if settings.DATABASE_URL:
        raise CommandError("The demo keeps its data in a folder of its own: unset DATABASE_URL.")
    if not os.environ.get("TELEMETRY_DATA_DIR"):
        raise CommandError("Use `make demo`, or set TELEMETRY_DATA_DIR to a folder for its data.")


class _Demo:
    """The server, the history, and the clients that go on."""

    def __init__(
        self, command: Command, state: State, path: Path, project: Project, host: str, port: int
    ) -> None:
        self._say = command._say
        self._state = state
        self._path = path
        self._slug = project.slug
        self._keys = Keys(project.app_key, project.ezkey)
        self._host, self._port = host, port
        self._pages = own_url(host, port)
        # Where the clients find it: PUBLIC_URL may not lead here.
        name = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - looked up
        self._url = f"http://[{name}]:{port}" if ":" in name else f"http://{name}:{port}"
        self._stop = Event()
        self._began = time.monotonic()

    def run(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: self._stop.set())
        log = settings.TELEMETRY_DATA_DIR / "demo-server.log"
        server = ChildServer(self._host, self._port, self._url, log)
        try:
            server.wait_until_up(self._stop)
            if not self._stop.is_set():
                self._with_server(server)
        finally:
            self._stop.set()
            server.stop()

    def _with_server(self, server: ChildServer) -> None:
        state, stop = self._state, self._stop
        try:
            introduce(self._url, state, stop)
        finally:
            state.save(self._path)
        live = Live(self._url, state, self._keys, stop, lambda line: self._say(f"  {line}"))
        live.start()
        try:
            if not state.is_prepared:
                self._prepare(server)
            if not stop.is_set():
                for line in self._guide():
                    self._say(line)
                live.go_on()
            while live.is_alive() and not stop.wait(_LOOK):
                server.check()
        finally:
            stop.set()
            live.join()

    def _prepare(self, server: ChildServer) -> None:
        """Send the history, or what is left of it."""
        history = History(self._url, self._state, self._keys, self._stop)
        self._say("Simulated clients are sending what can be told of the past:")
        history.start()
        told = time.monotonic()
        try:
            while history.is_alive() and not history.problem:
                server.check()
                self._stop.wait(_LOOK)
                if time.monotonic() - told >= _TELL_EVERY:
                    told += _TELL_EVERY
                    self._tell(history)
                    self._state.save(self._path)
            if history.problem:
                raise Refused(history.problem, 0)
        finally:
            if history.problem or self._stop.is_set():
                self._stop.set()
            history.join()
            self._state.is_prepared = not self._stop.is_set()
            self._state.save(self._path)
        self._tell(history)

    def _tell(self, history: History) -> None:
        counts = ", ".join(f"{count:,} {what}" for what, count in history.counts.items() if count)
        self._say(f"  {time.monotonic() - self._began:3.0f} s  {counts}")

    def _guide(self) -> Iterator[str]:
        home = f"{self._pages}/projects/{self._slug}"
        yield f"The demo is ready, after {time.monotonic() - self._began:.0f} s:  {home}/"
        if self._state.password:
            yield f"Sign in as {self._state.admin} with the password {self._state.password}"
        yield "Worth a look:"
        yield f"  {home}/stats/     a shop's machines, ninety days and now"
        if stat := self._stat("response time, ms"):
            yield f"  {home}/stats/{stat}/   what was wrong twelve days ago?"
        yield f"  {home}/app/       users of an app, who have grown in number for a year"
        yield f"  {home}/devices/   a household; a device falls silent in three minutes"
        yield f"  {home}/sessions/  rounds of a game, players, users of the app"
        yield f"  {home}/servers/   a Minecraft server and who plays there"
        yield (
            "What cannot be told afterwards has only begun: beats, and rounds of the game, of "
            "which those up to now took seconds."
        )
        yield "The clients go on, gently. Stop with Ctrl-C."

    def _stat(self, name: str) -> int | None:
        """The number of a stat, as anyone with a token would look it up."""
        path = f"/api/v1/stats/?{urlencode({'name': name})}"
        headers = {"Authorization": f"Bearer {self._state.manage_token}"}
        try:
            found = Connection(self._url, self._stop).send(Request("GET", path, headers=headers))
        except Refused:  # somebody has deleted the token
            return None
        rows = found["results"]
        return int(rows[0]["id"]) if rows else None
