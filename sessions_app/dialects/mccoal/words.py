"""How mc-coal writes and reads parameters, times, cursors and errors."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import BadRequest, RequestDataTooBig, SuspiciousOperation
from django.http import HttpRequest, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.utils.crypto import constant_time_compare, salted_hmac

from telemetry.door.http import Problem, Response

__all__ = [
    "BadParameters",
    "ListQuery",
    "Parameters",
    "allow",
    "cursor_of",
    "error",
    "list_query",
    "needed",
    "not_found",
    "parameters",
    "position_of",
    "query_of",
    "reading_form",
    "reply",
    "time_text",
]

NEEDED = "This field is required."
NO_INTEGER = "Not a valid integer value"
SIZE_RANGE = "Number must be between 1 and 50."
NO_TIME = "Not a valid datetime value"
MAX_SIZE, USUAL_SIZE = 50, 10

Errors = Mapping[str, Sequence[str] | str]


class BadParameters(Problem):
    """A 400 with what is wrong by parameter: messages, or one that stands for itself."""

    def __init__(self, errors: Errors) -> None:
        super().__init__(400, "bad parameters")
        self.errors = errors

    @property
    def reason(self) -> str:
        said = {
            name: problem if isinstance(problem, str) else ", ".join(problem)
            for name, problem in self.errors.items()
        }
        return "; ".join(f"{name}: {problem}" for name, problem in said.items())


def error(problem: Problem) -> Response:
    """The reply for what went wrong: ``{"errors": …}``."""
    errors = problem.errors if isinstance(problem, BadParameters) else problem.message
    return reply({"errors": errors}, problem.status, problem.headers)


def reply(
    document: Mapping[str, Any],
    status: int = 200,
    headers: tuple[tuple[bytes, bytes], ...] = (),
) -> Response:
    """As Python's ``json`` writes by itself, which is how the original did."""
    return Response(status, json.dumps(document).encode(), headers=headers)


def allow(request: HttpRequest, *methods: str) -> None:
    """Problem 405 for another method."""
    if request.method not in methods:
        allowed = ", ".join(methods).encode()
        raise Problem(405, f"Use {' or '.join(methods)}.", ((b"allow", allowed),))


def not_found(what: str) -> Problem:
    return Problem(404, f"There is no such {what}.")


def time_text(at: datetime | None, zone: ZoneInfo) -> str | None:
    """``2013-04-13 23:06:01 CDT-0500``: a zone's abbreviation and then its offset."""
    return at.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S %Z%z") if at else None


# Parameters


class Parameters:
    """What a request says, in its query and its body: lists of values by name."""

    def __init__(self, values: Mapping[str, Sequence[Any]]) -> None:
        self._values = values

    def all(self, name: str) -> Sequence[Any]:
        return self._values.get(name, ())

    def get(self, name: str) -> Any:
        """The first value; None if there is none, or it is null."""
        values = self.all(name)
        return values[0] if values else None

    def text(self, name: str) -> str:
        """The first value as text that can be stored, without spaces around; empty if none."""
        value = self.get(name)
        text = "" if value is None else str(value).strip()
        # JSON can spell halves of characters, and PostgreSQL has no NUL.
        return text.encode("utf-8", "replace").decode().replace("\0", "\ufffd")


def parameters(request: HttpRequest) -> Parameters:
    """Query and form, the query first; or the body's object alone, if that is JSON."""
    is_json = request.content_type == "application/json"
    if request.method in {"GET", "HEAD"} or not is_json:
        with reading_form(request):
            query = {name: request.GET.getlist(name) for name in request.GET}
            for name in request.POST:
                query.setdefault(name, []).extend(request.POST.getlist(name))
        return Parameters(query)
    try:
        found = json.loads(request.body or b"{}")
    except ValueError as reason:
        raise Problem(400, f"Unhandled form parsing exception: {reason}") from None
    except RecursionError:
        raise Problem(400, "Unhandled form parsing exception: nested too deeply") from None
    if not isinstance(found, dict):
        raise Problem(400, "Unhandled form parsing exception: the body must be an object")
    return Parameters(
        {name: value if isinstance(value, list) else [value] for name, value in found.items()}
    )


