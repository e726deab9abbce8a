"""What a device's last beat says about it, in a word."""

from datetime import datetime, timedelta
from enum import StrEnum

__all__ = ["ACTIVE", "AWAY", "State", "state_at"]

ACTIVE = timedelta(minutes=5)
"""Clients beat every minute or two while their device is in use."""
AWAY = timedelta(hours=48)
"""After that, says the original's page, something is probably wrong."""


class State(StrEnum):
    ACTIVE = "active"
    AWAY = "away"
    MISSING = "missing"
    NEVER = "never"


def state_at(now: datetime, last_beat_at: datetime | None) -> State:
    """The state, at `now`, of a device that beat last at `last_beat_at`."""
    if last_beat_at is None:
        return State.NEVER
    silence = now - last_beat_at
    if silence < ACTIVE:
        return State.ACTIVE
    return State.AWAY if silence < AWAY else State.MISSING
