"""What an app's pages draw: numbers step by step as bars of an inline SVG."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sessions_app.usage.report import Step
from telemetry.scale import FINE, round_up
from telemetry.templatetags.telemetry_pages import number

__all__ = ["Bar", "Chart", "Series", "draw", "duration_scale"]

HEIGHT = 100


@dataclass(frozen=True, slots=True)
class Series:
    """A number of each step; `css`: what it is painted as, see ``app.css``."""

    name: str
    values: Sequence[float]
    css: str = "bar"


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a bar, as high as it is."""

    css: str
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class Bar:
    """What one step had: its pieces lie on top of each other."""

    text: str
    pieces: list[Piece]


@dataclass(frozen=True, slots=True)
class Chart:
    """`top` and `bottom` are written at the ends of the scale; `bottom` is 0 mostly, and empty.

    `before`: the line of the period before, as a path.
    """

    name: str
    title: str
    summary: str
    bars: list[Bar]
    series: list[Series]
    first: str
    middle: str
    last: str
    top: str
    bottom: str = ""
    before: str = ""
    base: float = HEIGHT
    height: int = HEIGHT

    @property
    def width(self) -> int:
        return len(self.bars)

    @property
    def is_empty(self) -> bool:
        return not any(bar.pieces for bar in self.bars)


def draw(
    name: str,
    title: str,
    steps: Sequence[Step],
    series: Sequence[Series],
    *,
    before: Sequence[float] = (),
    write: Callable[[float], str] = number,
    top_of: Callable[[float], float] = lambda most: round_up(most, FINE),
    highest: float | None = None,
) -> Chart:
    """A chart of one or several series, stacked; `name` is its id on the page.

    `highest`: what the scale must reach, so that several charts can be compared.
    """
    columns = [[_finite(value) for value in column] for column in _columns(steps, series)]
    sums = [sum(column) for column in columns]
    before = [_finite(value) for value in before]
    all_ = [*sums, *before, *(value for column in columns for value in column)]
    top = top_of(max(0.0, highest or 0.0, *all_)) if all_ else 1
    low = -top_of(-min(0.0, *all_)) if min(all_, default=0.0) < 0 else 0.0
    scale = HEIGHT / (top - low)
    base = top * scale
    bars = [
        Bar(_text(step, column, series, write), _pieces(column, series, base, scale))
        for step, column in zip(steps, columns, strict=True)
    ]
    total = sum(sums)
    most = max(range(len(sums)), key=sums.__getitem__, default=0)
    summary = f"{title}: nothing"
    if total and steps:
        summary = (
            f"{title}: {write(total)} in all, most at {steps[most].label}: {write(sums[most])}"
        )
    return Chart(
        name=name,
        title=title,
        summary=summary,
        bars=bars,
        series=list(series),
        first=steps[0].short if steps else "",
        middle=steps[len(steps) // 2].short if len(steps) > 2 else "",
        last=steps[-1].short if len(steps) > 1 else "",
        top=write(top),
        bottom=write(low) if low else "",
        before=_line(before, base, scale),
        base=round(base, 2),
    )


def _columns(steps: Sequence[Step], series: Sequence[Series]) -> list[list[float]]:
    return [[each.values[index] for each in series] for index in range(len(steps))]


def _finite(value: float) -> float:
    """What can be drawn: sums of events may have grown beyond all numbers."""
    return max(-1e300, min(1e300, value)) if not math.isnan(value) else 0.0


def _text(
    step: Step, column: Sequence[float], series: Sequence[Series], write: Callable[[float], str]
) -> str:
    told = ", ".join(
        f"{write(value)} {each.name}".rstrip() for each, value in zip(series, column, strict=True)
    )
    return f"{step.label}: {told}"


def _pieces(
    column: Sequence[float], series: Sequence[Series], base: float, scale: float
) -> list[Piece]:
    found = []
    up = down = base
    for value, each in zip(column, series, strict=True):
        height = abs(value) * scale
        if value > 0:
            up -= height
            found.append(Piece(each.css, round(up, 2), round(height, 2)))
        elif value < 0:
            found.append(Piece(each.css, round(down, 2), round(height, 2)))
            down += height
    return found


def _line(values: Sequence[float], base: float, scale: float) -> str:
    """From the middle of one bar to that of the next."""
    if not any(values):
        return ""
    return "".join(
        f"{'L' if index else 'M'}{index + 0.5:g} {base - value * scale:.2f}"
        for index, value in enumerate(values)
    )


def duration_scale(most: float) -> float:
    """As `round_up`, to whole seconds, minutes or hours."""
    unit = next((size for size in (3600, 60) if most >= size), 1)
    return round_up(most / unit, FINE) * unit
