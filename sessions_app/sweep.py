"""Ends the sessions that their clients have left open, every now and then while a server serves.

Each serving process has a thread for it and tries; whoever comes while another process is at it
goes away again, so it does not matter how many there are, or which of them dies.
"""

import logging
import random
import threading
import time

from django.conf import settings
from django.db import DatabaseError, close_old_connections, connection

from sessions_app.services.sessions import end_silent
from sessions_app.services.usage import time_out_silent
from telemetry.door.lifespan import at_start

__all__ = ["Sweeper"]

logger = logging.getLogger(__name__)


class Sweeper:
    """Sweeps once a period, for ever; whatever goes wrong is logged when it begins and ends."""

    def __init__(self) -> None:
        self._period = float(settings.SWEEP_SECONDS)
        self._fails = False

    def start(self) -> None:
        threading.Thread(target=self._run, name="session-sweeper", daemon=True).start()

    def _run(self) -> None:
        # Processes start together, and need not come together ever after.
        time.sleep(random.uniform(0, self._period))  # noqa: S311
        while True:
            self.sweep()
            time.sleep(self._period)

    def sweep(self) -> None:
        """Sweep now. Raises nothing: the next time may succeed."""
        try:
            close_old_connections()
            ended = (end_silent() or 0) + (time_out_silent() or 0)
        except Exception as error:
            if not self._fails:
                logger.error(
                    "Silent sessions cannot be ended, which is tried again: %s",
                    " ".join(str(error).split()),
                    exc_info=None if isinstance(error, DatabaseError) else error,
                )
            self._fails = True
        else:
            if self._fails:
                logger.warning("Silent sessions are ended again.")
            self._fails = False
            if ended:
                logger.info("Ended %d silent session%s.", ended, "" if ended == 1 else "s")
        finally:
            connection.close()


at_start(Sweeper().start)
