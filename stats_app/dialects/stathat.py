"""StatHat's EZ and Classic APIs: ``/ez``, ``/c`` and ``/v`` as at api.stathat.com.

Contract: the seed ``stathat.txt``. Real clients encode little, send ``1e+06`` for a million, post
parameters in the query string, or name the key ``email``; what is accepted here follows what they
send. Every reply is JSON with the HTTP status repeated in ``status``, because some clients read
the one and some the other. Success is exactly ``{"status":200,"msg":"ok"}``: clients compare it.
"""

import functools
import json
import re
import time
from collections.abc import Mapping
from typing import Any, NoReturn
from urllib.parse import unquote

from stats_app.names import clean_name
from stats_app.services import record_by_key, record_by_name
from stats_app.writes import COUNTER, VALUE, Item, Outcome, Point, Result
from telemetry.door.http import HotRoute, Problem, Request, Response
from telemetry.door.multipart import multipart_fields
from telemetry.rejected import EZKEY, UKEY, Dialect, Key, Rejection, note_rejected
from telemetry.rejected.log import RejectedLog, find_key

MAX_POINTS = 10_000
MAX_NAMES = 100
REMEMBERED = 128
MAX_NUMBER = 1e300
MAX_AHEAD = 86_400
MAX_KEY = 254
# Of the items of a batch that are refused, so many are logged with what they are.
LOGGED = 5

_CORS = ((b"access-control-allow-origin", b"*"),)
# Pages of any origin may post: the key in the request is all the authority there is.
_PREFLIGHT = Response(
    204,
    headers=(
        *_CORS,
        (b"access-control-allow-methods", b"GET, POST, OPTIONS"),
        (b"access-control-allow-headers", b"content-type"),
        (b"access-control-max-age", b"86400"),
    ),
)
_OK = Response(200, b'{"status":200,"msg":"ok"}', headers=_CORS)

# The seed's own JSON example has a comma before its closing bracket, and people copied it.
# A string that never ends is matched as well: else each quote in it would be tried in vain.
_TRAILING_COMMA = re.compile(r'("(?:[^"\\]++|\\.)*+"?)|,(?=\s*[\]}])', re.DOTALL)
# An integer of any length is a float, which refuses its own item and not the batch.
_decode_json = json.JSONDecoder(parse_int=float).decode

Params = Mapping[str, Any]


async def ez(request: Request) -> Response:
    """EZ: count or value for a stat by name, or a JSON batch of them; makes stats as needed."""
    params = _params(request)
    key = params.get("ezkey") or params.get("email")
    if not key:
        raise Problem(400, "ezkey is missing")
    now = time.time()
    if "data" in params:
        return await _batch(request, _text(key, "ezkey"), params["data"], now)
    item = _ez_item(params, now)
    outcome = await record_by_name(ezkey=_text(key, "ezkey"), items=(item,))
    return _reply(outcome)


async def c(request: Request) -> Response:
    """Classic counter: ``count`` (1 if absent) for the stat of ``key`` and ``ukey``."""
    params = _params(request)
    # A client that posts `value` here was counted 1 each time, and still is.
    number = _number(params.get("count"), "count")
    return await _classic(params, COUNTER, 1.0 if number is None else number)


async def v(request: Request) -> Response:
    """Classic value: ``value`` (required) for the stat of ``key`` and ``ukey``."""
    params = _params(request)
    number = _number(params.get("value"), "value")
    if number is None:
        raise Problem(400, "value is missing")
    return await _classic(params, VALUE, number)


def error(problem: Problem) -> Response:
    """The reply for what went wrong: ``{"status":…,"msg":…}`` with the same HTTP status."""
    body = json.dumps({"status": problem.status, "msg": problem.message}, separators=(",", ":"))
    return Response(problem.status, body.encode(), headers=(*_CORS, *problem.headers))


async def _classic(params: Params, kind: int, number: float) -> Response:
    keys = []
    for name in ("key", "ukey"):
        if not params.get(name):
            raise Problem(400, f"{name} is missing")
        keys.append(_text(params[name], name))
    point = Point(keys[0], kind, _minute(params.get("t"), time.time()), number)
    return _reply(await record_by_key(ukey=keys[1], items=((point,),)))


