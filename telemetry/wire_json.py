"""JSON of wire dialects: read and written by orjson, but without its losses.

orjson takes a tenth of the time, but reads an integer of more than 64 bits as a float, and writes
a number that is none as ``null``. Such texts, and all that it refuses, are left to the standard
library, so that what is read, and what is said about an error, is what Python says.
"""

import json
import re
from typing import Any, NoReturn

import orjson

__all__ = ["dump", "is_deeper", "load"]

# Might be more than 64 bits: they end at 18446744073709551615.
_LONG_NUMBER = re.compile(rb"[0-9]{19}").search
# Digits that Python reads; more would take it too long.
_LONGEST = 4300
_BOM = "\ufeff"


def load(body: bytes) -> Any:
    """What a JSON text in UTF-8 says; a byte order mark is passed over.

    ``ValueError`` with a message for people if it is none: ``NaN`` and its like are not.
    ``RecursionError`` if it is nested too deeply. Half characters (``"\\ud800"``) are let in, and
    numbers beyond a float are infinite.
    """
    if not _LONG_NUMBER(body):
        try:
            return orjson.loads(body)
        except orjson.JSONDecodeError:
            pass
    return _decode(body.decode().removeprefix(_BOM))


def dump(value: Any) -> str:
    """A value as compact JSON, which may have half characters.

    ``ValueError`` if it has a number that is infinite or none, ``RecursionError`` if it is nested
    too deeply.
    """
    try:
        text = orjson.dumps(value).decode()
    except orjson.JSONEncodeError:
        return _encode(value)
    return _encode(value) if "null" in text else text


def is_deeper(value: Any, most: int) -> bool:
    """Whether objects and arrays are nested more deeply than so many levels."""
    level = [value]
    for _ in range(most):
        inner = [each for each in level if isinstance(each, dict | list)]
        level = [p for each in inner for p in (each.values() if isinstance(each, dict) else each)]
        if not level:
            return False
    return any(isinstance(each, dict | list) for each in level)


def _integer(text: str) -> int:
    if len(text.removeprefix("-")) > _LONGEST:
        raise ValueError(f"a number has more than {_LONGEST} digits")
    return int(text)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


# Made once: `json.loads` and `json.dumps` make theirs anew whenever they are told anything.
_decode = json.JSONDecoder(parse_constant=_no_constant, parse_int=_integer).decode
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode
