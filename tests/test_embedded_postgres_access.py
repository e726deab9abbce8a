"""Who may reach the data: whoever runs us, nobody else, and no folder is opened for anybody."""

import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from telemetry.data_dir import FALLBACK, choose_data_dir, why_not_beside
from telemetry.postgres import binaries, osuser
from telemetry.postgres.embedded import ConnectionInfo, ensure_running
from tests.embedded_postgres_helpers import Installation, installation

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="becoming another OS user takes root")
NOBODY = 65534


@pytest.fixture
def place() -> Iterator[Installation]:
    with installation() as made:
        yield made


@pytest.fixture(scope="module")
def where() -> Iterator[ConnectionInfo]:
    with installation() as made:
        yield ensure_running(made.data_dir)


def modes(*folders: Path) -> dict[Path, tuple[int, int, int]]:
    paths = {parent for folder in folders for parent in (folder, *folder.parents)}
    found = {path: path.stat() for path in paths if path.exists()}
    return {path: (one.st_mode, one.st_uid, one.st_gid) for path, one in found.items()}


def refusal(where: ConnectionInfo, uid: int) -> str:
    """What another OS user gets: tried in a forked child, for it may not reach our Python."""
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        os.setgroups([])
        os.setgid(uid)
        os.setuid(uid)
        try:
            psycopg.connect(host=where.host, user=where.user, dbname=where.dbname)
            os.write(writer, b"let in")
        except psycopg.OperationalError as error:
            os.write(writer, str(error).encode())
        os._exit(0)
    os.waitpid(child, 0)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        return pipe.read()


@as_root
def test_another_os_user_cannot_reach_the_socket(where: ConnectionInfo) -> None:
    assert "Permission denied" in refusal(where, NOBODY)


@as_root
def test_the_os_user_that_runs_the_server_may_not_connect(where: ConnectionInfo) -> None:
    server = Path(where.host).stat().st_uid
    assert server != 0
    assert "Peer authentication failed" in refusal(where, server)


@as_root
def test_another_os_user_is_refused_even_with_the_socket_in_reach(where: ConnectionInfo) -> None:
    Path(where.host).chmod(0o755)
    (Path(where.host) / ".s.PGSQL.5432").chmod(0o777)
    assert "Peer authentication failed" in refusal(where, NOBODY)


def test_nothing_of_ours_can_be_read_by_others(place: Installation) -> None:
    ensure_running(place.data_dir)
    paths = [place.data_dir, *place.data_dir.rglob("*")]
    assert any(path.name == "PG_VERSION" for path in paths)
    for path in paths:
        if path.is_symlink() or path.is_socket():
            continue
        allowed = 0o001 if path.is_dir() else 0
        assert not stat.S_IMODE(path.stat().st_mode) & 0o007 & ~allowed, path


def test_no_folder_that_was_there_changes(place: Installation) -> None:
    place.data_dir.mkdir(0o755)
    (place.data_dir / "secret_key").touch(0o600)
    wheel = binaries.find_binaries(place.layout.pgdata).bin_dir
    before = modes(place.data_dir, wheel, Path(sys.prefix), Path.home())
    assert place.user().sql("SELECT 1") == [[1]]
    assert modes(place.data_dir, wheel, Path(sys.prefix), Path.home()) == before


@as_root
def test_programs_out_of_reach_are_copied_not_opened(place: Installation) -> None:
    found = binaries.find_binaries(place.layout.pgdata)
    if not found.from_wheel:
        pytest.skip("the wheel is not installed")
    private = place.folder / "home"
    package = private / binaries.WHEEL
    original = found.bin_dir.parent
    private.mkdir(0o700)
    shutil.copytree(original, package / original.name, symlinks=True)
    shutil.copytree(original.parent.with_name(f"{binaries.WHEEL}.libs"), f"{package}.libs")
    (package / "__init__.py").touch()
    before = modes(package / original.name / "bin")

    assert place.user(PYTHONPATH=str(private)).sql("SELECT 1") == [[1]]
    assert place.state().bin_dir.startswith(str(place.data_dir))
    assert modes(package / original.name / "bin") == before
    assert subprocess.run([f"{place.state().bin_dir}/psql", "--version"], check=True)


def test_a_long_path_has_its_socket_elsewhere(place: Installation) -> None:
    place.data_dir = place.folder / ("a, long 'name' \\ " * 8) / "var"
    where = ensure_running(place.data_dir)
    assert not where.host.startswith(str(place.folder))
    status = os.lstat(where.host)
    assert stat.S_IMODE(status.st_mode) == 0o700
    assert status.st_uid == place.layout.pgdata.stat().st_uid
    with psycopg.connect(host=where.host, user=where.user, dbname=where.dbname) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    place.close()
    assert not Path(where.host).exists()


def snapshot(folder: Path) -> list[tuple[str, int]]:
    return sorted((str(path), path.stat().st_mode) for path in folder.rglob("*"))


@as_root
@pytest.mark.parametrize(
    ("prepare", "fits"),
    [
        (lambda base: None, True),
        (lambda base: base.chmod(0o700), False),
        (lambda base: base.chmod(0o711), True),
        (lambda base: (base / "var").mkdir(0o700), False),
        (lambda base: (base / "var").mkdir(0o711), True),
    ],
)
def test_the_data_folder_is_beside_us_unless_the_server_could_not_enter(
    place: Installation, prepare: Callable[[Path], object], fits: bool
) -> None:
    prepare(place.folder)
    before = snapshot(place.folder)
    assert choose_data_dir(place.folder) == (place.folder / "var" if fits else FALLBACK)
    assert (why_not_beside(place.folder) is None) == fits
    assert snapshot(place.folder) == before


@as_root
def test_data_of_an_ordinary_user_is_served_as_that_user(place: Installation) -> None:
    place.folder.chmod(0o700)
    os.chown(place.folder, NOBODY, NOBODY)
    place.data_dir.mkdir(0o700)
    os.chown(place.data_dir, NOBODY, NOBODY)
    assert choose_data_dir(place.folder) == place.data_dir
    assert place.user().sql("SELECT 1") == [[1]]
    assert place.state().os_user == osuser.name_of(NOBODY)
    assert {path.stat().st_uid for path in place.layout.root.iterdir()} == {NOBODY}
