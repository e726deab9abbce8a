"""How what a dialect refuses gets into the log: the door notes it, for routes that have a log."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import unquote

from telemetry.door.http import Problem, Request
from telemetry.rejected.keys import Key
from telemetry.rejected.service import (
    Dialect,
    Rejection,
    note_rejected,
    note_rejected_and_wait,
)

__all__ = ["RejectedLog", "bearer_token", "find_key"]

# As far as a key is looked for.
_FAR = 100_000


@dataclass(frozen=True, slots=True)
class RejectedLog:
    """The log of a dialect. `key_of` says which key a request carried, however broken it is.

    Not everything is noted: a browser that tries methods is no mistake, nor is asking for what
    there is not, unless it is for being written to (`gets_write`: so are GETs).
    """

    dialect: Dialect
    key_of: Callable[[Request], Key | None]
    gets_write: bool = False

    async def note(self, request: Request, problem: Problem) -> None:
        rejection = self._rejection(request, problem)
        if rejection:
            await note_rejected(rejection)

    def note_and_wait(self, request: Request, problem: Problem) -> None:
        rejection = self._rejection(request, problem)
        if rejection:
            note_rejected_and_wait(rejection)

    def _rejection(self, request: Request, problem: Problem) -> Rejection | None:
        reads = request.method in {"GET", "HEAD"} and not self.gets_write
        if not 400 <= problem.status < 500 or problem.status == 405 or request.method == "OPTIONS":
            return None
        if problem.status == 404 and reads:
            return None
        key = self.key_of(request)
        if key is None:
            return None
        return Rejection(
            dialect=self.dialect,
            status=problem.status,
            path=f"{request.method} {request.path}",
            reason=problem.reason,
            query=request.query,
            what=request.body,
            key=key,
        )


def bearer_token(request: Request) -> str:
    """The token of an ``Authorization: Bearer`` header; empty if there is none."""
    scheme, _, token = request.header(b"authorization").decode("latin-1").strip().partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def find_key(request: Request, *names: str) -> str:
    """The value of a parameter of one of these names, in the body or else the query.

    Input that is no JSON, or no form, was meant to be one: it is not parsed, but searched.
    """
    wanted = re.compile(
        rf"(?<!\w)(?:{'|'.join(names)})(?:\\*[\"']?\s*[:=]\s*|\"?\r?\n\r?\n)\\*[\"']?"
        r"([^\"'\\&,}\r\n]+)"
    )
    for text in (request.body, request.query):
        found = wanted.search(text[:_FAR].decode("utf-8", "replace"))
        if found:
            return unquote(found[1]).strip()
    return ""
