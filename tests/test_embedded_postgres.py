"""The embedded server's life: on demand, shared, kept, stopped with its last user."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator

import psycopg
import pytest

from telemetry.postgres.embedded import ensure_running, release, server_status
from tests.embedded_postgres_helpers import ROOT, Installation, installation, wait_until


@pytest.fixture
def place() -> Iterator[Installation]:
    with installation() as made:
        yield made


@pytest.fixture
def prepared() -> Iterator[Installation]:
    with installation(prepared=True) as made:
        yield made


def test_data_is_kept_and_the_second_start_is_fast(place: Installation) -> None:
    first = place.user()
    first.sql("CREATE TABLE kept (n int)")
    first.sql("INSERT INTO kept VALUES (7)")
    first.end()
    place.stop()

    started = time.monotonic()
    assert place.user().sql("SELECT n FROM kept") == [[7]]
    assert time.monotonic() - started < 5


def test_processes_share_one_server_which_stops_with_the_last(prepared: Installation) -> None:
    one, two = prepared.user(), prepared.user()
    server = "SELECT pg_postmaster_start_time()::text"
    assert one.sql(server) == two.sql(server)
    assert len(prepared.servers()) == 1

    one.end()
    time.sleep(1.5)
    assert two.sql("SELECT 1") == [[1]]
    assert len(prepared.servers()) == 1

    two.end()
    wait_until(prepared.is_stopped, 5)


def test_a_server_that_starts_at_once_in_four_processes_starts_once(place: Installation) -> None:
    users = [place.user() for _ in range(4)]
    for user in users:
        user.send("SELECT pg_postmaster_start_time()::text")
    assert len({str(user.answer()) for user in users}) == 1
    assert len(place.servers()) == 1


def test_who_comes_while_the_server_stops_waits_and_starts_it_anew(prepared: Installation) -> None:
    """Ends and begins at every moment of the supervisor's round."""
    prepared.user().sql("SELECT 1")
    for delay in (0.8, 0.95):
        prepared.users[-1].end()
        time.sleep(delay)
        assert prepared.user().sql("SELECT 1") == [[1]]
        assert len(prepared.servers()) == 1


def test_threads_of_one_process_and_a_forked_child(prepared: Installation) -> None:
    where = ensure_running(prepared.data_dir)
    child = os.fork()
    if not child:
        time.sleep(1.5)
        again = ensure_running(prepared.data_dir)
        with psycopg.connect(host=where.host, user=where.user, dbname=where.dbname):
            os._exit(0 if again == where else 1)
    release(prepared.data_dir)  # the child still holds what it inherited
    _, status = os.waitpid(child, 0)
    assert status == 0
    wait_until(prepared.is_stopped, 5)


def test_asking_again_costs_little(prepared: Installation) -> None:
    ensure_running(prepared.data_dir)
    started = time.perf_counter()
    for _ in range(200):
        ensure_running(prepared.data_dir)
    assert (time.perf_counter() - started) / 200 < 0.001


def test_its_settings_do_not_risk_what_was_acknowledged(prepared: Installation) -> None:
    user = prepared.user()
    for name in ("fsync", "full_page_writes", "synchronous_commit"):
        assert user.sql(f"SHOW {name}") == [["on"]]
    assert user.sql("SHOW listen_addresses") == [[""]]
    assert user.sql("SHOW server_encoding") == [["UTF8"]]
    assert user.sql("SHOW timezone") == [["UTC"]]
    assert user.sql("SELECT rolsuper FROM pg_roles WHERE rolname = current_user") == [[False]]
    assert user.sql("SELECT 'B' < 'a', 'Z' < 'é', upper('é')") == [[True, True, "É"]]


def test_own_settings_win(prepared: Installation) -> None:
    user = prepared.user()
    user.sql("SELECT 1")
    user.end()
    prepared.stop()
    with (prepared.layout.conf / "custom.conf").open("a") as file:
        file.write("max_connections = 33\n")
    assert prepared.user().sql("SHOW max_connections") == [["33"]]


def test_looking_starts_nothing(place: Installation) -> None:
    assert server_status(place.data_dir) is None
    code = (
        "from django.conf import settings; settings.configure(DATABASES={'default': {"
        "'ENGINE': 'telemetry.postgres', 'NAME': 'telemetry',"
        f"'OPTIONS': {{'embedded_data_dir': {str(place.data_dir)!r}}}}}}});"
        "import django; django.setup(); from django.db import connection; connection.vendor"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)
    assert not place.data_dir.exists()


def test_the_supervisor_does_without_django() -> None:
    code = "import sys, telemetry.postgres.supervisor; print('django' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True)
    assert done.stdout.strip() == b"False"
