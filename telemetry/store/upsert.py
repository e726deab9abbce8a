"""Additive upserts, described as data.

Django's ``bulk_create(update_conflicts=True)`` can only overwrite; counters must add. So a table
of counters is described once, and its statement is made from the description.
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Upsert:
    """How rows are added into `table`: which columns are its unique `key`, and how others merge.

    All names are our own, never input.
    """

    table: str
    key: Sequence[str]
    add: Sequence[str] = ()
    least: Sequence[str] = ()
    greatest: Sequence[str] = ()
    overwrite: Sequence[str] = ()

    @property
    def columns(self) -> list[str]:
        return [*self.key, *self.add, *self.least, *self.greatest, *self.overwrite]

    def sql(self, source: str) -> str:
        """The statement for rows selected by `source`, which must name all `columns` in order.

        `source` must give each key once, and in key order, so that processes that write the same
        rows wait for each other in line, never in a circle.
        """
        merges = [
            *(f"{name} = old.{name} + excluded.{name}" for name in self.add),
            *(f"{name} = least(old.{name}, excluded.{name})" for name in self.least),
            *(f"{name} = greatest(old.{name}, excluded.{name})" for name in self.greatest),
            *(f"{name} = excluded.{name}" for name in self.overwrite),
        ]
        return (
            f"INSERT INTO {self.table} AS old ({', '.join(self.columns)})\n{source}\n"
            f"ON CONFLICT ({', '.join(self.key)}) DO UPDATE SET {', '.join(merges)}"
        )
