"""The names of `airflow.sdk`, for DAG files whose imports you change: `from airflow_compat.sdk import DAG, task`.

The names follow Airflow 3.3. Files that `airflow_compat.dags.load_flow` loads need no change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import macros
from .authoring import (
    DAG,
    Asset,
    AssetAlias,
    AssetAll,
    AssetAny,
    AssetOrTimeSchedule,
    AssetWatcher,
    BaseAsyncOperator,
    BaseBranchOperator,
    BaseOperator,
    BaseOperatorLink,
    BaseSensorOperator,
    BranchMixIn,
    DagRunState,
    EdgeModifier,
    Label,
    Metadata,
    Param,
    ParamsDict,
    PokeReturnValue,
    SkipMixin,
    TaskGroup,
    TaskInstanceState,
    TriggerRule,
    WeightRule,
    XComArg,
    chain,
    chain_linear,
    cross_downstream,
    dag,
    task_group,
)
from .automations import AsyncCallback, DeadlineAlert, DeadlineReference, SyncCallback
from .connections import Connection
from .context import Context
from .dags._load_values import value_here
from .dags._stand_ins.dag_context import get_parsing_context
from .dags._stand_ins.template import literal
from .notifiers import BaseNotifier
from .operators import result, setup, task, teardown
from .operators.asset import asset
from .operators.hooks.base import BaseHook
from .schedules import (
    CronDataIntervalTimetable,
    CronTriggerTimetable,
    DeltaDataIntervalTimetable,
    DeltaTriggerTimetable,
    EventsTimetable,
    MultipleCronTriggerTimetable,
)

if TYPE_CHECKING:
    from ._airflow.configuration import Configuration
    from .context import get_current_context
    from .variables import Variable

    conf: Configuration
    """Airflow's configuration, from the environment and `airflow.cfg`."""

__all__ = [
    "DAG",
    "Asset",
    "AssetAlias",
    "AssetAll",
    "AssetAny",
    "AssetOrTimeSchedule",
    "AssetWatcher",
    "AsyncCallback",
    "BaseAsyncOperator",
    "BaseBranchOperator",
    "BaseHook",
    "BaseNotifier",
    "BaseOperator",
    "BaseOperatorLink",
    "BaseSensorOperator",
    "BranchMixIn",
    "Connection",
    "Context",
    "CronDataIntervalTimetable",
    "CronTriggerTimetable",
    "DagRunState",
    "DeadlineAlert",
    "DeadlineReference",
    "DeltaDataIntervalTimetable",
    "DeltaTriggerTimetable",
    "EdgeModifier",
    "EventsTimetable",
    "Label",
    "Metadata",
    "MultipleCronTriggerTimetable",
    "Param",
    "ParamsDict",
    "PokeReturnValue",
    "SkipMixin",
    "SyncCallback",
    "TaskGroup",
    "TaskInstanceState",
    "TriggerRule",
    "Variable",
    "WeightRule",
    "XComArg",
    "asset",
    "chain",
    "chain_linear",
    "conf",
    "cross_downstream",
    "dag",
    "get_current_context",
    "get_parsing_context",
    "literal",
    "macros",
    "result",
    "setup",
    "task",
    "task_group",
    "teardown",
]


_OF_LOAD = frozenset(("Variable", "conf", "get_current_context"))


def __getattr__(name: str) -> Any:
    if name in _OF_LOAD:
        return value_here(name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
