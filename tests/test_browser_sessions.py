"""The pages of sessions in a real browser: from the filter to a session, and to its export."""

import json
import re
import shlex
import shutil
import subprocess
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest

from tests.browser import browser_page, sign_in
from tests.minecraft_helpers import chat, joined, login, lost, stop


def call(server, keys, method, path, document=None):
    headers = {"X-App-Key": keys["app_key"], "Content-Type": "application/json"}
    body = json.dumps(document or {}).encode()
    request = Request(server.url + path, body, headers, method=method)
    with urlopen(request, timeout=10) as reply:
        return json.load(reply)


def manage(server, keys, path, body):
    headers = {"Authorization": f"Bearer {keys['manage_token']}"}
    with urlopen(Request(server.url + path, body, headers), timeout=10) as reply:
        return json.load(reply)


@pytest.fixture
def keys(server):
    return server.create_project("Games")


@pytest.fixture
def game(server, keys):
    """The id of a session with events; there is another one."""
    call(server, keys, "POST", "/sessions/")
    session = call(server, keys, "POST", "/sessions/", {"clientTime": "2026-03-01T12:00:00Z"})
    for level in (1, 2):
        path = f"/sessions/{session['_id']}/event/level"
        call(server, keys, "PUT", path, {"event": {"level": level}})
    call(server, keys, "PUT", f"/sessions/{session['_id']}/close")
    return session["_id"]


@pytest.fixture
def survival(server, keys):
    """A server's key, after a short day."""
    key = manage(server, keys, "/api/v1/servers", b"name=Survival")["key"]
    lines = [login(0), joined(0), login(5, "alex"), chat(9), lost(60), login(70), stop(90)]
    query = urlencode({"server_key": key, "zone": "America/Chicago"})
    manage(server, keys, f"/api/v1/agents/loglines?{query}", "\n".join(lines).encode())
    return key


def test_players_are_selected_in_the_admin(server, keys, survival):
    with browser_page() as page:
        sign_in(page, server.url, "admin", server.admin_password)
        page.goto(f"{server.url}/admin/sessions_app/player/?project={keys['id']}")
        page.locator("#action-toggle").check()
        page.get_by_text("2 of 2 selected").wait_for()


def open_sessions(page, server, keys):
    sign_in(page, server.url, "admin", server.admin_password)
    page.goto(f"{server.url}/projects/{keys['slug']}/")
    page.get_by_role("link", name="All sessions").click()
    page.get_by_role("heading", name="Sessions").wait_for()


def test_from_the_filter_to_a_session_and_to_its_export(server, keys, game, survival):
    with browser_page(timezone_id="Europe/Berlin", locale="en-GB") as page:
        open_sessions(page, server, keys)
        assert page.locator("tbody tr").count() == 5
        page.get_by_label("Dialect").select_option("mc-coal")  # which sends the form
        page.wait_for_url("**dialect=mccoal**")
        page.get_by_label("Player").fill("steve")
        page.get_by_label("Began before").fill("2013-04-13T13:01:00")
        page.get_by_role("button", name="Filter").click()
        page.wait_for_url("**player=steve**")
        [start] = page.locator("tbody th time").all()
        assert start.text_content() == "13 Apr 2013, 15:00"  # in Berlin, when it is 8:00 in Chicago
        assert "08:00:00 CDT-0500" in start.get_attribute("title")
        with page.expect_download() as download:
            page.get_by_role("link", name="CSV", exact=True).click()
        name = download.value.suggested_filename
        assert re.fullmatch(r"sessions-games\S*-\d{4}-\d\d-\d\d.csv", name)
        header, row = download.value.path().read_text().splitlines()
        assert header.startswith("id,dialect,server,")
        assert ",Survival," in row
        assert ",steve,2013-04-13T13:00:00Z," in row
        start.click()
        page.get_by_role("heading", name="steve").wait_for()
        assert page.locator("[data-border=login]").count() == 1
        assert "lost connection" in page.locator("[data-border=end]").text_content()
        assert page.locator("[data-time]").first.text_content() == "13 Apr 2013, 15:00:00"
        page.get_by_role("link", name="All sessions of this player").click()
        page.wait_for_url("**player=steve**")
        assert page.locator("tbody tr").count() == 2


def test_a_game_s_events_are_followed(server, keys, game):
    with browser_page(timezone_id="Asia/Tokyo", locale="en-GB") as page:
        open_sessions(page, server, keys)
        page.get_by_role("row").filter(has_text="closed").get_by_role("link").first.click()
        page.get_by_role("heading", name="Events").wait_for()
        assert page.locator(".happenings li strong").all_text_contents() == ["level", "level"]
        assert '{"level": 2}' in page.locator(".happenings li").last.text_content()
        own = page.locator("dt", has_text="Start by the client").locator("+ dd span")
        assert own.text_content() == "1 Mar 2026, 21:00:00.000"
        page.locator("summary").click()
        assert page.locator(".copyable pre").text_content() == game


def test_a_server_is_added_and_fed_by_the_lines_to_copy(server, keys, tmp_path):
    with browser_page() as page:
        sign_in(page, server.url, "admin", server.admin_password)
        page.goto(f"{server.url}/projects/{keys['slug']}/servers/")
        page.get_by_label("Name", exact=True).fill("Büro & <Heim>")
        page.get_by_role("button", name="Add", exact=True).click()
        page.get_by_role("heading", name="Büro & <Heim> is added").wait_for()
        whole = page.locator(".copyable pre").all_text_contents()[-1]
        page.get_by_role("link", name="To its page").click()
        page.get_by_text("no line has come yet").wait_for()
        if not shutil.which("curl"):
            return
        (tmp_path / "latest.log").write_text("\n".join([login(0), chat(9)]))
        command = whole.replace("YOUR_TOKEN", keys["manage_token"])
        assert shlex.split(command)[0] == "curl"
        told = subprocess.run(
            ["sh", "-c", command], cwd=tmp_path, check=True, timeout=20, capture_output=True
        )
        assert json.loads(told.stdout)["new"] == 2
        page.reload()
        page.get_by_text("steve").first.wait_for()
        assert page.locator(".state[data-state=active]").text_content() == "playing"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_fit_a_phone(server, keys, game, survival, scheme):
    long = manage(server, keys, "/api/v1/servers", b"name=" + b"x" * 255)["key"]
    query = urlencode({"server_key": long, "zone": "UTC"})
    lines = f"{login(0, 'x' * 16)}\n{chat(1, 'x' * 16, 'y' * 4000)}".encode()
    manage(server, keys, f"/api/v1/agents/loglines?{query}", lines)
    wide = call(server, keys, "POST", "/sessions/")["_id"]
    deep = json.loads("[" * 100 + "]" * 100)
    for event in ("W" * 4000, deep, {"W" * 400: deep[0][0]}, {"a": {"b": "W" * 400}}):
        call(server, keys, "PUT", f"/sessions/{wide}/event/{'W' * 128}", {"event": event})
    paths = ["sessions/", "sessions/?since=x", "sessions/?player=nobody", "servers/"]
    with browser_page(viewport={"width": 360, "height": 740}, color_scheme=scheme) as page:
        open_sessions(page, server, keys)
        links = page.locator("tbody th a, td.where a")
        found = {link.get_attribute("href") for link in links.all()}
        urls = [f"/projects/{keys['slug']}/{path}" for path in paths] + sorted(found)
        urls += [f"{url}{ask}/" for url in found if "servers" in url for ask in ("edit", "delete")]
        for url in urls:
            page.goto(server.url + url)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), url
