"""Countly's documents: years that hold months and weeks, months days, and days hours.

Each holds what was counted in it, under one letter or under the name of a value; nothing that is
zero is there. ``{"2012": {"t": 1, "w29": {…}, "7": {"t": 1, "20": {"t": 1, "14": {…}}}}}``.

Names of values lie beside months, days, hours and weeks. One that looks like such a key is shown
as ``[CLY]5`` or ``[CLY]w29``, as later servers of Countly did with numbers among segments' values:
who reads ``meta`` finds it under the name that stands there.
"""

import math
from collections.abc import Iterable, Mapping
from typing import Any

from sessions_app.usage.buckets import is_month, is_week, is_year

__all__ = ["Document", "EventRow", "UsageRow", "add_events", "add_usage", "number", "shown"]

# Dimension, bucket, value, t, n, u, d, e.
UsageRow = tuple[int, int, str, int, int, int, int, int]
# Bucket, value, c, s, dur.
EventRow = tuple[int, str, float, float, float]

_PREFIX = "[CLY]"
_NUMBERS = frozenset(map(str, range(32)))
_WEEKS = frozenset(f"w{week}" for week in range(1, 54))


def shown(value: str, *, beside_weeks: bool = True) -> str:
    """The name of a value in a document, where it must not be taken for a month, day or week."""
    taken = value in _NUMBERS or (beside_weeks and value in _WEEKS)
    return f"{_PREFIX}{value}" if taken else value


class Document:
    """Years with all that they hold, reached by bucket."""

    def __init__(self) -> None:
        self.years: dict[str, Any] = {}
        self._nodes: dict[int, dict[str, Any]] = {}

    def at(self, bucket: int) -> dict[str, Any]:
        """What a bucket holds; it is there from now on."""
        node = self._nodes.get(bucket)
        if node is None:
            parent, key = _place_of(bucket)
            holder = self.at(parent) if parent else self.years
            node = self._nodes[bucket] = holder.setdefault(key, {})
        return node


def _place_of(bucket: int) -> tuple[int, str]:
    """In which bucket this one lies (0: in none), and under which key."""
    if is_year(bucket):
        return 0, str(bucket)
    if is_week(bucket):
        return bucket // 1000, f"w{bucket % 1000}"
    return bucket // 100, str(bucket % 100)


def add_usage(
    document: Document,
    rows: Iterable[UsageRow],
    *,
    ranges: Mapping[int, str],
    plain: int,
    by_months: bool = False,
) -> None:
    """Put counters into a document.

    Of the dimension `plain` the letters stand for themselves; those of `ranges` count by `t` what
    is shown under their own letters; of all others the letters are under the value. `by_months`:
    what a year has in all is the sum of those of its months that are among the rows.
    """
    at = document.at
    names: dict[str, str] = {}
    for dimension, bucket, value, t, n, u, d, e in rows:
        letter = ranges.get(dimension)
        if letter is not None:
            if t:
                at(bucket).setdefault(letter, {})[value] = t
            continue
        # There may be a million of these.
        counts = {}
        if by_months and is_year(bucket):
            t = n = d = e = 0  # noqa: PLW2901
        if t:
            counts["t"] = t
        if n:
            counts["n"] = n
        if u:
            counts["u"] = u
        if d:
            counts["d"] = d
        if e:
            counts["e"] = e
        if not counts:
            continue
        name = None
        if dimension != plain:
            name = names.get(value) or names.setdefault(value, shown(value))
        if by_months and is_month(bucket) and (t or n or d or e):
            of_year = counts.copy()
            of_year.pop("u", None)
            _add(at(bucket // 100), name, of_year)
        _add(at(bucket), name, counts)


def _add(node: dict[str, Any], name: str | None, counts: dict[str, int]) -> None:
    if name is not None:
        held = node.setdefault(name, counts)
        if held is counts:
            return
    else:
        held = node
    # Values of two dimensions may have one name: then they are one, as they were at Countly.
    for letter, count in counts.items():
        held[letter] = held.get(letter, 0) + count


def add_events(
    document: Document,
    rows: Iterable[EventRow],
    *,
    of_values: bool = False,
    by_months: bool = False,
) -> None:
    """Put an event's counters into a document; they are sums until `number` has rounded them."""
    for bucket, value, c, s, dur in rows:
        if (by_months and is_year(bucket)) or not (c or s or dur):
            continue
        places = [bucket, bucket // 100] if by_months and is_month(bucket) else [bucket]
        for place in places:
            node = document.at(place)
            if of_values:
                node = node.setdefault(shown(value, beside_weeks=False), {})
            for letter, amount in (("c", c), ("s", s), ("dur", dur)):
                if amount:
                    node[letter] = number(node.get(letter, 0) + amount)


def number(amount: float) -> float:
    """A sum of decimals as its digits say it: 2.97 and not 2.9699999999999998, 3 and not 3.0."""
    rounded = float(f"{amount:.15g}")
    if math.isinf(rounded):  # of the largest there is
        rounded = amount
    return int(rounded) if rounded.is_integer() and abs(rounded) < 1e21 else rounded