async def _batch(request: Request, key: str, data: Any, now: float) -> Response:
    if not isinstance(data, list):
        raise Problem(400, "data must be an array of stat objects")
    items: list[Item] = []
    places: list[int] = []
    errors: list[dict[str, Any]] = []
    points = 0
    for index, entry in enumerate(data):
        try:
            item = _ez_item(entry, now)
        except Problem as problem:
            errors.append(_item_error(index, entry, problem.message))
            continue
        points += len(item)
        if points > MAX_POINTS:
            raise Problem(400, f"data has more than {MAX_POINTS} points, send fewer at a time")
        items.append(item)
        places.append(index)
    if items:
        outcome = await record_by_name(ezkey=key, items=items)
        for place, result in enumerate(outcome.results):
            if result is Result.INVALID_KEYS:
                raise _problem(outcome, place)
            if result is not Result.STORED:
                index = places[place]
                errors.append(_item_error(index, data[index], _problem(outcome, place).message))
    errors.sort(key=lambda entry: entry["index"])
    reply = _batch_reply(len(data), errors)
    if errors:
        await _note_items(request, key, data, errors, reply.status)
    return reply


async def _note_items(
    request: Request, key: str, data: list[Any], errors: list[dict[str, Any]], status: int
) -> None:
    """Log the items of a batch that were refused: the reply does not raise, and few read it."""

    def refused() -> str:
        items = [data[error["index"]] for error in errors[:LOGGED]]
        return json.dumps(items, ensure_ascii=False)

    reason = f"data[{errors[0]['index']}]: {errors[0]['msg']}"
    if len(errors) > 1:
        reason += f"; {len(errors)} of {len(data)} items were refused"
    await note_rejected(
        Rejection(
            dialect=Dialect.STATHAT,
            key=Key(EZKEY, key),
            status=status,
            path=f"{request.method} {request.path}",
            reason=reason,
            what=refused,
        )
    )


def _batch_reply(count: int, errors: list[dict[str, Any]]) -> Response:
    stored = count - len(errors)
    if not stored:
        message = f"no point was stored: {errors[0]['msg']}" if errors else "data is empty"
        reply: dict[str, Any] = {"status": 400, "msg": message}
    else:
        reply = {"status": 200, "msg": "ok", "multiple": stored}
    if errors:
        reply["errors"] = errors
    body = json.dumps(reply, separators=(",", ":")).encode()
    return Response(reply["status"], body, headers=_CORS)


def _item_error(index: int, entry: Any, message: str) -> dict[str, Any]:
    stat = entry.get("stat") if isinstance(entry, dict) else None
    return {"index": index, "stat": stat if isinstance(stat, str) else None, "msg": message}


def _reply(outcome: Outcome) -> Response:
    if outcome.results[0] is Result.STORED:
        return _OK
    raise _problem(outcome, 0)


def _problem(outcome: Outcome, place: int) -> Problem:
    result = outcome.results[place]
    if result is Result.INVALID_KEYS:
        return Problem(401, "invalid keys")
    if result is Result.NO_STAT:
        return Problem(404, "no stat")
    point = outcome.culprits[place]
    if point.kind == COUNTER:
        return Problem(400, "this stat is a value: send value, not count")
    return Problem(400, "this stat is a counter: send count, not value")


def _ez_item(entry: Any, now: float) -> Item:
    """The points of one EZ post or one object of a batch: one, or several with ``~``."""
    if not isinstance(entry, dict):
        raise Problem(400, "each element of data must be an object")
    name = entry.get("stat")
    if name is None or name == "":
        raise Problem(400, "stat is missing")
    if not isinstance(name, str):
        raise Problem(400, "stat must be a string")
    # Both: what the client calls a count is one.
    number, kind = _number(entry.get("count"), "count"), COUNTER
    if number is None:
        number, kind = _number(entry.get("value"), "value"), VALUE
    if number is None:
        raise Problem(400, "count or value is missing")
    minute = _minute(entry.get("t"), now)
    try:
        names = _expand(name) if len(name) <= REMEMBERED else _expand.__wrapped__(name)
    except ValueError as reason:
        raise Problem(400, f"stat: {reason}") from None
    return tuple([Point(name, kind, minute, number) for name in names])


@functools.lru_cache(maxsize=8192)
def _expand(name: str) -> tuple[str, ...]:
    """The stats that a name with ``~`` stands for: ``a~x,y`` is "a x" and "a y".

    Raises ``ValueError`` with a reason. Remembered, because clients send the same few names again
    and again; but not long ones, of which anybody could send enough to fill the memory.
    """
    if not name.isascii():  # a JSON escape can name half a character
        name = name.encode("utf-8", "replace").decode()
    prefix, tilde, rest = name.partition("~")
    if not tilde:
        return (clean_name(name),)
    if "~" in rest:
        raise ValueError("“~” may appear only once")
    prefix = prefix.strip()
    endings = list(dict.fromkeys(filter(None, (part.strip() for part in rest.split(",")))))
    if len(endings) > MAX_NAMES:
        raise ValueError(f"more than {MAX_NAMES} names after “~”")
    return tuple(clean_name(f"{prefix} {ending}") for ending in endings or [""])


