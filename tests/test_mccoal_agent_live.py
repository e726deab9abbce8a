"""The original agent's behaviour against a real server that is killed, and refuses its tokens."""

import json
import random
import time
from datetime import datetime, timedelta
from urllib.parse import quote, urlencode

import pytest

from tests.mccoal_agent import CoalAgent
from tests.server import running_server
from tests.wire_helpers import through_server

ZONE = "America/Chicago"
# Clocks were put back at two in that night.
DAY = "2013-11-02"
CDT, CST = " CDT-0500", " CST-0600"


@pytest.fixture(scope="module")
def coal():
    with running_server() as server:
        yield server


def said(clock, text, day=DAY, level="INFO"):
    return f"{day} {clock} [{level}] {text}"


def login(clock, name, day=DAY):
    return said(clock, f"{name}[/10.0.0.1:5000] logged in with entity id 7 at (1, -2.5, 3)", day)


def lost(clock, name, day=DAY):
    return said(clock, f"{name} lost connection: disconnect.quitting", day)


NEXT = "2013-11-03"
EVENTS = [
    said("20:00:00", "Starting minecraft server version 1.6.4"),
    login("20:00:10", "steve"),
    said("20:00:11", "Can't keep up! Did the system time change?", level="WARNING"),
    login("20:30:00", "alex"),
    "java.lang.NullPointerException",
    lost("21:00:00", "steve"),
    said("21:00:05", "alex moved wrongly!", level="WARNING"),
    said("22:00:00", "Stopping server"),
    said("22:05:00", "Starting minecraft server version 1.6.4"),
    login("22:10:00", "steve"),
    login("22:40:00", "steve"),
    said("23:00:00", "<steve> is anybody there?"),
    said("23:30:00", "Starting minecraft server version 1.6.4"),  # it had crashed
    login("00:30:00", "bob", NEXT),
    login("01:30:00", "zoe", NEXT),
    lost("01:10:00", "zoe", NEXT),  # the hour that came twice
    lost("02:30:00", "bob", NEXT),
    login("03:00:00", "kim", NEXT),
]
# Who, from when to when, and for how long; the latest first.
SESSIONS = [
    ("kim", f"{NEXT} 03:00:00{CST}", None, None),
    ("zoe", f"{NEXT} 01:30:00{CST}", f"{NEXT} 01:10:00{CST}", 0),
    ("bob", f"{NEXT} 00:30:00{CDT}", f"{NEXT} 02:30:00{CST}", 3 * 3600),
    ("steve", f"{DAY} 22:40:00{CDT}", f"{DAY} 23:00:00{CDT}", 1200),
    ("steve", f"{DAY} 22:10:00{CDT}", f"{DAY} 22:40:00{CDT}", 1800),
    ("alex", f"{DAY} 20:30:00{CDT}", f"{DAY} 22:00:00{CDT}", 5400),
    ("steve", f"{DAY} 20:00:10{CDT}", f"{DAY} 21:00:00{CDT}", 3590),
]


def day_of_a_server(chats=40):
    """The events, with what players say between them; never just before a start."""
    random.seed(5)
    lines = []
    for line, after in zip(EVENTS, [*EVENTS[1:], ""], strict=True):
        lines.append(line)
        if "Starting" in after or not line.startswith("2013"):
            continue
        at = datetime.fromisoformat(line[:19])
        for n in range(chats):
            at += timedelta(milliseconds=1)
            who = random.choice(["steve", "alex", "gast"])
            text = random.choice(["hello", "\xa7cred", "50% & more=;", "\u0142\xf3d\u017a"])
            lines.append(said(f"{at:%H:%M:%S}", f"<{who}> {n} {text} {len(lines)}", line[:10]))
    return lines


