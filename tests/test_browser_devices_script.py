"""What the script of the devices pages makes of what it is told, in a real browser."""

import json
import re
from contextlib import contextmanager
from urllib.request import urlopen

import pytest

from devices_app.words import duration_words
from tests.browser import browser_page, sign_in
from tests.test_browser_devices import devices_url, show_status_page
from tests.websocket_helpers import beat, register

HOUR = 3600


@pytest.fixture
def keys(server):
    keys = server.create_project("Home", "--open")
    token = register(server, keys)["token"]
    beat(server, token)
    beat(server, token)
    show_status_page(server, keys)
    return keys


@contextmanager
def told(server, keys, url):
    """A page, and how to tell it what the server tells, but for some of it."""
    with urlopen(f"{server.url}/api/stats?project={keys['slug']}", timeout=10) as reply:
        stats = json.load(reply)
    sockets = []
    with browser_page() as page:
        keep = lambda socket: sockets.append(socket)  # noqa: E731, PLW0108 - it takes no built-in
        page.route_web_socket(re.compile("/api/stats/ws"), keep)
        sign_in(page, server.url, "admin", server.admin_password)
        page.goto(url)
        while not sockets:
            page.wait_for_timeout(50)
        page.evaluate("window.sameDocument = true")
        yield page, lambda **changes: sockets[-1].send(json.dumps({**stats, **changes}))


def test_the_script_s_words_are_the_server_s(server, keys):
    url = f"{server.url}/projects/{keys['slug']}/status/"
    lengths = [0, 1, 59, 60, 61, 3599, 3600, 3601, 7200, 7501, 86_399, 86_400, 90_061, 691_200]
    lengths += [29 * 86_400, 30 * 86_400, 364 * 86_400, 365 * 86_400, 34_218_061, 40_000_000_000]
    with told(server, keys, url) as (page, tell):
        for length in lengths:
            words = duration_words(length)
            tell(uptime=length, last_seen_relative=length, longest_absence=length)
            for fact in ("uptime", "last_seen_relative", "longest_absence"):
                page.locator(f"[data-fact={fact}]").get_by_text(words, exact=True).wait_for(
                    timeout=2000
                )


@pytest.mark.parametrize("path", ["", "0/?range=24h"])
def test_at_the_border_of_an_hour_the_bars_move(server, keys, path):
    with told(server, keys, devices_url(server, keys, path)) as (page, tell):
        hour = int(page.locator("#devices").get_attribute("data-hour"))
        before = page.locator("[data-device]").get_attribute("data-hours").split(",")
        assert "2" in before
        device = {"id": 0, "name": "Laptop", "last_beat": hour, "num_beats": 2}
        tell(last_seen=hour, last_seen_relative=HOUR - 5, devices=[device])
        tell(last_seen=hour, last_seen_relative=HOUR + 5, devices=[device])
        page.locator(f"[data-device][data-hours='{','.join([*before[1:], '0'])}']").wait_for()
        tell(
            last_seen=hour + HOUR + 6,
            last_seen_relative=0,
            devices=[{**device, "last_beat": hour + HOUR + 6, "num_beats": 5}],
        )
        page.locator(f"[data-device][data-hours='{','.join([*before[1:], '3'])}']").wait_for()
        assert page.locator("[data-this-hour]").first.text_content() == "3"
        if path:
            bars = page.locator(".hours .bar")
            assert [bar.get_attribute("x")[:5] for bar in bars.all()] == ["22.06", "23.06"]
            assert bars.nth(1).get_attribute("data-running") is not None
            assert bars.nth(0).get_attribute("data-running") is None
            assert [bar.get_attribute("height")[:4] for bar in bars.all()] == ["66.6", "100"]
            assert page.locator("[data-in-range]").text_content() == "5"
            assert page.locator(".hours title").last.text_content().endswith(":00 UTC: 3 beats")
        assert page.evaluate("window.sameDocument")


def test_a_page_that_has_missed_an_hour_s_beats_loads_again(server, keys):
    with told(server, keys, devices_url(server, keys)) as (page, tell):
        hour = int(page.locator("#devices").get_attribute("data-hour"))
        tell(last_seen=hour, last_seen_relative=HOUR - 100)
        with page.expect_navigation():
            tell(last_seen=hour + 2 * HOUR, last_seen_relative=0)
