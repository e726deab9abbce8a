"""Lengths of time in words."""

import pytest

from devices_app.words import duration_words

MINUTE, HOUR, DAY = 60, 3600, 86_400


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "just now"),
        (0.999, "just now"),
        (-5, "just now"),
        (1, "a second"),
        (1.9, "a second"),
        (2, "2 seconds"),
        (MINUTE - 1, "59 seconds"),
        (MINUTE, "a minute"),
        (MINUTE + 1, "a minute and a second"),
        (HOUR, "an hour"),
        (HOUR + 1, "an hour and a second"),
        (2 * HOUR + 5 * MINUTE + 1, "2 hours, 5 minutes, and a second"),
        (DAY, "a day"),
        (6 * DAY, "6 days"),
        (7 * DAY, "a week"),
        (29 * DAY + 23 * HOUR, "4 weeks, a day, and 23 hours"),
        (30 * DAY, "a month"),
        (365 * DAY - 1, "12 months, 4 days, 23 hours, 59 minutes, and 59 seconds"),
        (365 * DAY, "a year"),
        (
            (365 + 30 + 1) * DAY + HOUR + MINUTE + 1,
            "a year, a month, a day, an hour, a minute, and a second",
        ),
        (1234 * 365 * DAY, "1,234 years"),
    ],
)
def test_lengths_are_written_as_people_say_them(seconds, words):
    assert duration_words(seconds) == words


def test_all_that_is_left_out_is_less_than_a_second():
    lengths = {"year": 365 * DAY, "month": 30 * DAY, "week": 7 * DAY, "day": DAY}
    lengths |= {"hour": HOUR, "minute": MINUTE, "second": 1}
    for seconds in [*range(1, 8000, 7), 10**6, 10**7 + 1, 10**8 + 61, 10**9 + 3601, 10**10]:
        total = 0
        for part in (
            duration_words(seconds).replace(", and ", ", ").replace(" and ", ", ").split(", ")
        ):
            count, unit = part.split(" ")
            total += (
                int({"a": "1", "an": "1"}.get(count, count).replace(",", ""))
                * lengths[unit.removesuffix("s")]
            )
        assert total == seconds
