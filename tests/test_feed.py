"""What a feed does when reading fails, and for whom it reads."""

import asyncio

import pytest

from devices_app import feed as feeds
from devices_app.snapshot import Snapshot

EMPTY = Snapshot(0, True, False, None, 0, 0, 0, 0, None, {}, None)


class Watcher:
    """Remembers what it was told."""

    def __init__(self, numbers=None):
        self.numbers = numbers
        self.frames = asyncio.Queue()

    def tell(self, snapshot, frame):
        self.frames.put_nowait(frame)

    def gone(self):
        self.frames.put_nowait(None)


@pytest.fixture
def reading(monkeypatch):
    """What the next readings give or raise; the last of them for ever. And what was asked for."""
    script, asked = [], []

    def read(project_id, *, numbers=None, apart=False):
        asked.append(numbers)
        outcome = script.pop(0) if len(script) > 1 else script[0]
        if isinstance(outcome, Exception):
            raise outcome
        pieces = {number: f'{{"id":{number}}}' for number in numbers or range(3)}
        listed = None if apart or numbers is not None else ",".join(pieces.values())
        found = None if numbers is None else frozenset(numbers)
        return Snapshot(0, True, False, None, 0, 0, 0, 0, listed, pieces, found)

    monkeypatch.setattr(feeds, "read_snapshot", read)
    return script, asked


async def told(watcher):
    return await asyncio.wait_for(watcher.frames.get(), 20)


@pytest.mark.parametrize("error", [OSError("gone"), RuntimeError("odd"), ValueError()])
async def test_a_feed_outlives_whatever_goes_wrong(reading, error):
    script, _ = reading
    script[:] = [EMPTY, error, error, EMPTY]
    feed, watcher = feeds.feed_of(1), Watcher()
    await feed.join(watcher)
    assert [await told(watcher), await told(watcher)][1]
    feed.leave(watcher)
    await asyncio.sleep(0.2)
    assert feeds.feed_of(1) is not feed  # nobody watches: it has ended
    feeds._feeds.clear()


async def test_who_asks_for_what_nobody_has_asked_for_is_told_at_once(reading):
    script, asked = reading
    script[:] = [EMPTY]
    feed = feeds.feed_of(2)
    watchers = [
        Watcher(frozenset({0})),
        Watcher(frozenset({1, 2})),
        Watcher(),
        Watcher(frozenset()),
    ]
    for watcher in watchers:
        await feed.join(watcher)
        assert watcher.frames.qsize() == 1
    listed = [(await told(watcher)).split("[")[1].split("]")[0] for watcher in watchers]
    assert listed == [
        '{"id":0}',
        '{"id":1},{"id":2}',
        '{"id":0},{"id":1},{"id":2}',
        "",
    ]
    assert asked == [{0}, {0, 1, 2}, None]
    for watcher in watchers:
        feed.leave(watcher)
    await asyncio.sleep(0.2)
    feeds._feeds.clear()


async def test_many_who_join_together_are_read_for_once(reading):
    script, asked = reading
    script[:] = [EMPTY]
    feed = feeds.feed_of(3)
    watchers = [Watcher(frozenset({number})) for number in range(50)]
    await asyncio.gather(*(feed.join(watcher) for watcher in watchers))
    assert all(watcher.frames.qsize() == 1 for watcher in watchers)
    assert len(asked) <= 2
    for watcher in watchers:
        feed.leave(watcher)
    await asyncio.sleep(0.2)
    feeds._feeds.clear()
