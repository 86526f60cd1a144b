"""Converts the pods that tasks request to job variables of the DAG's deployment. One job runs all tasks of a run."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ..errors import AirflowCompatError
from ..work_pools import WorkPoolSpec, recommend

if TYPE_CHECKING:
    from ..authoring import DAG

# If tasks ask for different amounts, the largest amount is enough for all of them.
_AMOUNTS = ("cpu_request", "cpu_limit", "memory_request", "memory_limit")
_QUANTITY = re.compile(r"(\d+(?:\.\d+)?)(m|k|[KMGTPE]i?)?")
_FACTORS = {"": Decimal(1), "m": Decimal("0.001"), "k": Decimal(1000)} | {
    f"{letter}{i}": Decimal(base) ** power
    for i, base in (("", 1000), ("i", 1024))
    for power, letter in enumerate("KMGTPE", 1)
}


@dataclass(frozen=True)
class JobHints:
    """The job variables for a deployment.

    Attributes:
        notes: The requests that job variables can't fulfil, each with the ids of the tasks that make it.
    """

    job_variables: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[tuple[str, list[str]], ...] = ()


def job_hints(dag: DAG) -> JobHints:
    """Return the job variables for what the tasks of a DAG request in their `executor_config`."""
    notes: dict[str, list[str]] = {}
    asked: dict[str, dict[str, Any]] = {}
    for task in dag.task_dict.values():
        config = getattr(task, "executor_config", None)
        if not config:
            continue
        task_id = str(task.task_id)
        try:
            spec = recommend(executor_config=config)
        except AirflowCompatError as error:
            notes.setdefault(f"`executor_config` is left out: {error}", []).append(task_id)
            continue
        for note in (*spec.notes, *_of_the_pool(spec)):
            notes.setdefault(note, []).append(task_id)
        for name, value in spec.job_variables.items():
            asked.setdefault(name, {})[task_id] = value
    variables = {}
    for name, values in asked.items():
        chosen = _chosen(name, values.values())
        if chosen is None:
            notes.setdefault(f"job variable {name} is left out, because tasks ask for different values", [*values])
        else:
            variables[name] = chosen
    return JobHints(variables, tuple(notes.items()))


def _of_the_pool(spec: WorkPoolSpec) -> Iterable[str]:
    """Yield the settings that the job variables of a deployment can't contain."""
    if spec.job_manifest or spec.secret_env:
        yield (
            "a part of the pod_override needs settings of the work pool; create the pool with "
            "`airflow-compat work-pools apply`"
        )
    elif spec.added_variables:
        yield (
            f"Prefect's Kubernetes work pools ignore {', '.join(spec.added_variables)}; create the pool with "
            "`airflow-compat work-pools apply`, which adds them"
        )


def _chosen(name: str, values: Iterable[Any]) -> Any:
    """Return one value that suits all tasks; None if the tasks need different values."""
    found = list(values)
    if name in _AMOUNTS and all(_QUANTITY.fullmatch(each) for each in found):
        return max(found, key=_amount)
    return found[0] if all(each == found[0] for each in found) else None


def _amount(text: str) -> Decimal:
    number, unit = _QUANTITY.fullmatch(text).groups("")  # type: ignore[union-attr]
    return Decimal(number) * _FACTORS[unit]
