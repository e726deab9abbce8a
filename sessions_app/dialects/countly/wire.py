"""What Countly's SDKs write: ``/i``, and ``/i/bulk`` with many at once. On the hot path.

SDKs of today take a request off their queue when it was answered by 2xx with a ``result``, and
send anything else again for ever, before all that follows. So whatever can never be counted is
answered by ``Success`` and an ``info``, and is in the project's log of rejected input.
"""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from sessions_app.dialects.countly.params import BadJSON, Params, load_json, read_params, signed
from sessions_app.dialects.countly.parsing import CHECKSUMS, is_usable_device, read_request
from sessions_app.dialects.countly.words import (
    SUCCESS,
    error,
    is_callback,
    reply,
    result,
    success,
)
from sessions_app.services.usage import AppRequest, Outcome, Result, record_requests
from sessions_app.usage.names import text_of
from telemetry import clock, wire_json
from telemetry.door.call import problem_of
from telemetry.door.http import Request, Response
from telemetry.rejected import APP_KEY, Dialect, Key, Rejection, note_rejected
from telemetry.rejected.log import find_key

__all__ = ["bulk", "write"]

_MISSING = 'Missing parameter "app_key" or "device_id"'
_NO_APP = "App does not exist"
_NO_REQUESTS, _BAD_REQUESTS = 'Missing parameter "requests"', 'Invalid parameter "requests"'
_ALLOW = ((b"allow", b"GET, POST, OPTIONS"),)
_IGNORED = "Ignoring device_id"
_SKIPPED = Outcome(Result.STORED)
# Requests of a bulk that are stored together.
_AT_ONCE = 1000
_INFO = {
    Result.REPEATED: "Request ignored: Duplicate request",
    Result.NO_CHECKSUM: "Request does not have checksum",
    Result.WRONG_CHECKSUM: "Request does not match checksum",
}
# So much of what is wrong is told; all of it is in the log of rejected input.
_MOST_INFO = 500


async def write(request: Request) -> Response:
    """``/i``: one request of a device."""
    return await _answer(request, _write)


async def bulk(request: Request) -> Response:
    """``/i/bulk``: ``requests`` is an array of such requests; each counts by itself, in order."""
    return await _answer(request, _bulk)


async def _answer(
    request: Request, handle: Callable[[Request, Params, list[str], str], Awaitable[Response]]
) -> Response:
    if request.method not in {"GET", "POST"}:
        return reply(405, {"result": "Method not allowed"}, headers=_ALLOW)
    params, problem = read_params(request)
    callback = text_of(params.get("callback"))
    if callback and not is_callback(callback):
        return result(400, 'Invalid parameter "callback"')
    problems = [problem] if problem else []
    try:
        return await handle(request, params, problems, callback)
    except Exception as reason:  # noqa: BLE001 - it becomes a reply, or is logged
        return error(problem_of(reason, request.method, request.path), callback)


async def _write(request: Request, params: Params, problems: list[str], callback: str) -> Response:
    app_key, device_id = text_of(params.get("app_key")), text_of(params.get("device_id"))
    if not app_key and params.get("app_key") not in (None, ""):
        return result(400, _NO_APP, callback)  # an object, say
    if not app_key or not device_id:
        reason = "; ".join((_MISSING, *problems))
        await _note(request, 400, reason, key=app_key or find_key(request, "app_key"))
        return result(400, _MISSING, callback)
    if not is_usable_device(device_id):
        await _note(request, 200, _IGNORED, key=app_key)
        return success(_IGNORED, callback)
    app_request = read_request(
        params,
        app_key=app_key,
        device_id=device_id,
        received=_now(),
        address=request.client,
        signed=signed(request),
        problems=problems,
    )
    (outcome,) = await record_requests((app_request,))
    if outcome.result is Result.UNKNOWN_APP:
        return result(400, _NO_APP, callback)
    if outcome.result is Result.REPEATED:
        return success(_INFO[Result.REPEATED], callback)
    if wrong := [*problems, *_wrong_with(outcome)]:
        info = "; ".join(wrong)[:_MOST_INFO]
        await _note(request, 200, info, project=outcome.project_id, key=app_key)
        return success(info, callback)
    return result(200, "Success", callback) if callback else SUCCESS


