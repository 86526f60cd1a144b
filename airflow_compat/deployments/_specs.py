"""A DAG as a deployment: an entry of `prefect.yaml`, and what the entry can't say. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from inspect import cleandoc
from typing import Any

from .._airflow.dag_problems import Level, Problem
from .._airflow.dag_source import DagFile, DagSource, same_id
from .._airflow.source_values import Computed, computed_parts
from .._airflow.version import DEFAULT_VERSION, AirflowVersion
from ..errors import InvalidDagLimitError
from .dag_limits import limit_from_max_active_runs
from .dag_moments import date_of, schedule_of, starts_when_read
from .deployment_names import DEFAULT_ENTRYPOINTS, deployment_name, entrypoint
from .deployment_params import has_template, read_params
from .deployment_schedules import yaml_schedules

OWN_KEYS = (*("entrypoint", "description", "tags", "parameters", "schedules", "triggers", "concurrency_limit"),)
"""The keys of an entry that follow the DAG."""

_ELSEWHERE = {
    "on_failure_callback": "callbacks or alerts",
    "on_success_callback": "callbacks or alerts",
    "sla_miss_callback": "alerts",
    "deadline": "alerts",
    "dagrun_timeout": "@flow(timeout_seconds=...) or alerts",
    "max_active_tasks": "the flow's task runner",
    "concurrency": "the flow's task runner",
    "dag_display_name": "@flow(name=...)",
    "user_defined_macros": "templates",
    "user_defined_filters": "templates",
    "template_searchpath": "templates",
}


@dataclass(frozen=True)
class GenerateOptions:
    """How entries are made.

    Attributes:
        now: The present, which says what of a schedule lies ahead.
        entrypoints: Where ported flows are expected; see `entrypoint`.
        work_pool: The work pool that new entries run in; empty for none.
        job_variables: What its jobs are given.
        timezone: Airflow's `[core] default_timezone`, in which dates without one are meant.
        airflow_version: "2" or "3".
    """

    now: datetime
    entrypoints: str = DEFAULT_ENTRYPOINTS
    work_pool: str = ""
    job_variables: Mapping[str, Any] = field(default_factory=dict)
    timezone: str = "UTC"
    airflow_version: AirflowVersion = DEFAULT_VERSION


@dataclass(frozen=True)
class DeploymentSpec:
    """What `prefect.yaml` should hold for a DAG.

    Attributes:
        name: The deployment's name.
        dag: The DAG.
        values: The entry's own keys, in order.
        unknown: Keys that the DAG file doesn't tell; what an entry has for them stays.
        problems: What the entry doesn't say, or says in another way.
        schemas: The JSON schemas of its parameters, as far as the DAG has them.
    """

    name: str
    dag: DagSource
    values: Mapping[str, Any] = field(repr=False)
    unknown: frozenset[str] = frozenset()
    problems: tuple[Problem, ...] = ()
    schemas: Mapping[str, Mapping[str, Any]] = field(default_factory=dict, repr=False)


def deployment_specs(
    files: Iterable[DagFile], options: GenerateOptions
) -> tuple[tuple[DeploymentSpec, ...], tuple[Problem, ...]]:
    """The deployments of all DAGs, and everything that is to be reported.

    Args:
        files: What was read.
        options: How entries are made.
    """
    specs: dict[str, DeploymentSpec] = {}
    problems: list[Problem] = []
    entrypoints: dict[str, DagSource] = {}
    for file in files:
        problems += file.problems
        for dag in file.dags:
            name = deployment_name(dag.dag_id)
            if name in specs:
                problems.append(same_id(dag, specs[name].dag))
                continue
            spec = deployment_spec(dag, options, file.place or file.path)
            target = spec.values["entrypoint"]
            if target in entrypoints:
                other = entrypoints[target].dag_id
                why = "another DAG has the same entrypoint, and only the first one is written; give another pattern"
                detail = f"{target} is the entrypoint of {other}"
                problems.append(Problem(dag.path, why, dag.line, dag.dag_id, detail=detail))
                continue
            entrypoints[target] = dag
            specs[name] = spec
            problems += spec.problems
    return tuple(specs.values()), tuple(problems)


def deployment_spec(dag: DagSource, options: GenerateOptions, place: str) -> DeploymentSpec:
    """The deployment of one DAG."""
    return _Entry(dag, options, place).spec()


class _Entry:
    def __init__(self, dag: DagSource, options: GenerateOptions, place: str) -> None:
        self.dag = dag
        self.options = options
        self.values: dict[str, Any] = {"entrypoint": entrypoint(dag.dag_id, place, options.entrypoints)}
        self.unknown: set[str] = set()
        self.problems: list[Problem] = []
        self.schemas: Mapping[str, Mapping[str, Any]] = {}

    def spec(self) -> DeploymentSpec:
        self._description()
        self._tags()
        self._parameters()
        self._schedules()
        self._limit()
        self._images()
        self._others()
        dag = self.dag
        name = deployment_name(dag.dag_id)
        return DeploymentSpec(name, dag, self.values, frozenset(self.unknown), tuple(self.problems), self.schemas)

    def _tell(
        self, message: str, level: Level = "error", *, why: object = None, line: int = 0, detail: str = ""
    ) -> None:
        """Report something of the DAG, at the line that is the cause of it where that is in the DAG's file."""
        if isinstance(why, Computed) and not why.path:
            line = why.line
        problem = Problem(self.dag.path, message, line or self.dag.line, self.dag.dag_id, level, detail)
        self.problems.append(problem)

    def _unknown(self, key: str, what: str, why: object) -> None:
        self.unknown.add(key)
        self._tell(f"`{key}` isn't written: {what} {why}; write it yourself, and it will stay", why=why)

    def _description(self) -> None:
        texts = []
        for name in ("description", "doc_md"):
            value = self.dag.get(name)
            if isinstance(value, Computed):
                self._unknown("description", f"its {name}", value)
                return
            if isinstance(value, str) and value.strip():
                if name == "doc_md" and value.strip().endswith(".md") and "\n" not in value.strip():
                    self._unknown("description", "its doc_md", "is in another file")
                    return
                texts.append(cleandoc(value))
        # A short text is often the beginning of the long one.
        if len(texts) == 2 and texts[1].startswith(texts[0]):
            del texts[0]
        text = "\n\n".join(texts)
        if has_template(text):
            text = text.replace("{{", "{ {")
            self._tell(
                "`prefect deploy` would replace the {{ ... }} in its description; they are written as { { ... }}",
                "warning",
            )
        if text:
            self.values["description"] = text

    def _tags(self) -> None:
        tags = self.dag.get("tags")
        for unknown in computed_parts(tags):
            self._unknown("tags", "one of its tags" if isinstance(tags, list) else "its tags", unknown)
            return
        if isinstance(tags, str):
            tags = [tags]
        if not isinstance(tags, (list, tuple, dict, type(None))):
            self._unknown("tags", "its tags", "are no list")
        elif tags:
            self.values["tags"] = list(dict.fromkeys(map(str, tags)))

    def _parameters(self) -> None:
        found = read_params(self.dag.get("params"))
        if isinstance(found, Computed):
            self._unknown("parameters", "its params", found)
            return
        self.schemas = found.schemas
        if found.parameters:
            self.values["parameters"] = dict(found.parameters)
        for name, why in found.problems.items():
            self._tell(f"params[{name!r}] is left out: {why}")

    def _schedules(self) -> None:
        dag, zone = self.dag, self.options.timezone
        schedule, condition = schedule_of(dag, self.options.airflow_version)
        end, _ = date_of(dag, "end_date", zone)
        start, zone = date_of(dag, "start_date", zone)
        if schedule is None:
            # Without a schedule, they say nothing about any run.
            start = end = None
        for name, value in (("start_date", start), ("end_date", end)):
            if isinstance(value, Computed) and not isinstance(schedule, Computed):
                self._unknown("schedules", f"its {name}", value)
                self.unknown.add("triggers")
                return
        found = yaml_schedules(
            schedule,
            start_date=start,
            end_date=end,
            timezone=zone,
            catchup=self._catchup(),
            airflow_version=self.options.airflow_version,
            now=self.options.now,
        )
        for note in found.notes:
            self._tell(note, "warning")
        if found.schedules is None:
            self._unknown("schedules", "its schedule", found.refusal)
            self.unknown.add("triggers")
            return
        if condition:
            self._tell(f"its schedule {condition}, which may switch it off; it is written", "warning", why=condition)
        if found.schedules and starts_when_read(dag):
            why = "its start_date is the time at which Airflow reads the file, so Airflow may never run it"
            self._tell(f"{why}; its schedule is written without a start", "warning")
        self.values["schedules"] = [{**each, **self._active()} for each in found.schedules]
        if found.triggers:
            self.values["triggers"] = [dict(each) for each in found.triggers]

    def _catchup(self) -> bool | None:
        catchup = self.dag.get("catchup")
        if isinstance(catchup, Computed):
            self._tell(f"its catchup {catchup}; Prefect never catches up by itself", "warning", why=catchup)
            return None
        return None if catchup is None else bool(catchup)

    def _active(self) -> dict[str, bool]:
        paused = self.dag.get("is_paused_upon_creation")
        if isinstance(paused, Computed):
            self._tell(f"its is_paused_upon_creation {paused}; its schedules are active", "warning", why=paused)
            return {}
        return {"active": False} if paused else {}

    def _limit(self) -> None:
        runs = self.dag.get("max_active_runs")
        if unknown := next(computed_parts(runs), None):
            self._unknown("concurrency_limit", "its max_active_runs", unknown)
        elif runs is not None:
            try:
                limit = limit_from_max_active_runs(runs)
            except InvalidDagLimitError as exc:
                self._unknown("concurrency_limit", "", exc)
                return
            self.values["concurrency_limit"] = {
                "limit": limit.limit,
                "collision_strategy": limit.collision_strategy,
            }

    def _images(self) -> None:
        for image in self.dag.images:
            shown = f"image {image.image!r}" if isinstance(image.image, str) else f"its image {image.image}"
            hint = "work_pool.job_variables.image names the image of a docker or kubernetes work pool"
            self._tell(f"{image.operator} runs an image; {hint}", "note", line=image.line, detail=shown)

    def _others(self) -> None:
        for name in self.dag.others:
            shown = f"{name} ({_ELSEWHERE[name]})" if name in _ELSEWHERE else name
            self._tell(f"not for prefect.yaml: {shown}", "note")
