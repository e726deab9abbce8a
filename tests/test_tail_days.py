"""tail_minecraft: on which day a line was written that tells only the time of day."""

from datetime import date, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessions_app.calendar import Calendar
from sessions_app.tail.days import settle, time_of
from sessions_app.tail.parts import parts_of
from sessions_app.tail.reading import Read

DAY = date(2024, 1, 31)
NEXT = date(2024, 2, 1)


def days(*times, calendar=None):
    calendar = calendar or Calendar(DAY)
    return [calendar.day_of(time.fromisoformat(at)).day for at in times]


def begin(*times, written, calendar=None, **kwargs):
    at = datetime.fromisoformat(written)
    found = settle(calendar, map(time.fromisoformat, times), written=at, **kwargs)
    return found.day


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"[12:34:56] [Server thread/INFO]: x", time(12, 34, 56)),
        (b"[12:34:56 INFO]: x", time(12, 34, 56)),
        (b"\xef\xbb\xbf[12:34:56] x", time(12, 34, 56)),
        (b"[25:34:56] x", None),
        (b"2024-01-31 12:34:56 [INFO] x", None),
        (b"[31Jan2024 12:34:56.789] [main/INFO] [x/]: y", None),
        (b"\tat java.lang.Thread.run", None),
        (b"\xff\xfe", None),
    ],
)
def test_only_a_line_without_a_date_needs_a_day(line, expected):
    assert time_of(line) == expected


def test_a_day_ends_at_midnight():
    assert days("23:59:59", "00:00:00", "12:00:00", "00:00:00") == [31, 1, 1, 2]


def test_the_end_of_summer_is_not_midnight():
    assert days("02:59:59", "02:00:00", "03:00:00") == [31, 31, 31]


def test_a_server_that_was_quiet_for_hours_comes_to_the_next_day():
    assert days("20:00:00", "17:00:00") == [31, 1]


def test_lines_of_two_threads_may_change_places_at_midnight():
    assert days("23:59:59", "00:00:00", "23:59:59", "00:00:01", "09:00:00") == [31, 1, 31, 1, 1]


def test_the_last_line_is_not_later_than_the_file():
    assert begin("10:00:00", "12:00:00", written="2024-01-31T12:00:01") == DAY
    assert begin("23:00:00", "00:10:00", written="2024-02-01T00:10:00") == DAY
    assert begin("10:00:00", "23:00:00", written="2024-02-01T12:00:00") == DAY


def test_a_file_that_was_copied_later_is_dated_by_its_name():
    assert begin("10:00:00", written="2025-05-05T00:00:00", named=DAY) == DAY
    assert begin("23:00:00", "01:00:00", written="2025-05-05T00:00:00", named=DAY) == DAY


def test_a_name_may_tell_the_day_on_which_the_file_ended():
    assert begin("23:00:00", "01:00:00", written="2024-02-01T01:00:00", named=NEXT) == DAY
    assert begin("23:00:00", "01:00:00", written="2024-01-01T01:00:00", named=NEXT) == NEXT


def test_days_without_a_line_are_counted_by_the_clock():
    calendar = Calendar(DAY, time(10))
    assert begin("11:00:00", written="2024-02-03T11:00:00", calendar=calendar) == date(2024, 2, 3)
    assert begin("11:00:00", written="2024-01-31T11:00:01", calendar=calendar) == DAY
    # Of a file that is over the clock says only when it was copied.
    late = {"written": "2024-02-03T11:00:00", "calendar": calendar, "is_live": False}
    assert begin("11:00:00", **late) == DAY


def test_a_midnight_that_was_none_is_taken_back():
    calendar = Calendar(NEXT, time(9))
    assert begin("10:00:00", written="2024-01-31T10:00:00", calendar=calendar) == DAY
    # A wrong zone explains a few hours.
    assert begin("10:00:00", written="2024-01-31T23:00:00", calendar=calendar) == NEXT


TIMES = st.lists(st.one_of(st.none(), st.times().map(lambda at: at.replace(microsecond=0))))


@given(TIMES)
def test_the_server_dates_each_part_as_we_do(times):
    reads = [Read(b"x", at, index + 1, b"") for index, at in enumerate(times)]
    calendar = Calendar(DAY)
    ours = [calendar.day_of(at) if at else None for at in times]
    its, until = [], 0
    for part in parts_of(reads, Calendar(DAY)):
        dates = Calendar(part.day) if part.day else None
        of_part = times[until : part.last.end]
        its += [dates.day_of(at) if at else None for at in of_part]
        until = part.last.end
    assert its == ours
    assert until == len(times)


@given(TIMES, st.data())
def test_days_are_the_same_wherever_the_log_is_cut(times, data):
    times = [at for at in times if at]
    calendar = Calendar(DAY)
    whole = [calendar.day_of(at) for at in times]
    cut = data.draw(st.integers(0, len(times)))
    reads = [Read(b"x", at, 1, b"") for at in times[:cut]]
    *_, after = [Calendar(DAY), *(part.after for part in parts_of(reads, Calendar(DAY)))]
    assert [after.day_of(at) for at in times[cut:]] == whole[cut:]
