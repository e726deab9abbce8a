"""Django's PostgreSQL backend, which starts the embedded server when a connection is asked for.

Settings::

    {"ENGINE": "telemetry.postgres", "NAME": "telemetry",
     "OPTIONS": {"embedded_data_dir": "/path/to/var"}}

Without ``embedded_data_dir`` it is exactly Django's own.
"""

import time
from pathlib import Path
from typing import Any

from django.db import connections
from django.db.backends.postgresql import base, client
from django.db.utils import DEFAULT_DB_ALIAS

from telemetry.postgres.embedded import (
    ConnectionInfo,
    EmbeddedPostgresError,
    ensure_running,
    server_status,
)

__all__ = ["DatabaseWrapper", "EmbeddedPostgresError", "connection_kwargs", "embedded_data_dir"]

_OPTION = "embedded_data_dir"
# What Django adds for its own connections; the rest of its parameters are libpq's.
_DJANGO_ONLY = ("cursor_factory", "context", "prepare_threshold")

# The server died, or was told to stop, an instant ago, before its supervisor could say so.
_PASSING = (
    "Connection refused",
    "No such file",
    "Connection reset",
    "closed the connection unexpectedly",
    "the database system is",  # starting up, shutting down, in recovery mode
)
_PASSING_SECONDS = 5.0


def embedded_data_dir(settings_dict: dict[str, Any]) -> Path | None:
    """The data folder of the embedded server, if these settings of a database mean one."""
    value = settings_dict["OPTIONS"].get(_OPTION)
    return Path(value) if value else None


def connection_kwargs(alias: str = DEFAULT_DB_ALIAS) -> dict[str, Any]:
    """Arguments for ``psycopg.connect`` to the database of `alias`, whose server is up.

    For connections that Django does not manage, such as the store's writer. Call it for every
    (re)connection, from any thread: it starts the embedded server again if that went away, and
    follows the name of a test database.
    """
    parameters = connections[alias].get_connection_params()
    return {name: value for name, value in parameters.items() if name not in _DJANGO_ONLY}


class DatabaseClient(client.DatabaseClient):
    """``dbshell`` with the psql that belongs to the server, which need not be on the PATH."""

    @classmethod
    def settings_to_cmd_args_env(
        cls, settings_dict: dict[str, Any], parameters: Any
    ) -> tuple[list[str], dict[str, str] | None]:
        data_dir = embedded_data_dir(settings_dict)
        if data_dir is None:
            return super().settings_to_cmd_args_env(settings_dict, parameters)
        server = ensure_running(data_dir)
        located = {**settings_dict, "USER": server.user, "HOST": server.host, "PORT": server.port}
        args, env = super().settings_to_cmd_args_env(located, parameters)
        status = server_status(data_dir)
        psql = status.bin_dir / args[0] if status else None
        return [str(psql) if psql and psql.exists() else args[0], *args[1:]], env


class DatabaseWrapper(base.DatabaseWrapper):
    client_class = DatabaseClient

    def get_connection_params(self) -> dict[str, Any]:
        # Django's pool and its single connections both come here first.
        parameters: dict[str, Any] = super().get_connection_params()
        data_dir = parameters.pop(_OPTION, None)
        if data_dir:
            parameters |= _parameters(ensure_running(data_dir))
        return parameters

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        data_dir = embedded_data_dir(self.settings_dict)
        if data_dir is None:
            return super().get_new_connection(conn_params)
        deadline = time.monotonic() + _PASSING_SECONDS
        while True:
            try:
                return super().get_new_connection(conn_params)
            except self.Database.OperationalError as error:
                passing = any(text in str(error) for text in _PASSING)
                if not passing or time.monotonic() >= deadline:
                    raise
            time.sleep(0.05)
            conn_params = conn_params | _parameters(ensure_running(data_dir))


def _parameters(server: ConnectionInfo) -> dict[str, Any]:
    return {"host": server.host, "port": server.port, "user": server.user}
