"""How TStats writes times and errors."""

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from telemetry import wire_json
from telemetry.door.http import Problem, Response

__all__ = [
    "CORS",
    "PREFLIGHT",
    "BadField",
    "error",
    "no_project",
    "reply",
    "seconds_text",
    "time_text",
    "to_time",
]

CORS = ((b"access-control-allow-origin", b"*"),)
# Games in a browser may be at any origin: a session's id is all the authority that is needed.
PREFLIGHT = Response(
    204,
    headers=(
        *CORS,
        (b"access-control-allow-methods", b"GET, POST, PUT, OPTIONS"),
        (
            b"access-control-allow-headers",
            b"content-type, x-app-key, idempotency-key, authorization",
        ),
        (b"access-control-max-age", b"86400"),
    ),
)
_CODES = {
    400: "bad_request",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    409: "session_closed",
    413: "too_large",
    415: "unsupported_encoding",
    503: "unavailable",
}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Whatever calendar a clock shows, it must be possible to add and to subtract a zone's offset.
_YEARS = range(1000, 9000)
_ISO = re.compile(r"\d{4}-?\d\d-?\d\d[T ][\d:.,]+(Z|[+ -][\d:]+)?", re.ASCII).fullmatch
_NUMBER = re.compile(r"[+-]?\d{1,18}(\.\d*)?", re.ASCII).fullmatch
# An offset's “+” that was not percent-encoded arrives as a space.
_LOST_PLUS = re.compile(r"(T.*) (\d\d:?\d\d)$", re.ASCII)


class BadField(Problem):
    """A 400 that names what is wrong."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(400, f"{field} {message}")
        self.field = field


def no_project(*, named: bool) -> Problem:
    """A 401 that says which header to send; `named`: one was sent, and is unknown."""
    if named:
        return Problem(401, "no project has this app key: look at X-App-Key")
    return Problem(401, "send a project's app key in the header X-App-Key: there is no default one")


def error(problem: Problem) -> Response:
    """The reply for what went wrong: ``{"error": {"code", "message", "field"?}}``."""
    told = {"code": _CODES.get(problem.status, "internal_error"), "message": problem.message}
    if isinstance(problem, BadField):
        told["field"] = problem.field
    headers = problem.headers
    if problem.status == 503:
        headers = (*headers, (b"access-control-expose-headers", b"retry-after"))
    return reply(problem.status, {"error": told}, headers)


def reply(
    status: int, document: dict[str, Any], headers: tuple[tuple[bytes, bytes], ...] = ()
) -> Response:
    body = wire_json.dump(document).encode()
    return Response(status, body, headers=(*CORS, *headers))


def time_text(at: datetime | None) -> str | None:
    """As the seed writes times: ``2013-06-30T20:39:25.987Z``."""
    if at is None:
        return None
    second = _second_text(round(at.timestamp() - at.microsecond / 1e6))
    return f"{second}.{at.microsecond // 1000:03d}Z"


def seconds_text(at: float) -> str:
    """The same of seconds since 1970, to the microsecond."""
    milliseconds = round(at * 1e6) // 1000
    return f"{_second_text(milliseconds // 1000)}.{milliseconds % 1000:03d}Z"


@lru_cache(maxsize=1000)
def _second_text(seconds: int) -> str:
    """Most times that are told are of the same few seconds."""
    return (_EPOCH + timedelta(seconds=seconds)).isoformat()[:-6]


def to_time(raw: Any, field: str) -> datetime | None:
    """A time as clients write it: ISO 8601 (without an offset: UTC) or milliseconds since 1970."""
    if raw is None or raw == "":
        return None
    try:
        if isinstance(raw, str):
            text = raw.strip().upper()
            if _ISO(text):
                if " " in text:
                    text = _LOST_PLUS.sub(r"\1+\2", text)
                at = datetime.fromisoformat(text)
                at = at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
                return _in_range(at)
            if not _NUMBER(text):
                raise ValueError
            raw = float(text)
        if isinstance(raw, bool) or not isinstance(raw, int | float):
            raise ValueError
        return _in_range(_EPOCH + timedelta(milliseconds=raw))
    except (ValueError, OverflowError):
        raise BadField(
            field,
            "must be a time such as 2013-06-30T20:39:25.987Z, or milliseconds since 1970",
        ) from None


def _in_range(at: datetime) -> datetime:
    if at.year not in _YEARS:
        raise ValueError
    return at
