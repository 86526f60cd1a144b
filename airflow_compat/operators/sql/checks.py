"""Operators that check the result of a query."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, SupportsAbs

from ...exceptions import AirflowException, AirflowFailException
from .._release import release_of
from ._base import BaseSQLOperator, as_float

Parameters = Iterable[Any] | Mapping[str, Any] | None


class SQLCheckOperator(BaseSQLOperator):
    """Fails unless a query returns a row, and each value in the first row is true.

    Args:
        sql: The query, or the name of a file. Templates are rendered.
        conn_id: The connection's id.
        database: The database to use instead of the one that the connection names.
        parameters: The query's parameters, in the form that the driver expects.
        kwargs: Arguments of `BaseSQLOperator` and `BaseOperator`.
    """

    template_fields: Sequence[str] = ("sql", *BaseSQLOperator.template_fields)
    template_ext: Sequence[str] = (".hql", ".sql")
    template_fields_renderers: Mapping[str, str] = {"sql": "sql"}
    ui_color = "#fff7e6"

    def __init__(
        self,
        *,
        sql: str,
        conn_id: str | None = None,
        database: str | None = None,
        parameters: Parameters = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(conn_id=conn_id, database=database, **kwargs)
        self.sql = sql
        self.parameters = parameters

    def execute(self, context: Any) -> None:
        records = self.get_db_hook().get_first(self.sql, self.parameters)
        self.log.info("Record: %s", records)
        if not records:
            self._raise_exception(f"The following query returned zero rows: {self.sql}")
        if not all(records.values() if isinstance(records, dict) else records):
            self._raise_exception(f"Test failed.\nQuery:\n{self.sql}\nResults:\n{records!s}")


class SQLValueCheckOperator(BaseSQLOperator):
    """Fails unless each value in the first row of a query's result is equal to the expected value.

    Args:
        sql: The query, or the name of a file. Templates are rendered.
        pass_value: The expected value. Templates are rendered.
        tolerance: The allowed difference between a number and the expected number, as a share of the latter: 0.1 means
            10 %.
        conn_id: The connection's id.
        database: The database to use instead of the one that the connection names.
        parameters: The query's parameters, in the form that the driver expects.
        kwargs: Arguments of `BaseSQLOperator` and `BaseOperator`.
    """

    template_fields: Sequence[str] = ("sql", "pass_value", *BaseSQLOperator.template_fields)
    template_ext: Sequence[str] = (".hql", ".sql")
    template_fields_renderers: Mapping[str, str] = {"sql": "sql"}
    ui_color = "#fff7e6"

    def __init__(
        self,
        *,
        sql: str,
        pass_value: Any,
        tolerance: Any = None,
        conn_id: str | None = None,
        database: str | None = None,
        parameters: Parameters = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(conn_id=conn_id, database=database, **kwargs)
        self.sql = sql
        self.pass_value: str = str(pass_value)
        found = as_float(tolerance)
        self.tol: float | None = found if isinstance(found, float) else None
        self.has_tolerance: bool = self.tol is not None
        self.parameters = parameters

    def execute(self, context: Any) -> None:
        self.check_value(self.get_db_hook().get_first(self.sql, self.parameters))

    def check_value(self, records: Any) -> None:
        """Compare the values in a row with the expected value, and fail the task if one differs."""
        if not records:
            self._raise_exception(f"The following query returned zero rows: {self.sql}")
        expected = as_float(self.pass_value)
        message = (
            f"Test failed.\nPass value:{expected}\nTolerance:{None if self.tol is None else f'{self.tol:.1%}'}\n"
            f"Query:\n{self.sql}\nResults:\n{records!s}"
        )
        if not isinstance(expected, float):
            matches = [str(record) == expected for record in records]
        else:
            try:
                numbers = [float(record) for record in records]
            except (ValueError, TypeError):
                raise AirflowException(f"Converting a result to float failed.\n{message}") from None
            low, high = self._bounds(expected)
            matches = [low <= number <= high for number in numbers]
        if not all(matches):
            self._raise_exception(message)

    def _bounds(self, expected: float) -> tuple[float, float]:
        if self.tol is None:
            return expected, expected
        if release_of(self) == "2":
            return expected * (1 - self.tol), expected * (1 + self.tol)
        margin = abs(expected) * self.tol
        return expected - margin, expected + margin


class SQLIntervalCheckOperator(BaseSQLOperator):
    """Fails if a metric of a table's rows differs too much between the run's date and an earlier day.

    Args:
        table: The table.
        metrics_thresholds: The metrics, as a dict from each metric's SQL expression to its maximum ratio.
        date_filter_column: The column that contains the rows' dates.
        days_back: The number of days between the two days that are compared.
        ratio_formula: How to compute the ratio of two values: `max_over_min` divides the larger by the smaller one,
            `relative_diff` divides the difference by the earlier value.
        ignore_zero: Whether a metric passes the check if one of its two values is 0.
        conn_id: The connection's id.
        database: The database to use instead of the one that the connection names.
        kwargs: Arguments of `BaseSQLOperator` and `BaseOperator`.

    Raises:
        AirflowFailException: There is no such `ratio_formula`.
    """

    template_fields: Sequence[str] = ("sql1", "sql2", *BaseSQLOperator.template_fields)
    template_ext: Sequence[str] = (".hql", ".sql")
    template_fields_renderers: Mapping[str, str] = {"sql1": "sql", "sql2": "sql"}
    ui_color = "#fff7e6"
    ratio_formulas: Mapping[str, Callable[[Any, Any], Any]] = {
        "max_over_min": lambda cur, ref: max(cur, ref) / min(cur, ref),
        "relative_diff": lambda cur, ref: abs(cur - ref) / ref,
    }

    def __init__(
        self,
        *,
        table: str,
        metrics_thresholds: dict[str, int],
        date_filter_column: str | None = "ds",
        days_back: SupportsAbs[int] = -7,
        ratio_formula: str | None = "max_over_min",
        ignore_zero: bool = True,
        conn_id: str | None = None,
        database: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(conn_id=conn_id, database=database, **kwargs)
        if ratio_formula not in self.ratio_formulas:
            raise AirflowFailException(
                f"Invalid diff_method: {ratio_formula}. Supported diff methods are: {', '.join(self.ratio_formulas)}"
            )
        self.ratio_formula = ratio_formula
        self.ignore_zero = ignore_zero
        self.table = table
        self.metrics_thresholds = metrics_thresholds
        self.metrics_sorted: list[str] = sorted(metrics_thresholds)
        self.date_filter_column = date_filter_column
        self.days_back: int = -abs(days_back)
        query = f"SELECT {', '.join(self.metrics_sorted)} FROM {table} WHERE {date_filter_column}="
        self.sql1: str = f"{query}'{{{{ ds }}}}'"
        self.sql2: str = f"{query}'{{{{ macros.ds_add(ds, {self.days_back}) }}}}'"

    def execute(self, context: Any) -> None:
        hook = self.get_db_hook()
        before, now = hook.get_first(self.sql2), hook.get_first(self.sql1)
        for row, sql in ((before, self.sql2), (now, self.sql1)):
            if not row:
                self._raise_exception(f"The following query returned zero rows: {sql}")
        tests = [
            self._test(metric, current, past)
            for metric, current, past in zip(self.metrics_sorted, now, before, strict=False)
        ]
        failed = [test for test in tests if not test["success"]]
        if not failed:
            self.log.info("All tests have passed")
            return
        for test in failed:
            self.log.warning("'%s' check failed. %s is above %s", test["metric"], test["ratio"], test["threshold"])
        if release_of(self) == "2":
            details = ", ".join(test["metric"] for test in failed)
        else:
            details = "; ".join(f"{test['metric']}: {test}" for test in failed)
        self._raise_exception(f"The following tests have failed:\n {details}")

    def _test(self, metric: str, current: Any, past: Any) -> dict[str, Any]:
        threshold, ratio, success = self.metrics_thresholds[metric], None, self.ignore_zero
        if current != 0 and past != 0:
            ratio = self.ratio_formulas[str(self.ratio_formula)](current, past)
            success = ratio < threshold
        return {
            "metric": metric,
            "current_metric": current,
            "past_metric": past,
            "threshold": threshold,
            "ignore_zero": self.ignore_zero,
            "ratio": ratio,
            "success": success,
        }


class SQLThresholdCheckOperator(BaseSQLOperator):
    """Fails unless the first value that a query returns is between two bounds.

    Args:
        sql: The query, or the name of a file. Templates are rendered.
        min_threshold: The minimum value, or a query that returns the minimum.
        max_threshold: The maximum value, or a query that returns the maximum.
        conn_id: The connection's id.
        database: The database to use instead of the one that the connection names.
        kwargs: Arguments of `BaseSQLOperator` and `BaseOperator`.
    """

    template_fields: Sequence[str] = ("sql", "min_threshold", "max_threshold", *BaseSQLOperator.template_fields)
    template_ext: Sequence[str] = (".hql", ".sql")
    template_fields_renderers: Mapping[str, str] = {"sql": "sql"}

    def __init__(
        self,
        *,
        sql: str,
        min_threshold: Any,
        max_threshold: Any,
        conn_id: str | None = None,
        database: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(conn_id=conn_id, database=database, **kwargs)
        self.sql = sql
        self.min_threshold = min_threshold
        self.max_threshold = max_threshold

    def execute(self, context: Any) -> None:
        hook = self.get_db_hook()
        row = hook.get_first(self.sql)
        if not row:
            self._raise_exception(f"The following query returned zero rows: {self.sql}")
        result, low, high = row[0], self._bound(hook, self.min_threshold), self._bound(hook, self.max_threshold)
        is_within = low <= result <= high
        self.push(
            {
                "result": result,
                "task_id": self.task_id,
                "min_threshold": low,
                "max_threshold": high,
                "within_threshold": is_within,
            }
        )
        if not is_within:
            self._raise_exception(
                f'Threshold Check: "{self.task_id}" failed.\nDAG: {self.dag_id}\nTask_id: {self.task_id}\n'
                f"Check description: None\nSQL: {self.sql}\n"
                f"Result: {round(result, 2)} is not within thresholds {low} and {high}"
            )

    def push(self, meta_data: Mapping[str, Any]) -> None:
        """Log the result of the check. Subclasses may override this method to send the result elsewhere."""
        self.log.info("Log from %s:\n%s", self.dag_id, "\n".join(f"{key}: {item}" for key, item in meta_data.items()))

    def _bound(self, hook: Any, threshold: Any) -> Any:
        number = as_float(threshold)
        return number if isinstance(number, float) else hook.get_first(number)[0]
