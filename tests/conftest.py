"""What every test shares. The database is a real PostgreSQL: embedded, or that of DATABASE_URL."""

import os
from collections.abc import Iterator

import pytest
from django.conf import settings

from telemetry.rejected.limits import Limiter
from telemetry.store import use_store
from telemetry.store.direct import DirectStore
from tests.prepared import template_for_this_run
from tests.server import ServerProcess, running_server


def pytest_configure(config: pytest.Config) -> None:
    # In-process tests render pages without `collectstatic`; live servers do collect.
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    # As if ALLOWED_HOSTS were set: unless it is, clients may call the server what they like.
    settings.WIRE_HOSTS = ["localhost", ".stathat.com"]
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    if not hasattr(config, "workerinput"):  # else it is the process above that has done it
        template = template_for_this_run()
        template.__enter__()
        config.add_cleanup(lambda: template.__exit__(None, None, None))


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    # Bytes may hold the time (gzip's do), and then the processes would not name a test alike.
    return argname if isinstance(val, bytes) else None


@pytest.fixture(scope="session")
def server() -> Iterator[ServerProcess]:
    """One real server for all tests that only need some server; they make their own projects."""
    with running_server() as process:
        yield process


@pytest.fixture(autouse=True)
def direct_store(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Writes of in-process tests are made in the test's own transaction, by no other thread."""
    monkeypatch.setattr("stats_app.mail.announce_soon", lambda: None)
    monkeypatch.setattr("telemetry.rejected.service.count_soon", lambda: None)
    monkeypatch.setattr("telemetry.rejected.service._limiter", Limiter())
    use_store(DirectStore())
    yield
    use_store(None)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if _skips_fail(terminalreporter):
        terminalreporter.write_line("Skipped tests fail the run where CI=true.", red=True)


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if exitstatus == 0 and reporter is not None and _skips_fail(reporter):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _skips_fail(reporter: pytest.TerminalReporter) -> bool:
    """On CI, a browser, database or client test that did not run is not a test that passed."""
    return os.environ.get("CI") == "true" and bool(reporter.stats.get("skipped"))
