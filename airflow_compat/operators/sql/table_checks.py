"""Operators that check a table or its columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ...exceptions import AirflowException
from .._release import release_of
from ._base import BaseSQLOperator, checked_clause, parse_boolean, where

_COMPARISONS = ("greater_than", "geq_to", "less_than", "leq_to")
_OVERLAPS = {
    ("greater_than", "less_than"): (
        "greater_than should be strictly less than less_than. Use geq_to or leq_to for overlapping equality."
    ),
    ("greater_than", "leq_to"): (
        "greater_than must be strictly less than leq_to. Use geq_to with leq_to for overlapping equality."
    ),
    ("geq_to", "less_than"): (
        "geq_to should be strictly less than less_than. Use leq_to with geq_to for overlapping equality."
    ),
}


class SQLColumnCheckOperator(BaseSQLOperator):
    """Checks columns of a table: the numbers of nulls and of distinct values, the minimum and the maximum.

    Args:
        table: The table. Templates are rendered.
        column_mapping: Maps each column to its checks, by the check's name: `null_check`, `distinct_check`,
            `unique_check`, `min` or `max`. A check is a dict with the key `equal_to`, or with bounds (`greater_than`,
            `geq_to`, `less_than`, `leq_to`), and may have the keys `tolerance` and `partition_clause`.
        partition_clause: A SQL condition that selects the rows to check.
        conn_id: The connection's id.
        database: The database to use instead of the one that the connection names.
        accept_none: Whether to treat the result NULL of a check as 0.
        kwargs: Arguments of `BaseSQLOperator` and `BaseOperator`.

    Raises:
        AirflowException: There is no check of this name.
        ValueError: A check has neither `equal_to` nor bounds, or has bounds that contradict each other.
    """

    template_fields: Sequence[str] = ("table", "partition_clause", "sql", *BaseSQLOperator.template_fields)
    template_fields_renderers: Mapping[str, str] = {"sql": "sql"}
    sql_check_template = """
        SELECT '{column}' AS col_name, '{check}' AS check_type, {column}_{check} AS check_result
        FROM (SELECT {check_statement} AS {column}_{check} FROM {table} {partition_clause}) AS sq
    """
    column_checks: dict[str, str] = {
        "null_check": "SUM(CASE WHEN {column} IS NULL THEN 1 ELSE 0 END)",
        "distinct_check": "COUNT(DISTINCT({column}))",
        "unique_check": "COUNT({column}) - COUNT(DISTINCT({column}))",
        "min": "MIN({column})",
        "max": "MAX({column})",
    }

    def __init__(
        self,
        *,
        table: str,
        column_mapping: dict[str, dict[str, Any]],
        partition_clause: str | None = None,
        conn_id: str | None = None,
        database: str | None = None,
        accept_none: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(conn_id=conn_id, database=database, **kwargs)
        self.table = table
        self.column_mapping = column_mapping
        self.partition_clause: str | None = checked_clause(partition_clause)
        self.accept_none = accept_none
        queries = []
        for column, checks in column_mapping.items():
            for check, values in checks.items():
                self._column_mapping_validation(check, values)
            queries.append(self._generate_sql_query(column, checks))
        self.sql = f"SELECT col_name, check_type, check_result FROM ({'UNION ALL'.join(queries)}) AS check_columns"

    def execute(self, context: Any) -> None:
        records = self.get_db_hook().get_records(self.sql)
        if not records:
            self._raise_exception(f"The following query returned zero rows: {self.sql}")
        self.log.info("Record: %s", records)
        for column, check, result in records:
            values = self.column_mapping[column][check]
            tolerance = values.get("tolerance")
            values["result"] = result
            values["success"] = self._get_match(values, result, tolerance)
        failed = [
            f"Column: {column}\n\tCheck: {check},\n\tCheck Values: {values}\n"
            for column, checks in self.column_mapping.items()
            for check, values in checks.items()
            if not values["success"]
        ]
        if failed:
            self._raise_exception(
                f"Test failed.\nResults:\n{records!s}\nThe following tests have failed:\n{''.join(failed)}"
            )
        self.log.info("All tests have passed")

    def _generate_sql_query(self, column: str, checks: Mapping[str, Mapping[str, Any]]) -> str:
        return "UNION ALL".join(
            self.sql_check_template.format(
                check_statement=self.column_checks[check].format(column=column),
                check=check,
                table=self.table,
                column=column,
                partition_clause=where(self.partition_clause, checks[check].get("partition_clause")),
            )
            for check in checks
        )

    def _get_match(self, check_values: Mapping[str, Any], record: Any, tolerance: float | None = None) -> bool:
        """Return True if the result of a check is within the check's bounds."""
        if record is None and self.accept_none:
            record = 0
        matches = True
        if "geq_to" in check_values:
            matches = record >= self._relaxed(check_values["geq_to"], tolerance, -1)
        elif "greater_than" in check_values:
            matches = record > self._relaxed(check_values["greater_than"], tolerance, -1)
        if "leq_to" in check_values:
            matches = record <= self._relaxed(check_values["leq_to"], tolerance, 1) and matches
        elif "less_than" in check_values:
            matches = record < self._relaxed(check_values["less_than"], tolerance, 1) and matches
        if "equal_to" in check_values:
            expected = check_values["equal_to"]
            if tolerance is None:
                return record == expected and matches
            low, high = self._relaxed(expected, tolerance, -1), self._relaxed(expected, tolerance, 1)
            matches = low <= record <= high and matches
        return matches

    def _relaxed(self, bound: Any, tolerance: float | None, sign: int) -> Any:
        if tolerance is None:
            return bound
        if release_of(self) == "2":
            return bound * (1 + sign * tolerance)
        return bound + sign * abs(bound) * tolerance

    def _column_mapping_validation(self, check: str, check_values: Mapping[str, Any]) -> None:
        if check not in self.column_checks:
            raise AirflowException(f"Invalid column check: {check}.")
        given = [name for name in _COMPARISONS if name in check_values]
        if not given and "equal_to" not in check_values:
            raise ValueError(
                "Please provide one or more of: less_than, leq_to, greater_than, geq_to, or equal_to in the check's "
                "dict."
            )
        for (low, high), message in _OVERLAPS.items():
            if low in check_values and high in check_values and check_values[low] >= check_values[high]:
                raise ValueError(message)
        if "geq_to" in given and "leq_to" in given and check_values["geq_to"] > check_values["leq_to"]:
            raise ValueError("geq_to should be less than or equal to leq_to.")
        if "greater_than" in given and "geq_to" in given:
            raise ValueError("Only supply one of greater_than or geq_to.")
        if "less_than" in given and "leq_to" in given:
            raise ValueError("Only supply one of less_than or leq_to.")
        if given and "equal_to" in check_values:
            raise ValueError(
                "equal_to cannot be passed with a greater or less than function. To specify 'greater than or equal "
                "to' or 'less than or equal to', use geq_to or leq_to."
            )


