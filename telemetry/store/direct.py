"""The group store's synchronous twin, for ordinary tests: same writes, same statements, no thread.

It applies each write at once on Django's connection of the calling thread, so that a test's
transaction sees it and rolls it back.
"""

from typing import Any, cast

import psycopg
from asgiref.sync import sync_to_async
from django.db import connection, transaction

from telemetry.store.errors import WriteRejected
from telemetry.store.write import Batch, Row, Write


class DirectStore:
    """A ``Store`` that is not meant for production: one transaction for each write."""

    async def submit(self, write: Write) -> Any:
        return await sync_to_async(self.submit_and_wait, thread_sensitive=True)(write)

    def submit_and_wait(self, write: Write) -> Any:
        connection.ensure_connection()
        plain = cast("psycopg.Connection[Row]", connection.connection)
        try:
            with transaction.atomic(), psycopg.Cursor[Row](plain) as cursor:
                cursor.format = psycopg.pq.Format.BINARY
                return type(write).apply(Batch(cursor), [write])[0]
        except psycopg.Error as error:
            raise WriteRejected(f"this could not be stored: {error}") from error

    def close(self) -> None:
        """Nothing waits."""
