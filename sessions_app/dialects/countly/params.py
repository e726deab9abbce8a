"""The parameters of a request: of a form, of the query, of a JSON body; a later one overwrites.

All text that comes out of here can be stored: it has no NUL and no half characters.
"""

import re
from typing import Any
from urllib.parse import unquote

from telemetry import wire_json
from telemetry.door.http import Problem, Request
from telemetry.door.multipart import multipart_fields

__all__ = ["BadJSON", "Params", "form", "load_json", "read_params", "signed"]

Params = dict[str, Any]

_MULTIPART = b"multipart/form-data"
# Whoever reads what was stored has less room on the stack than who takes it in.
MAX_DEPTH = 100
_UNSTORABLE = re.compile(rb"\\u(?:0000|d[89a-f])", re.IGNORECASE).search
_HALF = re.compile("[\0\ud800-\udfff]")
_QUOTED = ("%7B", "%5B")


class BadJSON(ValueError):
    """Why a text is no JSON that we take."""


def read_params(request: Request) -> tuple[Params, str]:
    """All parameters, and what was wrong with the body, if anything was."""
    body = request.body
    if not body:
        return form(request.query), ""
    problem = ""
    fields: Params = {}
    document: Params = {}
    media_type = _media_type(request)
    try:
        if media_type == _MULTIPART:
            parts = multipart_fields(request)
            # With a picture, the SDK for the web sends what it has quoted for a query.
            if any(value.startswith(_QUOTED) for value in parts.values()):
                parts = {name: unquote(parts[name], errors="replace") for name in parts}
            fields = {_storable_text(name): _storable_text(parts[name]) for name in parts}
        elif body.lstrip()[:1] in {b"{", b"["} or media_type.endswith(b"json"):
            found = load_json(body)
            if isinstance(found, dict):
                document = found
            else:
                problem = "the body is JSON, but no object"
        else:
            fields = form(body)
    except BadJSON as reason:
        problem = f"the body is not JSON: {reason}"
    except Problem as reason:
        problem = reason.message
    return {**fields, **form(request.query), **document}, problem


def signed(request: Request) -> bytes:
    """What a checksum is of: the query of whoever has it there, else the body.

    Of a form in parts, as SDKs send a picture, it is of its fields, put together as in a query.
    """
    if b"checksum" in request.query or not request.body:
        return request.query
    if _media_type(request) == _MULTIPART and b"checksum" in request.body:
        try:
            parts = multipart_fields(request)
        except Problem:
            return request.body  # it is told as what is wrong with the body
        return "&".join(f"{name}={parts[name]}" for name in parts).encode("utf-8", "replace")
    return request.body


def _media_type(request: Request) -> bytes:
    return request.header(b"content-type").partition(b";")[0].strip().lower()


def form(data: bytes) -> Params:
    """What a query or a form says; of equal names the first counts."""
    found: Params = {}
    for pair in data.decode("utf-8", "replace").split("&"):
        name, _, value = pair.partition("=")
        if "%" in name or "+" in name:
            name = unquote(name.replace("+", " "), errors="replace")
        if name and name not in found:
            if "+" in value:
                value = value.replace("+", " ")
            if "%" in value:
                value = unquote(value, errors="replace")
            found[name] = value
    if b"%00" in data or b"\0" in data:
        found = {_storable_text(name): _storable_text(value) for name, value in found.items()}
    return found


def load_json(text: bytes) -> Any:
    """What a JSON text says, made storable. ``BadJSON`` if it is none, or nested too deeply."""
    try:
        value = wire_json.load(text)
        if text.count(b"[") + text.count(b"{") > MAX_DEPTH and wire_json.is_deeper(
            value, MAX_DEPTH
        ):
            raise BadJSON(f"it is nested too deeply: {MAX_DEPTH} levels are the most")
        if _UNSTORABLE(text) or b"\0" in text:
            return _storable(value)
    except RecursionError:
        raise BadJSON("it is nested too deeply") from None
    except BadJSON:
        raise
    except ValueError as reason:
        raise BadJSON(str(reason)) from None
    return value


def _storable(value: Any) -> Any:
    if isinstance(value, str):
        return _storable_text(value)
    if isinstance(value, dict):
        return {_storable_text(name): _storable(each) for name, each in value.items()}
    return [_storable(each) for each in value] if isinstance(value, list) else value


def _storable_text(text: str) -> str:
    return _HALF.sub("\ufffd", text)
