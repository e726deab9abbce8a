"""Ids of facts: UUIDv7, made by the process that takes the fact in, in the order of its time."""

from random import getrandbits
from uuid import UUID

from uuid_utils.compat import uuid7

__all__ = ["first_id", "new_hex_id", "new_id"]


def new_id(seconds: float) -> UUID:
    """An id for what happened at this time since 1970; ids sort by time, to the millisecond."""
    return uuid7(nanoseconds=int(seconds * 1e9))


def new_hex_id(seconds: float) -> str:
    """The same in hexadecimal, by which ids sort to the microsecond: events come that close.

    Its 12 bits after the version are fractions of the millisecond (RFC 9562, 6.2, method 3).
    """
    milliseconds, rest = divmod(round(seconds * 1e6), 1000)
    high = milliseconds << 16 | 0x7000 | rest * 4096 // 1000
    return f"{high:016x}{2 << 62 | getrandbits(62):016x}"  # no secret


def first_id(seconds: float) -> UUID:
    """A lower border: no id of anything at this time or later is below it."""
    return UUID(int=max(0, int(seconds * 1000)) << 80)
