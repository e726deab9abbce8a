"""tail_minecraft: the files of a log, their lines, and knowing a place in them again."""

import gzip
import shutil

import pytest

from sessions_app.tail.logs import Logs, find_logs, named_day
from sessions_app.tail.places import BadState, Place, State, StateFile
from sessions_app.tail.reading import MAX_LINE, Broken, LogReader, open_at


def texts(reader, **kwargs):
    return [line.text for line in reader.lines(10**6, 1 << 40, **kwargs)]


def place_after(path, count):
    with LogReader(path) as reader:
        *_, last = reader.lines(count, 1 << 40)
        place = Place(offset=last.end)
        reader.mark(place, last.tail)
        return place


@pytest.mark.parametrize(
    ("live", "names"),
    [
        (
            "latest.log",
            ["2024-01-30-1.log.gz", "2024-01-31-2.log.gz", "2024-01-31-10.log.gz", "latest.log.1"],
        ),
        (
            "server.log",
            ["server.log.2024-01-31", "server.log.10.gz", "server.log.2"],
        ),
        ("server.log", ["server.log-20240131.gz", "server.log-20240201"]),
        ("out.log", ["out-2024-01-31.log", "out.log.1.gz"]),
    ],
)
def test_rotated_files_are_found_oldest_first(tmp_path, live, names):
    others = ["debug.log", "debug-1.log.gz", "other.txt", "latest.log.gz.tmp", "2024.log"]
    for name in [*reversed(names), live, *others]:
        (tmp_path / name).touch()
    (tmp_path / "server.log.9").mkdir()
    assert [path.name for path in Logs(tmp_path / live).rotated()] == names


def test_a_file_that_is_being_compressed_counts_once(tmp_path):
    for name in ("latest.log", "2024-01-31-1.log", "2024-01-31-1.log.gz"):
        (tmp_path / name).touch()
    assert [path.name for path in Logs(tmp_path / "latest.log").rotated()] == ["2024-01-31-1.log"]


def test_a_folder_stands_for_the_log_in_it(tmp_path):
    assert find_logs(tmp_path).live == tmp_path / "latest.log"
    (tmp_path / "server.log").touch()
    assert find_logs(tmp_path).live == tmp_path / "server.log"
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "latest.log").touch()
    assert find_logs(tmp_path).live == tmp_path / "logs" / "latest.log"


@pytest.mark.parametrize("name", ["2024-01-31-1.log.gz", "server.log.2", "server.log.gz"])
def test_a_rotated_file_is_all_there_is(tmp_path, name):
    assert find_logs(tmp_path / name) == Logs(tmp_path / name, is_over=True)


def test_a_name_tells_a_day_only_with_hyphens(tmp_path):
    assert str(named_day(tmp_path / "2024-01-31-1.log.gz")) == "2024-01-31"
    assert str(named_day(tmp_path / "server.log.2024-01-31")) == "2024-01-31"
    for name in ("server.log-20240131", "2024-13-31-1.log", "latest.log", "12024-01-311.log"):
        assert named_day(tmp_path / name) is None


@pytest.mark.parametrize("name", ["a.log", "a.log.gz"])
def test_lines_end_with_newlines_of_any_system(tmp_path, name):
    path, text = tmp_path / name, b"one\r\ntwo\n\nthree\xff\nhalf"
    path.write_bytes(gzip.compress(text) if name.endswith("gz") else text)
    with LogReader(path) as reader:
        assert texts(reader) == [b"one", b"two", b"", b"three\xff"]
        assert reader.offset == len(text) - len("half")
        assert texts(reader, is_final=True) == [b"half"]
        assert (reader.offset, texts(reader, is_final=True)) == (len(text), [])


def test_half_a_line_waits_for_the_rest(tmp_path):
    path = tmp_path / "a.log"
    path.write_bytes(b"one\ntw")
    with LogReader(path) as reader, path.open("ab", buffering=0) as file:
        assert texts(reader) == [b"one"]
        file.write(b"o")
        assert texts(reader) == []
        file.write(b"\nthree")
        assert texts(reader) == [b"two"]


