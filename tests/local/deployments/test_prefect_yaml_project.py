"""The check of a prefect.yaml with its folder (steps, ids, functions, entrypoints), compared with Prefect."""

from __future__ import annotations

import ast
import copy
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import yaml
from prefect.cli.deploy._config import _load_deploy_configs_and_actions
from prefect.exceptions import MissingFlowError
from prefect.flows import Flow, load_flow_from_entrypoint, load_function_and_convert_to_flow
from rich.console import Console

from airflow_compat import deployments
from airflow_compat.deployments._yaml_keys import STEP_OUTPUTS

DATA = Path(__file__).parents[2] / "data" / "prefect_yaml"
GOOD = """\
build:
  - prefect.deployments.steps.run_shell_script: {id: commit, script: git rev-parse HEAD, stream_output: false}
  - prefect_docker.deployments.steps.build_docker_image:
      id: build_image
      requires: prefect-docker>=0.3.1
      image_name: registry.example.com/etl
      tag: "{{ commit.stdout }}"
push:
  - prefect_docker.deployments.steps.push_docker_image:
      requires: [prefect-docker]
      image_name: "{{ build_image.image_name }}"
      tag: "{{ image_name }}"
pull:
  - prefect.deployments.steps.git_clone: {id: clone, repository: "https://example.com/{{ $REPO }}", branch: main}
  - prefect.deployments.steps.pip_install_requirements: {directory: "{{ clone.directory }}"}
  - steps_of_ours.prepare: {folder: "{{ clone.directory }}", mode: "{{ MODE }}"}
  - not_installed_here.prepare: {requires: not-installed-here}
deployments:
  - name: sales
    entrypoint: flows/sales.py:sales
    description: "{{ commit.stdout }} {{ ctx.flow_run.id }} {{ prefect.variables.stage }} {{ MY_STAGE }}"
    work_pool:
      name: prod
      job_variables: {image: "{{ build_image.image }}", env: {SHA: "{{ commit.stdout }}"}}
    triggers:
      - {type: event, expect: [x], parameters: {day: "{{ event.resource.id }}"}}
  - {name: method, entrypoint: "flows/sales.py:Flows.sales"}
  - {name: module, entrypoint: flows.sales.sales, pull: []}
  - {name: own, entrypoint: "{{ $ENTRY }}", build: null, push: null, pull: null, work_pool: {name: prod}}
"""
FLOWS = """\
from prefect import flow

open("ran", "w")


@flow
def sales(): ...


class Flows:
    @flow
    def sales(self): ...


if True:
    from datetime import datetime as moment
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with flows and steps."""
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows" / "sales.py").write_text(FLOWS)
    (tmp_path / "flows" / "broken.py").write_text("def f(:\n")
    (tmp_path / "flows" / "dynamic.py").write_text("from elsewhere import *\n")
    (tmp_path / "steps_of_ours.py").write_text('open("ran", "w")\ndef prepare(folder, mode=""): ...\n')
    return tmp_path


def problems(text: str, project: Path) -> list[str]:
    """The problems that the check finds, with level, line and deployment."""
    path = project / "prefect.yaml"
    path.write_text(text)
    found = deployments.check_prefect_yaml(path)
    assert not (project / "ran").exists()
    assert not Path("ran").exists()
    return [f"{each.level} {each.line} {each.name}: {each.message}" for each in found]


def test_valid_file_has_no_problems_and_runs_nothing(project: Path) -> None:
    assert problems(GOOD, project) == []


