"""Writes the files that deploy and operate the DAGs of a folder: modules with flows and alerts, and `prefect.yaml`."""

from __future__ import annotations

import ast
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from .._airflow.dag_limits import TagLimit
from .._airflow.version import AirflowVersion
from .._dag_source.problems import Problem
from ..deployments import read_dag_files
from ..deployments._generate import Generated, make_from_specs, read_text, write_atomically
from ..deployments._specs import DeploymentSpec, GenerateOptions, deployment_specs
from ..errors import DagFileError
from ._deployment_entries import options_for, spec_of
from ._operate_config import ALERTS, OPERATIONS, alerts_text, operation_specs, operations_text
from ._run import Isolation
from ._surveys import Surveys, survey
from ._tag_limits import tag_limits_of

_HEAD = '"""The flows of DAG files, for Prefect. Written by `airflow-compat dags deploy-config`."""'

_SUMMARY = (
    "    hooks = [artifacts.summary_hook]",
    "    return flow.with_options(",
    "        on_completion=hooks, on_failure=hooks, on_crashed=hooks, on_cancellation=hooks",
    "    )",
)


@dataclass(frozen=True)
class DeployConfig:
    """The module and the `prefect.yaml` to write.

    Attributes:
        module: The path of the module's file.
        module_text: The new text of the module.
        generated: The new content of `prefect.yaml`.
        tag_limits: The tag limits for `max_active_tis_per_dag` of tasks.
        more: The texts of the other modules to write, by path: the alerts, and the flows that operate runs.
    """

    module: Path
    module_text: str
    generated: Generated
    tag_limits: tuple[TagLimit, ...] = ()
    more: Mapping[Path, str] = field(default_factory=dict)

    @property
    def alerts(self) -> Path | None:
        """The module with the alerts."""
        return next((file for file in self.more if file.name == ALERTS), None)

    @property
    def changes(self) -> bool:
        return self.generated.changes or any(read_text(file) != text for file, text in self._modules())

    def write(self) -> None:
        """Write the files whose text has changed.

        Raises:
            PrefectFileError: A file can't be written, or `prefect.yaml` was changed since it was read.
        """
        self.generated.write()
        for file, text in self._modules():
            if read_text(file) != text:
                write_atomically(file, text)

    def _modules(self) -> Iterable[tuple[Path, str]]:
        return ((self.module, self.module_text), *self.more.items())


def make_deploy_config(
    path: str | os.PathLike[str],
    output: str | os.PathLike[str],
    *,
    module: str,
    work_pool: str,
    airflow_version: AirflowVersion,
    search_path: Iterable[str | os.PathLike[str]],
    isolation: Isolation = "thread",
    git: str = "",
    branch: str = "",
    image: str = "",
    operations: bool = False,
    summary: bool = False,
) -> DeployConfig:
    """Load the DAGs of a folder in a child process, and create the module of flows and the deployments' entries.

    The entries of a file that can't be loaded are read from its source code.

    Args:
        path: The DAG folder, or a DAG file.
        output: The path of `prefect.yaml`.
        module: The name of the module's file, in the folder of `prefect.yaml`.
        work_pool: The work pool for entries that do not have a work pool yet.
        airflow_version: The Airflow release for which the files are written.
        search_path: See `load_file`.
        isolation: Where the runs execute tasks: `thread` or `process`.
        git: See `to_prefect_yaml`.
        branch: See `to_prefect_yaml`.
        image: See `to_prefect_yaml`.
        operations: Whether to create deployments of the flows that operate the runs of DAGs.
        summary: Whether each run ends with a summary as an artifact.

    Raises:
        DagFileError: The path does not exist, or a module's file already exists but was not written by this command.
        PrefectFileError: `prefect.yaml` can't be read.
    """
    folders = [os.fspath(folder) for folder in search_path]
    target = Path(output).parent / module
    text = read_text(target)
    if Path(module).suffix != ".py" or Path(module).name != module:
        raise DagFileError(f"{module} is not the name of a module's file. Pass a name such as dag_flows.py")
    if text is not None and not text.startswith(_HEAD):
        raise DagFileError(f"{target} exists, and this command did not write it. Pass another name to --module")
    found = survey(path, airflow_version=airflow_version, search_path=folders, module=module)
    options = options_for(module, airflow_version, work_pool)
    problems = [Problem(each.file, _text(each.message, each.next), each.line) for each in found.import_errors]
    specs: dict[str, DeploymentSpec] = {}
    for spec in [*_loaded(found), *_static(found, problems, options_for(module, airflow_version))]:
        name = str(spec.values["entrypoint"]).rpartition(":")[2]
        other = specs.setdefault(name, spec)
        if other.dag.dag_id != spec.dag.dag_id:
            why = f"the DAG is left out, because the flow of {other.dag.dag_id!r} has the same name; rename one DAG"
            problems.append(Problem(spec.dag.path, why, 0, spec.dag.dag_id, detail=name))
        elif other is spec:
            problems += spec.problems
    made = tuple(specs[name] for name in sorted(specs))
    more = {target.parent / OPERATIONS: operations_text(target.parent)} if operations else {}
    alerts = alerts_text(
        Path(path),
        target.parent,
        is_needed=any(file.alerts for file in found.files),
        is_complete=not found.import_errors,
        airflow_version=airflow_version,
        search_path=folders,
    )
    if alerts is not None:
        more[target.parent / ALERTS] = alerts
    made += operation_specs() if operations else ()
    generated = make_from_specs(made, problems, Path(output), options, git=git, branch=branch, image=image)
    flows = _flows_of_other_files(text or "", target.parent, Path(path))
    flows |= {name: f"{_relative(spec.dag.path, target.parent)}:{spec.dag.dag_id}" for name, spec in specs.items()}
    text = _module_text(flows, target.parent, airflow_version, folders, isolation, summary=summary)
    return DeployConfig(target, text, generated, tag_limits_of(found), more)