async def _bulk(request: Request, params: Params, problems: list[str], callback: str) -> Response:
    raw = params.get("requests")
    app_key = text_of(params.get("app_key"))
    if raw is None or raw == "":
        key = app_key or find_key(request, "app_key")
        await _note(request, 400, "; ".join((_NO_REQUESTS, *problems)), key=key)
        return result(400, _NO_REQUESTS, callback)
    reason = "this is no array"
    if isinstance(raw, str):
        try:
            raw = load_json(raw.encode("utf-8", "replace"))
        except BadJSON as problem:
            raw, reason = None, f"this is not JSON: {problem}"
    if not isinstance(raw, list):
        await _note(request, 400, f"{_BAD_REQUESTS}: {reason}", key=app_key)
        return result(400, _BAD_REQUESTS, callback)
    told: list[str] = []
    received, text = _now(), signed(request)
    # A part at a time: each is committed before its time is over, and others get their turn.
    for first in range(0, len(raw), _AT_ONCE):
        part = raw[first : first + _AT_ONCE]
        items = [_item(item, params, received, text) for item in part]
        requests = [found for found, _ in items if found]
        outcomes = iter(await record_requests(requests, len(raw)) if requests else ())
        for place, ((found, wrong), item) in enumerate(zip(items, part, strict=True), first):
            outcome = next(outcomes) if found else _SKIPPED
            wrong.extend(_wrong_with(outcome))
            if not wrong:
                continue
            told.append(f"requests[{place}]: {'; '.join(wrong)}")
            if outcome.result is not Result.REPEATED:
                project = outcome.project_id
                key = text_of(_of(item, "app_key")) or app_key
                await _note(request, 200, told[-1], item=item, project=project, key=key)
    info = "; ".join((*problems, *told))[:_MOST_INFO]
    if problems:
        await _note(request, 200, "; ".join(problems), key=app_key)
    if info:
        return success(info, callback)
    return result(200, "Success", callback) if callback else SUCCESS


def _item(
    item: Any, params: Params, received: float, signed: bytes
) -> tuple[AppRequest | None, list[str]]:
    """One of a bulk, and what is wrong with it.

    Without an address of its own nobody knows where its device is: the sender's tells nothing. But
    the whole bulk may be signed for all of its items.
    """
    if not isinstance(item, dict):
        return None, ["this is no object"]
    app_key = text_of(item.get("app_key")) or text_of(params.get("app_key"))
    device_id = text_of(item.get("device_id"))
    if not app_key or not device_id:
        return None, [_MISSING]
    if not is_usable_device(device_id):
        return None, [_IGNORED]
    problems: list[str] = []
    signatures = {name: params[name] for name in CHECKSUMS if name in params}
    request = read_request(
        {**signatures, **item} if signatures else item,
        app_key=app_key,
        device_id=device_id,
        received=received,
        address="",
        signed=signed,
        problems=problems,
    )
    return request, problems


def _of(item: Any, name: str) -> Any:
    return item.get(name) if isinstance(item, dict) else None


def _wrong_with(outcome: Outcome) -> list[str]:
    if outcome.result is Result.UNKNOWN_APP:
        return [_NO_APP]
    return [_INFO[outcome.result]] if outcome.result in _INFO else list(outcome.problems)


async def _note(
    request: Request,
    status: int,
    reason: str,
    *,
    project: int | None = None,
    key: str = "",
    item: Any = None,
) -> None:
    """Into the project's log of rejected input; of a bulk the `item` alone."""
    await note_rejected(
        Rejection(
            dialect=Dialect.COUNTLY,
            status=status,
            path=f"{request.method} {request.path}",
            reason=reason,
            query=request.query if item is None else b"",
            what=request.body if item is None else partial(_text, item),
            project=project,
            key=Key(APP_KEY, key) if key else None,
        )
    )


def _text(item: Any) -> str:
    try:
        return wire_json.dump(item)
    except ValueError:  # a number that is too large
        return repr(item)


def _now() -> float:
    # In whole microseconds, as it is stored.
    return int(clock.time() * 1e6) / 1e6
