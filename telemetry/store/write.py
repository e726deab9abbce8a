"""What a write is, and what a store does with it."""

from collections.abc import Awaitable, Mapping, Sequence
from typing import Any, ClassVar, Protocol, Self

import psycopg

Row = tuple[Any, ...]


class Batch:
    """The transaction that a group of writes is applied in."""

    __slots__ = ("_cursor",)

    def __init__(self, cursor: psycopg.Cursor[Row]) -> None:
        self._cursor = cursor

    def execute(self, sql: bytes, params: Mapping[str, Any] | Sequence[Any]) -> list[Row]:
        """Run one prepared statement that returns rows (use ``RETURNING`` or ``SELECT``)."""
        return self._cursor.execute(sql, params, prepare=True).fetchall()

    def run(self, sql: bytes, params: Mapping[str, Any] | Sequence[Any]) -> None:
        """Run one prepared statement that returns nothing."""
        self._cursor.execute(sql, params, prepare=True)


class Write:
    """One submission, which nobody changes any more; a subclass per kind.

    A batch applies its kinds in the order of `order`, and each kind touches its rows in key order,
    table by table in the same order, so that two processes never wait for each other in a circle.
    """

    __slots__ = ()

    order: ClassVar[int]

    @property
    def weight(self) -> int:
        """How many rows' worth of waiting memory and work this is; at least 1."""
        return 1

    @classmethod
    def apply(cls, batch: Batch, writes: Sequence[Self]) -> Sequence[Any]:
        """Store `writes`, all of this kind, within a transaction; an outcome for each, in order.

        An outcome says "stored" or "refused, because …" in the kind's own terms. Raising fails
        the batch: it is rolled back and its writes are tried again in smaller groups, so that
        only the one that cannot be stored fails.
        """
        raise NotImplementedError

    @classmethod
    def apply_at_once(
        cls,
        batch: Batch,  # noqa: ARG003
        writes: Sequence[Self],  # noqa: ARG003
    ) -> Sequence[Any] | None:
        """The same by a single statement outside a transaction, to spare BEGIN and COMMIT.

        ``None``: that was not possible, and nothing has been changed; ``apply`` is called next.
        """
        return None


class Store(Protocol):
    """Where services take their writes. Both ways raise ``StoreError`` (see ``errors``)."""

    def submit(self, write: Write) -> Awaitable[Any]:
        """Hand in a write from a coroutine; await the result for its outcome, after commit."""
        ...

    def submit_and_wait(self, write: Write) -> Any:
        """Hand in a write from an ordinary thread and return its outcome, after commit."""
        ...

    def close(self) -> None:
        """Store what was handed in, then stop."""
        ...
