"""What agents send: lines of logs, one by one or a whole file, and how their servers are.

The original agent posts a line that was not answered by 2xx again for ever: so whatever can be
stored is, understood or not.
"""

import gzip
import json
import zlib
from codecs import BOM_UTF8
from collections.abc import Iterator, Sequence
from datetime import date
from io import BytesIO
from typing import Any

from django.http import HttpRequest, StreamingHttpResponse

from sessions_app.dialects.mccoal.access import agent_server, agent_token
from sessions_app.dialects.mccoal.log import LOG, note_zone
from sessions_app.dialects.mccoal.words import (
    NO_INTEGER,
    BadParameters,
    Parameters,
    allow,
    error,
    needed,
    not_found,
    parameters,
    query_of,
    reading_form,
    reply,
)
from sessions_app.encodings import decoded
from sessions_app.minecraft import last_line
from sessions_app.services.loglines import Taken, is_zone, take_line, take_lines
from sessions_app.services.servers import Ping, report_ping
from telemetry.door.http import Problem, Response
from telemetry.door.urls import wire_view
from telemetry.store import StoreError

__all__ = ["lastline", "logline", "loglines", "ping"]

MAX_NAME = 500
# Of a log file, when it is not compressed any more.
MAX_LOG = 32 * 1024 * 1024
MAX_LINES = 300_000
_GZIP = b"\x1f\x8b"
_INT64 = 1 << 63


@wire_view(error, "/api/v1/agents/logline", LOG)
def logline(request: HttpRequest) -> Response:
    """One line: 201 if it is new, 200 if it is there already; ``{}`` both."""
    allow(request, "POST")
    token = agent_token(request)
    given = parameters(request)
    needed(given, "line", "zone")
    day = _day(given)
    server, line, zone = agent_server(token, given), str(given.get("line")), given.text("zone")
    is_new = take_line(server=server, text=line, zone=zone, day=day)
    if is_new is None:
        raise not_found("server")
    status = 201 if is_new else 200
    if not is_zone(zone):
        note_zone(project_id=server.project_id, zone=zone, line=line, status=status)
    return reply({}, status)


def _day(given: Parameters) -> date | None:
    """For lines that tell only the time of day."""
    text = given.text("date")
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise BadParameters({"date": ["Not a valid date value, such as 2013-04-13"]}) from None


@wire_view(error, "/api/v1/agents/lastline", LOG)
def lastline(request: HttpRequest) -> Response:
    """Where an agent that reads a log again has to go on."""
    allow(request, "GET", "HEAD")
    server = agent_server(agent_token(request), query_of(request))
    return reply({"lastline": last_line(server)})


@wire_view(error, "/api/v1/agents/ping", LOG)
def ping(request: HttpRequest) -> Response:
    """How the server is. Commands for it are never waiting: nobody can say anything here."""
    allow(request, "POST")
    token = agent_token(request)
    given = parameters(request)
    needed(given, "server_name")
    if len(given.text("server_name")) > MAX_NAME:
        too_long = f"Field cannot be longer than {MAX_NAME} characters."
        raise BadParameters({"server_name": [too_long]})
    numbers = ("server_day", "server_time", "num_overloads", "ms_behind", "skipped_ticks")
    flags = ("is_server_running", "is_raining", "is_thundering")
    address = given.text("address")[:255] if given.all("address") else None
    said: dict[str, Any] = {name: _flag(given.get(name)) for name in flags}
    said |= _integers(given, numbers)
    report_ping(server=agent_server(token, given), ping=Ping(**said, address=address))
    return reply({"commands": []})


def _integers(given: Parameters, names: Sequence[str]) -> dict[str, int | None]:
    errors: dict[str, Sequence[str]] = {}
    numbers: dict[str, int | None] = {}
    for name in names:
        text = given.text(name)
        try:
            if "_" in text:
                raise ValueError  # Python 2 did not take it
            numbers[name] = int(text) if text else None
            if not -_INT64 <= (numbers[name] or 0) < _INT64:
                raise ValueError
        except ValueError:
            errors[name] = [NO_INTEGER]
    if errors:
        raise BadParameters(errors)
    return numbers


def _flag(value: Any) -> bool | None:
    """As the original: whatever begins like “no”, “false” or 0 is false."""
    if value is None or isinstance(value, bool):
        return value
    text = str(value).strip().lower()
    return text[0] not in "nf0" if text else None


# A whole log file


@wire_view(error, "/api/v1/agents/loglines", LOG)
def loglines(request: HttpRequest) -> Response | StreamingHttpResponse:
    """The lines of a log file, or of a part of one, as they are or by gzip.

    `zone` is that of its times (the project's, if not given), `date` the day of its first line, for
    logs that tell only the time of day. Answers how many lines came, and how many were new; with
    ``progress=1`` again and again, a line of JSON each.
    """
    allow(request, "POST")
    token = agent_token(request)
    given = query_of(request)
    day = _day(given)
    server = agent_server(token, given)
    zone = given.text("zone") or server.project.timezone
    if not is_zone(zone):
        raise BadParameters({"zone": [f"There is no zone {zone}: use one such as Europe/Berlin."]})
    lines = _lines(_log(request))
    taking = take_lines(server=server, lines=lines, zone=zone, day=day)
    if given.text("progress") in {"", "0"}:
        done = Taken()
        for done in taking:  # noqa: B007 - the last one counts
            pass
        if done.lines < len(lines):
            raise not_found("server")
        return reply(_told(done))
    return StreamingHttpResponse(_progress(taking, len(lines)), content_type="application/x-ndjson")


def _progress(taking: Iterator[Taken], total: int) -> Iterator[bytes]:
    done = Taken()
    problem = ""
    try:
        for done in taking:
            yield json.dumps({**_told(done), "total": total}).encode() + b"\n"
        if done.lines < total:
            problem = not_found("server").message
    except StoreError as reason:
        problem = str(reason)
    if problem:  # the status has been sent; what was told before is stored
        yield json.dumps({**_told(done), "total": total, "errors": problem}).encode() + b"\n"


def _told(done: Taken) -> dict[str, Any]:
    return {
        "lines": done.lines,
        "new": done.new,
        "duplicates": done.duplicates,
        "unknown": done.unknown,
    }


def _log(request: HttpRequest) -> bytes:
    """The log that a request carries: its body, or the file of a form."""
    if request.content_type == "multipart/form-data":
        with reading_form(request):
            files: list[Any] = list(request.FILES.values())
        if len(files) != 1:
            raise BadParameters({"file": ["Send one file."]})
        body: bytes = files[0].read()
    else:
        body = request.body
    if not body.startswith(_GZIP):
        return body
    try:
        # May have several parts, as a file to which others were appended.
        log = gzip.GzipFile(fileobj=BytesIO(body)).read(MAX_LOG + 1)
    except EOFError:
        raise Problem(400, "The gzip ends too early.") from None
    except (OSError, zlib.error) as reason:
        raise Problem(400, f"This is no gzip: {reason}.") from None
    if len(log) > MAX_LOG:
        raise Problem(413, f"The log is larger than {MAX_LOG} bytes: send it in parts.")
    return log


def _lines(log: bytes) -> list[str]:
    lines = [line for line in log.removeprefix(BOM_UTF8).split(b"\n") if line.strip()]
    if len(lines) > MAX_LINES:
        raise Problem(413, f"The log has more than {MAX_LINES} lines: send it in parts.")
    texts = (decoded(line.rstrip(b"\r")) for line in lines)
    return [text for text in texts if text.strip()]
