"""Of a flood of bad requests a little is stored, and the rest is counted beside it."""

import time

import pytest

from telemetry.ids import new_id
from telemetry.rejected.limits import Limiter
from tests.server import ServerProcess
from tests.wire_helpers import through_server


def admit(limiter, count, now=0.0, sender=1, mistake="m"):
    """How many of so many are stored, at this time."""
    return sum(limiter.admit(sender, mistake, 1000 + now)[1] for _ in range(count))


def test_a_few_of_a_mistake_are_stored_at_once_and_then_one_now_and_then():
    limiter = Limiter()
    assert admit(limiter, 1000) == 5
    assert admit(limiter, 1000, now=5) == 0
    assert admit(limiter, 1000, now=11) == 1
    assert sum(admit(limiter, 10, now=20 + second) for second in range(600)) <= 62


def test_another_mistake_is_not_hidden_by_a_flood():
    limiter = Limiter()
    admit(limiter, 1000)
    assert admit(limiter, 1, mistake="other") == 1


def test_no_sender_stores_more_than_a_handful_a_second():
    limiter = Limiter()
    assert sum(admit(limiter, 1, mistake=n) for n in range(1000)) == 100
    assert sum(admit(limiter, 1, now=1, mistake=n) for n in range(1000, 2000)) == 4
    assert admit(limiter, 1, now=1, sender=2) == 1


def test_made_up_keys_do_not_help():
    limiter = Limiter()
    assert sum(admit(limiter, 1, sender=n) for n in range(10_000)) == 300
    assert sum(admit(limiter, 1, now=1, sender=n) for n in range(10_000)) == 40
    assert len(limiter._groups) <= 1000
    assert len(limiter._senders) <= 1000


def test_what_is_left_out_is_counted_once_beside_the_last_that_is_stored():
    limiter = Limiter()
    group, _ = limiter.admit(1, "m", 1000)
    admit(limiter, 99)
    assert limiter.counted() == []  # nobody knows yet where it is stored
    group.place = (7, new_id(0))
    admit(limiter, 5)
    assert limiter.counted() == [(group.place, 100)]
    assert limiter.counted() == []


def test_what_was_left_out_before_the_first_is_told_with_it():
    limiter = Limiter()
    for n in range(100):
        limiter.admit(1, n, 1000)
    for _ in range(3):
        group, stored = limiter.admit(1, "late", 1000)
        assert not stored
    assert limiter.admit(1, "late", 1001) == (group, True)
    assert limiter.left_out(group) == 3
    assert limiter.left_out(group) == 0


ROWS = "SELECT status, more, what FROM telemetry_rejectedinput WHERE project_id = %s ORDER BY id"


def test_a_real_server_answers_all_and_counts_all(server: ServerProcess):
    keys = server.create_project("flood")
    bad = f"ezkey={keys['ezkey']}&stat=a&count=x"
    for _ in range(200):
        assert through_server(server, "POST", "/ez", bad).status == 400
    deadline = time.monotonic() + 10
    while True:
        rows = server.query(ROWS, keys["id"])
        if sum(1 + more for _, more, _ in rows) == 200 or time.monotonic() > deadline:
            break
        time.sleep(0.1)
    assert sum(1 + more for _, more, _ in rows) == 200
    assert 1 <= len(rows) <= 15  # of two processes
    assert {what for _, _, what in rows} == {f"ezkey={keys['ezkey'][:4]}…&stat=a&count=x"}


@pytest.mark.parametrize("path", ["/api/v1/agents/loglines", "/oauth/v1/token"])
def test_too_much_for_a_path_of_djangos_is_logged(server, path):
    keys = server.create_project("too-much")
    headers = {"Authorization": f"Bearer {keys['manage_token']}"}
    assert through_server(server, "POST", path, b"x" * 1_048_577, headers).status == 413
    deadline = time.monotonic() + 10
    while not (rows := server.query(ROWS, keys["id"])) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert rows == [(413, 0, "")]