@pytest.mark.parametrize(
    ("right", "wrong", "told"),
    [
        # Entrypoints.
        (
            "sales.py:sales\n",
            "sale.py:sales\n",
            "error 20 sales: entrypoint: the file flows/sale.py does not exist in the",
        ),
        ("sales.py:sales\n", "sales.py:sale\n", "entrypoint: sales.py has no 'sale'; did you mean 'sales'?"),
        ("sales.py:sales\n", "sales.py:other\n", "entrypoint: sales.py has no 'other'; correct the name"),
        ("sales.py:sales\n", "broken.py:f\n", "entrypoint: broken.py: line 1: Python"),
        ("sales.py:sales\n", "sales.py\n", "entrypoint: module flows/sales was not found; install the module"),
        (
            "flows/sales.py:sales\n",
            "':sales'\n",
            "entrypoint: the value is not the path of a flow; use a file and a function",
        ),
        ("flows.sales.sales", "flows.sale.sales", "entrypoint: module flows.sale was not found"),
        ("flows.sales.sales", "flows.sales.sails", "entrypoint: sales.py has no 'sails'; did you mean 'sales'?"),
        # Steps.
        ("steps.git_clone", "stepz.git_clone", "error 14 : pull: module prefect.deployments.stepz was not found"),
        (
            "steps.git_clone",
            "steps.git_clon",
            "pull: prefect.deployments.steps.git_clon: __init__.py has no 'git_clon'",
        ),
        ("steps_of_ours.prepare", "steps_of_our.prepare", "warning 16 : pull: module steps_of_our was not found here"),
        ("steps_of_ours.prepare", "steps_of_ours.prepar", "steps_of_ours.py has no 'prepar'; did you mean 'prepare'?"),
        (
            "prefect.deployments.steps.run_shell",
            "prefec.deployments.steps.run_shell",
            "error 2 : build: module prefec was not found; did you mean 'prefect'?",
        ),
        (
            "prefect_docker.deployments.steps.push",
            "prefect_dokcer.deployments.steps.push",
            "did you mean 'prefect_docker'",
        ),
        (
            "repository:",
            "repo:",
            "pull: prefect.deployments.steps.git_clone: missing a required argument: 'repository'",
        ),
        ("branch: main", "brnch: main", "got an unexpected keyword argument 'brnch'"),
        ("steps_of_ours.prepare:", "prepare:", "pull: prepare has no module"),
        (
            "{id: clone, repository",
            "null\n    repository: {id: clone, repository",
            "pull: a step has 2 keys; indent the inputs below the function's name",
        ),
        (
            "{requires: not-installed-here}",
            "null",
            "pull: the inputs of step not_installed_here.prepare are not a mapping",
        ),
        (
            "  - not_installed_here.prepare: {requires: not-installed-here}",
            "  - clone",
            "pull: a step is not a mapping",
        ),
        # Placeholders.
        ("{{ build_image.image }}", "{{ build_imge.image }}", "id 'build_imge'; did you mean 'build_image'?"),
        ("{{ build_image.image }}", "{{ built.image }}", "no earlier step has the id 'built'; set this id on the step"),
        (
            "{{ build_image.image }}",
            "{{ build_image.imag }}",
            "step build_image has no output 'imag'; did you mean 'image'?",
        ),
        ("{{ build_image.image }}", "{{ build_imag }}", "id 'build_imag'; did you mean 'build_image'?"),
        ("{{ build_image.image }}", "{{ clone.directory }}", "step clone has not run yet; refer to an earlier step"),
        (
            'tag: "{{ commit.stdout }}"',
            'tag: "{{ comit.stdout }}"',
            "error 7 sales: {{ comit.stdout }}: no earlier step",
        ),
        ('tag: "{{ commit.stdout }}"', 'tag: "{{ build_image.tag }}"', "step build_image has not run yet"),
        ('SHA: "{{ commit.stdout }}"', 'SHA: "{{ commit.stout }}"', "has no output 'stout'; did you mean 'stdout'?"),
        ('{directory: "{{ clone.directory }}"}', '{directory: "{{ clon.directory }}"}', "did you mean 'clone'?"),
        # Prefect looks at these before it fills in placeholders, and skips the whole file.
        ("name: method,", 'name: method, paused: "{{ prefect.variables.x }}",', "paused is a text, but must be true"),
        ("name: method,", "name: method, parameters: null,", "parameters is a null, but must be a mapping"),
        ("work_pool: {name: prod}", "work_pool: {name: prod, job_variables: null}", "job_variables is a null"),
    ],
)
def test_each_kind_of_mistake(right: str, wrong: str, told: str, project: Path) -> None:
    assert right in GOOD
    found = problems(GOOD.replace(right, wrong, 1), project)
    assert any(told in each for each in found), found
    # One mistake may leave other steps without what they need.
    assert len(found) <= 3, found


def test_problems_that_only_running_shows_are_not_reported(project: Path) -> None:
    for entrypoint in ("flows/dynamic.py:anything", "flows/sales.py:moment", "os.path", "sys.exit"):
        assert problems(f"deployments: [{{name: a, entrypoint: '{entrypoint}'}}]", project) == []
    custom = "build: [{steps_of_ours.prepare: {folder: x}}]\ndeployments: [{name: a, description: '{{ git.sha }}'"
    assert problems(f"{custom}, entrypoint: 'flows/sales.py:sales'}}]", project) == []


