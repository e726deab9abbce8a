"""``kill -9`` of anybody: the server is there for the next connection, and never left running."""

import os
import shutil
import signal
import time
from collections.abc import Iterator

import pytest

from tests.embedded_postgres_helpers import Installation, installation, kill, wait_until


@pytest.fixture
def place() -> Iterator[Installation]:
    with installation(prepared=True) as made:
        yield made


def test_a_killed_process_does_not_keep_the_server(place: Installation) -> None:
    user = place.user()
    user.sql("SELECT 1")
    user.kill()
    wait_until(place.is_stopped, 5)


def test_a_killed_server_is_there_for_the_next_connection(place: Installation) -> None:
    user, busy = place.user(), place.user()
    user.sql("CREATE TABLE kept AS SELECT 7 AS n")
    busy.send("SELECT pg_sleep(60)")
    wait_until(lambda: user.sql("SELECT 1 FROM pg_stat_activity WHERE query ~ '^SELECT pg_sl'"))
    killed = place.state().postmaster
    kill(killed)
    assert user.sql("SELECT n FROM kept") == [[7]]
    assert place.state().postmaster != killed
    assert "error" in busy.answer()
    assert busy.sql("SELECT n FROM kept") == [[7]]
    assert len(place.servers()) == 1


def test_a_killed_supervisor_leaves_no_second_server(place: Installation) -> None:
    user = place.user()
    user.sql("CREATE TABLE kept AS SELECT 7 AS n")
    killed = place.state().supervisor
    kill(killed)
    assert user.sql("SELECT n FROM kept") == [[7]]
    assert place.state().supervisor != killed
    assert len(place.servers()) == 1


def test_a_killed_supervisor_with_nobody_left_takes_the_server_along(place: Installation) -> None:
    user = place.user()
    user.sql("SELECT 1")
    supervisor = place.state().supervisor
    user.kill()
    kill(supervisor)
    wait_until(place.is_stopped)


def test_everybody_killed_at_once(place: Installation) -> None:
    user = place.user()
    user.sql("CREATE TABLE kept AS SELECT 7 AS n")
    state = place.state()
    for pid in (state.supervisor, state.postmaster, user.process.pid):
        kill(pid)
    user.process.wait()
    assert place.user().sql("SELECT n FROM kept") == [[7]]
    assert len(place.servers()) == 1


def test_a_start_that_is_killed_halfway_is_begun_again() -> None:
    with installation() as place:
        for _ in range(3):
            user = place.user()
            user.send("SELECT 1")
            wait_until(lambda: any(place.layout.root.glob("pgdata.new.*")))
            supervisor = place.state().supervisor
            user.kill()
            kill(supervisor)
        assert place.user().sql("SELECT 1") == [[1]]
        assert not list(place.layout.root.glob("pgdata.new*"))


def test_a_number_of_a_dead_server_that_another_process_has(place: Installation) -> None:
    """As after a reboot: PostgreSQL alone would refuse to start."""
    user = place.user()
    user.sql("SELECT 1")
    pid_file = place.layout.pgdata / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    state = place.state()
    kill(state.supervisor)
    wait_until(place.is_stopped)
    pid_file.write_text("\n".join([str(os.getpid()), *lines[1:]]))
    assert user.sql("SELECT 1") == [[1]]


def test_a_server_that_keeps_dying_is_given_up_and_tried_again_on_demand(
    place: Installation,
) -> None:
    user = place.user()
    user.sql("SELECT 1")
    supervisor = place.state().supervisor
    while place.layout.supervisor_is_alive():
        state = place.state()
        if state.state == "ready" and place.servers():
            kill(state.postmaster)
        time.sleep(0.05)
    assert "died 6 times" in place.layout.log.read_text()
    assert user.sql("SELECT 1") == [[1]]
    assert place.state().supervisor != supervisor


def test_ctrl_c_in_the_terminal_reaches_neither_supervisor_nor_server(place: Installation) -> None:
    user = place.user()
    user.sql("SELECT 1")
    state = place.state()
    assert os.getsid(state.supervisor) == os.getsid(state.postmaster) != os.getsid(0)


def test_a_supervisor_told_to_end_stops_the_server_and_the_next_user_starts_it(
    place: Installation,
) -> None:
    user = place.user()
    user.sql("SELECT 1")
    os.kill(place.state().supervisor, signal.SIGINT)
    wait_until(place.is_stopped)
    assert "database system is shut down" in place.layout.log.read_text()
    assert user.sql("SELECT 1") == [[1]]


def test_a_data_folder_removed_under_a_running_server_is_begun_anew(place: Installation) -> None:
    user = place.user()
    user.sql("SELECT 1")
    while place.data_dir.exists():  # the server removes files of its own meanwhile
        shutil.rmtree(place.data_dir, ignore_errors=True)
    assert user.sql("SELECT 1") == [[1]]
    wait_until(lambda: len(place.servers()) == 1)
