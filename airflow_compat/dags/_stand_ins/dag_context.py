"""Stand-ins for Airflow's access to the DAG that is being defined, and for its parsing context."""

from __future__ import annotations

from typing import Any, NamedTuple

from ...authoring._current import close_dag, current_dag, open_dag


class AirflowParsingContext(NamedTuple):
    """The one DAG and the one task for which Airflow parses a file.

    Here, both attributes are always None, because a file is loaded for all its DAGs and tasks.
    """

    dag_id: str | None
    task_id: str | None


class DagContext:
    """Airflow's access to the DAG of the innermost `with` block."""

    @classmethod
    def get_current_dag(cls) -> Any:
        """Return the DAG; None outside of a `with` block."""
        return current_dag()

    @classmethod
    def push_context_managed_dag(cls, dag: Any) -> None:
        """Open a block."""
        open_dag(dag)

    @classmethod
    def pop_context_managed_dag(cls) -> Any:
        """End the innermost block of a DAG, and return the DAG."""
        dag = current_dag()
        close_dag()
        return dag


def get_parsing_context() -> AirflowParsingContext:
    """Return the parsing context, whose attributes are None."""
    return AirflowParsingContext(None, None)
