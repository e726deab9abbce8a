"""Where an address is, by the database in MaxMind's format that ``GEOIP_DATABASE`` names.

A new file at the same path is taken up within a minute. Each process reads a copy of its own, so
whatever is done to the file meanwhile harms nobody: a mapped file that somebody shortens, as a
download in place does, would end every process that reads it. The copy has no name, and takes
space on the disk rather than memory.
"""

import os
import shutil
import threading
from collections.abc import Callable
from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from itertools import islice
from logging import getLogger
from tempfile import NamedTemporaryFile
from time import monotonic
from typing import Any, NamedTuple

import maxminddb
from django.conf import settings

from telemetry.data_dir import make_data_dir

__all__ = ["Location", "locate", "problem"]

logger = getLogger(__name__)

_LOOK_AGAIN_SECONDS = 60.0
# Clients send more than once: a look-up costs 15 µs and more, a remembered one 1 µs.
_REMEMBERED = 10_000


class Location(NamedTuple):
    """`country`: ISO 3166's two letters; `city`: in English. Empty: not known."""

    country: str
    city: str


_NOWHERE = Location("", "")


def locate(address: str) -> Location:
    """Where `address` is. Empty for what is no address, or in nobody's country; never an error."""
    path: str = settings.GEOIP_DATABASE
    if not path:
        return _NOWHERE
    if path != _source.path or monotonic() >= _source.look_again:
        _source.refresh(path)
    return _source.find(address)


def problem() -> str:
    """Why ``GEOIP_DATABASE`` tells no countries, in one line; empty if it does, or is not set."""
    path: str = settings.GEOIP_DATABASE
    try:
        if path and not _has_countries(path):
            return f"GEOIP_DATABASE: {path} holds no countries."
    except (OSError, ValueError, maxminddb.InvalidDatabaseError) as error:
        return _cannot_be_read(path, error)
    return ""


class _Source:
    """The database that look-ups are answered from, and when to look whether there is a newer."""

    path: str
    look_again: float
    find: Callable[[str], Location]
    _stamp: tuple[int, ...]
    _problem: str

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        self.path = self._problem = ""
        self.look_again = 0.0
        self.find = _nowhere
        self._stamp = ()
        self._lock = threading.Lock()

    def refresh(self, path: str) -> None:
        """Take up the file at `path` if it is another than before.

        One that cannot be read is told of once, and what was read before stays in use.
        """
        with self._lock:
            if path != self.path:
                self.find, self._stamp = _nowhere, ()
            elif monotonic() < self.look_again:
                return  # another thread has just done it
            try:
                stamp = _stamp_of(path)
                if stamp != self._stamp:
                    # Also if it cannot be read: it is tried again when it has changed.
                    self._stamp = stamp
                    self.find = _finder(path)
                    self._problem = ""
            except (OSError, ValueError, maxminddb.InvalidDatabaseError) as error:
                self._tell(_cannot_be_read(path, error))
            self.look_again = monotonic() + _LOOK_AGAIN_SECONDS
            self.path = path

    def _tell(self, problem: str) -> None:
        if problem != self._problem:
            logger.warning("%s", problem)
        self._problem = problem


def _nowhere(_: str) -> Location:
    return _NOWHERE


def _stamp_of(path: str) -> tuple[int, ...]:
    found = os.stat(path)  # noqa: PTH116 - a setting's text
    return found.st_ino, found.st_size, found.st_mtime_ns


def _cannot_be_read(path: str, error: Exception) -> str:
    reason = error.strerror if isinstance(error, OSError) and error.strerror else error
    return f"GEOIP_DATABASE: {path} cannot be read: {' '.join(str(reason).split()).rstrip('.')}."


def _has_countries(path: str) -> bool:
    with maxminddb.open_database(path) as reader:
        return any(_location(record).country for _, record in islice(reader, 1000))


def _finder(path: str) -> Callable[[str], Location]:
    """A function that looks addresses up in the file as it is now, and remembers what it found.

    It reads records as they are (13 µs), without the objects that geoip2 makes of them (18 µs) and
    without what geoip2 needs for asking MaxMind over the network. Reading with the C library from
    a mapped file is ten times as fast as from memory in Python.
    """
    make_data_dir(settings.TELEMETRY_DATA_DIR)
    with NamedTemporaryFile(dir=settings.TELEMETRY_DATA_DIR, suffix=".mmdb") as copy:
        shutil.copyfile(path, copy.name)
        reader = maxminddb.open_database(copy.name)

    @lru_cache(_REMEMBERED)
    def find(address: str) -> Location:
        try:
            # The zone of an IPv6 address is a matter of the machine that saw it.
            parsed = ip_address(address.partition("%")[0])
            if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped:
                parsed = parsed.ipv4_mapped
            return _location(reader.get(parsed))
        except Exception:  # noqa: BLE001 - whatever is in that file, a session is stored
            return _NOWHERE

    return find


def _location(record: Any) -> Location:
    """What a record says; of MaxMind's kind, or a flat one as IPinfo's."""
    if not isinstance(record, dict):
        return _NOWHERE
    country, city = record.get("country"), record.get("city")
    if isinstance(country, dict):
        code = country.get("iso_code")
    else:
        code = record.get("country_code", country)
    if isinstance(city, dict):
        names = city.get("names")
        city = names.get("en") if isinstance(names, dict) else ""
    if not (isinstance(code, str) and len(code) == 2 and code.isascii() and code.isalpha()):
        code = ""
    return Location(code.upper(), city if isinstance(city, str) else "")


_source = _Source()
# A process of its own reads a copy of its own, and no lock is held that nobody will release.
os.register_at_fork(after_in_child=_source.forget)
