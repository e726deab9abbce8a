"""A device's beats per hour as bars of an inline SVG."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from devices_app.models import Device
from devices_app.selectors import HOUR, beats_per_hour
from telemetry.scale import round_up

__all__ = ["DEFAULT_RANGE", "RANGES", "Bar", "Chart", "draw"]

RANGES = {"24h": ("24 h", 24), "7d": ("7 d", 24 * 7), "30d": ("30 d", 24 * 30)}
DEFAULT_RANGE = "7d"

HEIGHT = 100


@dataclass(frozen=True, slots=True)
class Bar:
    """An hour; `height` of `HEIGHT`."""

    start: datetime
    count: int
    x: int
    height: float

    @property
    def y(self) -> float:
        return HEIGHT - self.height


@dataclass(frozen=True, slots=True)
class Chart:
    """`top` is the number that a bar of full height stands for."""

    bars: list[Bar]
    top: int
    total: int
    height: int = HEIGHT

    @property
    def first(self) -> datetime:
        return self.bars[0].start

    @property
    def middle(self) -> datetime:
        return self.bars[len(self.bars) // 2].start

    @property
    def running(self) -> int:
        """The beats of the hour that has not ended."""
        return self.bars[-1].count

    @property
    def busy(self) -> list[Bar]:
        """Hours with beats, newest first."""
        return [bar for bar in reversed(self.bars) if bar.count]


def draw(device: Device, name: str, now: datetime) -> Chart:
    """The chart of one of `RANGES`; its last hour is the running one."""
    hours = RANGES[name][1]
    counts = beats_per_hour([device], since=now - (hours - 1) * HOUR, until=now)[device.pk]
    top = round_up(max(counts, default=0))
    end = now.replace(minute=0, second=0, microsecond=0)
    return Chart(
        bars=[
            Bar(
                start=end - timedelta(hours=len(counts) - 1 - index),
                count=count,
                x=index,
                height=round(HEIGHT * count / top, 2),
            )
            for index, count in enumerate(counts)
        ],
        top=top,
        total=sum(counts),
    )
