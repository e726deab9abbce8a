"""Takes secrets and addresses out of rejected input, and makes it text that can be stored.

What was rejected may be anything: a query, a form, JSON, either inside of the other, encoded
twice, cut off in the middle or no such thing at all. So nothing is parsed. Wherever something
stands that reads like a secret's name with a value, the value is masked; in doubt too much of it.
"""

import re
from collections.abc import Iterable
from urllib.parse import quote, unquote

from telemetry.models import RejectedInput

__all__ = ["mask_input", "mask_known", "veil"]

Dialect = RejectedInput.Dialect

# What is masked is recognised by its end, and by this.
_CUT = "…"
_SHOWN = 4
# Shorter ones are masked by their names only: they would be found in the middle of words.
_SHORTEST = 6
# How often input is looked at again after one more of its encodings has been taken off.
_LAYERS = 6

_SECRET = re.compile(
    "token|secret|passw|passphrase|pwd|credential|checksum|authorization|bearer|signature|cookie"
    r"|email|e-mail|(?:api|app|ez|u|auth)key|(?:keys?|auth)\d*$|^(?:pass|pin|salt|mail)$"
)
# Of Countly's events the key is the name.
_HARMLESS = {Dialect.COUNTLY: {"key"}}
# The agent's authorization code is its secret.
_SECRET_TOO = {Dialect.MCCOAL: {"code"}}

_NAME = r"[\w.\-%$@\[\]\u2400]"
# A name, between quotes or not, which may be escaped, and what separates it from its value. Only
# one between quotes may have lost that, and only if the value is between quotes as well.
_NAMED = re.compile(
    rf"(?<!{_NAME})({_NAME}++)"
    r"(?:\\*+[\"'`]?[\s+]*+(?:=>|[:=])|\\*+[\"'][\s+]*+,?+(?=[\s+]*+\\*+[\"']))[\s+]*+"
)
_OPENING = re.compile(r"(\\*+)([\"'`])")
_LITERAL = re.compile(r"(?:true|false|null|None)\b")
_NUMBER = re.compile(r"-?[\d.]+(?=[\s,}\]&]|$)")
_MASKED = re.compile(rf"[^{_CUT}]{{0,{_SHOWN}}}{_CUT}")
# The head of a part of multipart/form-data, and its value.
_PART = re.compile(
    r"(;[\s+]*name=\\*\"?([^\"\r\n;]++)[^\n]*+\n(?:[^\r\n]++\r?\n)*+\r?\n)(.*?)(?=\r?\n--|\Z)", re.S
)
# Those of networks, of which projects may want to store none; times have fewer colons.
_ADDRESS = re.compile(
    r"(?<![\w.])(\d{1,3}\.)(?:\d{1,3}\.){2}\d{1,3}(?![\w.]*\w)"
    r"|(?<![\w:])([0-9a-fA-F]{0,4}:)(?:[0-9a-fA-F]{0,4}:){2,6}(?:[\d.]{7,15}|[0-9a-fA-F]{1,4})?(?![\w:])"
)
_SERVER = re.compile(r"(/servers/)([^/?#\s\"]++)")
_ESCAPED = re.compile(r"(?<!\\)\\++(?:u([0-9a-fA-F]{4})|([nr]))")
_BREAKS = {"n": "\n", "r": "\r"}
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def mask_input(text: str | bytes, dialect: Dialect, secrets: Iterable[str], most: int) -> str:
    """Input of a dialect without secrets, in `most` characters that can be stored.

    Things with telling names are masked, and `secrets` wherever they stand. Input that hides some
    in an encoding is shown without that encoding.
    """
    known = [secret for secret in secrets if len(secret) >= _SHORTEST]
    longest = max(map(len, known), default=0)
    # Of what is longer only the beginning is looked at, of which more is kept than is shown. No
    # secret is cut in two that would not be known for one.
    looked_at = 4 * most
    seen = _text(text[: looked_at + 12 * longest])
    for secret in known:
        seen = _without(seen, secret)
    seen = shown = _scan(seen[:looked_at], dialect)
    for _ in range(_LAYERS):
        plain = _decoded(seen)
        if plain == seen:
            break
        seen = _scan(_mask_all(plain, known), dialect)
        if seen != plain:
            shown = seen
    return _capped(shown, most)


