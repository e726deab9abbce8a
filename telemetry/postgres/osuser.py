"""The operating system's user that runs the server.

PostgreSQL refuses to run as root. So, for root, the server runs as somebody else: whoever owns the
data already, else ``telemetry`` (added as a system user where that is possible), else an existing
unprivileged user. For everybody else it simply runs as the same user.
"""

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from telemetry.postgres.problem import PostgresProblem

PREFERRED = "telemetry"
FALLBACKS = ("postgres", "nobody")

# Services often run with a PATH that lacks these.
_ADMIN_PATH = os.pathsep.join(("/usr/sbin", "/sbin", "/usr/local/sbin", "/usr/bin", "/bin"))


class RunAs(TypedDict):
    """The arguments of ``subprocess`` which change the user; all ``None`` to stay who we are."""

    user: int | None
    group: int | None
    extra_groups: list[int] | None


@dataclass(frozen=True, slots=True)
class OSUser:
    """An account by number; it need not have a name (a volume can come from another machine)."""

    uid: int
    gid: int

    @property
    def name(self) -> str:
        return name_of(self.uid)

    @property
    def run_as(self) -> RunAs:
        if self.uid == os.geteuid():
            return {"user": None, "group": None, "extra_groups": None}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}


# Stands for a system user that is yet to be added: nobody's owner, in nobody's group.
NOT_YET_ADDED = OSUser(uid=-1, gid=-1)


def name_of(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"#{uid}"


def is_root() -> bool:
    return os.geteuid() == 0


def by_name(name: str) -> OSUser | None:
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        return None
    return OSUser(entry.pw_uid, entry.pw_gid) if entry.pw_uid else None


def owner_of(folder: Path) -> OSUser | None:
    """The owner of a folder, if there is such a folder and root does not own it."""
    try:
        status = os.lstat(folder)
    except OSError:
        return None
    return OSUser(status.st_uid, status.st_gid) if status.st_uid else None


def can_enter(folder: Path, user: OSUser) -> bool:
    """Whether `user` could pass through `folder`, judged by mode and owner of it and its parents.

    Folders that do not exist yet are left out: whoever makes them will make them passable.
    """
    for path in (folder, *folder.parents):
        try:
            status = path.stat()
        except FileNotFoundError:
            continue
        except OSError:
            return False
        if status.st_uid == user.uid:
            bit = 0o100
        elif status.st_gid == user.gid:
            bit = 0o010
        else:
            bit = 0o001
        if not status.st_mode & bit:
            return False
    return True


def expected(data_dir: Path) -> OSUser:
    """Who would run the server of `data_dir`. Looks, and changes nothing."""
    if not is_root():
        return OSUser(os.geteuid(), os.getegid())
    for folder in (data_dir / "postgres" / "pgdata", data_dir / "postgres", data_dir):
        if owner := owner_of(folder):
            return owner
    if user := by_name(PREFERRED):
        return user
    if _find("useradd") or _find("adduser"):
        return NOT_YET_ADDED
    return next(filter(None, map(by_name, FALLBACKS)), NOT_YET_ADDED)


def obtain(data_dir: Path) -> OSUser:
    """The user that runs the server of `data_dir`, added to the system if need be."""
    user = expected(data_dir)
    if user == NOT_YET_ADDED:
        _add_system_user()
        found = next(filter(None, map(by_name, (PREFERRED, *FALLBACKS))), None)
        if found is None:
            raise PostgresProblem(
                "PostgreSQL must not run as root, and there is no other user to run it as",
                f"Add a system user named {PREFERRED!r}, or set DATABASE_URL.",
            )
        user = found
    if not can_enter(data_dir, user):
        raise PostgresProblem(
            f"OS user {user.name!r}, which runs PostgreSQL, cannot enter {data_dir}",
            "Set TELEMETRY_DATA_DIR to a folder that it may pass through (chmod o+x).",
        )
    return user


def _add_system_user() -> None:
    """Try to; whether it worked (or somebody else was faster) is seen in the user database."""
    shell = _find("nologin") or "/bin/false"
    if useradd := _find("useradd"):
        common = ["--system", "--no-create-home", "--home-dir", "/nonexistent", "--shell", shell]
        _attempt([useradd, *common, "--user-group", PREFERRED])
        if by_name(PREFERRED) is None:  # a group of that name was there already
            _attempt([useradd, *common, "--gid", PREFERRED, PREFERRED])
    elif adduser := _find("adduser"):  # BusyBox
        if addgroup := _find("addgroup"):
            _attempt([addgroup, "-S", PREFERRED])
        options = ["-S", "-D", "-H", "-h", "/nonexistent", "-s", shell, "-G", PREFERRED]
        _attempt([adduser, *options, PREFERRED])


def _attempt(command: list[str]) -> None:
    try:
        subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=30
        )
    except (OSError, subprocess.TimeoutExpired):
        return


def _find(program: str) -> str | None:
    return shutil.which(program) or shutil.which(program, path=_ADMIN_PATH)
