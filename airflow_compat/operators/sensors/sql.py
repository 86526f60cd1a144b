"""A sensor that waits for the result of a query (`airflow.providers.common.sql.sensors.sql`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any

from ...authoring import BaseSensorOperator
from ...exceptions import AirflowException
from ..hooks.base import BaseHook
from ..hooks.sql import DbApiHook


class SqlSensor(BaseSensorOperator):
    """Runs a query repeatedly, until the first row's first value is true, or until `success` accepts the value.

    Args:
        conn_id: The connection's id.
        sql: The query, or the name of a file that ends with `.sql` or `.hql`. Templates are rendered.
        parameters: The query's parameters, in the form that the driver expects.
        success: A function that is called with the selected value, and returns True to end the wait.
        failure: A function that is called with the selected value, and returns True to fail the task.
        selector: A function that is called with the first row, and returns the value to check. Defaults to the first
            value in the row.
        fail_on_empty: Whether the task fails if the query returns no rows.
        hook_params: Further arguments for the hook.
        kwargs: Arguments of `BaseSensorOperator`.
    """

    template_fields: Sequence[str] = ("sql", "hook_params", "parameters", "conn_id")
    template_ext: Sequence[str] = (".hql", ".sql")
    ui_color = "#7c7287"

    def __init__(
        self,
        *,
        conn_id: str,
        sql: str,
        parameters: Mapping[str, Any] | None = None,
        success: Callable[[Any], bool] | None = None,
        failure: Callable[[Any], bool] | None = None,
        selector: Callable[[tuple[Any]], Any] = itemgetter(0),
        fail_on_empty: bool = False,
        hook_params: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        self.conn_id = conn_id
        self.sql = sql
        self.parameters = parameters
        self.success = success
        self.failure = failure
        self.selector = selector
        self.fail_on_empty = fail_on_empty
        self.hook_params = hook_params
        super().__init__(**kwargs)

    def _get_hook(self) -> DbApiHook:
        hook = BaseHook.get_hook(self.conn_id, dict(self.hook_params or {}))
        if not isinstance(hook, DbApiHook):
            raise AirflowException(
                f"{type(self).__name__} got {type(hook).__name__}, which is not a hook of a database. Use a connection "
                "of a database."
            )
        return hook

    def poke(self, context: Any) -> bool:
        records = self._get_hook().get_records(self.sql, self.parameters)
        if not records:
            if self.fail_on_empty:
                raise AirflowException("No rows returned, raising as per fail_on_empty flag")
            return False
        value = self.selector(records[0])
        for name in ("failure", "success"):
            criterion = getattr(self, name)
            if criterion is not None and not callable(criterion):
                raise AirflowException(f"self.{name} is present, but not callable -> {criterion}")
        if self.failure is not None and self.failure(value):
            raise AirflowException(f"Failure criteria met. self.failure({value}) returned True")
        return bool(value) if self.success is None else self.success(value)
