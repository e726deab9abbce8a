"""Lines to copy: a first session, of a game or an app, and how to feed a Minecraft server's log."""

import json
import shlex
from urllib.parse import urlencode, urlsplit

from sessions_app.models import Server
from telemetry.models import Project
from telemetry.pages import Snippet

__all__ = ["agent_snippet", "feeding", "first_app_requests", "first_session"]


def first_session(project: Project, base_url: str, *, show_keys: bool) -> list[Snippet]:
    """How to open a TStats session. Without `show_keys` the key is a placeholder."""
    app_key = project.app_key if show_keys else "YOUR_APP_KEY"
    key = f"-H {shlex.quote(f'X-App-Key: {app_key}')}"
    event = json.dumps({"event": {"level": 3, "seconds": 41.5}})
    url = f"{base_url}/sessions/"
    return [
        Snippet(
            "Open a session",
            f"curl -X POST {key} {shlex.quote(url)}",
            "It answers with the session's id, as “_id”.",
        ),
        Snippet(
            "Add an event to it, then close it",
            f"curl -X PUT {key} -H 'Content-Type: application/json' -d '{event}'"
            f" {shlex.quote(url + 'ID/event/level%20completed')}\n"
            f"curl -X PUT {key} {shlex.quote(url + 'ID/close')}",
            "Put that id in place of ID.",
        ),
    ]


def first_app_requests(project: Project, base_url: str, *, show_keys: bool) -> list[Snippet]:
    """How an app sends by Countly's protocol: a session, and an event. As `first_session`."""
    app_key = project.app_key if show_keys else "YOUR_APP_KEY"
    metrics = {"_os": "Android", "_os_version": "14", "_device": "Pixel 8", "_app_version": "1.2"}
    event = {"key": "purchase", "count": 1, "sum": 2.99, "segmentation": {"item": "hat"}}

    def line(**fields: str) -> str:
        pairs = {"app_key": app_key, "device_id": "my-device", **fields}
        data = " ".join(
            f"{'--data-urlencode' if value[0] in '{[' else '-d'} {shlex.quote(f'{name}={value}')}"
            for name, value in pairs.items()
        )
        return f"curl {data} {shlex.quote(f'{base_url}/i')}"

    return [
        Snippet(
            "Begin a session of an app",
            line(begin_session="1", metrics=json.dumps(metrics)),
            "Each device has an id of its own. While the app is in use it sends"
            " “session_duration=30” every 30 seconds, and at last “end_session=1”.",
        ),
        Snippet(
            "Count an event",
            line(events=json.dumps([event])),
            "A sum and a segmentation may be left out. Countly's SDKs do all this: point them"
            " at this server.",
        ),
    ]


def agent_snippet(server: Server, base_url: str, secret: str) -> Snippet:
    """How the original agent, which its users have already, is pointed at this server."""
    host = urlsplit(base_url).netloc
    return Snippet(
        "The agent of mc-coal",
        f"python mc_coal_agent.py --coal_host={shlex.quote(host)}"
        f" --agent_client_id={server.agent_client_id} --agent_secret={secret}"
        f" --mc_timezone={server.project.timezone}",
        "In the agent's folder, beside the server's. It speaks https, except to localhost:8080."
        " The time zone is that of the machine that the server runs on.",
    )


def feeding(server: Server, base_url: str, secret: str = "") -> list[Snippet]:
    """How to feed a server without mc-coal's agent; with a token in place of YOUR_TOKEN.

    Whoever has the agent's `secret` needs none to follow a log.
    """
    # Not as options, which every user of a machine can see.
    who = "TELEMETRY_TOKEN=YOUR_TOKEN"
    if secret:
        client = server.agent_client_id
        who = f"TELEMETRY_CLIENT_ID={client} TELEMETRY_CLIENT_SECRET={secret}"
    query = urlencode({"server_key": server.key, "zone": server.project.timezone}, safe="/")
    url = f"{base_url}/api/v1/agents/loglines?{query}"
    return [
        Snippet(
            "Follow a log as it grows",
            f"{who} .venv/bin/python manage.py tail_minecraft logs/latest.log"
            f" --server {server.key} --url {shlex.quote(base_url)}",
            "From a copy of this program on the machine that the server runs on. It goes on where"
            " it stopped; with --history it sends the files of the days before, too."
            " Its zone is that of the machine, unless --zone names another.",
        ),
        Snippet(
            "Send a whole log file",
            "curl -H 'Authorization: Bearer YOUR_TOKEN' --data-binary @latest.log"
            f" {shlex.quote(url)}",
            "Of lines that tell only the time of day, the last was written today, unless “&date=”"
            " has the day of the first. To send the same lines again does no harm.",
        ),
    ]
