"""What TStats' clients write: open a session, add events, close it. On the hot path."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote_to_bytes

from sessions_app.dialects.tstats.words import (
    CORS,
    BadField,
    no_project,
    reply,
    seconds_text,
    time_text,
    to_time,
)
from sessions_app.services.sessions import (
    MAX_EVENT_TYPE,
    Result,
    close_session,
    open_session,
    record_event,
)
from telemetry import wire_json
from telemetry.door.http import Problem, Request, Response
from telemetry.door.multipart import multipart_fields

__all__ = ["answer"]

MAX_EVENT = 64 * 1024
# Whoever reads an event has less room on the stack than who takes it in.
MAX_DEPTH = 100
MAX_IDEMPOTENCY_KEY = 255
MAX_APP_KEY = 64
MAX_ADDRESS = 64
_NUL = "\\u0000"
_WRITES = ("PUT", "POST")
_PATHS = "/sessions/, /sessions/ID, /sessions/ID/event/TYPE and /sessions/ID/close"

Params = Mapping[str, Any]


async def answer(request: Request) -> Response:
    """Whatever is asked of a path below ``/sessions``, but reading."""
    _, *parts = request.path.strip("/").split("/", 3)
    match parts:
        case []:
            _allow(request, ("POST",), "GET, HEAD, POST, OPTIONS")
            return await _open(request)
        case [session, "close"]:
            _allow(request, _WRITES, "PUT, POST, OPTIONS")
            return await _close(request, session)
        case [session, "event"] | [session, "event", _]:
            _allow(request, _WRITES, "PUT, POST, OPTIONS")
            return await _event(request, session, parts[2] if len(parts) > 2 else "")
        case [_]:
            _allow(request, ("GET",), "GET, HEAD, OPTIONS")
    raise Problem(404, f"there is nothing at this path; there is {_PATHS}")


async def _open(request: Request) -> Response:
    client_at = to_time(_params(request).get("clientTime"), "clientTime")
    # Proxies that we trust may still have been told nonsense.
    address = request.client[:MAX_ADDRESS]
    opened = await open_session(app_key=_app_key(request), client_at=client_at, address=address)
    if opened is None:
        raise _no_project(request)
    document = {
        "clientTime": time_text(client_at),
        "serverTime": time_text(opened.started_at),
        "ip": opened.address,
        "_id": opened.id,
    }
    return reply(201, document)


async def _close(request: Request, session: str) -> Response:
    client_at = to_time(_params(request).get("clientTime"), "clientTime")
    closed = await close_session(app_key=_app_key(request), session=session, client_at=client_at)
    ended = closed.session
    if ended is None:
        raise _refusal(request, closed.result)
    document = {
        "clientTime": time_text(ended.client_started_at),
        "serverTime": time_text(ended.started_at),
        "ip": ended.address,
        "_id": session,
        "closeTime": time_text(ended.ended_at),
        "duration": max(0.0, round((ended.ended_at - ended.started_at).total_seconds(), 3)),
        "endedBy": ended.end_reason,
    }
    return reply(200, document)


async def _event(request: Request, session: str, type_: str) -> Response:
    params = _params(request)
    client_at = to_time(params.get("clientTime"), "clientTime")
    event = params.get("event")
    type_ = _type(type_, event)
    data = _data(event)
    recorded = await record_event(
        app_key=_app_key(request),
        session=session,
        type=type_,
        client_at=client_at,
        data=data,
        idempotency_key=_idempotency_key(request, params),
    )
    if recorded.result is not Result.STORED:
        raise _refusal(request, recorded.result)
    event_id, at = recorded.id, recorded.at
    if before := recorded.before:
        event_id, at = before.id.hex, before.at.timestamp()
        type_, client_at = before.type, before.client_at
        data = None if before.data is None else wire_json.dump(before.data)
    client_time = f'"{time_text(client_at)}"' if client_at else "null"
    # The event is JSON already, and an id that names a session has no character to be escaped.
    text = (
        f'{{"_id":"{event_id}","sessionId":"{session}","type":{wire_json.dump(type_)},'
        f'"event":{data or "null"},"clientTime":{client_time},"serverTime":"{seconds_text(at)}"}}'
    )
    return Response(201, text.encode(), headers=CORS)


def _type(type_: str, event: Any) -> str:
    """What an event's type is: from the path, else the event itself if that is a string."""
    field = "event type"
    if not type_:
        if event is None:
            raise BadField("event", 'is missing: send {"event": …}, or a type in the path')
        type_, field = (event, "event") if isinstance(event, str) else ("event", "event type")
    if not type_.strip():
        raise BadField(field, "must not be empty")
    if len(type_) > MAX_EVENT_TYPE:
        hint = ", unless the path names a type" if field == "event" else ""
        raise BadField(field, f"must have at most {MAX_EVENT_TYPE} characters{hint}")
    _check_text(type_, field)
    return type_


