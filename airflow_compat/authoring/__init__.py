"""The classes and functions that DAG files use: `DAG`, `BaseOperator`, `TaskGroup`, `XComArg`, `Param`."""

from __future__ import annotations

from ._abstract_operator import AbstractOperator
from ._assets import (
    Asset,
    AssetAlias,
    AssetAll,
    AssetAny,
    AssetNameRef,
    AssetOrTimeSchedule,
    AssetUriRef,
    AssetWatcher,
    Dataset,
    Metadata,
    Model,
)
from ._async_operator import BaseAsyncOperator
from ._branch import BaseBranchOperator, BranchMixIn
from ._chains import chain, chain_linear, cross_downstream
from ._dag import DAG
from ._dag_decorator import dag
from ._dependencies import DependencyMixin, ResolveMixin
from ._edges import EdgeModifier, Label
from ._expand_input import DictOfListsExpandInput, ListOfDictsExpandInput, MappedArgument
from ._group_decorator import TaskGroupFactory, task_group
from ._links import BaseOperatorLink
from ._mapped_operator import MappedOperator
from ._mapped_task_group import MappedTaskGroup
from ._node import DAGNode
from ._notset import NOTSET, ArgNotSet
from ._operator import BaseOperator
from ._params import DagParam, Param, ParamsDict
from ._partial import OperatorPartial
from ._rules import TriggerRule, WeightRule
from ._sensor import BaseSensorOperator, PokeReturnValue, poke_mode_only
from ._setup_teardown import SetupTeardownContext, context_wrapper
from ._skip import SkipMixin
from ._states import DagRunState, DagRunType, State, TaskInstanceState
from ._task_group import TaskGroup
from ._timetables import AssetTriggeredTimetable, BaseTimetable, Timetable
from ._triggers import BaseEventTrigger, BaseTrigger, StartTriggerArgs, TriggerEvent
from ._xcom_arg import ConcatXComArg, MapXComArg, PlainXComArg, XComArg, ZipXComArg

__all__ = [
    "DAG",
    "NOTSET",
    "AbstractOperator",
    "ArgNotSet",
    "Asset",
    "AssetAlias",
    "AssetAll",
    "AssetAny",
    "AssetNameRef",
    "AssetOrTimeSchedule",
    "AssetTriggeredTimetable",
    "AssetUriRef",
    "AssetWatcher",
    "BaseAsyncOperator",
    "BaseBranchOperator",
    "BaseEventTrigger",
    "BaseOperator",
    "BaseOperatorLink",
    "BaseSensorOperator",
    "BaseTimetable",
    "BaseTrigger",
    "BranchMixIn",
    "ConcatXComArg",
    "DAGNode",
    "DagParam",
    "DagRunState",
    "DagRunType",
    "Dataset",
    "DependencyMixin",
    "DictOfListsExpandInput",
    "EdgeModifier",
    "Label",
    "ListOfDictsExpandInput",
    "MapXComArg",
    "MappedArgument",
    "MappedOperator",
    "MappedTaskGroup",
    "Metadata",
    "Model",
    "OperatorPartial",
    "Param",
    "ParamsDict",
    "PlainXComArg",
    "PokeReturnValue",
    "ResolveMixin",
    "SetupTeardownContext",
    "SkipMixin",
    "StartTriggerArgs",
    "State",
    "TaskGroup",
    "TaskGroupFactory",
    "TaskInstanceState",
    "Timetable",
    "TriggerEvent",
    "TriggerRule",
    "WeightRule",
    "XComArg",
    "ZipXComArg",
    "chain",
    "chain_linear",
    "context_wrapper",
    "cross_downstream",
    "dag",
    "poke_mode_only",
    "task_group",
]
