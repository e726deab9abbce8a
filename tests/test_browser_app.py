"""The pages of an app in a real browser: from its first sessions to an event's split."""

import json
import shlex
import shutil
import subprocess
import time
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest

from tests.browser import browser_page, sign_in

METRICS = {"_os": "Android", "_os_version": "14", "_device": "Pixel 8", "_app_version": "1.2"}
PHONE = {"width": 390, "height": 844}
WIDTH = "document.documentElement.scrollWidth"


@pytest.fixture
def keys(server):
    return server.create_project("App")


@pytest.fixture
def used(server, keys):
    """Sessions of the last ten days, each with an event."""
    requests = []
    for ago in range(10):
        began = int(time.time()) - ago * 86_400 - 60
        device = {"device_id": f"phone{ago % 3}"}
        purchase = {"key": "buy/it now", "count": 1, "sum": 2.5, "segmentation": {"item": "hat"}}
        requests += [
            {**device, "timestamp": began, "begin_session": 1, "metrics": METRICS},
            {**device, "timestamp": began + 1, "events": [purchase]},
            {**device, "timestamp": began + 9, "end_session": 1, "session_duration": 9},
        ]
    requests.sort(key=lambda request: request["timestamp"])
    body = {"app_key": keys["app_key"], "requests": json.dumps(requests)}
    with urlopen(f"{server.url}/i/bulk", urlencode(body).encode(), timeout=10) as reply:
        assert json.load(reply) == {"result": "Success"}


def test_from_the_project_to_an_event_s_split(server, keys, used):
    with browser_page(viewport={"width": 1280, "height": 900}) as page:
        sign_in(page, server.url, "admin", server.admin_password)
        page.goto(f"{server.url}/projects/{keys['slug']}/")
        page.locator("#app-heading").wait_for()
        page.get_by_role("link", name="Overview").click()
        page.get_by_role("heading", name="App", exact=True).wait_for()
        assert page.locator(".chart").count() == 3
        page.get_by_role("link", name="7 days").click()
        page.wait_for_url("**?period=7d")
        assert page.locator(".figures dd").first.inner_text() == "7"
        page.get_by_role("link", name="Audience").click()
        page.get_by_role("link", name="Countries").first.wait_for()
        page.get_by_role("link", name="Devices", exact=True).click()
        page.get_by_role("rowheader", name="Pixel 8").wait_for()
        page.get_by_role("link", name="Events").click()
        page.get_by_role("link", name="buy/it now").click()
        page.get_by_role("heading", name="buy/it now").wait_for()
        page.get_by_role("link", name="item").click()
        page.get_by_role("rowheader", name="hat").wait_for()
        assert "period=7d" in page.url
        page.get_by_text("The same as a table").first.click()
        assert page.get_by_role("row").count() > 7


def test_days_are_chosen_in_a_form_that_keeps_what_is_looked_at(server, keys, used):
    with browser_page() as page:
        sign_in(page, server.url, "admin", server.admin_password)
        page.goto(f"{server.url}/projects/{keys['slug']}/app/audience/?by=device")
        page.get_by_label("From").fill("2020-01-01")
        page.get_by_label("to", exact=True).fill("2020-01-31")
        page.get_by_role("button", name="Show").click()
        page.get_by_text("1 Jan – 31 Jan 2020").wait_for()  # noqa: RUF001
        assert "by=device" in page.url


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [{"width": 1280, "height": 900}, PHONE])
def test_no_page_is_wider_than_the_screen(server, keys, used, viewport, scheme):
    paths = [
        "",
        "app/",
        "app/?period=today",
        "app/?period=year",
        "app/audience/",
        "app/audience/?by=os_version",
        "app/events/",
        "app/event/?event=buy%2Fit+now&by=item",
    ]
    with browser_page(viewport=viewport, color_scheme=scheme) as page:
        sign_in(page, server.url, "admin", server.admin_password)
        for path in paths:
            page.goto(f"{server.url}/projects/{keys['slug']}/{path}")
            assert page.evaluate(WIDTH) == viewport["width"], path


@pytest.mark.skipif(not shutil.which("curl"), reason="there is no curl")
def test_the_lines_to_copy_work_as_they_are(server, keys):
    with browser_page() as page:
        sign_in(page, server.url, "admin", server.admin_password)
        page.goto(f"{server.url}/projects/{keys['slug']}/app/")
        page.get_by_text("No app has sent anything yet").wait_for()
        for line in page.locator(".copyable pre").all_inner_texts():
            words = shlex.split(line)
            assert words[0] == "curl"
            done = subprocess.run([*words, "-s"], capture_output=True, timeout=20, check=True)
            assert json.loads(done.stdout) == {"result": "Success"}
        page.reload()
        assert page.locator(".figures dd").first.inner_text() == "1"
        page.goto(f"{server.url}/projects/{keys['slug']}/app/events/")
        page.get_by_role("link", name="purchase").wait_for()
