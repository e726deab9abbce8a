"""Keys of sessions, players and lines: who can read them, and what they are made of."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessions_app.keys import (
    id_of_key,
    key_of,
    line_id,
    parse_public_id,
    play_id,
    player_id,
    public_id,
)
from telemetry.ids import first_id, new_id

SERVER = "pP-t7ZaN1LQBRVJtGrCigwxfg0MU6x07TRmUw5TMPw1Nms-T"
ROW = UUID("018bcfe5-687b-7d7d-81a4-fbe569ae58d9")


@given(st.integers(1, 2**53), st.uuids())
def test_a_public_id_is_read_back(project, row):
    assert parse_public_id(public_id(project, row)) == (project, row)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "51d0977e4218431852000001",
        ROW.hex,
        ROW.hex + "0",
        ROW.hex + "01",
        ROW.hex.upper() + "1",
        str(ROW) + "1",
        ROW.hex + "g",
        ROW.hex + "1" * 16,
        ROW.hex + "\u0661",
        "\0" * 33,
    ],
)
def test_what_is_no_public_id(text):
    found = parse_public_id(text)
    assert found is None or found[0] == 0


def test_a_key_is_good_for_its_server_and_kind_only():
    key = key_of(SERVER, "session", ROW)
    assert len(key) == 44
    assert id_of_key(SERVER, "session", key) == ROW
    assert id_of_key(SERVER, "player", key) is None
    assert id_of_key(SERVER[:-1] + "U", "session", key) is None


@pytest.mark.parametrize("place", range(44))
def test_an_altered_key_is_none(place):
    key = key_of(SERVER, "session", ROW)
    altered = key[:place] + ("A" if key[place] != "A" else "B") + key[place + 1 :]
    assert id_of_key(SERVER, "session", altered) is None


@pytest.mark.parametrize("text", ["", "x" * 44, "é" * 44, "A" * 43, "A" * 48, "=" * 44])
def test_a_key_that_is_none(text):
    assert id_of_key(SERVER, "session", text) is None


def test_a_line_is_known_by_server_time_and_text():
    at = datetime(2013, 4, 13, 8, 11, 26)  # noqa: DTZ001 - as a log has it
    ids = {
        line_id(1, at, "a"),
        line_id(2, at, "a"),
        line_id(1, at, "b"),
        line_id(1, at.replace(day=14), "a"),
        line_id(1, None, "a"),
    }
    assert len(ids) == 5
    assert line_id(1, at, "a") in ids
    assert line_id(1, at, "a").int >> 80 == first_id(at.replace(tzinfo=UTC).timestamp()).int >> 80
    assert line_id(1, datetime(1950, 1, 1), "a").int >> 80 == 0  # noqa: DTZ001


def test_ids_of_sessions_are_in_the_order_of_time():
    times = [datetime(2013, 4, 13, 8, 0, second, tzinfo=UTC) for second in range(5)]
    ids = [play_id(at, new_id(at.timestamp())) for at in times]
    assert ids == sorted(ids)
    assert all(made.version == 8 for made in [*ids, player_id(1, "steve")])


def test_players_are_told_apart_by_case_and_server():
    assert len({player_id(1, "steve"), player_id(1, "Steve"), player_id(2, "steve")}) == 3
