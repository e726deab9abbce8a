"""How Countly cleans what it counts by: metrics of a device, keys and segments of events.

The normal forms are upstream's, so that a dashboard that reads ``/o`` finds the keys that it
knows: ``a4:0:4``, ``Vodafone Tr``. What cannot be counted is named by ``Unusable``.
"""

import math
import re
from collections.abc import Mapping
from typing import Any

from sessions_app.models.base import MAX_EVENT_TYPE as MAX_KEY
from sessions_app.models.usage import MAX_VALUE, Dimension

__all__ = [
    "MAX_KEY",
    "MAX_VALUE",
    "METRICS",
    "Unusable",
    "clean_event_key",
    "clean_metrics",
    "clean_segment",
    "clean_value",
    "text_of",
]

METRICS: Mapping[str, int] = {
    "_os": int(Dimension.OS),
    "_os_version": int(Dimension.OS_VERSION),
    "_device": int(Dimension.DEVICE),
    "_resolution": int(Dimension.RESOLUTION),
    "_carrier": int(Dimension.CARRIER),
    "_app_version": int(Dimension.APP_VERSION),
}
"""What is counted of a device; all else that SDKs send (``_locale``, ``_density``) is not."""
_WORD = re.compile(r"\w\S*")
# What no float holds; JavaScript would call it infinite.
_BEYOND = 10**308


class Unusable(ValueError):
    """Something that cannot be counted, in words for whoever sent it."""


def text_of(value: Any) -> str:
    """A JSON value as JavaScript would make a string of it; empty if it is none, or no scalar."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        if abs(value) >= 10**21:
            return f"{float(value):.17g}" if abs(value) < _BEYOND else ""
        return str(value)
    if isinstance(value, float) and math.isfinite(value):
        return str(int(value)) if value.is_integer() and abs(value) < 1e21 else repr(value)
    return ""


def clean_metrics(metrics: Mapping[str, Any], problems: list[str]) -> dict[int, str]:
    """The metrics that are counted, in their normal form; others are passed over.

    The carrier's words get capital letters, the version of a system its first letter. A value
    that is too long, or neither text nor a number, is named in `problems`.
    """
    found: dict[int, str] = {}
    for name, dimension in METRICS.items():
        value = metrics.get(name)
        if value is None:
            continue
        text = text_of(value)
        if not text:
            if value != "":
                problems.append(f"metrics: {name} is neither text nor a number")
            continue
        if name == "_carrier":
            text = _WORD.sub(_capital, text)
        elif name == "_os_version" and (system := text_of(metrics.get("_os"))):
            text = system[0].lower() + text
        text = clean_value(text)
        if len(text) > MAX_VALUE:
            problems.append(f"metrics: {name} has more than {MAX_VALUE} characters")
        elif text:
            found[dimension] = text
    return found


def _capital(word: re.Match[str]) -> str:
    return word[0][0].upper() + word[0][1:].lower()


def clean_value(text: str) -> str:
    """A value as keys in documents have to be: no ``$`` at its beginning, no dots."""
    return text.removeprefix("$").replace(".", ":")


def clean_event_key(key: Any) -> str:
    """An event's key without what upstream takes out. ``Unusable`` if nothing is left."""
    text = text_of(key)
    if not text:
        raise Unusable("key is missing")
    for part in ("system.", "..", "$"):
        if part in text:
            text = text.replace(part, "")
    if not text:
        raise Unusable("key is empty without “$” and “system.”")
    return text


def clean_segment(name: str) -> str:
    """A segment's name, without dots and a ``$`` at its beginning; empty: it is none."""
    return name.removeprefix("$").replace(".", "")
