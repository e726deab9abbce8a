"""What every test shares. The database is a real PostgreSQL: the embedded one, or DATABASE_URL's."""

import pytest
from django.conf import settings


def pytest_configure(config: pytest.Config) -> None:
    # In-process tests render pages without `collectstatic`; live servers do collect.
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
