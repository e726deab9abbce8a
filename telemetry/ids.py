"""Ids of facts: UUIDv7, made by the process that takes the fact in, in the order of its time."""

from uuid import UUID

from uuid_utils.compat import uuid7

__all__ = ["first_id", "new_id"]


def new_id(seconds: float) -> UUID:
    """An id for what happened at this time since 1970; ids sort by time, to the millisecond."""
    return uuid7(nanoseconds=int(seconds * 1e9))


def first_id(seconds: float) -> UUID:
    """A lower border: no id of anything at this time or later is below it."""
    return UUID(int=max(0, int(seconds * 1000)) << 80)
