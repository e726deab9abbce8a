"""What a stat may be called."""

import re

__all__ = ["MAX_LENGTH", "clean_name"]

MAX_LENGTH = 255

# Control characters, the two invisible line ends, halves of characters, which UTF-8 has not, and
# what turns the direction of all text that follows (marks for a single place are fine).
_FORBIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def clean_name(raw: str) -> str:
    """`raw` trimmed; raises ``ValueError`` with a message for people if that is no name."""
    name = raw.strip()
    if not name:
        raise ValueError("a name is needed")
    if len(name) > MAX_LENGTH:
        raise ValueError(f"a name has at most {MAX_LENGTH} characters")
    if "~" in name:
        raise ValueError("a name cannot have “~” in it")
    # The first test is quick and enough for nearly all names. It also refuses wide and
    # unbreakable spaces and joined emoji, which are fine.
    if not name.isprintable() and _FORBIDDEN.search(name):
        raise ValueError("a name cannot have control characters in it")
    return name
