"""Inserts rows in batches, as Airflow's `DbApiHook.insert_rows` does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, suppress
from datetime import datetime
from itertools import islice
from typing import Any


class InsertsRows:
    """Mixin class with the methods of `DbApiHook` that insert rows."""

    supports_executemany = False
    dialect: Any
    log: Any
    _create_autocommit_connection: Any

    def insert_rows(
        self,
        table: str,
        rows: Iterable[Iterable[Any]],
        target_fields: Sequence[str] | None = None,
        commit_every: int = 1000,
        replace: bool = False,
        *,
        executemany: bool = False,
        fast_executemany: bool = False,
        autocommit: bool = False,
        **kwargs: Any,
    ) -> None:
        """Insert rows into a table in batches, and commit after each batch.

        Args:
            table: The table.
            rows: The rows.
            target_fields: The columns to fill. Defaults to all columns.
            commit_every: The number of rows in each batch. 0 inserts all rows in one batch.
            replace: Whether to replace rows that already exist in the table.
            executemany: Whether to insert each batch with one call of the driver, instead of one call for each row.
                With some databases, each batch is always inserted with one call.
            fast_executemany: Whether to set the driver's option `fast_executemany`, if it has this option.
            autocommit: See `run`.
            kwargs: Further arguments for the dialect's `generate_replace_sql`, such as `replace_index`.
        """
        count = 0
        with self._create_autocommit_connection(autocommit) as conn:
            conn.commit()
            with closing(conn.cursor()) as cursor:
                for portion in _portions(rows, commit_every):
                    values = [self._serialize_cells(row, conn) for row in portion]
                    if self.supports_executemany or executemany:
                        sql = self._generate_insert_sql(table, values[0], target_fields, replace, **kwargs)
                        self._execute_many(cursor, sql, values, is_fast=fast_executemany)
                    else:
                        for row in values:
                            cursor.execute(self._generate_insert_sql(table, row, target_fields, replace, **kwargs), row)
                    conn.commit()
                    count += len(values)
                    self.log.info("Loaded %s rows into %s so far", count, table)
            conn.commit()
        self.log.info("Done loading. Loaded a total of %s rows into %s", count, table)

    def _execute_many(self, cursor: Any, sql: str, values: list[tuple[Any, ...]], *, is_fast: bool) -> None:
        if is_fast:
            # Other drivers than Microsoft's have no option `fast_executemany`.
            with suppress(AttributeError):
                cursor.fast_executemany = True
        cursor.executemany(sql, values)

    def _generate_insert_sql(
        self,
        table: str,
        values: Sequence[Any],
        target_fields: Sequence[str] | None = None,
        replace: bool = False,
        **kwargs: Any,
    ) -> str:
        generate = self.dialect.generate_replace_sql if replace else self.dialect.generate_insert_sql
        return str(generate(table, values, target_fields, **kwargs))

    @classmethod
    def _serialize_cells(cls, row: Iterable[Any], conn: Any = None) -> tuple[Any, ...]:
        return tuple(cls._serialize_cell(cell, conn) for cell in row)

    @staticmethod
    def _serialize_cell(cell: Any, conn: Any = None) -> Any:
        """Return a value as text. Subclasses whose driver converts values itself override this method."""
        if cell is None:
            return None
        return cell.isoformat() if isinstance(cell, datetime) else str(cell)


def _portions(rows: Iterable[Any], size: int) -> Iterator[list[Any]]:
    left = iter(rows)
    while portion := list(islice(left, size or None)):
        yield portion
