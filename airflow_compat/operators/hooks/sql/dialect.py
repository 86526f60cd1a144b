"""Generates the INSERT and REPLACE statements for a kind of database (`airflow.providers.common.sql.dialects`)."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any

from ....authoring._current import definition_release
from ....logs import LoggingMixin

if TYPE_CHECKING:
    from .dbapi import DbApiHook

_SPECIAL = re.compile(r"[^\w]")


class Dialect(LoggingMixin):
    """Generates statements for a hook's database, and reads the columns of the database's tables."""

    def __init__(self, hook: DbApiHook) -> None:
        self.hook = hook

    def escape_word(self, word: str) -> str:
        """Return a column's name, in quotes if it is reserved or has special characters, or if the hook quotes all."""
        form = self.hook.escape_word_format
        is_plain = not _SPECIAL.search(word) and word.casefold() not in self.reserved_words
        if word == form.format(self.unescape_word(word)) or (is_plain and not self.hook.escape_column_names):
            return word
        return form.format(word)

    def unescape_word(self, word: str) -> str:
        """Return a name without quotes: `schema.table` for `"schema"."table"`."""
        first, last = self.hook.escape_word_format[0], self.hook.escape_word_format[-1]
        parts = word.split(".")
        return ".".join(part[1:-1] if part.startswith(first) and part.endswith(last) else part for part in parts)

    @cached_property
    def reserved_words(self) -> Collection[str]:
        """The database's reserved words, as far as SQLAlchemy knows them."""
        name = self.hook.dialect_name
        for module, attribute in (("base", "RESERVED_WORDS"), ("reserved_words", f"RESERVED_WORDS_{name.upper()}")):
            try:
                found = getattr(import_module(f"sqlalchemy.dialects.{name}.{module}"), attribute, None)
            except ImportError:
                continue
            if found is not None:
                return frozenset(found)
        return frozenset()

    @staticmethod
    def extract_schema_from_table(table: str) -> tuple[str, str | None]:
        """Split a table's name at the dot into the table's own name and its schema."""
        schema, _, name = table.rpartition(".")
        return (name, schema) if schema and "." not in schema else (table, None)

    def get_column_names(
        self, table: str, schema: str | None = None, predicate: Callable[[Any], bool] = lambda _: True
    ) -> list[str]:
        """Return the names of a table's columns."""
        columns = self.hook.inspector.get_columns(*self._place(table, schema))
        return [column["name"] for column in columns if predicate(column)]

    def get_target_fields(self, table: str, schema: str | None = None) -> list[str]:
        """Return the names of the columns whose values an INSERT must provide, because the database does not."""
        return self.get_column_names(
            table, schema, lambda column: not column.get("identity") and column.get("autoincrement") is not True
        )

    def get_primary_keys(self, table: str, schema: str | None = None) -> list[str]:
        """Return the names of the columns in a table's primary key."""
        return list(self.hook.inspector.get_pk_constraint(*self._place(table, schema)).get("constrained_columns", []))

    def _place(self, table: str, schema: str | None) -> tuple[str, str | None]:
        if schema is None:
            table, schema = self.extract_schema_from_table(table)
        return self.unescape_word(table), self.unescape_word(schema) if schema else None

    def generate_insert_sql(
        self, table: str, values: Sequence[Any], target_fields: Sequence[str] | None, **_: Any
    ) -> str:
        return self._statement(self.hook.insert_statement_format, table, values, target_fields)

    def generate_replace_sql(
        self, table: str, values: Sequence[Any], target_fields: Sequence[str] | None, **_: Any
    ) -> str:
        return self._statement(self.hook.replace_statement_format, table, values, target_fields)

    def _statement(self, form: str, table: str, values: Sequence[Any], target_fields: Sequence[str] | None) -> str:
        fields = f"({', '.join(map(self.escape_word, target_fields))})" if target_fields else ""
        return form.format(table, fields, ",".join([self.hook.placeholder] * len(values)))


class PostgresDialect(Dialect):
    """Generates statements for PostgreSQL, which replace existing rows with ON CONFLICT."""

    def generate_replace_sql(
        self,
        table: str,
        values: Sequence[Any],
        target_fields: Sequence[str] | None,
        replace_index: str | Sequence[str] | None = None,
        replace_target: Sequence[str] | None = None,
        **_: Any,
    ) -> str:
        """Return an INSERT statement that updates existing rows.

        Args:
            table: The table.
            values: A row.
            target_fields: The columns.
            replace_index: The columns whose values tell whether a row already exists. Defaults to the columns of the
                primary key.
            replace_target: The columns to update in rows that already exist. Defaults to all columns except those in
                `replace_index`. If the list is empty, existing rows stay unchanged.

        Raises:
            ValueError: `target_fields` is empty, or there is neither `replace_index` nor a primary key.
        """
        if not target_fields:
            raise ValueError("PostgreSQL ON CONFLICT upsert syntax requires column names")
        index = [replace_index] if isinstance(replace_index, str) else replace_index or self.get_primary_keys(table)
        if not index:
            raise ValueError("PostgreSQL ON CONFLICT upsert syntax requires an unique index")
        # In the provider for Airflow 2.11, an empty list means all other columns.
        if replace_target is None or (not replace_target and definition_release() == "2"):
            replace_target = [field for field in target_fields if field not in index]
        updates = ", ".join(f"{name} = excluded.{name}" for name in map(self.escape_word, replace_target))
        action = f"DO UPDATE SET {updates}" if updates else "DO NOTHING"
        conflict = f" ON CONFLICT ({', '.join(map(self.escape_word, index))}) {action}"
        return self.generate_insert_sql(table, values, target_fields) + conflict
