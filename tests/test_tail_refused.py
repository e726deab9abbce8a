"""tail_minecraft: what it says, and how it ends, when it cannot go on."""

import http.server
import subprocess
import threading

import pytest

from tests.server import ROOT, free_port, running_server
from tests.tail_helpers import COMMAND, Feed, recent, write


@pytest.fixture(scope="module")
def keys(server):
    return server.create_project("Refused")


@pytest.fixture
def feed(server, tmp_path, keys):
    feed = Feed(server, tmp_path, keys)
    write(feed.live, recent(3))
    return feed


def one_line(told):
    (line,) = (line for line in told.splitlines() if line.startswith("CommandError: "))
    return line


def test_a_token_that_is_not_known_is_told(feed):
    code, told = feed.once(env={"TELEMETRY_TOKEN": "tlm_agent_x"})
    assert code == 1
    assert "create_token" in one_line(told)
    assert "3 lines sent" in feed.send()


@pytest.mark.parametrize("token", ["", "tlm_\u00e9", "a\nb"])
def test_without_a_token_it_says_where_to_put_one(feed, token):
    code, told = feed.once(env={"TELEMETRY_TOKEN": token})
    assert code == 1
    assert "token" in one_line(told)


def test_a_server_that_is_not_there_is_told(feed):
    code, told = feed.once(server="nothing")
    assert (code, "--server" in one_line(told)) == (1, True)


def test_a_key_may_begin_with_a_hyphen(feed):
    command = [*COMMAND, *feed.arguments("--once", server=""), "--server", "-nothing"]
    done = subprocess.run(
        command, cwd=ROOT, env=feed.env(), capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, "404" in one_line(done.stderr)) == (1, True)


def test_a_server_of_another_project_is_not_there(feed, server):
    other = server.create_project("Of others")["manage_token"]
    code, told = feed.once(env={"TELEMETRY_TOKEN": other})
    assert (code, "404" in one_line(told)) == (1, True)
    assert not feed.stored()


def test_a_token_that_may_only_read_is_refused(feed):
    code, told = feed.once(env={"TELEMETRY_TOKEN": feed.keys["read_token"]})
    assert (code, "401" in one_line(told)) == (1, True)


def agent(feed, **more):
    pair = {
        "TELEMETRY_CLIENT_ID": feed.agent["client_id"],
        "TELEMETRY_CLIENT_SECRET": feed.agent["client_secret"],
    }
    return {"TELEMETRY_TOKEN": "", **pair, **more}


def tokens(feed):
    sql = "SELECT count(*) FROM sessions_app_agenttoken WHERE server_id = %s"
    return feed.server.query(sql, feed.id)[0][0]


def test_an_agents_secret_is_exchanged_for_a_token_once(feed):
    assert "3 lines sent" in feed.send(server="", env=agent(feed))
    assert "0 lines sent" in feed.send(server="", env=agent(feed))
    write(feed.live, recent(5))
    feed.send(server="", env=agent(feed))
    assert tokens(feed) == 1


def test_a_token_that_has_ended_is_exchanged_for_another(feed):
    feed.send(server="", env=agent(feed, TELEMETRY_TOKEN="tlm_agent_old"))
    assert len(feed.stored()) == 3
    assert tokens(feed) == 1


def test_a_wrong_secret_is_told(feed):
    code, told = feed.once(server="", env=agent(feed, TELEMETRY_CLIENT_SECRET="wrong"))
    assert (code, "--client-secret" in one_line(told)) == (1, True)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--zone", "Europe/Nowhere"], "Europe/Nowhere"),
        (["--url", "ftp://example.org"], "--url"),
        (["--url", "localhost:8000"], "--url"),
    ],
)
def test_a_bad_option_is_told(feed, options, told):
    code, said = feed.once(*options)
    assert (code, told in one_line(said)) == (1, True)


def test_nothing_there_is_told(feed):
    feed.live.unlink()
    code, told = feed.once()
    assert (code, "There is no" in one_line(told)) == (1, True)
    code, told = feed.once(path=feed.folder / "2024-01-31-1.log.gz")
    assert (code, "There is no" in one_line(told)) == (1, True)


def test_a_server_that_is_away_for_too_long_may_be_tried_later(feed):
    code, told = feed.once("--patience", "1", url=f"http://127.0.0.1:{free_port()}")
    assert (code, told.count("trying again")) == (75, 1)
    assert "goes on where it stopped" in one_line(told)


class _Elsewhere(http.server.BaseHTTPRequestHandler):
    """Not a server of ours: a proxy that redirects, or something else on that port."""

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        is_moved = self.path.startswith("/moved")
        body = b"<html>Welcome</html>"
        self.send_response(301 if is_moved else 200)
        self.send_header("Location", "https://telemetry.example.org/")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def elsewhere():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Elsewhere) as there:
        threading.Thread(target=there.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{there.server_port}"
        there.shutdown()


def test_who_else_answers_there_is_told(feed, elsewhere):
    code, told = feed.once(url=elsewhere)
    assert (code, "no telemetry server" in one_line(told)) == (1, True)
    code, told = feed.once(url=f"{elsewhere}/moved")
    assert (code, "https://telemetry.example.org/" in one_line(told)) == (1, True)


def test_a_server_that_takes_little_at_once_gets_smaller_parts(tmp_path):
    with running_server(workers=1, BODY_LIMIT="2000") as small:
        feed = Feed(small, tmp_path)
        lines = recent(600)
        write(feed.live, lines)
        feed.live.write_bytes(feed.live.read_bytes() + b"z" * 100_000 + b"\n")
        assert "601 lines sent" in feed.send()
        feed.wait_for(*lines, (None, "z" * 8192))
