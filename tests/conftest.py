"""What every test shares. The database is a real PostgreSQL: the embedded one, or DATABASE_URL's."""

from collections.abc import Iterator

import pytest
from django.conf import settings

from telemetry.store import use_store
from telemetry.store.direct import DirectStore
from tests.server import ServerProcess, running_server


def pytest_configure(config: pytest.Config) -> None:
    # In-process tests render pages without `collectstatic`; live servers do collect.
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(scope="session")
def server() -> Iterator[ServerProcess]:
    """One real server for all tests that only need some server; they make their own projects."""
    with running_server() as process:
        yield process


@pytest.fixture(autouse=True)
def direct_store(request: pytest.FixtureRequest) -> Iterator[None]:
    """Writes of in-process tests are made in the test's own transaction."""
    use_store(DirectStore())
    yield
    use_store(None)
