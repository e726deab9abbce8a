"""Sending parts of a log to a server of ours, for as long as it takes."""

import gzip
import http.client
import json
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from threading import Event
from typing import IO, Any, NoReturn

__all__ = ["Credentials", "Enough", "Refused", "Sender", "Stopped", "Taken", "TooLarge"]

# A part is up to 5,000 lines, which a busy server may need a while for.
_TIMEOUT = 120
_WAITS = (1, 2, 4, 8, 15, 30, 60)
_MAX_WAIT = 300
_AWAY = {408, 425, 429, 500, 502, 503, 504}
_MAX_REPLY = 1 << 20


class Refused(Exception):
    """The server will never take this; one line that says what to do."""


class TooLarge(Exception):
    """The part is larger than the server takes at once."""


class Stopped(Exception):
    """Someone asked to end while the server was away."""


class Enough(Exception):
    """The server was away for longer than there is patience for."""


class _Away(Exception):
    """Try again; `wait`: after so many seconds, if the server says so."""

    def __init__(self, why: str, wait: float | None = None) -> None:
        super().__init__(why)
        self.wait = wait


@dataclass(frozen=True, slots=True)
class Taken:
    """How many lines the server took, and how many of them were new, and had no time."""

    lines: int
    new: int
    unknown: int


@dataclass(slots=True)
class Credentials:
    """An access token; or an agent's id and secret, which are good for new ones."""

    token: str = ""
    client_id: str = ""
    client_secret: str = ""

    @property
    def can_renew(self) -> bool:
        return bool(self.client_id and self.client_secret)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A POST that is redirected would come as a GET."""

    def redirect_request(self, *_: Any) -> None:
        return None


class Sender:
    """Posts to `url`. What happens meanwhile is told by `say`; `renewed` gets each new token."""

    def __init__(
        self,
        *,
        url: str,
        server: str,
        zone: str,
        credentials: Credentials,
        stop: Event,
        say: Callable[[str], None],
        renewed: Callable[[str], None],
        patience: float | None = None,
    ) -> None:
        self._url = url.rstrip("/")
        self._query = {"zone": zone} | ({"server_key": server} if server else {})
        self._credentials = credentials
        self._stop = stop
        self._say = say
        self._renewed = renewed
        self._patience = patience
        self._opener = urllib.request.build_opener(_NoRedirect)

    def send(self, lines: Sequence[bytes], day: date | None) -> Taken:
        """Store these lines, the first of which was written on this `day`.

        Comes back when they are committed. Raises Refused, TooLarge, Stopped, Enough.
        """
        query = self._query | ({"date": day.isoformat()} if day else {})
        path = f"/api/v1/agents/loglines?{urllib.parse.urlencode(query)}"
        body = gzip.compress(b"\n".join(lines) + b"\n", compresslevel=4, mtime=0)
        taken: Taken = self._until_there(lambda: self._posted(path, body))
        return taken

    def _until_there(self, attempt: Callable[[], Any]) -> Any:
        """What `attempt` returns once the server is there."""
        since, tries = 0.0, 0
        while True:
            try:
                result = attempt()
            except _Away as problem:
                now = time.monotonic()
                since = since or now
                if tries == 0:
                    self._say(f"{self._url} {problem}; trying again until it does.")
                if self._patience is not None and now - since >= self._patience:
                    raise Enough(f"{self._url} {problem}.") from None
                wait = min(problem.wait or _WAITS[min(tries, len(_WAITS) - 1)], _MAX_WAIT)
                tries += 1
                if self._stop.wait(wait):
                    raise Stopped from None
                continue
            if tries:
                self._say(f"{self._url} is back after {time.monotonic() - since:.0f} s.")
            return result

    def _posted(self, path: str, body: bytes) -> Taken:
        if not self._credentials.token:
            self._renew()
        status, reply = self._post_log(path, body)
        if status == 401 and self._credentials.can_renew:
            self._renew()
            status, reply = self._post_log(path, body)
        if status == 413:
            raise TooLarge
        if status != 200:
            self._refused(status, reply)
        try:
            told = json.loads(reply)
            return Taken(int(told["lines"]), int(told["new"]), int(told["unknown"]))
        except (ValueError, TypeError, KeyError):
            raise Refused(f"{self._url} is no telemetry server: check --url.") from None

    def _post_log(self, path: str, body: bytes) -> tuple[int, bytes]:
        headers = {"Content-Type": "application/gzip"}
        return self._post(
            path, body, headers | {"Authorization": f"Bearer {self._credentials.token}"}
        )

    def _refused(self, status: int, reply: bytes) -> NoReturn:
        told = _error_of(reply)
        if status == 401:
            todo = (
                "check --client-id and --client-secret"
                if self._credentials.can_renew
                else "make one there by `manage.py create_token SLUG NAME --scope agent`, and put "
                "it in TELEMETRY_TOKEN"
            )
            raise Refused(f"{self._url} does not know this token (401 {told}): {todo}.")
        if status == 404:
            raise Refused(
                f"{self._url} has no such server (404 {told}): check --server, and that the token "
                "is of the same project."
            )
        if 300 <= status < 400:
            raise Refused(f"{self._url} is now at {told}: give that by --url.")
        raise Refused(f"{self._url} refuses the log ({status} {told}).")

    def _renew(self) -> None:
        """Exchange the agent's secret for a token."""
        mine = self._credentials
        fields = {
            "grant_type": "authorization_code",
            "client_id": mine.client_id,
            "client_secret": mine.client_secret,
            "code": mine.client_secret,
            "redirect_uri": "/",
            "scope": "agent",
        }
        body = urllib.parse.urlencode(fields).encode()
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        status, reply = self._post("/oauth/v1/token", body, kind)
        if status == 200:
            try:
                mine.token = str(json.loads(reply)["access_token"])
            except (ValueError, TypeError, KeyError):
                raise Refused(f"{self._url} is no telemetry server: check --url.") from None
            self._renewed(mine.token)
            return
        if status in {400, 401, 403}:
            raise Refused(
                f"{self._url} does not know this agent ({_error_of(reply)}): check --client-id and "
                "--client-secret; the server's page makes a new secret."
            )
        self._refused(status, reply)

    def _post(self, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        """Status and body of the reply; of a redirection, where to. Raises _Away."""
        request = urllib.request.Request(  # noqa: S310 - the command takes http and https only
            self._url + path, body, {"User-Agent": "tail_minecraft", **headers}
        )
        try:
            try:
                with self._opener.open(request, timeout=_TIMEOUT) as response:
                    return response.status, _read(response)
            except urllib.error.HTTPError as error:
                with error:
                    if error.code in _AWAY:
                        raise _Away(
                            f"is not ready ({error.code} {_error_of(_read(error))})",
                            _seconds(error.headers.get("Retry-After")),
                        ) from None
                    if 300 <= error.code < 400:
                        return error.code, error.headers.get("Location", "another place").encode()
                    return error.code, _read(error)
        except urllib.error.URLError as error:
            raise _Away(f"does not answer ({_words(error.reason)})") from None
        except (OSError, http.client.HTTPException) as error:
            raise _Away(f"does not answer ({_words(error)})") from None


def _read(response: IO[bytes]) -> bytes:
    return response.read(_MAX_REPLY)


def _words(reason: object) -> str:
    """An error of the network, in a few words."""
    text = (getattr(reason, "strerror", None) or str(reason)) or type(reason).__name__
    return " ".join(str(text).split())[:200]


def _error_of(reply: bytes) -> str:
    """What a reply says is wrong, in one line."""
    try:
        told = json.loads(reply)
        told = told.get("errors", told.get("error", told)) if isinstance(told, dict) else told
    except ValueError:
        told = reply.decode(errors="replace")
        told = "" if "<" in told else told
    text = told if isinstance(told, str) else json.dumps(told, ensure_ascii=False)
    return " ".join(text.split())[:200]


def _seconds(text: str | None) -> float | None:
    """Of a Retry-After that tells seconds."""
    return float(text) if text and text.isascii() and text.isdigit() and len(text) < 5 else None
