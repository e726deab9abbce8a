"""tail_minecraft --once: what is there is sent, and stored as the files have it."""

from datetime import datetime, timedelta

import pytest

from tests.tail_helpers import DAY, TODAY, Feed, login, lost, recent, said, text_of, write

OLD = datetime(2024, 1, 31)  # noqa: DTZ001 - as a log has it


@pytest.fixture(scope="module")
def keys(server):
    return server.create_project("Sent once")


@pytest.fixture
def feed(server, tmp_path, keys):
    return Feed(server, tmp_path, keys)


def at(hours, minutes=0, seconds=0, day=OLD):
    return day + timedelta(hours=hours, minutes=minutes, seconds=seconds)


def history(feed):
    """Three days in four files, one of which goes on over midnight, and the present one."""
    first = [login(at(20)), said(at(23, 59), "late"), lost(at(23, 59, 59))]
    second = [login(at(9, day=OLD + DAY), "alex"), said(at(10, day=OLD + DAY), "ten")]
    third = [said(at(22, day=OLD + DAY), "a"), lost(at(25, day=OLD + DAY), "alex")]
    fourth = [said(at(2, day=OLD + 2 * DAY), "b")]
    now = [login(TODAY - timedelta(minutes=10)), lost(TODAY - timedelta(minutes=5))]
    write(feed.folder / "2024-01-31-1.log.gz", first)
    write(feed.folder / "2024-02-01-1.log.gz", second)
    write(feed.folder / "2024-02-01-2.log", third)
    write(feed.folder / "2024-02-02-1.log.gz", fourth)
    write(feed.live, now, at=TODAY - timedelta(minutes=5))
    return [*first, *second, *third, *fourth], now


def test_history_comes_first_and_only_if_it_is_asked_for(feed):
    past, now = history(feed)
    told = feed.send()
    assert "2 lines sent" in told
    assert "4 older files are not sent" in told
    feed.wait_for(*now)
    assert "8 lines sent" in feed.send("--history")
    feed.wait_for(*past, *now)
    assert feed.plays() == [
        ("alex", at(9, day=OLD + DAY), at(25, day=OLD + DAY)),
        ("steve", at(20), at(23, 59, 59)),
        ("steve", TODAY - timedelta(minutes=10), TODAY - timedelta(minutes=5)),
    ]


def test_files_that_hold_the_same_are_days_of_their_own(feed):
    """A server that is started by the clock writes the same first lines each day."""
    days = [[login(day), lost(day + 2 * DAY / 24)] for day in (OLD, OLD + DAY, OLD + 2 * DAY)]
    for lines in days:
        write(feed.folder / f"{lines[0][0]:%Y-%m-%d}-1.log.gz", lines)
    now = [login(TODAY), lost(TODAY + 2 * DAY / 24)]
    write(feed.live, now, at=TODAY + DAY / 2)
    assert "8 lines sent" in feed.send("--history")
    feed.wait_for(*(line for lines in days for line in lines), *now)


@pytest.mark.parametrize("count", [1, 2, 4])
@pytest.mark.parametrize("suffix", [".log", ".log.gz"])
def test_a_file_that_begins_as_the_one_before_is_another(feed, count, suffix):
    """It was rotated since it was read, and the new one holds what was read of it, and more."""
    yesterday = [
        login(OLD),
        said(OLD + DAY / 24, "a"),
        said(OLD + DAY / 12, "b"),
        lost(OLD + DAY / 8),
    ]
    today = [(at + DAY, text) for at, text in yesterday]
    write(feed.live, yesterday[:count], at=yesterday[count - 1][0])
    feed.send()
    feed.live.unlink()
    write(feed.folder / f"2024-01-31-1{suffix}", yesterday, at=yesterday[-1][0])
    write(feed.live, today, at=today[-1][0])
    feed.send()
    feed.wait_for(*yesterday, *today)
    assert "0 lines sent" in feed.send()


def test_what_was_sent_is_not_sent_again(feed):
    past, now = history(feed)
    assert "10 lines sent" in feed.send("--history")
    assert "0 lines sent" in feed.send("--history")
    said = feed.send("--history", "--from-start")
    assert "10 lines sent" in said
    assert "0 new, 10 known before" in said
    feed.wait_for(*past, *now)


def test_a_folder_of_old_files_alone_needs_no_present_one(feed):
    write(feed.folder / "2024-01-31-1.log.gz", [said(at(1), "a")])
    code, told = feed.once()
    assert (code, "--history" in told) == (1, True)
    feed.send("--history")
    feed.wait_for(said(at(1), "a"))


def test_a_rotated_file_is_sent_by_itself(feed):
    path = feed.folder / "2024-01-31-1.log.gz"
    write(path, [said(at(1), "a")])
    write(feed.live, recent(1))
    assert "1 lines sent" in feed.send(path=path)
    assert "0 lines sent" in feed.send(path=path)
    feed.wait_for(said(at(1), "a"))


