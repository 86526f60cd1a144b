"""The build, push and pull steps of a `prefect.yaml`: their functions, and what is taken from their outputs."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from .._prefect.deployment_checks import step_inputs_problem
from .._specs.prefect_yaml_keys import STEP_OUTPUTS
from .python_names import ModuleMissingError, module_file, name_problem
from .yaml_nodes import Finding, entries, is_template, texts

SECTIONS = ("build", "push", "pull")
_PLACEHOLDER = re.compile(r"{{\s*([\w.\-\[\]$]+)\s*}}")
# A trigger's texts are rendered by the server, for each event.
_NOT_OF_STEPS = (*SECTIONS, "triggers", "sla")


@dataclass(frozen=True)
class Step:
    """A step: where it is, which function it calls with what, and what others call it."""

    node: Any
    function: str
    inputs: Mapping[str, Any]
    id: str


def step_findings(section: str, node: Any, folder: Path) -> Iterator[Finding]:
    """What is wrong with the form and the functions of a section's steps."""
    for each in _step_nodes(node):
        if not isinstance(each, yaml.MappingNode):
            yield Finding(each, f"{section}: a step is no mapping; write the name of its function with its inputs")
        elif len(each.value) > 1:
            yield Finding(each, f"{section}: a step has {len(each.value)} keys; indent the inputs below its function")
        elif each.value and not isinstance(each.value[0][1], yaml.MappingNode):
            yield Finding(each, f"{section}: the inputs of a step are no mapping; write them, or {{}} for none")
    for step in steps_of(node):
        if not is_template(step.node) and (found := _function(section, step, folder)):
            yield found


def steps_of(node: Any) -> list[Step]:
    """The steps of a section, without those that are none."""
    steps = []
    for each in _step_nodes(node):
        for key, inputs in each.value if isinstance(each, yaml.MappingNode) else ():
            values = entries(inputs)
            steps.append(Step(key, str(key.value), values, getattr(values.get("id"), "value", "")))
    return steps


def placeholder_findings(deployment: Any, sections: Mapping[str, Any]) -> Iterator[Finding]:
    """Placeholders that no step before them has a value for. Prefect leaves them out without a word.

    Args:
        deployment: Its node; None for the steps of the file alone.
        sections: The nodes of `build`, `push` and `pull` that are in force for it.
    """
    steps = {section: steps_of(sections.get(section)) for section in SECTIONS}
    every = [step for section in SECTIONS for step in steps[section]]
    done: list[Step] = []
    for step in every:
        yield from _unknown(step.inputs.values(), done, every)
        done.append(step)
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
        return Finding(step.node, f"{section}: {step.function} names no module; write the function's full name")
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
        return Finding(step.node, f"{section}: there is no module {missing.name}{near or '; correct the name'}")
    required = [re.split(r"[<>=!~\[; ]", each.value)[0] for each in texts(step.inputs.get("requires"))]
    modules = [package.replace("-", "_") for package in required]
    if missing.name in modules:
        return None
    if near := _near(missing.name, [*modules, *(each.partition(".")[0] for each in STEP_OUTPUTS)]):
        return Finding(step.node, f"{section}: there is no module {missing.name}{near}")
    if required:
        return None
    if section == "pull":
        message = f"there is no module {missing.name} here, and workers need it; name its package in `requires`"
        return Finding(step.node, f"pull: {message}", "warning")
    return Finding(step.node, f"{section}: there is no module {missing.name}; install it, or name it in `requires`")


def _unknown(nodes: Iterable[Any], done: list[Step], every: list[Step]) -> Iterator[Finding]:
    """The placeholders in these nodes that none of the steps that are done gives a value."""
    ids = {step.id: step for step in done if step.id}
    outputs = {key for step in done for key in STEP_OUTPUTS.get(step.function, ())}
    # Only Prefect's own steps are known to return nothing else.
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
                    hint = _near(key, known) or f"; it has {', '.join(known)}"
                    yield Finding(node, f"{{{{ {name} }}}}: step {first} has no output {key!r}{hint}")
            elif later:
                yield Finding(
                    node, f"{{{{ {name} }}}}: step {first} has not run yet{near or '; refer to one before it'}"
                )
            elif near or (rest and all_known and first not in outputs):
                # Other names without a dot may be variables of the environment.
                hint = near or "; give the step that returns it this id"
                yield Finding(node, f"{{{{ {name} }}}}: no step before it has the id {first!r}{hint}")


def _near(name: str, known: Iterable[str]) -> str:
    found = difflib.get_close_matches(name, list(dict.fromkeys(known)), 1, 0.75)
    return f"; did you mean {found[0]!r}?" if found and found[0] != name else ""
