"""Countly's SDK for the web, in a browser, on a page of another origin than the server's.

The first reply to every write is lost, and the server is killed in between.
"""

import functools
import json
import threading
from collections import Counter
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from sessions_app.usage.ranges import duration_range
from tests.browser import browser_page
from tests.clients.countly_relay import Relay
from tests.clients.countly_sdk import REPEATED, in_year, killed, packages, read, rows

SALT = "pepper & ☃"
OPTIONS = {
    "app_version": "1.2",
    "device_id": "anna@example.org",
    "metrics": {"_device": "Größe 5", "_density": 2.5},
    "salt": SALT,
    "ignore_bots": False,
    "interval": 25,
    "session_update": 0.5,
    "fail_timeout": -1,
}
PAGE = """<!doctype html><title>Page</title><link rel="icon" href="data:,">
<script src="/countly.min.js"></script>"""
PICTURE = "new File([new Uint8Array(256).map((_, i) => i)], 'a.png', {type: 'image/png'})"


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_): ...


@pytest.fixture
def site(tmp_path):
    """A page with the SDK."""
    (tmp_path / "index.html").write_text(PAGE)
    script = packages() / "countly-sdk-web" / "lib" / "countly.min.js"
    (tmp_path / script.name).write_bytes(script.read_bytes())
    handler = functools.partial(Quiet, directory=tmp_path)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as site:
        threading.Thread(target=site.serve_forever, args=(0.05,), daemon=True).start()
        yield f"http://127.0.0.1:{site.server_port}/"
        site.shutdown()


@pytest.fixture
def keys(server):
    keys = server.create_project("Web", "--open")
    query = "UPDATE telemetry_project SET checksum_salt = %s WHERE id = %s RETURNING id"
    server.query(query, SALT, keys["id"])
    return keys


def test_web(server, keys, site):
    with Relay(server.port) as relay, browser_page("net::ERR_") as page:
        options = json.dumps({**OPTIONS, "app_key": keys["app_key"], "url": relay.url})
        page.goto(site)
        page.evaluate(f"void Countly.init({options})")
        page.evaluate("Countly.track_sessions()")
        page.evaluate("Countly.track_pageview('start')")
        buy = {"key": "buy", "count": 2, "sum": 1.98, "segmentation": {"app": 1.5}}
        page.evaluate("buy => Countly.add_event(buy)", buy)
        user = {"name": "Anna & Bo", "custom": {"größe": "XL"}}
        page.evaluate("user => Countly.user_details(user)", user)
        page.evaluate("Countly.log_error(new Error('odd'))")
        page.evaluate(f"Countly.uploadUserProfilePicture({PICTURE})")
        relay.wait_until(lambda: relay.sent("session_duration") and relay.sent("hc"))
        with killed(server):
            page.evaluate("buy => Countly.add_event(buy)", {"key": "buy", "sum": 0.99, "dur": 2.5})
            relay.wait_until(lambda: relay.failed)
            page.reload()  # what waits is in the browser's storage
            page.evaluate(f"void Countly.init({options})")
            page.evaluate("Countly.begin_session(true)")  # the same, without heartbeats
            page.evaluate("Countly.track_pageview('next')")
        fetched = "new Promise(done => Countly.fetch_remote_config((...told) => done(told)))"
        assert page.evaluate(fetched) == [False, {}]
        page.evaluate("Countly.change_id('ben', true)")
        page.evaluate("Countly.end_session(7, true)")
        queues = "[...Countly._internals.getRequestQueue(), ...Countly._internals.getEventQueue()]"
        relay.wait_until(lambda: not page.evaluate(queues))

    health = relay.sent("hc")  # told once, and never again
    assert {relay.delivered[sent] for sent in relay.delivered if sent not in health} == {2}
    assert set(relay.infos) == {REPEATED}
    assert all(sent["metrics"] for sent in relay.delivered)
    assert relay.methods["OPTIONS"] == relay.methods["GET"] == 0

    seconds = sum(int(sent["session_duration"]) for sent in relay.sent("session_duration"))
    expected = {"t": 1, "n": 1, "u": 1, "e": len(relay.delivered), "d": seconds}
    expected["ds"] = {duration_range(seconds): 1}
    assert in_year(read(server, keys, "sessions")) == expected
    assert in_year(read(server, keys, "devices")) == {"Größe 5": {"t": 1, "n": 1, "u": 1}}
    buys, apps = read(server, keys, "events", event="buy")
    assert in_year(buys) == {"c": 3, "s": 2.97, "dur": 2.5}
    assert in_year(apps) == {"1:5": {"c": 2, "s": 1.98}}
    stored = Counter(name for name, _ in rows(server, keys, "type, at", "event"))
    told = Counter(
        event["key"] for sent in relay.sent("events") for event in json.loads(sent["events"])
    )
    assert stored == told
    assert told["buy"] == 2
    assert rows(server, keys, "device_id, details", "appuser") == [("ben", user)]
