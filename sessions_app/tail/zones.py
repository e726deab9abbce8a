"""The zone of this machine's clock."""

import os
import zoneinfo
from pathlib import Path

__all__ = ["is_zone", "machine_zone"]

_LOCALTIME = Path("/etc/localtime")
_NAMED = Path("/etc/timezone")
_BEGUN_WITH = Path("/proc/self/environ")


def is_zone(name: str) -> bool:
    return name in zoneinfo.available_timezones()


def machine_zone() -> str:
    """Its IANA name; empty if it has none."""
    return next((name for name in (_of_process(), _of_link(), _of_file()) if is_zone(name)), "")


def _of_process() -> str:
    """TZ as this process got it: Django has put its own there since."""
    try:
        begun_with = _BEGUN_WITH.read_bytes().split(b"\0")
    except OSError:
        return ""
    found = [pair[3:] for pair in begun_with if pair.startswith(b"TZ=")]
    return found[0].decode(errors="replace").removeprefix(":") if found else ""


def _of_link() -> str:
    _, _, name = os.path.realpath(_LOCALTIME).partition("/zoneinfo/")
    return name.removeprefix("posix/").removeprefix("right/")


def _of_file() -> str:
    try:
        return _NAMED.read_text().strip()
    except (OSError, ValueError):
        return ""
