"""How pages write numbers and times. ``plot-data.js`` writes numbers the same way."""

import math
from datetime import datetime
from typing import Literal
from urllib.parse import unquote_plus

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import now

register = template.Library()

_UNITS = (
    ("year", 31_557_600),
    ("month", 2_629_800),
    ("day", 86_400),
    ("hour", 3_600),
    ("minute", 60),
)


@register.filter
def number(value: float | None) -> str:
    """Whole numbers whole, others to six figures or two decimals; a dash for what is unknown."""
    if value is None or not math.isfinite(value):
        return "–"  # noqa: RUF001 - the dash is meant
    size = abs(value)
    if size and (size >= 1e15 or size < 1e-4):
        return f"{value:.6g}"
    if value == int(value):
        return f"{int(value):,}"
    return f"{value:,.{max(2, 5 - math.floor(math.log10(size)))}f}".rstrip("0").rstrip(".")


@register.filter
def ago(when: datetime | Literal[""] | None) -> str:
    """“5 minutes ago”, in the largest whole unit."""
    if not when:  # a template makes "" of what is missing
        return "never"
    seconds = max(0, int((now() - when).total_seconds()))
    if seconds < 5:
        return "just now"
    name, length = next(((n, u) for n, u in _UNITS if seconds >= u), ("second", 1))
    count = seconds // length
    return f"{count} {name}{'' if count == 1 else 's'} ago"


@register.filter
def parameters(text: str) -> str:
    """A query or a form as it was meant: a parameter to a line, decoded. JSON stays as it is."""
    lines: list[str] = []
    for line in text.split("\n"):
        is_form = "=" in line and line.lstrip()[:1] not in {"{", "[", '"', "-"}
        lines += map(unquote_plus, line.split("&")) if is_form else [line]
    return "\n".join(lines)


@register.simple_tag
def time_ago(when: datetime | None) -> SafeString | str:
    """A time element that says how long ago; a script keeps it true and adds the exact time."""
    if when is None:
        return "never"
    return format_html('<time datetime="{}" data-ago>{}</time>', when.isoformat(), ago(when))


@register.simple_tag
def time_at(when: datetime | None) -> SafeString | str:
    """A time element in UTC; a script turns it into the viewer's zone."""
    if when is None:
        return "never"
    text = f"{when:%Y-%m-%d %H:%M} UTC"
    return format_html('<time datetime="{}">{}</time>', when.isoformat(), text)
