"""Refuses the methods of Airflow's classes that read or change Airflow's database."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ..errors import UnsupportedFeatureError

_OF_DAGS = frozenset(
    "bulk_write_to_db clear clear_dags create_dagrun deactivate_stale_dags deactivate_unknown_dags fetch_dagrun "
    "get_active_runs get_concurrency_reached get_dagrun get_dagruns_between get_is_active get_is_paused "
    "get_last_dagrun "
    "get_latest_execution_date get_num_active_runs get_num_task_instances get_run_dates get_task_instances "
    "get_task_instances_before has_dag_runs is_paused iter_dagrun_infos_between latest_execution_date next_dagrun_info "
    "partial_subset run set_dag_runs_state set_task_group_state set_task_instance_state sub_dag sync_to_db".split()
)
_OF_OPERATORS = frozenset("clear run get_task_instances get_extra_links expand_mapped_task get_mapped_ti_count".split())


class RefusesDatabase:
    """Base class whose subclasses raise an error for the methods that, in Airflow, query Airflow's database."""

    _refused: ClassVar[frozenset[str]] = frozenset()

    # This method is hidden from type checkers, because they would accept every attribute if they saw it.
    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> object:
            kind = type(self).__name__
            if name in self._refused:
                raise UnsupportedFeatureError(
                    f"{kind}.{name} needs Airflow's database, which does not exist here. Use Prefect's runs and "
                    "deployments."
                )
            raise AttributeError(f"{kind!r} object has no attribute {name!r}")


class RefusesDagMethods(RefusesDatabase):
    """For DAGs."""

    _refused = _OF_DAGS


class RefusesOperatorMethods(RefusesDatabase):
    """For operators."""

    _refused = _OF_OPERATORS
