"""A count that was just sent appears on the page of its stat, in a real browser."""

import shlex
import shutil
import subprocess
import time
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest

from tests.browser import browser_page, painted, sign_in


def post(server, path, **fields):
    with urlopen(f"{server.url}{path}", data=urlencode(fields).encode(), timeout=5) as reply:
        assert reply.status == 200
        return reply.read()


@pytest.fixture(scope="module")
def project(server):
    return server.create_project("Browser test")


def open_stat(page, server, project, name):
    sign_in(page, server.url, "admin", server.admin_password)
    page.get_by_role("link", name="Browser test").click()
    page.get_by_role("link", name="All stats").click()
    page.get_by_role("link", name=name, exact=True).click()
    page.locator("#plot canvas").wait_for()


def wait_for(page, *, seconds=5, **data):
    """Until the plot shows this. (Waiting for a script's condition needs the eval that our pages
    forbid.)"""
    wanted = "".join(f"[data-{name}='{value}']" for name, value in data.items())
    page.locator(f"#plot{wanted}").wait_for(timeout=seconds * 1000)


def test_a_count_is_plotted_without_a_reload(server, project):
    point = {"ezkey": project["ezkey"], "stat": "rain drops", "t": int(time.time())}
    post(server, "/ez", **point, count=3)
    with browser_page(timezone_id="Europe/Berlin") as page:
        open_stat(page, server, project, "rain drops")
        wait_for(page, total=3)
        before = painted(page)
        assert before
        page.evaluate("window.sameDocument = true")
        post(server, "/ez", **point, count=39)
        wait_for(page, total=42)
        assert page.evaluate("window.sameDocument")
        assert page.locator("[data-figure=total]").text_content() == "42"
        assert painted(page) not in {"", before}

        # Hovering reads values: the newest bar, at the right edge, and an empty one.
        plot = page.locator("#plot .u-over").bounding_box()
        right = plot["x"] + plot["width"]
        for left in (right - 1, right - 3, right - 5):
            page.mouse.move(left, plot["y"] + 80)
            if page.locator("#plot").get_attribute("data-hover") != "0":
                break
        assert "42" in page.locator("#readout strong").text_content()
        page.mouse.move(plot["x"] + plot["width"] / 2, plot["y"] + 80)
        assert page.locator("#readout strong").text_content() == "0"

        # The same data for those who cannot see the plot.
        page.get_by_text("The same as a table").click()
        page.locator("#data-table tbody td").get_by_text("42").wait_for(timeout=2000)


def test_dragging_zooms_in_on_finer_data_and_back_returns(server, project):
    now = int(time.time())
    for ago in (0, 6 * 3600, 12 * 3600):
        post(server, "/ez", ezkey=project["ezkey"], stat="load", value=0.5, t=now - ago)
    with browser_page() as page:
        open_stat(page, server, project, "load")
        page.get_by_role("link", name="7 d").click()
        wait_for(page, step=1800)
        plot = page.locator("#plot .u-over").bounding_box()
        middle = plot["y"] + plot["height"] / 2
        page.mouse.move(plot["x"] + plot["width"] * 0.97, middle)
        page.mouse.down()
        page.mouse.move(plot["x"] + plot["width"] * 0.9, middle, steps=5)
        page.mouse.up()
        wait_for(page, step=300)
        assert "from=" in page.url
        assert page.locator("#plot").get_attribute("data-points") == "2"
        page.go_back()
        wait_for(page, step=1800)
        page.get_by_role("button", name="Zoom in").click()
        wait_for(page, step=900)
        page.reload()
        wait_for(page, step=900)


@pytest.mark.parametrize("kind", ["count", "value"])
def test_the_script_shows_the_figures_that_the_server_wrote(server, project, kind):
    now, name = int(time.time()), f"figures of a {kind}"
    for ago, amounts in {0: [1.5, 2], 4000: [1e6 / 3], 9000: [-7, 0.125, 1e-7]}.items():
        for amount in amounts:
            fields = {kind: amount, "t": now - ago}
            post(server, "/ez", ezkey=project["ezkey"], stat=name, **fields)
    with browser_page() as page:
        open_stat(page, server, project, name)
        written = page.request.get(page.url).text()
        shown = page.locator("[data-figure]")
        assert shown.count() == (7 if kind == "count" else 6)
        for figure in shown.all():
            html = f'data-figure="{figure.get_attribute("data-figure")}">{figure.text_content()}<'
            assert html in written


def test_every_command_line_on_the_page_works_in_a_shell(server, project):
    if not shutil.which("curl"):
        pytest.skip("There is no curl on this machine.")
    name = 'it\'s "odd" & größe $HOME `x`'
    post(server, "/ez", ezkey=project["ezkey"], stat=name, count=1)
    with browser_page() as page:
        open_stat(page, server, project, name)
        commands = page.locator(".copyable pre").all_text_contents()
        assert len(commands) == 3
        for command in commands:
            assert shlex.split(command)[0] == "curl"
            done = subprocess.run(
                ["sh", "-c", f"{command} -s"], capture_output=True, text=True, check=True
            )
            assert '"status":200' in done.stdout
        wait_for(page, total=4, seconds=3)


def test_the_pages_fit_a_phone_in_the_dark(server, project):
    post(server, "/ez", ezkey=project["ezkey"], stat="x" * 255, value=1)
    with browser_page(viewport={"width": 360, "height": 740}, color_scheme="dark") as page:
        open_stat(page, server, project, "x" * 255)
        while True:
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.url
            up = page.locator(".crumbs a").last
            if not up.count():
                break
            up.click()
            page.wait_for_load_state()


def test_a_page_whose_stat_was_deleted_says_so(server, project):
    post(server, "/ez", ezkey=project["ezkey"], stat="short-lived", count=1)
    with browser_page(expected="404 (Not Found)") as page:
        open_stat(page, server, project, "short-lived")
        wait_for(page, total=1)
        (stat,) = server.query("SELECT id FROM stats_app_stat WHERE name = 'short-lived'")
        request = Request(f"{server.url}/api/v1/stats/{stat[0]}/", method="DELETE")
        request.add_header("Authorization", f"Bearer {project['manage_token']}")
        assert urlopen(request).status == 204
        page.get_by_text("This stat is gone").wait_for(timeout=15_000)
