"""Check the build, push and pull steps of a `prefect.yaml`: their functions, and placeholders for their outputs."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from ._prefect_models import step_inputs_problem
from ._python_names import ModuleMissingError, module_file, name_problem
from ._yaml_keys import STEP_OUTPUTS
from ._yaml_nodes import Finding, entries, is_template, texts

SECTIONS = ("build", "push", "pull")
_PLACEHOLDER = re.compile(r"{{\s*([\w.\-\[\]$]+)\s*}}")
# Keys in which placeholders don't stand for outputs of steps. The server replaces the placeholders in triggers at each
# event.
_NOT_OF_STEPS = (*SECTIONS, "triggers", "sla")


@dataclass(frozen=True)
class Step:
    """A step: its YAML node, the name of the function that it calls, and its inputs."""

    node: Any
    function: str
    inputs: Mapping[str, Any]

    @property
    def id(self) -> str:
        return getattr(self.inputs.get("id"), "value", "")


def step_findings(section: str, node: Any, folder: Path) -> Iterator[Finding]:
    for each in _step_nodes(node):
        if not isinstance(each, yaml.MappingNode):
            yield Finding(
                each,
                f"{section}: a step is not a mapping; use the function's name as the key, and the inputs as the value",
            )
        elif len(each.value) > 1:
            yield Finding(
                each, f"{section}: a step has {len(each.value)} keys; indent the inputs below the function's name"
            )
        elif each.value and not isinstance(each.value[0][1], yaml.MappingNode):
            yield Finding(
                each,
                f"{section}: the inputs of step {each.value[0][0].value} are not a mapping; use `name: value`, or {{}} "
                "for no inputs",
            )
    for step in steps_of(node):
        if not is_template(step.node) and (found := _function(section, step, folder)):
            yield found


def steps_of(node: Any) -> list[Step]:
    mappings = [each for each in _step_nodes(node) if isinstance(each, yaml.MappingNode)]
    return [Step(key, str(key.value), entries(inputs)) for each in mappings for key, inputs in each.value]


def placeholder_findings(deployment: Any, sections: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield the placeholders for which no earlier step provides a value.

    Prefect removes such placeholders without a message.

    Args:
        deployment: The deployment's node; None to check only the steps of the file.
        sections: The nodes of the `build`, `push` and `pull` steps that apply to the deployment.
    """
    steps = {section: steps_of(sections.get(section)) for section in SECTIONS}
    every = [step for section in SECTIONS for step in steps[section]]
    for index, step in enumerate(every):
        yield from _unknown(step.inputs.values(), every[:index], every)
    deployed = [*steps["build"], *steps["push"]]
    yield from _unknown(
        (node for key, node in entries(deployment).items() if key not in _NOT_OF_STEPS), deployed, every
    )


def _step_nodes(node: Any) -> list[Any]:
    if isinstance(node, yaml.SequenceNode):
        return list(node.value)
    return [node] if isinstance(node, yaml.MappingNode) and node.value else []


def _function(section: str, step: Step, folder: Path) -> Finding | None:
    module, _, name = step.function.rpartition(".")
    if not module:
        return Finding(step.node, f"{section}: {step.function} has no module; use the function's full name")
    try:
        file = module_file(module, folder)
    except ModuleMissingError as missing:
        return _missing(section, step, missing)
    if file is not None and (problem := name_problem(file, name)):
        return Finding(step.node, f"{section}: {step.function}: {problem}")
    names = [name for name in step.inputs if name not in ("id", "requires")]
    problem = step_inputs_problem(step.function, names) if "<<" not in names else ""
    return Finding(step.node, f"{section}: {step.function}: {problem}") if problem else None


def _missing(section: str, step: Step, missing: ModuleMissingError) -> Finding | None:
    if not missing.is_top:
        near = _near(step.function, STEP_OUTPUTS)
        return Finding(step.node, f"{section}: module {missing.name} was not found{near or '; correct the name'}")
    required = [re.split(r"[<>=!~\[; ]", each.value)[0] for each in texts(step.inputs.get("requires"))]
    modules = [package.replace("-", "_") for package in required]
    if missing.name in modules:
        return None
    if near := _near(missing.name, [*modules, *(each.partition(".")[0] for each in STEP_OUTPUTS)]):
        return Finding(step.node, f"{section}: module {missing.name} was not found{near}")
    if required:
        return None
    if section == "pull":
        return Finding(
            step.node,
            f"pull: module {missing.name} was not found here, and workers need the module; name the module's package "
            "in `requires`",
            "warning",
        )
    return Finding(
        step.node,
        f"{section}: module {missing.name} was not found; install the module's package, or name the package in "
        "`requires`",
    )


def _unknown(nodes: Iterable[Any], done: list[Step], every: list[Step]) -> Iterator[Finding]:
    ids = {step.id: step for step in done if step.id}
    outputs = {key for step in done for key in STEP_OUTPUTS.get(step.function, ())}
    # All outputs are known only for Prefect's own steps.
    all_known = all(step.function in STEP_OUTPUTS for step in done)
    for node in (found for each in nodes for found in texts(each)):
        for name in dict.fromkeys(_PLACEHOLDER.findall(node.value)):
            first, _, rest = name.partition(".")
            if first.startswith("$") or first in ("prefect", "ctx") or (not rest and first in {*ids, *outputs}):
                continue
            near = _near(first, [*ids, *(() if rest else outputs)])
            later = [step.id for step in every if step.id == first and first not in ids]
            if first in ids:
                known = STEP_OUTPUTS.get(ids[first].function)
                key = re.split(r"[.\[]", rest)[0]
                if known and key not in known:
                    hint = _near(key, known) or f"; the step has {', '.join(known)}"
                    yield Finding(node, f"{{{{ {name} }}}}: step {first} has no output {key!r}{hint}")
            elif later:
                yield Finding(
                    node, f"{{{{ {name} }}}}: step {first} has not run yet{near or '; refer to an earlier step'}"
                )
            elif near or (rest and all_known and first not in outputs):
                # A name without a dot that is not similar to an id may be an environment variable.
                hint = near or "; set this id on the step that returns the value"
                yield Finding(node, f"{{{{ {name} }}}}: no earlier step has the id {first!r}{hint}")


def _near(name: str, known: Iterable[str]) -> str:
    found = difflib.get_close_matches(name, list(dict.fromkeys(known)), 1, 0.75)
    return f"; did you mean {found[0]!r}?" if found and found[0] != name else ""
