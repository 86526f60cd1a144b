"""Convert a DAG to an entry of `prefect.yaml`, and report those parts of the DAG that an entry cannot express."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from inspect import cleandoc
from typing import Any

from .._airflow.dag_limits import limit_from_max_active_runs
from .._airflow.names import limit_name
from .._airflow.version import DEFAULT_VERSION, AirflowVersion
from .._dag_source.dags import DagFile, DagSource, same_id
from .._dag_source.problems import Level, Problem
from .._dag_source.values import RuntimeValue, computed_parts
from ..errors import InvalidDagLimitError
from ._names import DEFAULT_ENTRYPOINTS, attribute_name, entrypoint
from ._params import has_template, read_params
from ._schedules import date_of, schedule_of, starts_when_read, yaml_schedules

OWN_KEYS = (*("entrypoint", "description", "tags", "parameters", "schedules", "triggers", "concurrency_limit"),)
"""The keys of an entry that are updated from the DAG."""

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
# Arguments that have no effect, neither in `prefect.yaml` nor in flows that are loaded from DAG files.
_NOT_OF_DAG_FLOWS = frozenset({"sla_miss_callback", "deadline"})


@dataclass(frozen=True)
class GenerateOptions:
    """Options for the entries of `prefect.yaml`.

    Attributes:
        now: The current time: schedules that ended before this time are left out.
        entrypoints: The pattern of the expected entrypoints; see `entrypoint`.
        work_pool: The work pool for new entries; empty for none.
        timezone: Airflow's `[core] default_timezone`, for dates without a time zone.
        holds_dag_flows: A function that returns True if a file, given relative to `prefect.yaml`, gets its flows from
            DAG files. A flow that is loaded from a DAG file takes the DAG's params in its parameter `conf`.
        leaves_dag_flows: Whether an existing entry stays unchanged if its entrypoint is another flow that is loaded
            from a DAG file.
    """

    now: datetime
    entrypoints: str = DEFAULT_ENTRYPOINTS
    work_pool: str = ""
    job_variables: Mapping[str, Any] = field(default_factory=dict)
    timezone: str = "UTC"
    airflow_version: AirflowVersion = DEFAULT_VERSION
    holds_dag_flows: Callable[[str], bool] = lambda _: False
    leaves_dag_flows: bool = False


@dataclass(frozen=True)
class DeploymentSpec:
    """The entry of `prefect.yaml` for a DAG.

    Attributes:
        unknown: The keys whose values can't be read from the DAG. In an existing entry, the values of these keys are
            not changed.
        problems: Those parts of the DAG that the entry lacks or expresses differently.
        schemas: The JSON schemas of the DAG's params, by name.
        work_queue: The work queue that is set together with the work pool, if the entry has no work pool; empty for the
            default queue.
        job_variables: The job variables that are set together with the work pool, if the entry has no work pool.
    """

    name: str
    dag: DagSource
    values: Mapping[str, Any] = field(repr=False)
    unknown: frozenset[str] = frozenset()
    problems: tuple[Problem, ...] = ()
    schemas: Mapping[str, Mapping[str, Any]] = field(default_factory=dict, repr=False)
    work_queue: str = ""
    job_variables: Mapping[str, Any] = field(default_factory=dict, repr=False)


def deployment_specs(
    files: Iterable[DagFile], options: GenerateOptions
) -> tuple[tuple[DeploymentSpec, ...], tuple[Problem, ...]]:
    specs: dict[str, DeploymentSpec] = {}
    problems: list[Problem] = []
    entrypoints: dict[str, DagSource] = {}
    for file in files:
        problems += file.problems
        for dag in file.dags:
            # Names of deployments and of limits forbid the same characters. A dag_id cannot have these
            # characters.
            name = limit_name(dag.dag_id)
            if name in specs:
                problems.append(same_id(dag, specs[name].dag))
                continue
            spec = _Entry(dag, options, file.place or file.path).spec()
            target = spec.values["entrypoint"]
            if target in entrypoints:
                problems.append(
                    Problem(
                        dag.path,
                        "another DAG has the same entrypoint, so only the first DAG is written; pass another "
                        "entrypoints pattern",
                        dag.line,
                        dag.dag_id,
                        detail=f"{target} is the entrypoint of {entrypoints[target].dag_id}",
                    )
                )
                continue
            entrypoints[target] = dag
            specs[name] = spec
            problems += spec.problems
    return tuple(specs.values()), tuple(problems)


class _Entry:
    def __init__(self, dag: DagSource, options: GenerateOptions, place: str) -> None:
        self.dag = dag
        self.options = options
        target = entrypoint(dag.dag_id, place, options.entrypoints)
        self.is_dag_flow = options.holds_dag_flows(target.rpartition(":")[0])
        if self.is_dag_flow:
            target = entrypoint(dag.dag_id, place, options.entrypoints, name_of=attribute_name)
        self.values: dict[str, Any] = {"entrypoint": target}
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
        return DeploymentSpec(
            limit_name(self.dag.dag_id),
            self.dag,
            self.values,
            frozenset(self.unknown),
            tuple(self.problems),
            self.schemas,
        )

    def _tell(
        self, message: str, level: Level = "error", *, why: object = None, line: int = 0, detail: str = ""
    ) -> None:
        """Report a problem of the DAG, with the line of the cause or, if that line is unknown, the line of the DAG."""
        if isinstance(why, RuntimeValue) and not why.path:
            line = why.line
        self.problems.append(Problem(self.dag.path, message, line or self.dag.line, self.dag.dag_id, level, detail))

    def _unknown(self, key: str, what: str, why: object) -> None:
        self.unknown.add(key)
        self._tell(f"`{key}` isn't written: {what} {why}; add `{key}` yourself, and it will be kept", why=why)

    def _description(self) -> None:
        texts = []
        for name in ("description", "doc_md"):
            value = self.dag.get(name)
            if isinstance(value, RuntimeValue):
                self._unknown("description", f"the DAG's {name}", value)
                return
            if isinstance(value, str) and value.strip():
                if name == "doc_md" and value.strip().endswith(".md") and "\n" not in value.strip():
                    self._unknown("description", "the DAG's doc_md", "is in another file")
                    return
                texts.append(cleandoc(value))
        # If doc_md begins with the description, doc_md is enough.
        if len(texts) == 2 and texts[1].startswith(texts[0]):
            del texts[0]
        text = "\n\n".join(texts)
        if has_template(text):
            text = text.replace("{{", "{ {")
            self._tell(
                "`prefect deploy` would replace {{ ... }} in the DAG's description; it is written as { { ... }}",
                "warning",
            )
        if text:
            self.values["description"] = text

    def _tags(self) -> None:
        tags = self.dag.get("tags")
        for unknown in computed_parts(tags):
            self._unknown("tags", "one of the DAG's tags" if isinstance(tags, list) else "the DAG's tags", unknown)
            return
        if isinstance(tags, str):
            tags = [tags]
        if not isinstance(tags, (list, tuple, dict, type(None))):
            self._unknown("tags", "the DAG's tags", "are not a list")
        elif tags:
            self.values["tags"] = list(dict.fromkeys(map(str, tags)))

    def _parameters(self) -> None:
        found = read_params(self.dag.get("params"))
        if isinstance(found, RuntimeValue):
            self._unknown("parameters", "the DAG's params", found)
            return
        self.schemas = found.schemas
        if self.is_dag_flow:
            # The flow itself knows the default values of the params. In Airflow, the `conf` of a scheduled run is
            # empty, too.
            self.values["parameters"] = {"conf": {}}
            return
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
            # Without a schedule, the dates do not affect runs.
            start = end = None
        for name, value in (("start_date", start), ("end_date", end)):
            if isinstance(value, RuntimeValue) and not isinstance(schedule, RuntimeValue):
                self._unknown("schedules", f"the DAG's {name}", value)
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
            self._unknown("schedules", "the DAG's schedule", found.refusal)
            self.unknown.add("triggers")
            return
        if condition:
            self._tell(
                f"the DAG's schedule {condition} and may be disabled; the schedule is written", "warning", why=condition
            )
        if found.schedules and starts_when_read(dag):
            self._tell(
                "the DAG's start_date is the time at which Airflow reads the file, so Airflow may never run the DAG; "
                "the schedule is written without a start",
                "warning",
            )
        self.values["schedules"] = [{**each, **self._active()} for each in found.schedules]
        if found.triggers:
            self.values["triggers"] = [dict(each) for each in found.triggers]

    def _catchup(self) -> bool | None:
        catchup = self.dag.get("catchup")
        if isinstance(catchup, RuntimeValue):
            self._tell(f"the DAG's catchup {catchup}; Prefect never creates missed runs", "warning", why=catchup)
            return None
        return None if catchup is None else bool(catchup)

    def _active(self) -> dict[str, bool]:
        paused = self.dag.get("is_paused_upon_creation")
        if isinstance(paused, RuntimeValue):
            self._tell(f"the DAG's is_paused_upon_creation {paused}; the schedules are active", "warning", why=paused)
            return {}
        return {"active": False} if paused else {}

    def _limit(self) -> None:
        runs = self.dag.get("max_active_runs")
        if unknown := next(computed_parts(runs), None):
            self._unknown("concurrency_limit", "the DAG's max_active_runs", unknown)
        elif runs is not None:
            try:
                self.values["concurrency_limit"] = asdict(limit_from_max_active_runs(runs))
            except InvalidDagLimitError as exc:
                self._unknown("concurrency_limit", "", exc)

    def _images(self) -> None:
        for image in self.dag.images:
            shown = f"image {image.image!r}" if isinstance(image.image, str) else f"the image {image.image}"
            self._tell(
                f"{image.operator} runs an image; set the image of a docker or kubernetes work pool in "
                "work_pool.job_variables.image",
                "note",
                line=image.line,
                detail=shown,
            )

    def _others(self) -> None:
        for name in self.dag.others:
            if self.is_dag_flow and name not in _NOT_OF_DAG_FLOWS:
                continue
            hint = f" ({_ELSEWHERE[name]})" if name in _ELSEWHERE else ""
            self._tell(f"not for prefect.yaml: {name}{hint}", "note")
