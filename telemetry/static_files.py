"""Collecting static files, which takes seconds, only where they are not those of the last time."""

import hashlib
from collections.abc import Iterator
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command

__all__ = ["collect_static"]

# What makes other files of the same ones.
_MAKERS = ("django", "whitenoise", "brotli")


def collect_static() -> bool:
    """Collect what there is into ``STATIC_ROOT``, unless that is there; whether it was needed."""
    root = Path(settings.STATIC_ROOT)
    done, sources = root / "collected-from", _sources()
    with suppress(OSError):
        if done.read_text() == sources:
            return False
    done.unlink(missing_ok=True)  # a start that is killed collects again
    call_command("collectstatic", interactive=False, verbosity=0)
    done.write_text(sources)
    return True


def _sources() -> str:
    """A digest of what there is to collect: its names, sizes and times, and who treats it how."""
    found = hashlib.sha256()
    for line in (repr(settings.STORAGES["staticfiles"]), *map(_version, _MAKERS), *_files()):
        found.update(f"{line}\n".encode())
    return found.hexdigest()


def _version(package: str) -> str:
    with suppress(PackageNotFoundError):
        return f"{package} {version(package)}"
    return package


def _files() -> Iterator[str]:
    for finder in get_finders():
        for name, storage in finder.list([]):
            status = Path(storage.path(name)).stat()
            yield f"{name} {status.st_size} {status.st_mtime_ns}"