def query_of(request: HttpRequest) -> Parameters:
    """Those of the query alone."""
    with reading_form(request):
        return Parameters({name: request.GET.getlist(name) for name in request.GET})


@contextmanager
def reading_form(request: HttpRequest) -> Iterator[None]:
    """Problem 400 for a form that Django cannot read, or has too many fields."""
    try:
        # Whatever it says of itself: agents would send what is refused for its encoding for ever.
        if (request.encoding or "utf-8").lower() != "utf-8":
            request.encoding = "utf-8"
        yield
    except RequestDataTooBig:
        raise
    except (
        BadRequest,
        MultiPartParserError,
        SuspiciousOperation,
        UnreadablePostError,
    ) as reason:
        raise Problem(400, f"Unhandled form parsing exception: {reason}") from None


def needed(given: Parameters, *names: str) -> None:
    """Problem 400 that names all of these that are absent or blank."""
    missing = {name: [NEEDED] for name in names if not given.text(name)}
    if missing:
        raise BadParameters(missing)


@dataclass(frozen=True, slots=True)
class ListQuery:
    """What part of a list is wanted; `cursor` is looked at later, by `position_of`."""

    size: int
    cursor: str
    since: datetime | None = None
    before: datetime | None = None


def list_query(given: Parameters, *, times: bool = True) -> ListQuery:
    """The parameters that all lists take. Problem 400 with all that is wrong."""
    errors: dict[str, Sequence[str]] = {}
    size = _size(given, errors)
    since, before = (_time(given, name, errors) if times else None for name in ("since", "before"))
    if errors:
        raise BadParameters(errors)
    return ListQuery(size, given.text("cursor"), since, before)


def _size(given: Parameters, errors: dict[str, Sequence[str]]) -> int:
    if not given.all("size"):
        return USUAL_SIZE
    text = str(given.get("size"))
    try:
        if "_" in text:
            raise ValueError  # Python 2 did not take it
        size = int(text)
    except ValueError:
        errors["size"] = [NO_INTEGER, SIZE_RANGE]
        return USUAL_SIZE
    if not 1 <= size <= MAX_SIZE:
        errors["size"] = [SIZE_RANGE]
    return size


def _time(given: Parameters, name: str, errors: dict[str, Sequence[str]]) -> datetime | None:
    # A time that was split at its space into two parameters was put together again.
    text = " ".join(str(value) for value in given.all(name)).strip()
    if not text:
        return None
    try:
        return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        errors[name] = [NO_TIME]
        return None


# Cursors

_SIGNATURE = 11


def cursor_of(place: str, position: bytes) -> str:
    """A cursor that is good for one list (`place`) only: where the page that follows begins."""
    return urlsafe_b64encode(position + _sign(place, position)).decode().rstrip("=")


def position_of(place: str, cursor: str) -> bytes | None:
    """The position that `cursor_of` was given; None without a cursor. Problem 400 if it is none."""
    if not cursor:
        return None
    try:
        raw = urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
    except (Base64Error, UnicodeEncodeError):
        raw = b""
    position, signature = raw[:-_SIGNATURE], raw[-_SIGNATURE:]
    if not position or not constant_time_compare(signature, _sign(place, position)):
        details = "It was not given out for this list"
        raise BadParameters({"cursor": f"Invalid cursor {cursor}. Details: {details}"})
    if cursor_of(place, position) != cursor.rstrip("="):
        raise BadParameters({"cursor": f"Invalid cursor {cursor}. Details: It has been altered"})
    return position


def _sign(place: str, position: bytes) -> bytes:
    signed = place.encode() + b" " + position
    made = salted_hmac("sessions_app.mccoal.cursor", signed, algorithm="sha256")
    return made.digest()[:_SIGNATURE]
