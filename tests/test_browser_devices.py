"""The pages of devices in a real browser: what beats do to them while they are open."""

import re
import shlex
import shutil
import subprocess
from contextlib import contextmanager
from urllib.request import urlopen

import pytest

from tests.browser import browser_page, sign_in
from tests.server import running_server
from tests.websocket_helpers import beat, register


@pytest.fixture
def keys(server):
    """A new project whose reads are closed."""
    return server.create_project("Home")


@pytest.fixture
def laptop(server, keys):
    return register(server, keys)


def show_status_page(server, keys):
    server.query(
        "UPDATE devices_app_fleet SET status_page = true WHERE project_id = %s RETURNING 1",
        keys["id"],
    )


def devices_url(server, keys, path=""):
    return f"{server.url}/projects/{keys['slug']}/devices/{path}"


@contextmanager
def open_page(server, url, *, expected="", **options):
    with browser_page(expected, **options) as page:
        sign_in(page, server.url, "admin", server.admin_password)
        page.goto(url)
        page.locator("#live[data-state=on]").wait_for()
        page.evaluate("window.sameDocument = true")
        yield page


def row_with(page, beats):
    """The row of device 0, as soon as it shows so many beats."""
    row = page.locator(f"[data-device='0'][data-beats='{beats}']")
    row.wait_for(timeout=5000)
    return row


def test_a_beat_is_on_the_board_without_a_reload(server, keys, laptop):
    with open_page(server, devices_url(server, keys)) as page:
        row = row_with(page, 0)
        assert row.locator(".state").text_content() == "never"
        assert row.locator(".spark-empty").count() == 1
        beat(server, laptop["token"])
        row = row_with(page, 1)
        assert row.locator(".state[data-state=active]").text_content() == "active"
        assert row.locator("[data-last]").text_content() == "just now"
        assert row.locator("[data-count]").text_content() == "1"
        assert row.locator("[data-this-hour]").text_content() == "1"
        assert row.locator(".spark-empty").count() == 0
        assert re.match(r"M138.5 31.5v-31.0h", row.locator(".bar").get_attribute("d"))
        assert page.locator("[data-fact=total_beats]").text_content() == "1"
        assert page.locator("[data-fact=last_seen]").text_content() == "just now"
        assert page.evaluate("window.sameDocument")
        written = page.request.get(page.url).text()  # the server draws the same bars
        assert row.locator(".bar").get_attribute("d") in written


def test_the_running_bar_grows_and_the_scale_with_it(server, keys, laptop):
    with open_page(server, devices_url(server, keys, "0/")) as page:
        running = page.locator("[data-running]")
        sent = 0
        for beats, top, height in ((1, 1, 100), (3, 3, 100), (5, 6, 83.33)):
            for _ in range(beats - sent):
                beat(server, laptop["token"])
            sent = beats
            row_with(page, beats)
            assert running.get_attribute("data-top") == str(top)
            assert float(running.get_attribute("height")) == pytest.approx(height, abs=0.1)
            assert page.locator(".hours-top").text_content() == str(top)
            assert page.locator("[data-in-range]").text_content() == str(beats)
        assert page.evaluate("window.sameDocument")


def test_the_status_page_is_live_for_anybody(server, keys, laptop):
    show_status_page(server, keys)
    url = f"{server.url}/projects/{keys['slug']}/status/"
    with browser_page(timezone_id="Europe/Berlin") as page:
        page.goto(url)
        page.locator("#live[data-state=on]").wait_for()
        assert page.locator("[data-fact=last_seen]").text_content() == "never"
        assert page.locator("[data-fact=num_visits]").text_content() == "1"
        urlopen(url, timeout=10).close()
        beat(server, laptop["token"])
        page.locator("[data-fact=total_beats]").get_by_text("1", exact=True).wait_for(timeout=5000)
        page.locator("[data-fact=num_visits]").get_by_text("2", exact=True).wait_for(timeout=5000)
        assert "GMT+" in page.locator("[data-fact=last_seen]").text_content()
        assert re.match("just now|a second|[2-9] s", text_of(page, "last_seen_relative"))


def text_of(page, fact):
    return page.locator(f"[data-fact={fact}]").text_content()


def test_a_page_in_the_background_pauses_and_never_has_two_connections(server, keys, laptop):
    with open_page(server, devices_url(server, keys)) as page:
        sockets = []
        page.on("websocket", lambda socket: sockets.append(socket))  # noqa: PLW0108 - no built-in
        for changes, state in (([True], "paused"), ([False], "on"), ([True, False], "on")):
            page.evaluate(
                """(changes) => changes.forEach((value) => {
                    Object.defineProperty(document, "hidden", { value, configurable: true });
                    document.dispatchEvent(new Event("visibilitychange"));
                })""",
                changes,
            )
            page.locator(f"#live[data-state={state}]").wait_for(timeout=5000)
        page.wait_for_timeout(2500)
        assert [socket.is_closed() for socket in sockets] == [True, False]
        beat(server, laptop["token"])
        row_with(page, 1)


def test_badges_and_command_lines_work(server, keys):
    with open_page(server, devices_url(server, keys)) as page:
        page.get_by_label("Name", exact=True).fill("Büro & <Heim>")
        page.get_by_role("button", name="Add", exact=True).click()
        page.get_by_role("heading", name="Büro & <Heim> is registered").wait_for()
        once, cron, *_ = page.locator(".copyable pre").all_text_contents()[1:]
        page.get_by_role("link", name="To its page").click()
        if shutil.which("curl"):
            for command in (once, cron.removeprefix("* * * * * ")):
                assert shlex.split(command)[0] == "curl"
                subprocess.run(["sh", "-c", command], check=True, timeout=20, capture_output=True)
            row_with(page, 2)
        page.get_by_role("link", name="Devices", exact=True).click()
        page.get_by_role("button", name="Switch it on").click()
        pictures = page.locator(".badges img")
        assert pictures.count() == 2
        for picture in pictures.all():
            picture.evaluate("(picture) => picture.decode()")
            assert picture.evaluate("(picture) => picture.naturalHeight") == 20
            assert picture.evaluate("(picture) => picture.naturalWidth") > 90


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_fit_a_phone(server, keys, scheme):
    beat(server, register(server, keys, "x" * 255)["token"])
    show_status_page(server, keys)
    with browser_page(viewport={"width": 360, "height": 740}, color_scheme=scheme) as page:
        sign_in(page, server.url, "admin", server.admin_password)
        for path in ("", "0/", "0/edit/", "0/token/", "0/delete/", "../status/", "?name=y"):
            page.goto(devices_url(server, keys, path))
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.url


def test_a_page_whose_connection_is_lost_says_so_and_goes_on_afterwards():
    with running_server() as server:
        keys = server.create_project("Home")
        token = register(server, keys)["token"]
        url = devices_url(server, keys)
        with open_page(server, url, expected="WebSocket connection to") as page:
            server.stop()
            page.get_by_text("Connection lost, trying again").wait_for(timeout=20_000)
            server.start()
            beat(server, token)
            page.locator("#live[data-state=on]").wait_for(timeout=40_000)
            row_with(page, 1)
            assert page.evaluate("window.sameDocument")
