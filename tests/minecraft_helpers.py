"""What the tests of Minecraft servers share: a server, lines of its log, and what follows."""

from datetime import UTC, datetime, timedelta

from sessions_app.models import Session
from sessions_app.services.loglines import take_line, take_lines
from sessions_app.services.servers import create_server
from telemetry.models import Project

START = datetime(2013, 4, 13, 8, 0, 0)  # noqa: DTZ001 - as a log has it


def new_server(slug="p", **fields):
    project, _ = Project.objects.get_or_create(slug=slug, defaults={"name": slug, **fields})
    return create_server(project=project, name="Survival").server


def at(seconds, text):
    """A line of the original's format, some seconds after the start."""
    return f"{START + timedelta(seconds=seconds):%Y-%m-%d %H:%M:%S} [INFO] {text}"


def login(seconds, name="steve", port=5000):
    return at(seconds, f"{name}[/10.0.0.1:{port}] logged in with entity id 7 at (1.0, 64.0, -2.5)")


def joined(seconds, name="steve"):
    return at(seconds, f"{name} joined the game")


def lost(seconds, name="steve"):
    return at(seconds, f"{name} lost connection: Disconnected")


def left(seconds, name="steve"):
    return at(seconds, f"{name} left the game")


def stop(seconds):
    return at(seconds, "Stopping server")


def start(seconds):
    return at(seconds, "Starting minecraft server version 1.5.1")


def chat(seconds, name="steve", text="hello"):
    return at(seconds, f"<{name}> {text}")


def send(server, *lines, zone="UTC"):
    """As an agent does: one line after the other. Whether each is new."""
    return [take_line(server=server, text=line, zone=zone) for line in lines]


def upload(server, *lines, zone="UTC"):
    """As a file."""
    *_, last = take_lines(server=server, lines=lines, zone=zone)
    return last


def plays(server):
    """The sessions of a server: who, from when to when (seconds after the start), and why."""
    begin = START.replace(tzinfo=UTC)
    return sorted(
        (
            session.username,
            (session.started_at - begin).total_seconds(),
            (session.ended_at - begin).total_seconds() if session.ended_at else None,
            session.end_reason,
        )
        for session in Session.objects.filter(server_id=server.pk)
    )