class SQLTableCheckOperator(BaseSQLOperator):
    """Checks whether all rows of a table meet conditions.

    Args:
        table: The table. Templates are rendered.
        checks: Maps the name of each check to a dict with the key `check_statement`, which is a SQL condition, and
            optionally `partition_clause`.
        partition_clause: A SQL condition that selects the rows to check.
        conn_id: The connection's id.
        database: The database to use instead of the one that the connection names.
        accept_none: Whether the check passes if the query returns no rows. Only Airflow 3 has this argument.
        kwargs: Arguments of `BaseSQLOperator` and `BaseOperator`.
    """

    template_fields: Sequence[str] = ("table", "partition_clause", "sql", *BaseSQLOperator.template_fields)
    template_fields_renderers: Mapping[str, str] = {"sql": "sql"}
    sql_check_template = """
    SELECT '{check_name}' AS check_name, MIN({check_name}) AS check_result
    FROM (SELECT CASE WHEN {check_statement} THEN 1 ELSE 0 END AS {check_name}
          FROM {table} {partition_clause}) AS sq
    """

    def __init__(
        self,
        *,
        table: str,
        checks: dict[str, dict[str, Any]],
        partition_clause: str | None = None,
        conn_id: str | None = None,
        database: str | None = None,
        accept_none: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(conn_id=conn_id, database=database, **kwargs)
        self.table = table
        self.checks = checks
        self.partition_clause: str | None = checked_clause(partition_clause)
        self.accept_none = accept_none
        self.sql: str = f"SELECT check_name, check_result FROM ({self._generate_sql_query()}) AS check_table"

    def execute(self, context: Any) -> None:
        records = self.get_db_hook().get_records(self.sql)
        if not records:
            if self.accept_none:
                self.log.warning("No records found for table: %s, but accept_none=True.", self.table)
                return
            self._raise_exception(f"The following query returned zero rows: {self.sql}")
        self.log.info("Record:\n%s", records)
        self._note(records)
        failed = [
            f"\tCheck: {check},\n\tCheck Values: {values}\n"
            for check, values in self.checks.items()
            if not values["success"]
        ]
        if failed:
            self._raise_exception(
                f"Test failed.\nQuery:\n{self.sql}\nResults:\n{records!s}\n"
                f"The following tests have failed:\n{', '.join(failed)}"
            )
        self.log.info("All tests have passed")

    def _note(self, records: Iterable[tuple[str, Any]]) -> None:
        for check, result in records:
            if release_of(self) == "3":
                self.checks[check]["result"] = str(result)
            self.checks[check]["success"] = parse_boolean(str(result))

    def _generate_sql_query(self) -> str:
        return "UNION ALL".join(
            self.sql_check_template.format(
                check_statement=values["check_statement"],
                check_name=check_name,
                table=self.table,
                partition_clause=where(self.partition_clause, values.get("partition_clause")),
            )
            for check_name, values in self.checks.items()
        )
