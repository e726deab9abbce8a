"""How the production server is run: which program, how many processes, which limits."""

import asyncio
import logging
import os
import resource
import socket
import sys
from contextlib import suppress
from typing import Any, Literal

import uvicorn
from uvicorn.supervisors.multiprocess import Multiprocess, Process

from telemetry.door.lenient import LenientProtocol
from telemetry.door.websocket import PatientSocket
from telemetry.metrics import forget_process, shared_metrics

logger = logging.getLogger(__name__)

APPLICATION = "telemetry.asgi:application"


def default_workers() -> int:
    """A process per core that we may use, and no more than 4: the database needs cores as well."""
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:  # not Linux
        cores = os.cpu_count() or 1
    return min(4, cores)


class SharedPort(socket.socket):
    """A port that each process listens to by a socket of its own, bound when it gets there.

    If processes took connections from one common socket, the first to wake would take all that
    are waiting and the others would idle. With a socket each (``SO_REUSEPORT``) Linux spreads
    connections evenly: measured with 256 connections, half as many posts again.
    """

    def __init__(self, host: str, port: int) -> None:
        super().__init__(_family(host), socket.SOCK_STREAM)
        self._where = (host, port)
        self.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        self.bind(self._where)

    def __reduce__(self) -> tuple[Any, ...]:
        return SharedPort, self._where


class Supervisor(Multiprocess):
    """Serving processes, each replaced when it ends by itself; the log tells of that."""

    def init_processes(self) -> None:
        super().init_processes()
        for process in self.processes:
            _hear_its_end(process)

    def keep_subprocess_alive(self) -> None:
        before = [process.pid for process in self.processes]
        super().keep_subprocess_alive()
        for old, process in zip(before, self.processes, strict=False):
            if process.pid != old:
                _hear_its_end(process)
                forget_process(old or 0)
                logger.error(
                    "Serving process %s ended unasked; %s has taken its place.", old, process.pid
                )


def _hear_its_end(process: Process) -> None:
    """Let go of the other end of a process's pipe, so that its death is heard on ours.

    Else one that dies while it is asked whether it lives is waited for until the time for its
    answer is over.
    """
    process.child_conn.close()


def run(
    host: str,
    port: int,
    workers: int,
    application: str = APPLICATION,
    http: type[asyncio.Protocol] | Literal["httptools"] = LenientProtocol,
) -> None:
    """Serve until a signal says to stop; requests in flight are answered first.

    Raises ``OSError`` when it cannot listen there.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "telemetry.settings")
    check_free(host, port)
    _allow_many_files()
    config = uvicorn.Config(
        application,
        host=host,
        port=port,
        workers=workers,
        loop="auto",
        http=http,
        ws=PatientSocket,
        ws_max_size=65_536,  # nothing that clients send is of interest
        ws_per_message_deflate=False,  # would pack each frame anew for every reader
        lifespan="on",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,  # the door and Django believe trusted proxies only
        backlog=4096,
        timeout_graceful_shutdown=10,
        timeout_worker_healthcheck=30,
    )
    if workers == 1:
        uvicorn.Server(config).run()
        return
    with shared_metrics():
        if sys.platform == "linux":
            with SharedPort(host, port) as reserved:  # held, not listened to, by this process
                Supervisor(config, sockets=[reserved]).run()
        else:
            Supervisor(config, sockets=[config.bind_socket()]).run()


def _allow_many_files() -> None:
    """Each connection is an open file, and the usual soft limit of 1,024 is soon reached."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def check_free(host: str, port: int) -> None:
    """Raise ``OSError`` if that cannot be listened to, or if somebody does already.

    Sharing a port (see `SharedPort`) would as gladly be done with a server that runs already.
    """
    with socket.socket(_family(host), socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((host, port))


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET
