"""What happens around every hot function, whichever way a request came in."""

import ipaddress
import logging
from collections.abc import Callable, Sequence

from django.core.exceptions import SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http.request import split_domain_port, validate_host

from telemetry.door.http import HotRoute, Problem, Request, Response
from telemetry.metrics import count_request
from telemetry.store import StoreError, WriteRejected

logger = logging.getLogger(__name__)
access_log = logging.getLogger("telemetry.access")


async def call(route: HotRoute, request: Request) -> Response:
    """The route's reply; whatever goes wrong becomes an error in that dialect's words."""
    try:
        if request.method == "OPTIONS" and route.preflight:
            response = route.preflight
        elif (
            b"content-encoding" in request.headers
            and route.takes_body
            and (encoding := _encoding(request))
        ):
            raise Problem(415, f"Content-Encoding {encoding}: send the body as it is")
        else:
            response = await route.hot(request)
    except Exception as error:  # noqa: BLE001 - it becomes a reply, or is logged
        problem = problem_of(error, request.method, request.path)
        if route.log:
            await route.log.note(request, problem)
        response = route.error(problem)
    count_request(route.path, response.status)
    return response


def problem_of(error: Exception, method: str, path: str) -> Problem:
    """What to tell the client when answering its request has ended in `error`."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, WriteRejected):
        return Problem(400, str(error))
    if isinstance(error, StoreError):
        return Problem(503, str(error), _retry_after(error.retry_after or 1))
    if isinstance(error, SuspiciousOperation):
        return Problem(400, f"this request cannot be understood: {error}")
    if isinstance(error, OperationalError | InterfaceError):
        logger.warning("%s %s: the database does not answer: %s", method, path, error)
        return Problem(503, "the database is not available, try again later", _retry_after(5))
    logger.error("%s %s could not be answered.", method, path, exc_info=error)
    return Problem(500, "internal error; it has been logged")


def _retry_after(seconds: int) -> tuple[tuple[bytes, bytes], ...]:
    return ((b"retry-after", b"%d" % seconds),)


def _encoding(request: Request) -> str:
    """How the body is encoded, if that changes it."""
    name = request.headers[b"content-encoding"].decode("latin-1").strip()
    return "" if name.lower() == "identity" else name


async def turn_away(route: HotRoute, request: Request, problem: Problem) -> Response:
    """As `refuse`, with a note of it."""
    if route.log:
        await route.log.note(request, problem)
    return refuse(route, problem)


def refuse(route: HotRoute, problem: Problem) -> Response:
    """The reply to a request that does not get as far as the route's function."""
    count_request(route.path, problem.status)
    return route.error(problem)


def host_checker(allowed: Sequence[str]) -> Callable[[bytes], bool]:
    """Whether a ``Host`` header is one of ours, by the rules of ``ALLOWED_HOSTS``.

    None at all is: HTTP/1.0 has no such header, and some old clients speak that.

    Answers are remembered: real hosts are few. The memory is small, so that a flood of made-up
    hosts cannot fill it.
    """
    if "*" in allowed:
        return lambda _: True
    known: dict[bytes, bool] = {}

    def is_allowed(host: bytes) -> bool:
        answer = known.get(host)
        if answer is None:
            domain, _ = split_domain_port(host.decode("latin-1").lower())
            answer = not host or (bool(domain) and validate_host(domain, allowed))
            if len(known) < 100:
                known[host] = answer
        return answer

    return is_allowed


Networks = Sequence[ipaddress.IPv4Network | ipaddress.IPv6Network]


def client_address(peer: str, forwarded_for: bytes, trusted: Networks) -> str:
    """Who sent a request: the nearest address in ``X-Forwarded-For`` that is no trusted proxy.

    The header is believed only as far as trusted proxies wrote it: a client can put anything at
    its start.
    """
    if not trusted or not forwarded_for or not _is_trusted(peer, trusted):
        return peer
    address = peer
    hops = map(str.strip, forwarded_for.decode("latin-1").split(","))
    for hop in reversed([*filter(None, hops)]):
        address = _without_port(hop)
        if not _is_trusted(address, trusted):
            break
    return address


def _without_port(hop: str) -> str:
    """The address of ``203.0.113.9:54321`` or ``[2001:db8::1]:54321``, as some proxies write it."""
    if hop.startswith("["):
        return hop[1:].partition("]")[0]
    return hop.partition(":")[0] if hop.count(":") == 1 else hop


def _is_trusted(address: str, trusted: Networks) -> bool:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return not address  # a Unix socket: whoever may connect there is a proxy of ours
    if isinstance(parsed, ipaddress.IPv6Address):  # on a socket for both, IPv4 looks like IPv6
        parsed = parsed.ipv4_mapped or parsed
    return any(parsed in network for network in trusted)
