"""Lengths of time in words, as the original's pages and badges have them."""

__all__ = ["duration_words"]

_UNITS = (
    ("year", 365 * 86_400),
    ("month", 30 * 86_400),
    ("week", 7 * 86_400),
    ("day", 86_400),
    ("hour", 3_600),
    ("minute", 60),
    ("second", 1),
)


def duration_words(seconds: float) -> str:
    """“2 hours, 5 minutes, and a second”; “just now” for less than a second."""
    left = max(0, int(seconds))
    parts = []
    for unit, length in _UNITS:
        count, left = divmod(left, length)
        if count == 1:
            parts.append(f"{'an' if unit == 'hour' else 'a'} {unit}")
        elif count:
            parts.append(f"{count:,} {unit}s")
    if not parts:
        return "just now"
    if len(parts) < 3:
        return " and ".join(parts)
    return f"{', '.join(parts[:-1])}, and {parts[-1]}"