def test_numbered_files_are_dated_by_the_time_of_the_file(feed):
    oldest, older = [said(at(22), "a"), said(at(25), "b")], [said(at(40), "c")]
    write(feed.folder / "server.log.2.gz", oldest, at=at(25))
    write(feed.folder / "server.log.1", older, at=at(40))
    now = recent(2)
    write(feed.folder / "server.log", now)
    feed.send("--history")
    feed.wait_for(*oldest, *older, *now)


def test_lines_with_dates_of_their_own_keep_them(feed):
    lines = [
        (at(1), "2024-01-31 01:00:00 [INFO] steve[/10.0.0.1:5] logged in with entity id 1"),
        (at(2), "2024-01-31 02:00:00 [INFO] steve lost connection: Quitting"),
        (at(3), "[31Jan2024 03:00:00.000] [Server thread/INFO] [x/]: y"),
        (None, "\tat nowhere"),
    ]
    write(feed.live, lines)
    feed.send()
    feed.wait_for(*lines)
    assert feed.plays() == [("steve", at(1), at(2))]


def test_a_line_without_an_end_is_left_until_it_has_one(feed):
    lines = recent(3)
    feed.live.write_bytes(text_of(lines)[:-1])
    assert "no end yet" in feed.send()
    feed.wait_for(*lines[:2])
    feed.live.write_bytes(text_of(lines))
    assert "1 lines sent" in feed.send()
    feed.wait_for(*lines)


def test_the_last_line_of_a_rotated_file_needs_no_end(feed):
    path = feed.folder / "2024-01-31-1.log"
    path.write_bytes(text_of([said(at(1), "a"), said(at(2), "b")])[:-1])
    feed.send(path=path)
    feed.wait_for(said(at(1), "a"), said(at(2), "b"))


def test_lines_of_any_bytes_and_length_are_sent(feed):
    first = recent(1)[0]
    huge = "y" * 2_000_000
    feed.live.write_bytes(
        f"\ufeff{first[1]}\r\n\ufeff\n\r\n \t\n{huge}\n".encode()
        + "é\u3000\n\u3000\n".encode()
        + b"\xe9\0\n"
    )
    assert "4 lines sent" in feed.send()
    feed.wait_for(first, (None, huge[:8192]), (None, "é\u3000"), (None, "é\ufffd"))
    (cut,) = feed.server.query(
        "SELECT count(*) FROM sessions_app_logline WHERE server_id = %s AND is_cut", feed.id
    )
    assert cut == (1,)


def test_times_are_read_in_the_zone_that_is_given(feed):
    lines = [said(at(1), "a"), said(at(13), "b")]
    path = feed.folder / "2024-01-31-1.log"
    write(path, lines)
    feed.send(path=path, zone="America/New_York")
    feed.wait_for(*((when + timedelta(hours=5), line) for when, line in lines))


def test_the_day_of_a_file_is_that_of_its_zone(feed):
    """At 23:00 in Los Angeles it is the next day already by the clock of the file."""
    write(feed.live, [said(at(23), "a")], at=at(23) + timedelta(hours=8))
    feed.send(zone="America/Los_Angeles")
    feed.wait_for((at(23) + timedelta(hours=8), said(at(23), "a")[1]))


@pytest.mark.parametrize(
    ("zone", "told"), [("Asia/Tokyo", "Asia/Tokyo"), ("CET-1CEST", "Times are read as ")]
)
def test_without_a_zone_it_is_the_machines_and_is_told(feed, zone, told):
    """In a process of its own, with a database that is not there."""
    write(feed.live, recent(1))
    code, said = feed.once_apart(zone="", env={"TZ": zone})
    assert (code, told in said) == (0, True)
    assert sum(feed.stored().values()) == 1


def test_two_logs_share_a_folder_of_states(feed, tmp_path, settings):
    settings.TELEMETRY_DATA_DIR = tmp_path / "client"
    one, other = [said(at(1), "one")], [said(at(1), "other")]
    for name, lines in (("a.log", one), ("b.log", other)):
        write(feed.folder / name, lines, at=at(1))
        assert "1 lines sent" in feed.send(path=feed.folder / name, state=False)
        assert "0 lines sent" in feed.send(path=feed.folder / name, state=False)
    feed.wait_for(*one, *other)
    states = sorted(path.name for path in (tmp_path / "client" / "tail").glob("*.json"))
    assert [name[:6] for name in states] == ["a.log-", "b.log-"]


def test_a_file_that_cannot_be_read_does_not_keep_others_from_being_sent(feed):
    past, now = history(feed)
    broken = feed.folder / "2024-01-31-2.log.gz"
    broken.write_bytes(b"\x1f\x8bno gzip")
    (feed.folder / "2024-01-31-3.log").symlink_to(feed.folder / "2024-01-31-4.log.d")
    assert "2024-01-31-2.log.gz cannot be read" in feed.send("--history")
    feed.wait_for(*past, *now)


def test_quiet_is_quiet(feed):
    write(feed.live, recent(3))
    assert feed.once("--verbosity", "0") == (0, "")
    assert feed.state.stat().st_size
