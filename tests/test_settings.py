"""Settings come from the environment; a bad one stops the start with one clear line."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.server import ROOT


def manage(data_dir: Path | str, *args: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", *args],
        cwd=ROOT,
        env={**os.environ, "TELEMETRY_DATA_DIR": str(data_dir), **env},
        capture_output=True,
        text=True,
        check=False,
    )


def setting(data_dir: Path, expression: str, **env: str) -> str:
    code = f"from django.conf import settings; print({expression})"
    done = manage(data_dir, "shell", "--no-imports", "-c", code, **env)
    assert not done.returncode, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "eighty"),
        ("PORT", "70000"),
        ("WORKERS", "-1"),
        ("DEBUG", "perhaps"),
        ("TIME_ZONE", "Mars/Olympus"),
        ("DATABASE_URL", "mysql://localhost/x"),
        ("DATABASE_URL", "nonsense"),
        ("PUBLIC_URL", "telemetry.example.org"),
        ("EMAIL_URL", "gopher://x"),
        ("WRITE_QUEUE_LIMIT", "many"),
        ("TRUSTED_PROXIES", "10.0.0.0/99"),
        ("PUBLIC_URL", "https://exa:port/"),
        ("PUBLIC_URL", "https://example.org/?x=1"),
        ("PUBLIC_URL", "ftp://example.org"),
        ("LOG_LEVEL", "LOUD"),
        ("SECRET_KEY", "too short"),
        ("SECRET_KEY", "a" * 50),
        ("ALLOWED_HOSTS", "example.org,https://example.org"),
        ("ALLOWED_HOSTS", "example.org:8000"),
        ("ALLOWED_HOSTS", "example.org/telemetry"),
        ("DEFAULT_FROM_EMAIL", "the server"),
        ("ADMIN_EMAIL", "me"),
        ("TELEMETRY_DATA_DIR", "/proc/telemetry"),
        ("TELEMETRY_DATA_DIR", "/dev/null"),
    ],
)
def test_a_bad_value_is_one_clear_line(tmp_path: Path, name: str, value: str) -> None:
    done = manage(tmp_path / "var", "check", **{name: value})
    assert done.returncode
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1
    assert lines[0].startswith(f"Cannot start: {name}: ")
    assert "[" not in lines[0]
    assert len(lines[0]) < 150


def test_the_secret_key_is_made_once_and_kept_private(tmp_path: Path) -> None:
    data_dir = tmp_path / "var"
    given = "a secret that is long enough to be one"
    first = setting(data_dir, "settings.SECRET_KEY")
    assert len(first) >= 50
    assert setting(data_dir, "settings.SECRET_KEY") == first
    assert stat.S_IMODE((data_dir / "secret_key").stat().st_mode) == 0o600
    assert setting(data_dir, "settings.SECRET_KEY", SECRET_KEY=given) == given


def test_debug_is_off_and_only_local_names_are_answered_by_default(tmp_path: Path) -> None:
    assert setting(tmp_path / "var", "settings.DEBUG") == "False"
    assert "*" not in setting(tmp_path / "var", "settings.ALLOWED_HOSTS", HOST="127.0.0.1")
    assert "*" in setting(tmp_path / "var", "settings.ALLOWED_HOSTS", HOST="0.0.0.0")


def test_host_names_may_have_spaces_between_them(tmp_path: Path) -> None:
    names = setting(tmp_path / "var", "settings.ALLOWED_HOSTS", ALLOWED_HOSTS="a.org, .b.org,[::1]")
    assert names == "['a.org', '.b.org', '[::1]']"


def test_a_database_that_is_away_is_one_line_that_names_the_setting(tmp_path: Path) -> None:
    url = "postgresql://me:secret-word@127.0.0.1:1/telemetry"
    done = manage(tmp_path / "var", "migrate", DATABASE_URL=url)
    assert done.returncode
    (line,) = done.stderr.strip().splitlines()
    assert "DATABASE_URL" in line
    assert "secret-word" not in line


def test_an_empty_variable_counts_as_none(tmp_path: Path) -> None:
    empty = dict.fromkeys(("HOST", "PORT", "WORKERS", "PUBLIC_URL", "EMAIL_URL", "SECRET_KEY"), "")
    shown = "settings.HOST, settings.PORT, settings.WORKERS, '*' in settings.ALLOWED_HOSTS"
    assert setting(tmp_path / "var", shown, **empty) == "127.0.0.1 8000 0 False"


def test_an_empty_data_folder_is_the_usual_one() -> None:
    done = manage("", "shell", "--no-imports", "-c", (
        "from django.conf import settings; print(settings.TELEMETRY_DATA_DIR)"
    ))  # fmt: skip
    assert not done.returncode
    assert done.stdout.strip() in {str(ROOT / "var"), "/var/lib/telemetry"}


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost:8000",
        "http://telemetry",
        "https://telemetry.example.org/below",
        "http://192.168.1.7:8000/",
        "http://[::1]:8000",
    ],
)
def test_addresses_that_clients_can_be_given(tmp_path: Path, url: str) -> None:
    assert setting(tmp_path / "var", "settings.PUBLIC_URL", PUBLIC_URL=url) == url.rstrip("/")
