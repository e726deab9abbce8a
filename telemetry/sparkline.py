"""A small drawing of what happened hour by hour, as the path of an inline SVG."""

from collections.abc import Sequence
from dataclasses import dataclass

from telemetry.templatetags.telemetry_pages import number

__all__ = ["Sparkline", "draw"]

WIDTH, HEIGHT = 144, 32
_ROOM = 3


@dataclass(frozen=True, slots=True)
class Sparkline:
    """`bars` for a counter, `line` and `dots` (hours without neighbours) for a value; `text` says
    the same to those who cannot see it.
    """

    text: str
    bars: str = ""
    line: str = ""
    dots: str = ""
    base: float = HEIGHT
    width: int = WIDTH
    height: int = HEIGHT

    @property
    def empty(self) -> bool:
        return not (self.bars or self.line)


def draw(hours: Sequence[float | None], *, counter: bool, unit: str = "") -> Sparkline:
    """Of the last hours; or with a `unit`, such as “day”, of some steps of that length."""
    known = [value for value in hours if value is not None]
    last = "last " if unit == "" else ""
    unit = unit or "hour"
    when = f"{last}{len(hours)} {unit}s"
    if not known:
        return Sparkline(text=f"No data in the {when}")
    text = f"{when.capitalize()}, by the {unit}: {number(min(known))} to {number(max(known))}"
    if len(known) < len(hours):
        silent = len(hours) - len(known)
        text += f", nothing in {silent} {unit if silent == 1 else f'{unit}s'}"
    return _bars(hours, known, text) if counter else _line(hours, known, text)


def _bars(hours: Sequence[float | None], known: Sequence[float], text: str) -> Sparkline:
    low, high = min(0.0, *known), max(0.0, *known)
    # Halves, because the difference of two finite floats may not be one.
    scale = (HEIGHT - 1) / ((high / 2 - low / 2) or 1) / 2
    width = WIDTH / len(hours)
    base = high * scale + 0.5
    path = [
        f"M{index * width + 0.5:.1f} {base:.1f}v{-value * scale:.1f}h{width - 1:.1f}V{base:.1f}z"
        for index, value in enumerate(hours)
        if value
    ]
    return Sparkline(text=text, bars="".join(path), base=round(base, 1))


def _line(hours: Sequence[float | None], known: Sequence[float], text: str) -> Sparkline:
    low, half = min(known), max(known) / 2 - min(known) / 2
    width = WIDTH / len(hours)
    line, dots = [], []
    for index, value in enumerate(hours):
        if value is None:
            continue
        part = (value / 2 - low / 2) / half if half else 0.5
        x, y = (index + 0.5) * width, HEIGHT - _ROOM - part * (HEIGHT - 2 * _ROOM)
        follows = index > 0 and hours[index - 1] is not None
        continues = index + 1 < len(hours) and hours[index + 1] is not None
        line.append(f"{'L' if follows else 'M'}{x:.1f} {y:.1f}")
        if not (follows or continues):
            dots.append(f"M{x:.1f} {y:.1f}h0")
    return Sparkline(text=text, line="".join(line), dots="".join(dots))
