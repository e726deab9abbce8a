"""Ending embedded databases of tests, without the time that they leave to users to come back."""

import os
import signal
import time
from contextlib import suppress
from pathlib import Path

from telemetry.postgres.embedded import release, server_status
from telemetry.postgres.layout import Layout


def stop_database(data_dir: Path) -> None:
    """Stop the database of this data folder, whoever uses it, and wait for its end."""
    release(data_dir)
    status = server_status(data_dir)
    if status:
        with suppress(ProcessLookupError):
            os.kill(status.supervisor, signal.SIGINT)
    layout, deadline = Layout(data_dir), time.monotonic() + 20
    while layout.supervisor_is_alive():
        assert time.monotonic() < deadline, f"the database in {data_dir} does not end"
        time.sleep(0.02)
