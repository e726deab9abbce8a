"""How the pages of sessions write lengths of time, times, and what was sent."""

import json
from datetime import UTC, datetime
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from sessions_app.models import Dialect, Session
from sessions_app.services.loglines import zone_of

register = template.Library()

MOST_SHOWN = 4000
"""Characters of an event's data that a page shows; the API has all of it."""

_UNITS = (("d", 86_400), ("h", 3600), ("m", 60), ("s", 1))


@register.filter
def duration(seconds: float) -> str:
    """“1d 2h 15m 26s”, from the largest unit on; below a minute to a tenth of a second.

    What is less than a second is in milliseconds, but nothing is “0s”.
    """
    if 0 < seconds < 1:
        return f"{seconds * 1000:.0f}ms"
    if seconds < 60:
        return f"{seconds:.1f}".removesuffix(".0") + "s"
    left = int(seconds)
    parts: list[str] = []
    for unit, size in _UNITS:
        count, left = divmod(left, size)
        if count or parts:
            parts.append(f"{count}{unit}")
    return " ".join(parts)


@register.filter
def duration_text(seconds: float) -> str:
    """A length of time that is a sum or a mean, in its two largest units: “2h 15m”, “3d”."""
    parts = duration(round(seconds) if seconds >= 60 else round(seconds, 1)).split(" ")
    kept = [part for part in parts[:2] if not part.startswith("0") or len(parts) == 1]
    days = int(parts[0][:-1]) if parts[0].endswith("d") else 0
    if days >= 10:
        return f"{days:,}d"
    return " ".join(kept)


@register.simple_tag
def session_time(session: Session, at: datetime | None, client_at: datetime | None = None) -> Any:
    """A time in UTC, which a script turns into the viewer's zone; on hover as it was told."""
    if at is None:
        return ""
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        at.isoformat(),
        original(session.dialect, session.zone, at, client_at),
        f"{at:%Y-%m-%d %H:%M} UTC",
    )


@register.simple_tag
def exact_time(
    session: Session, at: datetime | None, client_at: datetime | None = None
) -> SafeString | str:
    """As `session_time`, to the second, or as exact as clients of the dialect are."""
    if at is None:
        return ""
    digits = 3 if session.dialect == Dialect.TSTATS else 0
    return format_html(
        '<span data-time="{}" data-digits="{}" title="{}">{} UTC</span>',
        at.isoformat(),
        digits,
        original(session.dialect, session.zone, at, client_at),
        _clock(at, digits),
    )


def original(dialect: int, zone: str, at: datetime, client_at: datetime | None) -> str:
    """A time as the server has it, and as it was by the client's or the agent's clock."""
    if dialect == Dialect.MCCOAL:
        theirs = f"{at.astimezone(zone_of(zone)):%Y-%m-%d %H:%M:%S %Z%z}"
        return f"{_clock(at, 0)} UTC, in the log {theirs}"
    if client_at is None:
        return f"{_clock(at, 3)} UTC"
    return f"{_clock(at, 3)} UTC, by the client's clock {_clock(client_at, 3)} UTC"


def _clock(at: datetime, digits: int) -> str:
    precision = "milliseconds" if digits else "seconds"
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(" ", precision)


@register.filter
def skew(seconds: float) -> str:
    """By how much a client's clock was wrong, which includes the time that its request took."""
    if abs(seconds) < 0.001:
        return "none"
    return f"{duration(abs(seconds))} {'ahead' if seconds > 0 else 'behind'}"


# What is nested more deeply is no easier to read for being indented.
_DEEPEST = "\n" + " " * 24


@register.filter
def readable(data: Any) -> str:
    """An event's data: text as it is, anything else as JSON."""
    if isinstance(data, str):
        text = data
    else:
        text = json.dumps(data, ensure_ascii=False, indent=2)
        short = json.dumps(data, ensure_ascii=False)
        if len(short) <= 80 or _DEEPEST in text:
            text = short
    if len(text) > MOST_SHOWN:
        return f"{text[:MOST_SHOWN]}…\n({len(text):,} characters in all)"
    return text
