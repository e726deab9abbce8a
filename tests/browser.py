"""A real browser for tests: Chromium, driven by Playwright, with everything it complains about."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Page, sync_playwright

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]
_WATCH_POLICY = """
    window.policyViolations = [];
    document.addEventListener("securitypolicyviolation", (event) => {
        const { violatedDirective, blockedURI, sample } = event;
        window.policyViolations.push(`${violatedDirective}: ${blockedURI} ${sample}`);
    });
"""


def find_chromium() -> str | None:
    """The browser of this machine: CHROMIUM, what is on the PATH, or Playwright's own."""
    named = [os.environ.get("CHROMIUM", ""), *(shutil.which(name) or "" for name in _NAMES)]
    with sync_playwright() as playwright:
        named.append(playwright.chromium.executable_path)
    return next((path for path in named if path and Path(path).exists()), None)


@contextmanager
def browser_page(expected: str = "", **options: object) -> Iterator[Page]:
    """An empty page; at the end nothing may have been complained about but what is `expected`.

    Without a browser the test is skipped, but where CI=true it fails.
    """
    executable = find_chromium()
    if executable is None:
        missing = "No Chromium found: install it, or name one in CHROMIUM."
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    complaints: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=_OPTIONS)
        try:
            page = browser.new_page(**options)
            page.add_init_script(_WATCH_POLICY)
            page.on("console", lambda message: _note(complaints, message.type, message.text))
            page.on("pageerror", lambda error: complaints.append(f"uncaught: {error}"))
            yield page
            complaints += page.evaluate("window.policyViolations")
        finally:
            browser.close()
    unexpected = [line for line in complaints if not expected or expected not in line]
    assert not unexpected, unexpected


def _note(complaints: list[str], kind: str, text: str) -> None:
    if kind in {"error", "warning"}:
        complaints.append(f"{kind}: {text}")


def sign_in(page: Page, url: str, username: str, password: str) -> None:
    page.goto(f"{url}/accounts/login/")
    page.get_by_label("Username").fill(username)
    page.get_by_label("Password").fill(password)
    page.locator("main").get_by_role("button", name="Sign in").click()
    page.get_by_role("heading", name="Projects").wait_for()


def painted(page: Page) -> str:
    """What is drawn on the plot, as an image; "" if nothing is."""
    return str(
        page.evaluate(
            """() => {
                const canvas = document.querySelector("#plot canvas");
                const { width, height } = canvas;
                const blank = Object.assign(document.createElement("canvas"), { width, height });
                return canvas.toDataURL() === blank.toDataURL() ? "" : canvas.toDataURL();
            }"""
        )
    )
