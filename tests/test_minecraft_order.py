"""The sessions of a server do not depend on the order in which its lines come."""

import random
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sessions_app.lines import parse_line
from sessions_app.models import LogLine, Session
from sessions_app.timeline import INS, OUTS, STOPS, Entry, play_through
from tests.minecraft_helpers import (
    START,
    chat,
    joined,
    left,
    login,
    lost,
    new_server,
    plays,
    send,
    start,
    stop,
    upload,
)

pytestmark = pytest.mark.django_db

LINES = st.lists(
    st.tuples(
        st.sampled_from([login, joined, lost, left, chat, stop, start]),
        st.integers(0, 120).map(lambda n: n * 11),
        st.sampled_from(["steve", "alex"]),
    ),
    max_size=30,
)


def texts(lines):
    return list(
        dict.fromkeys(
            make(seconds) if make in (stop, start) else make(seconds, name)
            for make, seconds, name in lines
        )
    )


def expected(lines):
    """The same by going through all lines of each player once."""
    begin = START.replace(tzinfo=UTC)
    told = [(parse_line(text), text) for text in lines]
    ats = [(_at(line), line) for line, _ in told]
    found = []
    for name in {line.username for line, _ in told if line.username}:
        entries = [
            Entry(
                line.kind,
                at,
                line=id(line),
                before=max((other for other, _ in ats if other < at), default=None),
            )
            for at, line in ats
            if line.kind in STOPS or (line.username == name and line.kind in INS | OUTS)
        ]
        found += [
            (
                name,
                (play.started_at - begin).total_seconds(),
                (play.ended_at - begin).total_seconds() if play.ended_at else None,
                play.end_reason,
            )
            for play in play_through(entries)[0]
        ]
    return sorted(found)


def _at(line):
    return datetime.combine(line.date, line.time, UTC)


SETTINGS = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@SETTINGS
@given(lines=LINES, parts=st.integers(1, 5), seed=st.integers(0, 10**6))
def test_parts_in_any_order_twice(lines, parts, seed):
    wanted = texts(lines)
    shuffled = wanted * 2
    random.Random(seed).shuffle(shuffled)
    server = new_server()
    for part in range(parts):
        upload(server, *shuffled[part::parts])
    assert LogLine.objects.filter(server=server).count() == len(wanted)
    assert plays(server) == expected(wanted)
    _clean(server)


@SETTINGS
@given(lines=LINES)
def test_one_by_one_in_order(lines):
    wanted = sorted(texts(lines))
    server = new_server()
    upload(server, *wanted[:5])
    for line in wanted[5:]:
        upload(server, line)
    assert plays(server) == expected(wanted)
    _clean(server)


PLAYS = st.dictionaries(
    st.sampled_from(["steve", "alex"]),
    # Seconds between one login or logout and the next.
    st.lists(st.integers(11, 20_000), min_size=1, max_size=9),
    min_size=1,
)


@SETTINGS
@given(pauses=PLAYS, seed=st.integers(0, 10**6))
def test_one_by_one_in_any_order(pauses, seed):
    """As long as each logout has its login."""
    lines = [
        (login, lost)[number % 2](sum(of_player[: number + 1]), name)
        for name, of_player in pauses.items()
        for number in range(len(of_player))
    ]
    shuffled = lines * 2
    random.Random(seed).shuffle(shuffled)
    server = new_server()
    send(server, *shuffled)
    assert plays(server) == expected(lines)
    _clean(server)


def _clean(server):
    Session.objects.filter(server=server).delete()
    LogLine.objects.filter(server=server).delete()
    server.delete()


def test_a_day_of_a_busy_server():
    """Out of order, twice, and with the stop lines missing."""
    chance = random.Random(7)
    lines = []
    for player in range(40):
        now = chance.randrange(3600)
        while now < 80_000:
            name = f"player{player}"
            lines += [login(now, name, port=now % 60_000), joined(now, name)]
            for _ in range(chance.randrange(6)):
                now += chance.randrange(1, 600)
                lines.append(chat(now, name, f"at {now}"))
            now += chance.randrange(1, 600)
            if chance.random() < 0.9:
                lines += [lost(now, name), left(now, name)]
            now += chance.randrange(1, 20_000)
    lines += [start(second) for second in (20_000, 45_000, 70_000)]  # no stop before any of them
    lines.sort()
    in_order, shuffled = new_server("a"), new_server("b")
    upload(in_order, *lines)
    again = lines * 2
    chance.shuffle(again)
    for part in range(0, len(again), 97):
        upload(shuffled, *again[part : part + 97])
    assert len(plays(in_order)) > 100
    assert {end for *_, end in plays(in_order)} >= {"logout", "relogin", "server start"}
    assert plays(shuffled) == plays(in_order) == expected(lines)
    one_by_one = new_server("c")
    send(one_by_one, *lines[: len(lines) // 4])
    assert plays(one_by_one) == expected(lines[: len(lines) // 4])