class Follower:
    """An agent, the log that it follows, and a server that may go away meanwhile."""

    def __init__(self, coal, log):
        keys = coal.create_project("Coal")
        self.coal, self.log = coal, log
        self.reader = keys["read_token"]
        reply = through_server(
            coal,
            "POST",
            "/api/v1/servers",
            json.dumps({"name": "Survival"}),
            {"Authorization": f"Bearer {keys['manage_token']}", "Content-Type": "application/json"},
        )
        assert reply.status == 201, reply
        self.key = reply.json["key"]
        self.client = reply.json["agent"]
        log.write_bytes(b"")
        self.agent = self.new_agent()

    def new_agent(self, *, parse_history=False):
        agent = CoalAgent(
            self.coal.url,
            self.client["client_id"],
            self.client["client_secret"],
            self.log,
            ZONE,
            parse_history=parse_history,
        )
        agent.start()
        return agent

    def write(self, lines):
        with self.log.open("ab") as log:
            for line in lines:
                log.write(line.encode("iso-8859-2", "replace") + b"\n")

    def stored(self):
        rows = self.coal.query(
            "SELECT line FROM sessions_app_logline l JOIN sessions_app_server s ON s.id = server_id"
            " WHERE s.key = %s",
            self.key,
        )
        return [line for (line,) in rows]

    def wait_for(self, lines):
        deadline = time.monotonic() + 60
        while len(self.stored()) < lines:
            assert time.monotonic() < deadline, (len(self.stored()), lines, self.agent.statuses)
            time.sleep(0.02)

    def new_secret(self):
        """As somebody does on the server's page."""
        told = self.coal.manage(
            "shell",
            "-c",
            "from sessions_app.models import Server\n"
            "from sessions_app.services.servers import new_agent_secret\n"
            f"server = Server.objects.get(key='{self.key}')\n"
            "print('SECRET', new_agent_secret(server=server).client_secret)",
        )
        self.client["client_secret"] = told.partition("SECRET ")[2].strip()

    def delete_tokens(self):
        self.coal.query("DELETE FROM sessions_app_agenttoken RETURNING token_id")
        self.coal.query("DELETE FROM telemetry_accesstoken WHERE scopes = '{agent}' RETURNING id")

    def walk(self, *parts, kind="sessions", size=3):
        """All of a list, page by page."""
        found, cursor = [], {}
        path = "/".join(["/api/v1/servers", self.key, *map(quote, parts)])
        while cursor is not None:
            query = urlencode({"size": size, **cursor})
            headers = {"Authorization": f"Bearer {self.reader}"}
            reply = through_server(self.coal, "GET", f"{path}?{query}", headers=headers)
            assert reply.status == 200, reply
            found += reply.json[kind]
            cursor = {"cursor": reply.json["cursor"]} if "cursor" in reply.json else None
        return found

    def read(self, key):
        headers = {"Authorization": f"Bearer {self.reader}"}
        path = f"/api/v1/servers/{self.key}/sessions/{key}"
        return through_server(self.coal, "GET", path, headers=headers).json


def shown(sessions):
    return [
        (
            each["username"],
            each["login_timestamp"],
            each["logout_timestamp"],
            each["duration"] if each["logout_timestamp"] else None,
        )
        for each in sessions
    ]


def test_a_day_is_stored_once_and_whole_whatever_happens_to_the_server(coal, tmp_path):
    lines = day_of_a_server()
    part = len(lines) // 6
    follower = Follower(coal, tmp_path / "server.log")

    follower.write(lines[:part])
    follower.wait_for(part // 2)
    coal.kill()
    follower.write(lines[part : 2 * part])
    time.sleep(0.3)
    coal.start()
    follower.wait_for(part + part // 2)
    assert follower.agent.failures > 0

    follower.delete_tokens()
    follower.write(lines[2 * part : 3 * part])
    follower.wait_for(2 * part + part // 2)
    assert follower.agent.statuses["/oauth/v1/token", 400] == 1  # its refresh token was gone
    assert follower.agent.statuses["/oauth/v1/token", 200] == 2

    follower.new_secret()
    follower.write(lines[3 * part : 4 * part])
    time.sleep(0.5)
    refused = follower.agent
    assert refused.statuses["/oauth/v1/token", 400] > 1
    refused.stop()
    follower.agent = follower.new_agent(parse_history=True)
    follower.wait_for(3 * part + part // 2)
    assert follower.agent.resumed_at
    coal.kill()
    follower.agent.stop()
    coal.start()
    follower.agent = follower.new_agent(parse_history=True)
    follower.write(lines[4 * part :])

    sent = [line for line in lines if "[WARNING]" not in line]
    follower.wait_for(len(sent))
    follower.agent.stop()
    as_written = [line.encode("iso-8859-2", "replace").decode("iso-8859-2") for line in sent]
    assert sorted(follower.stored()) == sorted(as_written)
    check_reads(follower, as_written)
    assert " 500 " not in coal.output()
    assert "Traceback" not in coal.output()


def check_reads(follower, sent):
    for size in (1, 3, 50):
        assert shown(follower.walk("sessions", size=size)) == SESSIONS
    sessions = follower.walk("sessions")
    for each in sessions:
        again = follower.read(each["key"])
        if each["logout_timestamp"]:
            assert again == each
        assert len(each) == 12
    for name in ("steve", "alex", "zoe", "gast"):
        own = [session for session in SESSIONS if session[0] == name]
        assert shown(follower.walk("players", name, "sessions", size=2)) == own
    found = follower.walk("loglines", kind="loglines", size=50)
    assert sorted(line["line"] for line in found) == sorted(s for s in sent if s[0] == "2")