def _data(event: Any) -> str | None:
    """An event as JSON, in a form that PostgreSQL can store."""
    if event is None:
        return None
    if isinstance(event, bool):
        raise BadField("event", "must be a string, a number, an object or an array")
    try:
        text = wire_json.dump(event)
        if len(text) * 4 > MAX_EVENT and len(text.encode()) > MAX_EVENT:
            raise BadField("event", f"must have at most {MAX_EVENT} bytes, as compact JSON")
        _check_text(text, "event")
        if text.count("[") + text.count("{") > MAX_DEPTH and wire_json.is_deeper(event, MAX_DEPTH):
            raise BadField("event", f"is nested too deeply: {MAX_DEPTH} levels are the most")
        if _NUL in text and _has_nul(event):
            raise BadField("event", "must not have NUL characters")
    except RecursionError:
        raise BadField("event", "is nested too deeply") from None
    except ValueError:
        raise BadField("event", "has a number that is too large") from None
    return text


def _has_nul(value: Any) -> bool:
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, dict):
        return any(_has_nul(part) for pair in value.items() for part in pair)
    return isinstance(value, list) and any(map(_has_nul, value))


def _check_text(text: str, field: str) -> None:
    """Refuse what PostgreSQL has no text for."""
    if "\0" in text:
        raise BadField(field, "must not have NUL characters")
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise BadField(field, "has half a character in it") from None


def _idempotency_key(request: Request, params: Params) -> str | None:
    field, key = "Idempotency-Key", request.header(b"idempotency-key").decode("utf-8", "replace")
    if not key:
        field, raw = "eventId", params.get("eventId")
        if raw is None or raw == "":
            return None
        if isinstance(raw, int | float) and not isinstance(raw, bool):
            raw = str(raw)
        if not isinstance(raw, str):
            raise BadField(field, "must be a string")
        key = raw
    if len(key) > MAX_IDEMPOTENCY_KEY:
        raise BadField(field, f"must have at most {MAX_IDEMPOTENCY_KEY} characters")
    _check_text(key, field)
    return key


def _app_key(request: Request) -> str:
    """The app key of a request: of the header, else of the query; empty if there is none."""
    key = request.header(b"x-app-key").strip().decode("latin-1")
    if not key:
        if b"app_key" not in request.query:
            return ""
        key = _form(request.query).get("app_key", "").strip()
    if len(key) > MAX_APP_KEY or not key.isascii() or not key.isprintable():
        raise _no_project(request)
    return key


def _no_project(request: Request) -> Problem:
    return no_project(named=bool(request.header(b"x-app-key") or b"app_key" in request.query))


def _refusal(request: Request, result: Result) -> Problem:
    if result is Result.UNKNOWN_KEY:
        return _no_project(request)
    if result is Result.CLOSED:
        return Problem(409, "this session has been closed; open a new one")
    return Problem(404, "there is no such session")


def _allow(request: Request, methods: tuple[str, ...], allowed: str) -> None:
    if request.method not in methods:
        raise Problem(405, f"use {' or '.join(methods)}", ((b"allow", allowed.encode()),))


def _params(request: Request) -> Params:
    """The body's fields, JSON or a form; by its looks, for clients say what they like."""
    body = request.body
    if body[:1] == b"{":
        return _json(body)
    if not body:
        return {}
    media_type = request.header(b"content-type").partition(b";")[0].strip().lower()
    if media_type == b"multipart/form-data":
        return multipart_fields(request)
    start = body.lstrip(b" \t\r\n\xef\xbb\xbf")[:3]
    if not start:
        return {}
    if start[:1] in b'{["' or media_type.endswith(b"json"):
        return _json(body)
    if start.lower() == b"%7b":  # UnityWebRequest.Post(url, text) encodes any text as a form
        return _json(unquote_to_bytes(body.replace(b"+", b" ")))
    if b"=" in body:
        return _form(body)
    if len(body) > 1:  # Unity's WWW posts only what has a body: many games send one byte
        raise Problem(400, 'the body is neither JSON, such as {"clientTime": …}, nor a form')
    return {}


def _form(data: bytes) -> dict[str, str]:
    """Form fields; of equal names the first counts."""
    pairs = parse_qsl(data.decode("utf-8", "replace"), keep_blank_values=True, errors="replace")
    return dict(reversed(pairs))


def _json(body: bytes) -> dict[str, Any]:
    try:
        found = wire_json.load(body)
    except ValueError as reason:
        raise Problem(400, f"the body is not JSON: {reason}") from None
    except RecursionError:
        raise Problem(400, "the body is nested too deeply") from None
    if not isinstance(found, dict):
        raise Problem(400, 'the body must be an object such as {"clientTime": …}')
    return found
