"""An operator that chooses a branch by the result of a query."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ...authoring import SkipMixin
from ...exceptions import AirflowException
from ._base import BaseSQLOperator, parse_boolean


class BranchSQLOperator(BaseSQLOperator, SkipMixin):
    """Follows one of two branches, depending on a query's first value: a boolean, a number, or a word such as `yes`.

    Args:
        sql: The query, or the name of a file that ends with `.sql`. Templates are rendered.
        follow_task_ids_if_true: The ids of the tasks to follow if the value is true.
        follow_task_ids_if_false: The ids of the tasks to follow if the value is false.
        conn_id: The connection's id.
        database: The database to use instead of the one that the connection names.
        parameters: The query's parameters, in the form that the driver expects.
        kwargs: Arguments of `BaseSQLOperator` and `BaseOperator`.
    """

    template_fields: Sequence[str] = ("sql", *BaseSQLOperator.template_fields)
    template_ext: Sequence[str] = (".sql",)
    template_fields_renderers: Mapping[str, str] = {"sql": "sql"}
    ui_color = "#a22034"
    ui_fgcolor = "#F7F7F7"

    def __init__(
        self,
        *,
        sql: str,
        follow_task_ids_if_true: list[str],
        follow_task_ids_if_false: list[str],
        conn_id: str = "default_conn_id",
        database: str | None = None,
        parameters: Iterable[Any] | Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(conn_id=conn_id, database=database, **kwargs)
        self.sql = sql
        self.parameters = parameters
        self.follow_task_ids_if_true = follow_task_ids_if_true
        self.follow_task_ids_if_false = follow_task_ids_if_false
        self.follow_branch: list[str] | None = None

    def execute(self, context: Any) -> None:
        record = self.get_db_hook().get_first(self.sql, self.parameters)
        if record is None:
            raise AirflowException("No rows returned from sql query. Operator expected True or False return value.")
        result = record
        if isinstance(record, (list, tuple)):
            result = record[0]
            if isinstance(record, list) and isinstance(result, list):
                result = result[0]
        self.log.info("Query returns %s, type '%s'", result, type(result))
        self.follow_branch = self.follow_task_ids_if_true if _is_true(result) else self.follow_task_ids_if_false
        self.skip_all_except(context["ti"], self.follow_branch)


def _is_true(result: Any) -> bool:
    try:
        if isinstance(result, str):
            return parse_boolean(result)
        if isinstance(result, int):
            return bool(result)
    except ValueError:
        pass
    raise AirflowException(f"Unexpected query return result '{result}' type '{type(result)}'")
