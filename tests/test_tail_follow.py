"""tail_minecraft: following a log that is written, rotated, emptied and replaced meanwhile."""

import gzip
import shutil
import signal

import pytest

from tests.tail_helpers import Feed, append, login, lost, recent, text_of, until, write


@pytest.fixture(scope="module")
def keys(server):
    return server.create_project("Followed")


@pytest.fixture
def feed(server, tmp_path, keys):
    return Feed(server, tmp_path, keys)


def parts(*sizes):
    """Lines in the order in which they are written, in so many parts."""
    lines = iter(recent(sum(sizes)))
    return [[next(lines) for _ in range(size)] for size in sizes]


def test_lines_are_sent_as_they_are_written(feed):
    (one, two), (three, four) = parts(2, 2)
    play = [login(one[0]), lost(two[0])]
    write(feed.live, play[:1])
    with feed.following() as process:
        process.wait_until_it_says("Following")
        append(feed.live, play[1:])
        feed.wait_for(*play)
        with feed.live.open("ab", buffering=0) as file:
            file.write(text_of([three])[:-7])
            append(feed.folder / "other.log", [four])
            file.write(text_of([three])[-7:])
        feed.wait_for(*play, three)
        assert process.end() == 0
        assert "goes on from here" in process.said
    assert feed.plays() == [("steve", one[0], two[0])]
    assert "0 lines sent" in feed.send()


def test_half_a_line_is_never_sent(feed):
    first, second = parts(1, 1)
    write(feed.live, first)
    with feed.following() as process, feed.live.open("ab", buffering=0) as file:
        process.wait_until_it_says("Following")
        file.write(text_of(second)[:20])
        feed.wait_for(*first)
        assert process.end(signal.SIGINT) == 0
    feed.wait_for(*first)


def rename(feed):
    feed.live.rename(feed.folder / "2024-01-31-1.log")


def compress(feed):
    rename(feed)
    path = feed.folder / "2024-01-31-1.log"
    (feed.folder / "2024-01-31-1.log.gz").write_bytes(gzip.compress(path.read_bytes()))
    path.unlink()


def copy_and_truncate(feed):
    shutil.copy(feed.live, feed.folder / "latest.log.1")
    with feed.live.open("r+b") as file:
        file.truncate()


@pytest.mark.parametrize("rotate", [rename, compress, copy_and_truncate])
def test_rotation_loses_nothing_and_doubles_nothing(feed, rotate):
    first, second, third, fourth = parts(3, 200, 2, 1)
    write(feed.live, first)
    with feed.following() as process:
        process.wait_until_it_says("Following")
        # Read or not before the rotation: these have to be found in either file.
        append(feed.live, second)
        rotate(feed)
        append(feed.live, third)
        feed.wait_for(*first, *second, *third)
        append(feed.live, fourth)
        feed.wait_for(*first, *second, *third, *fourth)


def test_the_last_line_of_a_renamed_file_needs_no_end(feed):
    first, second = parts(2, 1)
    feed.live.write_bytes(text_of(first)[:-1])
    with feed.following() as process:
        process.wait_until_it_says("Following")
        feed.wait_for(first[0])
        rename(feed)
        write(feed.live, second)
        feed.wait_for(*first, *second)


@pytest.mark.parametrize("rotate", [rename, compress, copy_and_truncate])
def test_what_was_rotated_meanwhile_is_sent_first(feed, rotate):
    first, second, third = parts(3, 20, 2)
    write(feed.live, first)
    feed.send()
    append(feed.live, second)
    rotate(feed)
    append(feed.live, third)
    assert "22 lines sent" in feed.send()
    feed.wait_for(*first, *second, *third)


def test_files_that_came_and_went_meanwhile_are_sent(feed):
    first, second, third, fourth = parts(3, 2, 4, 1)
    day = f"{first[0][0]:%Y-%m-%d}"
    write(feed.live, first)
    feed.send()
    append(feed.live, second)
    feed.live.rename(feed.folder / f"{day}-1.log")
    write(feed.folder / f"{day}-2.log.gz", third)
    write(feed.live, fourth)
    assert "7 lines sent" in feed.send()
    feed.wait_for(*first, *second, *third, *fourth)


def test_files_after_one_that_is_gone_are_sent(feed):
    first, second, third = parts(3, 2, 1)
    write(feed.live, first, at=first[-1][0])
    feed.send()
    feed.live.unlink()
    write(feed.folder / f"{first[0][0]:%Y-%m-%d}-1.log", second)
    write(feed.live, third)
    assert "is gone" in feed.send()
    feed.wait_for(*first, *second, *third)


def test_a_file_that_is_replaced_by_a_shorter_one_is_read_from_its_start(feed):
    first, second, third = parts(20, 2, 1)
    write(feed.live, first)
    with feed.following() as process:
        process.wait_until_it_says("Following")
        write(feed.live, second)
        feed.wait_for(*first, *second)
        other = feed.folder / "new.log"
        write(other, third)
        other.replace(feed.live)
        feed.wait_for(*first, *second, *third)


def test_it_waits_for_a_file_that_is_not_there(feed):
    (first,) = parts(2)
    with feed.following() as process:
        process.wait_until_it_says("is not there: waiting")
        write(feed.live, first)
        feed.wait_for(*first)
        assert process.said.count("waiting") == 1


def test_a_file_that_comes_and_goes_while_it_waits_is_sent(feed):
    first, second = parts(2, 1)
    with feed.following() as process:
        process.wait_until_it_says("is not there: waiting")
        write(feed.folder / f"{first[0][0]:%Y-%m-%d}-1.log", first)
        write(feed.live, second)
        feed.wait_for(*first, *second)


def test_it_tries_again_to_read_what_it_cannot(feed):
    (first,) = parts(2)
    feed.live.mkdir()
    with feed.following(path=feed.live / "latest.log") as process:
        process.wait_until_it_says("waiting")
        feed.live.rmdir()
        write(feed.live, first)
        process.wait_until_it_says("cannot be read")
        feed.live.unlink()
        feed.live.mkdir()
        write(feed.live / "latest.log", first)
        feed.wait_for(*first)


def test_a_log_is_fed_by_one_process_only(feed):
    write(feed.live, recent(1))
    with feed.following() as process:
        process.wait_until_it_says("Following")
        code, told = feed.once()
        assert (code, "feeds this log already" in told) == (1, True)


def test_it_ends_while_the_server_is_away(feed):
    write(feed.live, recent(1))
    with feed.following(url="http://127.0.0.1:9") as process:
        process.wait_until_it_says("trying again")
        assert process.end() == 0
    assert not feed.stored()
    until(lambda: "1 lines sent" in feed.send())