def _flows_of_other_files(module_text: str, folder: Path, path: Path) -> dict[str, str]:
    """Return the flows in the old version of the module, without flows of missing files and of files loaded now."""
    found: dict[str, str] = {}
    for node in ast.walk(ast.parse(module_text)):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Dict):
            found = ast.literal_eval(node.value)
    files = {name: (folder / place.rpartition(":")[0]).resolve() for name, place in found.items()}
    return {
        name: found[name] for name, file in files.items() if file.exists() and not file.is_relative_to(path.resolve())
    }


def _loaded(found: Surveys) -> list[DeploymentSpec]:
    return [spec_of(entry, file.file) for file in found.files for entry in file.entries]


def _static(found: Surveys, problems: list[Problem], options: GenerateOptions) -> list[DeploymentSpec]:
    """Read the specs of DAGs from the source code of files that can't be loaded, and return them."""
    broken = sorted({each.file for each in found.import_errors if Path(each.file).is_file()})
    files = read_dag_files(broken) if broken else ()
    specs, more = deployment_specs(files, options)
    known = {entry["dag_id"] for file in found.files for entry in file.entries}
    problems += [each for each in more if each.name not in known]
    return [spec for spec in specs if spec.dag.dag_id not in known]


def _text(message: str, step: str) -> str:
    return f"{message}; {step[:1].lower()}{step[1:]}" if step else message


def _module_text(
    flows: Mapping[str, str],
    folder: Path,
    airflow_version: AirflowVersion,
    search_path: Iterable[str],
    isolation: Isolation,
    *,
    summary: bool,
) -> str:
    lines = [
        _HEAD,
        "",
        "from pathlib import Path",
        "",
        "from airflow_compat import artifacts, dags" if summary else "from airflow_compat import dags",
        "",
        "_FOLDER = Path(__file__).parent",
        "_DAGS = {",
    ]
    lines += [f"    {_quoted(name)}: {_quoted(flows[name])}," for name in sorted(flows)]
    options = f', isolation="{isolation}"' if isolation != "thread" else ""
    search = ", ".join(f"_FOLDER / {_quoted(_relative(each, folder))}" for each in search_path)
    lines += [
        "}",
        "",
        "",
        "def __getattr__(name):",
        '    """Load the one DAG file that is asked for."""',
        "    if name not in _DAGS:",
        "        raise AttributeError(name)",
        "    flow = dags.load_flow(" if summary else "    return dags.load_flow(",
        f'        str(_FOLDER / _DAGS[name]), airflow_version="{airflow_version}", search_path=[{search}]{options}',
        "    )",
        *(_SUMMARY if summary else ()),
        "",
    ]
    return "\n".join(lines)


def _quoted(text: str) -> str:
    """Return a text as Python code, in double quotes."""
    return json.dumps(text, ensure_ascii=False)


def _relative(file: str, folder: Path) -> str:
    return Path(os.path.relpath(file, folder)).as_posix()