def _number(raw: Any, name: str) -> float | None:
    """A finite number below 1e300, from text or JSON; None if absent, null or empty."""
    if raw is None or raw == "":
        return None
    try:
        if isinstance(raw, str):
            if "_" in raw or not raw.isascii():
                raise ValueError  # Python would take these, nobody else does
            raw = raw.strip()
            if not raw:
                return None
            if " " in raw:  # 1e+21 of a client that encodes nothing: Node's, Lua's, C#'s
                raw = raw.replace("e ", "e+").replace("E ", "E+")
        elif isinstance(raw, bool):
            _not_a_number(name)
        number = float(raw)
    except (ValueError, TypeError):
        _not_a_number(name)
    except OverflowError:
        number = MAX_NUMBER
    if not -MAX_NUMBER < number < MAX_NUMBER:  # so written, it is false for NaN too
        raise Problem(400, f"{name} must be a finite number below 1e300")
    return number


def _not_a_number(name: str) -> NoReturn:
    raise Problem(400, f"{name} must be a number, such as 9, 0.375 or 1.5e+06") from None


def _minute(raw: Any, now: float) -> int:
    """The minute since 1970 of ``t`` (unix seconds), or of now if it is absent.

    A client that has no time may send ``t=null`` in a form as well.
    """
    if raw is None or raw in ("", "null"):
        return int(now) // 60
    try:
        seconds = _number(raw, "t")
    except Problem:
        raise Problem(400, "t must be a time in unix seconds, such as 1362772440") from None
    if seconds is None:
        return int(now) // 60
    if seconds <= 0:
        raise Problem(400, "t must be a time in unix seconds, after 1970")
    if seconds > now + MAX_AHEAD:
        raise Problem(400, "t is more than a day in the future; it must be in unix seconds")
    return int(seconds) // 60


def _text(key: Any, name: str) -> str:
    """A key as text that can be looked up; one that nobody can have is refused as unknown."""
    if not isinstance(key, str):
        raise Problem(400, f"{name} must be a string")
    # Keys have no spaces: one was a plus sign, in a mail address that was sent as it is.
    text = key.strip().replace(" ", "+")
    if len(text) > MAX_KEY or not text.isascii() or not text.isprintable():
        raise Problem(401, "invalid keys")
    return text


def _params(request: Request) -> Params:
    """The parameters of a request, from its body and its query string; the body's win."""
    if request.method == "POST":
        params = _body_params(request)
        if request.query:
            return {**_form(request.query), **params}
        return params
    if request.method == "GET":
        return _form(request.query)
    raise Problem(405, "use GET or POST", ((b"allow", b"GET, POST, OPTIONS"),))


def _body_params(request: Request) -> dict[str, Any]:
    body = request.body
    media_type = request.header(b"content-type").partition(b";")[0].strip().lower()
    if media_type == b"application/json" or body.lstrip()[:1] == b"{":
        return _json(body) if body.strip() else {}
    if media_type == b"multipart/form-data":
        return multipart_fields(request)
    return _form(body)


def _form(data: bytes) -> dict[str, str]:
    """Form fields; of equal names the first counts. Whatever is not encoded is taken as it is."""
    params: dict[str, str] = {}
    for pair in data.decode("utf-8", "replace").split("&"):
        name, _, value = pair.partition("=")
        if name not in params:
            if "+" in value:
                value = value.replace("+", " ")
            if "%" in value:
                value = unquote(value)
            params[name] = value
    return params


def _json(body: bytes) -> dict[str, Any]:
    text = body.decode("utf-8-sig", "replace")
    try:
        try:
            data = _decode_json(text)
        except json.JSONDecodeError:
            data = _decode_json(_TRAILING_COMMA.sub(lambda match: match[1] or "", text))
    except ValueError as reason:
        raise Problem(400, f"the body is not JSON: {reason}") from None
    except RecursionError:
        raise Problem(400, "the body is nested too deeply") from None
    if not isinstance(data, dict):
        raise Problem(400, "the JSON body must be an object with ezkey and data")
    return data


def _key_of(request: Request) -> Key | None:
    """The key of a request that was refused, perhaps because it cannot be understood."""
    names, kind = (("ezkey", "email"), EZKEY) if request.path == "/ez" else (("ukey",), UKEY)
    text = find_key(request, *names).replace(" ", "+")
    return Key(kind, text) if text else None


_LOG = RejectedLog(Dialect.STATHAT, _key_of, gets_write=True)
HOT_ROUTES = [
    HotRoute("/ez", ez, error, _PREFLIGHT, log=_LOG),
    HotRoute("/c", c, error, _PREFLIGHT, log=_LOG),
    HotRoute("/v", v, error, _PREFLIGHT, log=_LOG),
]
