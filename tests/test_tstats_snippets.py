"""The code that docs/tstats.md gives to games does what it says, over a line that breaks."""

import http.client
import http.server
import shutil
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.browser import browser_page
from tests.server import ROOT, free_port

SNIPPETS = ROOT / "docs" / "snippets"
GAMES = Path(__file__).parent / "snippets"
PLAYED = [
    ("Game started", None),
    ("größe / 100%?", {"level": 3, "words": ["日本", None]}),
    ("FPS", 59.9),
    ("round", {"itself": 1}),
]
SESSIONS = """
SELECT s.end_reason, s.client_started_at IS NOT NULL, s.num_events, (
           SELECT coalesce(json_agg(json_build_array(e.type, e.data) ORDER BY e.id), '[]')
             FROM sessions_app_event e WHERE e.project_id = s.project_id AND e.session_id = s.id)
  FROM sessions_app_session s WHERE s.project_id = %s ORDER BY s.id
"""


@pytest.fixture
def keys(server):
    return server.create_project("Snippets")


def sessions(server, keys):
    """What ended each session, and its events, which must be counted."""
    found = []
    for reason, has_time, number, events in server.query(SESSIONS, keys["id"]):
        assert (has_time, number) == (True, len(events))
        found.append((reason, [tuple(event) for event in events]))
    return found


@contextmanager
def serving(handler):
    """The address of an HTTP server of this process."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()


def relay_to(server, seen):
    """Hands each request on, once it has refused it once; the second time the reply is lost.

    A session is only opened once: nobody can tell that the first is lost, which ends by itself.
    """

    class Relay(http.server.BaseHTTPRequestHandler):
        def answer(self):
            seen[self.path] += 1
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if seen[self.path] == 1:
                self.reply(503, b"try again")
                return
            line = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
            line.request(self.command, self.path, body, dict(self.headers))
            reply = line.getresponse()
            if seen[self.path] == 2 and "/sessions/?" not in self.path and self.path[-1] != "/":
                self.close_connection = True
                return
            self.reply(reply.status, reply.read())

        def reply(self, status, body):
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

        do_POST = do_PUT = answer  # noqa: N815

    return Relay


def play(*command):
    done = subprocess.run(command, capture_output=True, text=True, timeout=90, check=False)
    assert done.returncode == 0, done
    return done.stdout + done.stderr


def python(url, key, seconds=30):
    return play(sys.executable, GAMES / "play.py", SNIPPETS, url, key, str(seconds))


def node(url, key, seconds=30):
    return play("node", GAMES / "play.js", SNIPPETS / "tstats.js", url, key, str(seconds))


@pytest.mark.parametrize("game", [python, node])
def test_a_game_tells_everything_once_though_the_line_breaks(server, keys, game):
    seen = Counter()
    with serving(relay_to(server, seen)) as url:
        game(f"{url}/", keys["app_key"])
    assert sessions(server, keys) == [("closed", PLAYED)]
    assert set(seen.values()) == {2, 3}


@pytest.mark.parametrize("game", [python, node])
def test_a_game_with_a_wrong_key_goes_on_without(server, game):
    assert game(server.url, "x").count("X-App-Key") == 1


@pytest.mark.parametrize("game", [python, node])
def test_a_game_ends_though_nobody_is_there(game):
    began = time.monotonic()
    game(f"http://127.0.0.1:{free_port()}", "x", 1)
    assert time.monotonic() - began < 20


PAGE = b"""<!doctype html><title>Game</title><script src="/tstats.js"></script>"""


class Page(http.server.BaseHTTPRequestHandler):
    """A game's page, at an origin of its own."""

    def do_GET(self):
        is_script = self.path == "/tstats.js"
        self.send_response(200)
        self.send_header("Content-Type", "text/javascript" if is_script else "text/html")
        self.end_headers()
        self.wfile.write((SNIPPETS / "tstats.js").read_bytes() if is_script else PAGE)

    def log_message(self, *_):
        pass


@contextmanager
def game_in_a_browser(server, keys, **options):
    with serving(Page) as origin, browser_page(**options) as page:
        page.goto(origin)
        page.evaluate(
            "([url, key]) => { window.stats = new TStats(url, key); }",
            [server.url, keys["app_key"]],
        )
        yield page


def wait_for(condition):
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


PLAY = """() => {
    stats.event("Game started");
    stats.event("größe / 100%?", { level: 3, words: ["日本", null] });
    stats.event("FPS", 59.9);
    stats.event("round", { itself: 1 });
}"""


def test_a_page_of_another_origin_closes_its_session_when_it_is_left(server, keys):
    with game_in_a_browser(server, keys) as page:
        page.evaluate(PLAY)
        wait_for(lambda: sessions(server, keys) == [("", PLAYED)])
        page.wait_for_function("stats.waiting.length === 0")
        page.goto("about:blank")
        wait_for(lambda: sessions(server, keys) == [("closed", PLAYED)])


def test_what_was_not_sent_yet_when_a_page_is_left_is_sent_all_the_same(server, keys):
    with game_in_a_browser(server, keys) as page:
        page.wait_for_function("stats.id !== null")
        with page.expect_navigation(url="about:blank"):
            page.evaluate("() => { stats.event('Game quit'); location = 'about:blank'; }")
        # Whether it was acknowledged while the page was still there, and the session closed.
        wait_for(lambda: [made for _, made in sessions(server, keys)] == [[("Game quit", None)]])


def test_who_comes_back_to_a_page_is_in_a_new_session(server, keys):
    with game_in_a_browser(server, keys) as page:
        page.evaluate("() => stats.event('one')")
        page.wait_for_function("stats.waiting.length === 0")
        page.evaluate("() => { dispatchEvent(new Event('pagehide')); stats.event('two'); }")
        wait_for(lambda: len(sessions(server, keys)) == 2)
        page.wait_for_function("stats.waiting.length === 0")
        assert sorted(sessions(server, keys)) == [
            ("", [("two", None)]),
            ("closed", [("one", None)]),
        ]


# Not everybody has a compiler for C#, and a test that is skipped fails where CI=true.
if shutil.which("mcs") and shutil.which("mono"):

    @pytest.fixture(scope="module")
    def unity_game(tmp_path_factory):
        program = tmp_path_factory.mktemp("unity") / "game.exe"
        play("mcs", "-warnaserror", f"-out:{program}", SNIPPETS / "TStats.cs", GAMES / "Unity.cs")
        return program

    @pytest.mark.parametrize("frames", ["10", "1000"])
    def test_unitys_snippet_on_a_stand_in_of_unity(server, keys, unity_game, frames):
        play("mono", unity_game, server.url, keys["app_key"], frames)
        assert sessions(server, keys) == [("closed", PLAYED)]

    def test_so_it_does_over_a_line_that_breaks(server, keys, unity_game):
        with serving(relay_to(server, Counter())) as url:
            play("mono", unity_game, f"{url}/", keys["app_key"], "4000")
        assert sessions(server, keys) == [("closed", PLAYED)]
