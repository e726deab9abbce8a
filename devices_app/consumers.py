"""heartbeat's websocket, ``/api/stats/ws``: the seed's statistics, at once and then every second.

What clients send is passed over, as the original does; pings and closes are answered by the
server below. ``?project=slug`` shows another project than the default one, ``?devices=0,7`` only
these devices: our own pages ask so, for a project may have a hundred thousand.
"""

import asyncio
import logging
import re
from collections.abc import Mapping
from contextlib import suppress
from importlib import import_module
from typing import Any
from urllib.parse import parse_qs, urlsplit

from channels.auth import get_user
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from django.db import Error
from django.http import Http404

from devices_app.feed import Feed, feed_of
from devices_app.selectors import status_page_project
from devices_app.snapshot import Snapshot
from telemetry.access import Unauthorized, project_to_show
from telemetry.models import Project, User

__all__ = ["StatsConsumer"]

logger = logging.getLogger(__name__)

_SessionStore = import_module(settings.SESSION_ENGINE).SessionStore

_NUMBERS = re.compile(r"(?:\d{1,9}(?:,\d{1,9})*)?", re.ASCII)
_MOST_NUMBERS = 1000

# Codes of RFC 6455.
GOING_AWAY, POLICY, TRY_AGAIN = 1001, 1008, 1013
# A member, or who has a token, is looked at again after so many frames.
_LOOK_AGAIN = 60


class StatsConsumer(AsyncWebsocketConsumer):
    """One watcher of a project's devices. One that is slow gets fewer frames, and delays nobody."""

    numbers: frozenset[int] | None = None
    _feed: Feed | None = None
    _sending: asyncio.Task[None] | None = None
    _told = 0
    _policy: tuple[bool, bool] | None = None

    async def connect(self) -> None:
        query = parse_qs(self.scope["query_string"].decode("latin-1"), keep_blank_values=True)
        try:
            if "devices" in query:
                self.numbers = _numbers(query["devices"][-1])
            self._slug = query.get("project", [""])[-1]
            project = await self._project()
        except (ValueError, Http404, Unauthorized):
            await self.close()  # before it is accepted: a 403
            return
        except Error as error:
            await self._come_back(error)
            return
        await self.accept()
        self._feed = feed_of(project.pk)
        try:
            await self._feed.join(self)
        except Error as error:
            await self._come_back(error)

    async def _come_back(self, error: Error) -> None:
        logger.warning("A websocket is closed, for the database does not answer: %s", error)
        if self._feed is None:
            await self.accept()  # before that, nothing but a 403 can be said
        await self.close(TRY_AGAIN)

    async def disconnect(self, code: int) -> None:  # noqa: ARG002 - Channels' signature
        if self._feed:
            self._feed.leave(self)
        if self._sending:
            self._sending.cancel()

    # What the feed calls

    def tell(self, snapshot: Snapshot, frame: str) -> None:
        if self._sending and not self._sending.done():
            return  # it has not taken the last one yet
        if self._policy is None:  # it was let in a moment ago
            self._policy = (snapshot.open, snapshot.status_page)
        self._told += 1
        self._sending = asyncio.create_task(self._send(snapshot, frame))

    def gone(self) -> None:
        self._sending = asyncio.create_task(self._end(GOING_AWAY))

    async def _send(self, snapshot: Snapshot, frame: str) -> None:
        if not await self._may_still(snapshot):
            await self._end(POLICY)
            return
        with suppress(OSError, RuntimeError):  # it went away meanwhile
            await self.send(text_data=frame)

    async def _end(self, code: int) -> None:
        if self._feed:
            self._feed.leave(self)
        with suppress(OSError, RuntimeError):
            await self.close(code)

    async def _may_still(self, snapshot: Snapshot) -> bool:
        """Whether who asks may see this; looked at anew when that may have changed."""
        policy = (snapshot.open, snapshot.status_page)
        if policy == self._policy and (snapshot.open or self._told % _LOOK_AGAIN):
            return True
        self._policy = policy
        # As it is now: who has signed out is nobody any more.
        self.scope["session"] = _SessionStore(self.scope["session"].session_key)
        try:
            with suppress(Error):  # which ends no watching: the feed goes on trying as well
                await self._project()
        except (Http404, Unauthorized):
            return False
        return True

    # Who asks

    async def _project(self) -> Project:
        found = await get_user(self.scope) if _is_own_page(self.scope) else None
        user = found if isinstance(found, User) else None
        headers = dict(self.scope["headers"])
        return await database_sync_to_async(_project_for)(
            slug=self._slug,
            user=user,
            authorization=headers.get(b"authorization", b"").decode("latin-1"),
            names_no_device=self.numbers == frozenset(),
        )


def _project_for(
    *, slug: str, user: User | None, authorization: str, names_no_device: bool
) -> Project:
    """The project to show; of one with a status page anybody may see what that page shows."""
    try:
        return project_to_show(slug=slug, user=user, authorization=authorization)
    except (Http404, Unauthorized):
        project = status_page_project(slug) if names_no_device else None
        if project is None:
            raise
        return project


def _is_own_page(scope: Mapping[str, Any]) -> bool:
    """Whether a browser's cookies count: not on a page of another site, whose script asks."""
    headers = dict(scope["headers"])
    origin = headers.get(b"origin", b"").decode("latin-1")
    host = headers.get(b"host", b"").decode("latin-1")
    return not origin or urlsplit(origin).netloc == host or origin == settings.PUBLIC_URL


def _numbers(text: str) -> frozenset[int]:
    """The devices of ``?devices=0,7``. ValueError if that is no list of numbers."""
    if not _NUMBERS.fullmatch(text):
        raise ValueError("devices must be numbers with commas between them")
    numbers = frozenset(map(int, filter(None, text.split(","))))
    if len(numbers) > _MOST_NUMBERS:
        raise ValueError(f"more than {_MOST_NUMBERS} devices")
    return numbers
