"""tail_minecraft: killed at any moment, or with the server gone, it loses nothing and doubles
nothing."""

import random
import time
from datetime import timedelta

import pytest

from tests.server import running_server
from tests.tail_helpers import DAY, TODAY, Feed, append, login, lost, recent, said, write


@pytest.fixture(scope="module")
def keys(server):
    return server.create_project("Killed")


@pytest.fixture
def feed(server, tmp_path, keys):
    return Feed(server, tmp_path, keys)


def days_of_play(count, lines_a_day):
    """Each day's lines: a player is there over each midnight; the last day is yesterday.

    But for the first, one day is like the other.
    """
    for number in range(count):
        day = TODAY - (count - number) * DAY
        lines = [
            said(day + timedelta(seconds=60 + n * 80_000 // lines_a_day), f"{n}")
            for n in range(lines_a_day)
        ]
        five = timedelta(seconds=5)
        yield [*([lost(day + five)] if number else []), *lines, login(day + DAY - five)]


def test_an_import_that_is_killed_again_and_again_ends_as_it_should(feed):
    past = list(days_of_play(8, 4000))
    for number, lines in enumerate(past[:-2]):
        write(feed.folder / f"{TODAY - (8 - number) * DAY:%Y-%m-%d}-1.log.gz", lines)
    # The present file goes on over midnight.
    now = [*past[-2], *past[-1]]
    write(feed.live, now, at=now[-1][0])
    expected = [line for lines in past for line in lines]
    tries, chance = 0, random.Random(5)
    while sum(feed.stored().values()) < len(expected):
        tries += 1
        before = feed.stored()
        with feed.following("--history", "--once") as process:
            process.wait_until(lambda before=before: feed.stored() != before)
            if tries < 8:
                time.sleep(chance.random() * 0.3)
                process.kill()
            else:
                assert process.process.wait(timeout=60) == 0
    feed.wait_for(*expected)
    assert tries > 3
    midnights = [TODAY - n * DAY for n in range(7, 0, -1)]
    five = timedelta(seconds=5)
    open_one = [("steve", TODAY - five, None)]
    assert feed.plays() == [("steve", at - five, at + five) for at in midnights] + open_one


def test_a_log_that_is_written_and_rotated_while_we_are_killed_arrives_whole(feed):
    lines = recent(3600)
    chance = random.Random(5)
    write(feed.live, lines[:10])
    feed.send()
    todo, rotations = lines[10:], 0
    for _ in range(5):
        before, more = feed.stored(), chance.randrange(12)
        with feed.following() as process:
            while more:
                # Some more of it once it has begun; then it is killed.
                more -= feed.stored() != before or len(todo) < 500
                size = chance.randrange(1, 25)
                append(feed.live, todo[:size])
                del todo[:size]
                if chance.random() < 0.3:
                    rotations += 1
                    feed.live.rename(feed.folder / f"{lines[0][0]:%Y-%m-%d}-{rotations}.log")
                time.sleep(chance.random() * 0.3)
            process.kill()
    append(feed.live, todo)
    assert rotations > 5
    feed.send()
    feed.wait_for(*lines)


def test_it_goes_on_when_the_server_is_back(tmp_path):
    with running_server(workers=1) as away:
        feed = Feed(away, tmp_path)
        lines = recent(30)
        write(feed.live, lines[:10])
        with feed.following() as process:
            process.wait_until_it_says("Following")
            away.stop()
            append(feed.live, lines[10:20])
            process.wait_until_it_says("trying again")
            feed.live.rename(feed.folder / "latest.log.1")
            append(feed.live, lines[20:])
            away.start()
            process.wait_until_it_says("is back after")
            feed.wait_for(*lines)
            assert process.said.count("trying again") == 1
            assert process.end() == 0


def test_a_state_that_cannot_be_written_any_more_does_not_end_it(feed):
    lines = recent(3)
    write(feed.live, lines[:2])
    with feed.following() as process:
        process.wait_until_it_says("Following")
        feed.state.with_suffix(".new").mkdir()
        append(feed.live, lines[2:])
        feed.wait_for(*lines)
        process.wait_until_it_says("cannot be written")