KINDS = """\
import functools
from prefect import Flow, flow, task
from prefect import task as step
import prefect
import prefect.tasks
from prefect.flows import flow as made


def plain(): ...


async def later(): ...


class K:
    x = 1

    @flow
    def method(self): ...

    def own(self): ...

    @staticmethod
    def static(): ...

    @staticmethod
    @flow
    def static_flow(): ...

    class Inner:
        @flow
        def deep(self): ...


class Other(K):
    pass


class Late:
    def turned(self): ...


@task
def a_task(): ...


@step(retries=1)
def a_step(): ...


@prefect.task
def dotted(): ...


@made(name="m")
def renamed(): ...


@functools.wraps(plain)
def wrapped(): ...


def twice(): ...


twice = flow(twice)
Late.given = flow(plain)
Late.turned = flow(Late.turned)
number = 5
text = "a"
listed = [renamed]
called = Flow(plain)
alias = renamed
if number:

    @flow
    def either(): ...
else:

    def either(): ...


def set_it():
    global by_function
    by_function = flow(plain)


def by_function(): ...


set_it()
"""


@pytest.mark.parametrize(
    ("name", "told"),
    [
        (
            "plain",
            "kinds.py: plain is a function without @flow; `prefect deploy` refuses the function: decorate it",
        ),
        ("later", "kinds.py: later is a function without @flow"),
        ("K", "kinds.py: K is a class, not a flow; use the name of a flow"),
        ("K.own", "kinds.py: K.own is a function without @flow"),
        ("K.static", "kinds.py: K.static is decorated with staticmethod, so it is not a flow"),
        ("K.x", "kinds.py: K.x is a value, not a flow"),
        ("K.zzz", "kinds.py: K has no 'zzz'; use the name of a flow"),
        ("K.Inner", "kinds.py: K.Inner is a class"),
        ("K.Inner.zzz", "kinds.py: K.Inner has no 'zzz'"),
        ("a_task", "kinds.py: a_task is decorated with prefect.task, so it is not a flow"),
        ("a_step", "kinds.py: a_step is decorated with prefect.task"),
        ("dotted", "kinds.py: dotted is decorated with prefect.task"),
        ("number", "kinds.py: number is a value"),
        ("text", "kinds.py: text is a value"),
        ("listed", "kinds.py: listed is a value"),
        *(
            (name, "")
            for name in ("K.method", "K.static_flow", "K.Inner.deep", "Other.method", "Late.given", "Late.turned")
        ),
        *((name, "") for name in ("renamed", "twice", "called", "alias", "either", "by_function")),
        # Only running the file tells that these are none.
        *((name, None) for name in ("wrapped", "Other.zzz", "Flow", "functools.wraps")),
    ],
)
def test_name_that_is_not_a_flow(name: str, told: str | None, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`prefect deploy` loads an entrypoint with the function that this test compares with."""
    (project / "kinds.py").write_text(KINDS)
    for entrypoint in (f"kinds.py:{name}", *([f"kinds.{name}"] if "." not in name else [])):
        found = problems(f"deployments: [{{name: a, entrypoint: '{entrypoint}'}}]", project)
        assert [f"error 1 a: entrypoint: {told}" in each for each in found] == ([True] if told else [])
    monkeypatch.chdir(project)
    if told == "":
        assert isinstance(load_flow_from_entrypoint(f"kinds.py:{name}"), Flow)
    else:
        with pytest.raises(MissingFlowError):
            load_flow_from_entrypoint(f"kinds.py:{name}")


def test_prefects_runner_converts_a_function_that_prefect_deploy_refuses(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the docs of the check say. `prefect deploy` makes no deployment, so none can run."""
    (project / "kinds.py").write_text(KINDS)
    monkeypatch.chdir(project)
    assert isinstance(load_function_and_convert_to_flow("kinds.py:plain"), Flow)


def test_a_placeholder_of_a_shared_step_is_reported_once(project: Path) -> None:
    twice = GOOD.replace("clone.directory", "cloned.directory").replace("{{ commit", "{{ commt")
    found = problems(twice, project)
    assert len(found) == len(set(found))
    # A deployment without the file's build has none of its outputs.
    own = GOOD.replace("name: own,", 'name: own, version: "{{ commit.stdout }}",')
    assert problems(own, project)[0].startswith("error 29 own: {{ commit.stdout }}: no earlier step has the id")


def test_file_without_deployments_is_checked(project: Path) -> None:
    text = GOOD.partition("deployments:\n  - name")[0]
    assert problems(text, project) == []
    assert len(problems(text.replace("build_image.image_name", "build_imag.image_name"), project)) == 1


def test_nested_aliases_terminate(project: Path) -> None:
    levels = "".join(f"x-{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12))
    entry = "{name: a, entrypoint: 'flows/sales.py:sales', tags: *a11}"
    text = f"x-0: &a0 ['{{{{ a.b }}}}']\n{levels}deployments: [{entry}]"
    assert len(problems(text, project)) == 1


def loaded(document: Any, folder: Path) -> bool:
    """Return True if Prefect reads the file's deployments; one invalid value makes it skip the file."""
    path = folder / "loaded.yaml"
    path.write_text(yaml.safe_dump(document) if isinstance(document, dict) else document)
    try:
        configs, _ = _load_deploy_configs_and_actions(path, console=Console(quiet=True))
    except TypeError:
        # It can't show the error of a name that is no text.
        return False
    return bool(configs)


@pytest.mark.parametrize("file", sorted(DATA.iterdir()), ids=lambda file: file.stem)
def test_files_that_older_releases_wrote(file: Path, project: Path) -> None:
    """Files of `prefect init` and `prefect deploy`. Prefect itself refuses the file of 3.0."""
    text = file.read_text().replace("flows.py:etl", "flows/sales.py:sales")
    found = problems(text, project)
    if file.stem != "deploy-3.0.0":
        assert loaded(text, project)
        assert found == []
        return
    assert not loaded(text, project)
    assert len(found) == 6
    both = "max_active_runs and catchup"
    message = f"schedules[0]: Prefect 3.0 wrote {both}, but later releases skip a file that contains {both}"
    assert found[0] == f"error 38 nightly1: {message}; remove {both}"
    lines = [line for line in text.splitlines() if line.strip().partition(":")[0] not in ("max_active_runs", "catchup")]
    assert loaded("\n".join(lines), project)
    assert problems("\n".join(lines), project) == []


BASE: dict[str, Any] = {
    "name": "a",
    "entrypoint": "flows/sales.py:sales",
    "version": "1",
    "tags": ["a"],
    "description": "x",
    "schedules": [{"cron": "0 1 * * *", "parameters": {"a": 1}, "active": True}],
    "paused": False,
    "concurrency_limit": {"limit": 1, "collision_strategy": "ENQUEUE"},
    "parameters": {"a": 1},
    "enforce_parameter_schema": True,
    "work_pool": {"name": "p", "work_queue_name": "q", "job_variables": {"a": 1}},
}
VALUES = [None, "text", "{{ prefect.variables.x }}", "yes", "3", 3, 2.5, True, [], ["a"], {}, {"a": "b"}]


def places(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """The paths of all keys that Prefect knows."""
    found = [path] if path and isinstance(path[-1], str) else []
    if path and path[-1] in ("parameters", "job_variables"):
        return found
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [*found, *(each for key, inner in items for each in places(inner, (*path, key)))]


@pytest.mark.parametrize("place", places(BASE), ids=str)
def test_values_that_make_prefect_skip_the_file_are_found(place: tuple[str | int, ...], project: Path) -> None:
    for value in VALUES:
        entry: Any = copy.deepcopy(BASE)
        holder = entry
        for key in place[:-1]:
            holder = holder[key]
        holder[place[-1]] = value
        document = {"deployments": [entry]}
        found = problems(yaml.safe_dump(document), project)
        if not loaded(document, project):
            assert found, (place, value)


def test_the_outputs_are_those_of_the_installed_steps() -> None:
    seen = 0
    for function, outputs in STEP_OUTPUTS.items():
        module, _, name = function.rpartition(".")
        if find_spec(module.partition(".")[0]) is None or (spec := find_spec(module)) is None or spec.origin is None:
            continue
        seen += 1
        folder = Path(spec.origin).parent
        sources = [Path(spec.origin), *(sorted(folder.glob("*.py")) if Path(spec.origin).name == "__init__.py" else [])]
        trees = [ast.parse(source.read_text()) for source in sources]
        constants = {node.value for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Constant)}
        fields = {node.arg for tree in trees for node in ast.walk(tree) if isinstance(node, ast.keyword)}
        fields |= {
            node.target.id
            for tree in trees
            for node in ast.walk(tree)
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
        }
        assert set(outputs) <= constants | fields, function
        assert any(
            isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name == name
            for tree in trees
            for node in ast.walk(tree)
        ), function
    assert seen >= 8
