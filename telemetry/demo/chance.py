"""Dice: every one is named, so that what one client does never changes what another one does."""

from collections.abc import Sequence
from datetime import datetime
from itertools import accumulate
from random import Random

__all__ = ["AWAKE", "EVENING", "OFFICE", "dice", "moment", "share_of_hour", "times_in_a_row"]

# How much happens in each hour of a day, from midnight on.
AWAKE = (3, 2, 1, 1, 1, 2, 5, 9, 9, 8, 8, 9, 12, 11, 9, 9, 10, 12, 14, 16, 18, 18, 14, 8)
EVENING = (4, 2, 1, 0, 0, 0, 0, 1, 1, 2, 2, 3, 4, 4, 5, 7, 10, 12, 15, 19, 20, 18, 13, 8)
OFFICE = (2, 1, 1, 1, 1, 2, 4, 8, 14, 18, 19, 18, 15, 17, 19, 18, 17, 14, 11, 9, 8, 7, 5, 3)


def dice(seed: int | str, *names: object) -> Random:
    """The dice of this name; the same seed and name always fall alike."""
    return Random(":".join(map(str, (seed, *names))))  # noqa: S311 - no secret comes of them


def moment(rng: Random, curve: Sequence[int]) -> int:
    """A second of a day, more likely in the busier hours of `curve`."""
    (hour,) = rng.choices(range(24), cum_weights=list(accumulate(curve)))
    return hour * 3600 + rng.randrange(3600)


def share_of_hour(curve: Sequence[int], at: datetime) -> float:
    """How busy it is, compared with the busiest hour; from one hour to the next without a step."""
    now, then = curve[at.hour], curve[(at.hour + 1) % 24]
    return (now + (then - now) * at.minute / 60) / max(curve)


def times_in_a_row(rng: Random, chance: float, most: int) -> int:
    """How often something that may go on does go on."""
    count = 0
    while count < most and rng.random() < chance:
        count += 1
    return count
