"""How the production server is run: which program, how many processes, which limits."""

import os

import uvicorn

from telemetry.door.lenient import LenientProtocol

APPLICATION = "telemetry.asgi:application"


def default_workers() -> int:
    """A process per core that we may use, and no more than 4: the database needs cores as well."""
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:  # not Linux
        cores = os.cpu_count() or 1
    return min(4, cores)


def run(host: str, port: int, workers: int, application: str = APPLICATION) -> None:
    """Serve until a signal says to stop; requests in flight are answered first.

    Raises ``SystemExit``, as uvicorn does, when it cannot listen.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "telemetry.settings")
    uvicorn.run(
        application,
        host=host,
        port=port,
        workers=workers,
        loop="auto",
        http=LenientProtocol,
        lifespan="on",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,  # the door and Django believe trusted proxies only
        backlog=4096,
        timeout_graceful_shutdown=10,
        timeout_worker_healthcheck=30,
    )