def mask_known(text: str, secrets: Iterable[str], most: int) -> str:
    """A text of ours, without the secrets that it may quote."""
    known = [secret for secret in secrets if len(secret) >= _SHORTEST]
    return _capped(_mask_all(_text(text), known), most)


def veil(secret: str) -> str:
    """The first characters, by which its owner recognises it; of short ones hardly any."""
    if _MASKED.fullmatch(secret):
        return secret
    return secret[: min(_SHOWN, len(secret) // 3)] + _CUT


def _text(raw: str | bytes) -> str:
    """Text that PostgreSQL can store and a page can show."""
    text = raw.decode("utf-8", "replace") if isinstance(raw, bytes) else raw
    if text.count("\0") * 3 > len(text):  # UTF-16, whose names could not be read
        text = text.replace("\0", "")
    text = _CONTROL.sub(lambda found: chr(0x2400 + min(ord(found[0]), 0x21)), text)
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def _capped(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + _CUT


def _decoded(text: str) -> str:
    """One layer less of what hides quotes and letters."""
    if "%" in text:
        text = unquote(text)
    if "\\" in text:
        text = _ESCAPED.sub(_unescaped, text)
    return _text(text)


def _unescaped(found: re.Match[str]) -> str:
    return chr(int(found[1], 16)) if found[1] else _BREAKS[found[2]]


def _mask_all(text: str, secrets: Iterable[str]) -> str:
    for secret in secrets:
        text = text.replace(secret, veil(secret))
    return text


def _without(text: str, secret: str) -> str:
    """`text` without a secret, however it was encoded."""
    for form in {secret, quote(secret), quote(secret, safe="")}:
        text = text.replace(form, veil(secret))
    return text


def _scan(text: str, dialect: Dialect) -> str:
    """`text` with the values masked of all that is named like a secret, and without addresses."""
    text = _SERVER.sub(lambda found: found[1] + veil(found[2]), text)
    text = _ADDRESS.sub(lambda found: f"{found[1] or found[2]}{_CUT}", text)
    text = _PART.sub(
        lambda found: found[1] + veil(found[3]) if _is_secret(found[2], dialect) else found[0],
        text,
    )
    ends_at_quotes = text.lstrip()[:1] in ("{", "[", '"')
    parts = []
    done = 0
    while named := _NAMED.search(text, done):
        parts.append(text[done : named.end()])
        done = named.end()
        if _is_secret(named[1], dialect):
            begin, end = _value(text, done, is_json=ends_at_quotes, after=named[0])
            parts += [text[done:begin], veil(text[begin:end]) if begin < end else ""]
            done = end
    return "".join([*parts, text[done:]])


def _is_secret(name: str, dialect: Dialect) -> bool:
    plain = "".join(filter(str.isalnum, unquote(name))).lower()
    if plain in _HARMLESS.get(dialect, ()):
        return False
    return bool(_SECRET.search(plain)) or plain in _SECRET_TOO.get(dialect, ())


def _value(text: str, start: int, *, is_json: bool, after: str) -> tuple[int, int]:
    """Where the value is that starts here; what does not end takes the rest with it."""
    if opening := _OPENING.match(text, start):
        # One that is escaped deeper is part of the value.
        closing = re.compile(rf"(?<!\\)\\{{0,{len(opening[1])}}}{opening[2]}")
        found = closing.search(text, opening.end())
        return opening.end(), found.start() if found else len(text)
    if text[start : start + 1] in ("{", "["):
        return start, _closed(text, start)
    if literal := _LITERAL.match(text, start):
        return start, start if ":" in after else literal.end()
    if ":" in after and (number := _NUMBER.match(text, start)):
        return start, number.end()
    ends = "&\r\n" if ":" in after else '&"' if is_json else "&"
    found = re.compile(f"[{ends}]").search(text, start)
    return start, found.start() if found else len(text)


def _closed(text: str, start: int) -> int:
    """The end of what the bracket here begins."""
    depth = 0
    for place in range(start, len(text)):
        depth += (text[place] in "{[") - (text[place] in "}]")
        if not depth:
            return place + 1
    return len(text)
