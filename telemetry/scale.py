"""Round numbers for the ends of a scale."""

from collections.abc import Sequence

__all__ = ["FINE", "round_up"]

FINE = (10, 12, 15, 20, 25, 30, 40, 50, 60, 80)


def round_up(most: float, tenths: Sequence[int] = (10, 20, 30, 40, 60, 80)) -> int:
    """A round number that is not below `most`; at least 1.

    It is one of these, as tenths, times a power of ten.
    """
    size = 1
    while True:
        for step in tenths:
            if step * size >= most * 10 and step * size % 10 == 0:
                return step * size // 10
        size *= 10
