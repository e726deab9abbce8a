"""What a stat's page plots: the stretch of time asked for, its bins as JSON, and its figures.

The JSON holds only the bins that received something; ``plot-data.js`` makes columns of them.
"""

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from stats_app.models import Stat
from stats_app.selectors import (
    AGGREGATIONS,
    Bin,
    Latest,
    aggregation_of,
    auto_step,
    series,
    summary,
)
from telemetry.times import parse_time

__all__ = [
    "DEFAULT_RANGE",
    "RANGES",
    "Figure",
    "Span",
    "bins_of",
    "figures",
    "payload",
    "span_of",
    "step_label",
]

RANGES: dict[str, tuple[str, timedelta]] = {
    "1h": ("1 h", timedelta(hours=1)),
    "12h": ("12 h", timedelta(hours=12)),
    "24h": ("24 h", timedelta(hours=24)),
    "7d": ("7 d", timedelta(days=7)),
    "30d": ("30 d", timedelta(days=30)),
    "1y": ("1 y", timedelta(days=365)),
}
DEFAULT_RANGE = "24h"


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time: a named range, which ends now, or a custom one (`name` empty)."""

    name: str
    since: datetime
    until: datetime
    now: datetime

    @property
    def step(self) -> int:
        return auto_step(self.since, self.until)

    @property
    def live(self) -> bool:
        """Whether new points may still appear in it."""
        return self.until >= self.now


@dataclass(frozen=True, slots=True)
class Figure:
    """One number of the summary; `name` is what the script updates it by."""

    name: str
    label: str
    value: float | None
    has_unit: bool = True


def span_of(parameters: Mapping[str, str], now: datetime) -> Span:
    """The span that a query string asks for. ValueError, with a message for people, if bad.

    Without a script a browser sends dates and times without a zone: they are UTC, which is what
    the page then shows too.
    """
    if "from" in parameters or "to" in parameters:
        since = parse_time(parameters.get("from", ""))
        until = parse_time(parameters["to"]) if parameters.get("to") else now
        if until <= since:
            raise ValueError("The end must be after the beginning.")
        return Span("", since, until, now)
    name = parameters.get("range", DEFAULT_RANGE)
    if name not in RANGES:
        raise ValueError(f"The range must be one of {', '.join(RANGES)}.")
    return Span(name, now - RANGES[name][1], now, now)


def bins_of(stat: Stat, span: Span, *, after: datetime | None = None) -> list[Bin]:
    """The bins of the span; with `after`, only those from then on."""
    since = max(span.since, after) if after else span.since
    if since >= span.until:
        return []
    return series(stat=stat, since=since, until=span.until, step=span.step)


def payload(stat: Stat, span: Span, bins: Sequence[Bin], latest: Latest | None) -> dict[str, Any]:
    """What the page's script needs to draw. Every number is finite or null."""
    step = span.step
    filled = [bin_ for bin_ in bins if bin_.count]
    columns = {
        "t": [_seconds(bin_.start) for bin_ in filled],
        "n": [bin_.count for bin_ in filled],
        "y": [AGGREGATIONS[aggregation_of(stat.kind)](bin_) for bin_ in filled],
        "low": [bin_.min for bin_ in filled],
        "high": [bin_.max for bin_ in filled],
        "spread": [AGGREGATIONS["spread"](bin_) for bin_ in filled],
    }
    return {
        "kind": "counter" if stat.is_counter else "value",
        "range": span.name,
        "from": _seconds(span.since) // step * step,
        "to": _seconds(span.until),
        "end": -(-math.ceil(span.until.timestamp()) // step) * step,
        "now": _seconds(span.now),
        "step": step,
        "step_label": step_label(step),
        "live": span.live,
        "latest": latest.value if latest else None,
        "received": stat.last_received_at and stat.last_received_at.timestamp(),
        **columns,
    }


def _seconds(when: datetime) -> int:
    return math.floor(when.timestamp())


def step_label(step: int) -> str:
    """What follows “per”: “5 minutes”, “day”."""
    name, length = next(
        (name, length)
        for name, length in (("day", 86_400), ("hour", 3_600), ("minute", 60))
        if step >= length
    )
    return name if step == length else f"{step // length} {name}s"


def figures(stat: Stat, span: Span, bins: Sequence[Bin]) -> list[Figure]:
    """The summary of what is plotted: of a counter's bars, of a value's points."""
    all_ = summary(bins, stat.kind)
    points = Figure("points", "Points received", all_.count, has_unit=False)
    if not stat.is_counter:
        return [
            Figure("mean", "Mean", all_.mean),
            Figure("min", "Minimum", all_.min),
            Figure("max", "Maximum", all_.max),
            Figure("spread", "Spread", all_.spread),
            Figure("latest", "Latest", all_.latest),
            points,
        ]
    bars = [bin_.sum for bin_ in bins if bin_.start < span.now] if all_.count else []
    finite = bool(bars) and all(map(math.isfinite, bars))
    return [
        Figure("total", "Total", all_.sum if bars else None),
        Figure("mean", "Mean per bar", statistics.fmean(bars) if finite else None),
        Figure("min", "Lowest bar", min(bars, default=None)),
        Figure("max", "Highest bar", max(bars, default=None)),
        Figure("spread", "Spread of bars", statistics.pstdev(bars) if finite else None),
        Figure("latest", "Latest bar", all_.latest),
        points,
    ]
