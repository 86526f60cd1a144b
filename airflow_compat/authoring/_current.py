"""The definition in progress: the DAG and task group of the open `with` blocks, and the Airflow release.

One context variable contains the whole definition in progress, so that two threads can load DAG files at the same time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from .._airflow.version import DEFAULT_VERSION, AirflowVersion
from ._notset import NOTSET
from ._setup_blocks import SetupBlocks

if TYPE_CHECKING:
    from ._dag import DAG
    from ._task_group import TaskGroup

# Airflow's defaults for those settings that DAG definitions read.
_SETTINGS: Mapping[AirflowVersion, Mapping[tuple[str, str], Any]] = {
    version: {
        ("core", "default_task_execution_timeout"): None,
        ("core", "default_task_retries"): 0,
        ("core", "default_task_retry_delay"): 300,
        ("core", "default_task_weight_rule"): "downstream",
        ("core", "default_timezone"): "utc",
        ("core", "max_active_runs_per_dag"): 16,
        ("core", "max_active_tasks_per_dag"): 16,
        ("core", "max_consecutive_failed_dag_runs_per_dag"): 0,
        ("email", "default_email_on_failure"): True,
        ("email", "default_email_on_retry"): True,
        ("operators", "allow_illegal_arguments"): False,
        ("operators", "default_deferrable"): False,
        ("operators", "default_owner"): "airflow",
        ("operators", "default_queue"): "default",
        ("scheduler", "catchup_by_default"): version == "2",
        ("scheduler", "create_cron_data_intervals"): version == "2",
        ("sensors", "default_timeout"): 604800.0,
    }
    for version in ("2", "3")
}


@dataclass
class Definitions:
    """The objects defined in a block of `collecting`.

    Attributes:
        release: The Airflow release whose rules the definitions follow.
        settings: Values of Airflow's configuration by section and key.
        dags: Every `DAG` object, in the order of creation.
        registered: The DAGs whose `with` block or `@dag` function has ended, unless they have `auto_register=False`.
            Airflow finds the registered DAGs even if no variable of the module refers to them.
    """

    release: AirflowVersion
    settings: Mapping[tuple[str, str], Any] = field(default_factory=dict)
    dags: list[DAG] = field(default_factory=list)
    registered: list[DAG] = field(default_factory=list)


@dataclass(frozen=True)
class _Scope:
    """The open DAGs and task groups of the current context."""

    release: AirflowVersion = DEFAULT_VERSION
    definitions: Definitions | None = None
    dags: tuple[DAG | None, ...] = ()
    groups: tuple[TaskGroup, ...] = ()
    blocks: SetupBlocks = field(default_factory=SetupBlocks)


_scope: ContextVar[_Scope | None] = ContextVar("airflow_compat_scope", default=None)


def _current() -> _Scope:
    scope = _scope.get()
    if scope is None:
        # The variable has no default, because each context needs its own list of blocks.
        scope = _Scope()
        _scope.set(scope)
    return scope


@contextmanager
def _inside(scope: _Scope) -> Iterator[None]:
    token = _scope.set(scope)
    try:
        yield
    finally:
        _scope.reset(token)


@contextmanager
def collecting(
    airflow_version: AirflowVersion, *, settings: Mapping[tuple[str, str], Any] | None = None
) -> Iterator[Definitions]:
    """Collect the DAGs that the block defines, by the rules of one Airflow release.

    At the start of the block, no DAG or task group is open, even if the block runs inside another definition.

    Args:
        airflow_version: The release.
        settings: Values of Airflow's configuration by section and key, which replace Airflow's defaults.
    """
    found = Definitions(airflow_version, dict(settings or {}))
    with _inside(_Scope(airflow_version, found)):
        yield found


@contextmanager
def defining_for(airflow_version: AirflowVersion) -> Iterator[None]:
    """Apply a release's rules to operators that the block creates outside any DAG, for example while a task runs."""
    with _inside(_Scope(airflow_version)):
        yield


def definition_release() -> AirflowVersion:
    """Return the release whose defaults and checks the constructors of definitions use."""
    return _current().release


def setting(section: str, key: str) -> Any:
    """Return a setting of Airflow's configuration that gives a default to definitions."""
    scope = _current()
    given = scope.definitions.settings if scope.definitions is not None else {}
    return given[section, key] if (section, key) in given else _SETTINGS[scope.release][section, key]


def given_or_setting(value: Any, section: str, key: str) -> Any:
    """Return an argument, or its default in Airflow's configuration if it was not given."""
    return setting(section, key) if value is NOTSET else value


def setup_blocks() -> SetupBlocks:
    return _current().blocks


def note_dag(dag: DAG) -> None:
    """Add a new DAG to the collection."""
    found = _current().definitions
    if found is not None:
        found.dags.append(dag)


def open_dag(dag: DAG | None) -> None:
    scope = _current()
    _scope.set(replace(scope, dags=(*scope.dags, dag)))


def close_dag() -> None:
    scope = _current()
    *outer, dag = scope.dags
    _scope.set(replace(scope, dags=tuple(outer)))
    found = scope.definitions
    if (
        found is not None
        and dag is not None
        and dag.auto_register
        and all(dag is not each for each in found.registered)
    ):
        found.registered.append(dag)


def current_dag() -> DAG | None:
    """Return the DAG of the innermost open `with` block."""
    dags = _current().dags
    return dags[-1] if dags else None


def open_task_group(group: TaskGroup) -> None:
    scope = _current()
    _scope.set(replace(scope, groups=(*scope.groups, group)))


def close_task_group() -> None:
    scope = _current()
    _scope.set(replace(scope, groups=scope.groups[:-1]))


def is_group_open() -> bool:
    return bool(_current().groups)


def current_task_group(dag: DAG | None = None) -> TaskGroup | None:
    """Return the task group of the innermost open `with` block; without one, the root group of the DAG."""
    groups = _current().groups
    if groups:
        return groups[-1]
    dag = dag or current_dag()
    return dag.task_group if dag is not None else None