def test_a_huge_line_is_cut_alike_however_it_comes(tmp_path):
    path, huge = tmp_path / "a.log", b"x" * 3_000_000
    path.write_bytes(b"one\n" + huge + b"\ntwo\n")
    with LogReader(path) as reader:
        assert texts(reader) == [b"one", huge[:MAX_LINE], b"two"]
    path.write_bytes(b"one\n")
    with LogReader(path) as reader, path.open("ab", buffering=0) as file:
        for _ in range(30):
            file.write(huge[:100_000])
            assert texts(reader) in ([b"one"], [])
        file.write(b"\ntwo\n")
        assert texts(reader) == [huge[:MAX_LINE], b"two"]
        assert reader.offset == len(huge) + 9


@pytest.mark.parametrize("size", [3, 200, 5000, 900_000])
def test_a_place_is_known_again_whatever_the_file_is_called(tmp_path, size):
    path, copy = tmp_path / "a.log", tmp_path / "b.log.gz"
    path.write_bytes(b"".join(b"%d %s\n" % (n, b"x" * (size // 3)) for n in range(4)))
    place = place_after(path, 2)
    copy.write_bytes(gzip.compress(path.read_bytes()))
    for found in (path, copy):
        with open_at(found, place) as reader:
            assert [text[:1] for text in texts(reader)] == [b"2", b"3"]


def test_another_file_is_not_taken_for_the_one_that_was_read(tmp_path):
    path = tmp_path / "a.log"
    banner = b"=" * 2000 + b"\n"
    path.write_bytes(banner + b"one\ntwo\n")
    place = place_after(path, 2)
    for other in (banner + b"ONE\ntwo\nthree\n", banner, b"", b"zzz\n" * 1000):
        path.write_bytes(other)
        assert open_at(path, place) is None
        (tmp_path / "b.gz").write_bytes(gzip.compress(other))
        assert open_at(tmp_path / "b.gz", place) is None


def test_a_file_that_is_emptied_and_filled_again_is_noticed(tmp_path):
    path = tmp_path / "a.log"
    path.write_bytes(b"one\ntwo\n")
    place = place_after(path, 2)
    with open_at(path, place) as reader:
        assert not reader.is_changed(place)
        path.write_bytes(b"ONE\nTWO\nTHREE\n")
        assert reader.is_changed(place)


def test_what_comes_before_a_broken_byte_is_read(tmp_path):
    path = tmp_path / "a.log.gz"
    whole = gzip.compress(b"".join(b"%d\n" % (n * n) for n in range(100_000)))
    path.write_bytes(whole[: len(whole) // 2])
    with LogReader(path) as reader:
        found = texts(reader)
        with pytest.raises(Broken):
            texts(reader)
    assert found == [b"%d" % (n * n) for n in range(len(found))]
    assert 30_000 < len(found) < 70_000
    path.write_bytes(b"\x1f\x8bno gzip")
    with pytest.raises(Broken):
        LogReader(path)


def test_the_state_survives_being_written(tmp_path):
    path = tmp_path / "a.log"
    path.write_bytes(b"one\n")
    kept = StateFile(tmp_path / "folder" / "state.json")
    with kept.held():
        kept.load()
        assert kept.state == State()
        kept.state.live = place_after(path, 1)
        kept.save()
        assert oct(kept.path.stat().st_mode)[-3:] == "600"
        again = StateFile(kept.path)
        again.load()
        assert again.state == kept.state
        with pytest.raises(BadState, match="feeds this log already"), again.held():
            pass


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"version": 2}', '{"version": 1, "a": 1}'])
def test_a_state_that_cannot_be_read_says_what_to_do(tmp_path, text):
    (tmp_path / "state.json").write_text(text)
    with pytest.raises(BadState, match="delete it"):
        StateFile(tmp_path / "state.json").load()


def test_a_state_that_cannot_be_kept_says_what_to_do(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(BadState, match="--state"), StateFile(tmp_path / "file" / "x.json").held():
        pass


def test_copies_of_a_log_keep_their_place(tmp_path):
    path = tmp_path / "server.log"
    path.write_bytes(b"one\ntwo\n")
    place = place_after(path, 1)
    shutil.copy(path, tmp_path / "server.log.1")
    path.write_bytes(b"")
    with open_at(tmp_path / "server.log.1", place) as reader:
        assert texts(reader) == [b"two"]
