"""Find problems in a `prefect.yaml`, mainly those that Prefect ignores or reports only during deployment."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from .._dag_source.problems import Level, Problem
from ..errors import PrefectFileError
from ..work_pools._plan import HeldWorkPool
from ..work_pools._server import problems_with, read_work_pools
from . import _yaml_keys as keys
from ._entrypoints import entrypoint_problem
from ._prefect_models import schedule_problem, trigger_keys, trigger_problem
from ._steps import SECTIONS, placeholder_findings, step_findings
from ._yaml_nodes import Finding, entries, fits, is_null, is_template, kind_of, texts

# PyYAML's C parser, if it is available; Prefect uses the equivalent Python parser.
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def check_text(text: str, path: Path, *, entrypoints: bool = False, server: bool = False) -> tuple[Problem, ...]:
    """Return all problems of a file's text.

    Args:
        text: The text.
        path: The file. Modules and entrypoints are searched in the folder that contains this file.
        entrypoints: Whether to check the deployments' flows.
        server: Whether to check the server's work pools.

    Raises:
        PrefectFileError: The text isn't YAML.
        ServerError: The server can't be reached.
    """
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        if node is None:
            return ()
        check = _Check(loader, path, entrypoints)
        found = tuple(check.file(node))
        return (*found, *check.held_pools(node)) if server else found
    except yaml.MarkedYAMLError as exc:
        line = f", line {exc.problem_mark.line + 1}" if exc.problem_mark else ""
        raise PrefectFileError(
            f"{path}{line}: the file is not YAML that Prefect can read. Correct the file first"
        ) from None
    except yaml.YAMLError:
        raise PrefectFileError(f"{path}: the file is not YAML that Prefect can read. Correct the file first") from None
    except (RecursionError, ValueError):
        raise PrefectFileError(
            f"{path}: the file is nested too deeply, or has an invalid value. Correct the file first"
        ) from None
    finally:
        loader.dispose()


@dataclass
class _Check:
    loader: Any
    path: Path
    entrypoints: bool
    # The name of the deployment that is being checked.
    name: str = ""

    def _problem(self, node: Any, message: str, level: Level = "error") -> Problem:
        return Problem(str(self.path), message, node.start_mark.line + 1, self.name, level)

    def _found(self, findings: Iterable[Finding]) -> Iterator[Problem]:
        yield from (self._problem(found.node, found.message, found.level) for found in findings)

    def file(self, node: Any) -> Iterator[Problem]:
        if not isinstance(node, yaml.MappingNode):
            yield self._problem(node, "the file is not a mapping, so Prefect ignores the file; add `deployments:`")
            return
        # Keys with these prefixes are accepted, because they usually contain YAML anchors.
        found = yield from self._mapping(node, keys.TOP, "", also=(".", "x-", "_"))
        yield from self._steps(found)
        deployments = found.get("deployments")
        if not isinstance(deployments, yaml.SequenceNode):
            yield from self._found(placeholder_findings(None, found))
            return
        names: dict[tuple[str, str], int] = {}
        for each in deployments.value:
            self.name = ""
            if not isinstance(each, yaml.MappingNode):
                yield self._problem(each, "this item is not a deployment; start each deployment with `- name:`")
                continue
            yield from self._deployment(each, names)
        yield from self._placeholders(found, deployments)

    def _steps(self, found: Mapping[str, Any]) -> Iterator[Problem]:
        for section in SECTIONS:
            if section in found:
                yield from self._found(step_findings(section, found[section], self.path.parent))

    def _placeholders(self, found: Mapping[str, Any], deployments: Any) -> Iterator[Problem]:
        """Yield the problems with placeholders in each deployment.

        A problem in steps that several deployments share is reported once.
        """
        told: set[tuple[Any, str]] = set()
        for node in deployments.value:
            own = entries(node)
            self.name = getattr(own.get("name"), "value", "")
            for finding in placeholder_findings(node, {**found, **own}):
                if (finding.node, finding.message) not in told:
                    told.add((finding.node, finding.message))
                    yield self._problem(finding.node, finding.message)

    def held_pools(self, node: Any) -> Iterator[Problem]:
        deployments = entries(node).get("deployments")
        nodes = deployments.value if isinstance(deployments, yaml.SequenceNode) else []
        held = read_work_pools({name for each in nodes if (name := pool_name(each))})
        for each in nodes:
            self.name = getattr(entries(each).get("name"), "value", "")
            variables = entries(entries(each).get("work_pool")).get("job_variables")
            values = self._plain(variables) if isinstance(variables, yaml.MappingNode) else {}
            yield from self._found(pool_findings(each, held, values))

    def _deployment(self, node: Any, names: dict[tuple[str, str], int]) -> Iterator[Problem]:
        named = [value.value for key, value in node.value if key.value == "name" and isinstance(value, yaml.ScalarNode)]
        self.name = named[0] if named else ""
        found = yield from self._mapping(node, keys.DEPLOYMENT, "")
        if "name" not in found:
            yield self._problem(node, "the deployment has no name, so `prefect deploy --all` skips it; add a name")
        identity = (str(self.name), str(getattr(found.get("entrypoint"), "value", "")))
        if identity in names:
            yield self._problem(
                node,
                f"the deployment at line {names[identity]} has the same name and entrypoint; rename one of the two",
            )
        names.setdefault(identity, node.start_mark.line + 1)
        if any(character in str(self.name) for character in "/%&><"):
            yield self._problem(
                node, "the deployment's name contains one of / % & > <, which Prefect refuses; rename the deployment"
            )
        if "sla" in found:
            yield self._problem(
                found["sla"], "sla: `prefect deploy` fails on a self-hosted Prefect server; use alerts instead"
            )
        if "entrypoint" not in found:
            yield self._problem(
                node, "the deployment has no entrypoint, so it can't be deployed unattended; add the path of the flow"
            )
        elif self.entrypoints:
            yield from self._entrypoint(found["entrypoint"])
        yield from self._steps(found)
        if isinstance(found.get("work_pool"), yaml.MappingNode):
            yield from self._mapping(found["work_pool"], keys.WORK_POOL, "work_pool")
        if "concurrency_limit" in found:
            yield from self._limit(found["concurrency_limit"])
        yield from self._list(
            "schedules",
            found.get("schedules"),
            lambda: keys.SCHEDULE,
            "start the item with `- cron:`, `- interval:` or `- rrule:`",
            schedule_problem,
        )
        yield from self._list(
            "triggers", found.get("triggers"), trigger_keys, "use the fields of a Prefect trigger", trigger_problem
        )

    def _entrypoint(self, node: Any) -> Iterator[Problem]:
        if (
            fits(node, keys.TEXT)
            and not is_template(node)
            and (why := entrypoint_problem(node.value, self.path.parent))
        ):
            yield self._problem(node, f"entrypoint: {why}")

    def _limit(self, node: Any) -> Iterator[Problem]:
        if isinstance(node, yaml.MappingNode):
            strategy = (yield from self._mapping(node, keys.LIMIT, "concurrency_limit")).get("collision_strategy")
            if strategy is not None and strategy.value not in keys.STRATEGIES and not is_template(strategy):
                yield self._problem(
                    strategy, f"concurrency_limit.collision_strategy is invalid; use {' or '.join(keys.STRATEGIES)}"
                )
        elif not fits(node, keys.WHOLE) and not is_null(node):
            yield self._problem(
                node, "concurrency_limit is neither a whole number nor a mapping with `limit:`; use one of the two"
            )

    def _list(
        self,
        where: str,
        node: Any,
        known: Callable[[], Mapping[str, str]],
        hint: str,
        problem_of: Callable[[Mapping[str, Any]], str],
    ) -> Iterator[Problem]:
        """Yield the problems of a deployment's schedules or triggers.

        `problem_of` is called for each schedule or trigger whose keys are valid.
        """
        for number, each in enumerate(node.value if isinstance(node, yaml.SequenceNode) else ()):
            place = f"{where}[{number}]"
            if not isinstance(each, yaml.MappingNode):
                yield self._problem(each, f"{place} is not a mapping; {hint}")
                continue
            if where == "schedules":
                yield from self._keys_of_old(each, place)
            problems = list(self._mapping(each, known(), place))
            yield from problems
            if not problems and (why := problem_of(self._plain(each))):
                yield self._problem(each, f"{place}: {why}")

    def _keys_of_old(self, node: Any, where: str) -> Iterator[Problem]:
        if old := [key for key, _ in node.value if key.value in keys.SCHEDULE_OF_OLD]:
            names = " and ".join(str(key.value) for key in old)
            yield self._problem(
                old[0],
                f"{where}: Prefect 3.0 wrote {names}, but later releases skip a file that contains {names}; remove "
                f"{names}",
            )

    def _plain(self, node: Any) -> dict[str, Any]:
        return dict(self.loader.construct_mapping(node, deep=True))

    def _kind(self, node: Any, kind: str, where: str) -> Iterator[Problem]:
        may_be_null = where.rpartition(".")[2] not in keys.NEVER_NULL
        if not (fits(node, kind) or (is_null(node) and may_be_null)):
            later = "; Prefect checks the value before it fills in placeholders" if is_template(node) else ""
            yield self._problem(node, f"{where} is {kind_of(node)}, but must be {kind}{later}")

    def _mapping(
        self, node: Any, known: Mapping[str, str], where: str, also: tuple[str, ...] = ()
    ) -> Generator[Problem, None, dict[str, Any]]:
        found: dict[str, Any] = {}
        prefix = f"{where}." if where else ""
        if not isinstance(node, yaml.MappingNode):
            if not is_null(node):
                yield self._problem(node, f"{where} is {kind_of(node)}, but must be a mapping")
            return found
        written: set[str] = set()
        for key in (key for key, _ in node.value if isinstance(key, yaml.ScalarNode)):
            if key.value in written:
                yield self._problem(key, f"{prefix}{key.value} appears twice; remove one of the two")
            written.add(key.value)
        # Put the keys that `<<` merges first, so that the mapping's own keys override them.
        self.loader.flatten_mapping(node)
        for key, value in node.value:
            name = key.value if isinstance(key, yaml.ScalarNode) else ""
            if name in known:
                found[name] = value
                yield from self._kind(value, known[name], f"{prefix}{name}")
            elif not (name and also and name.startswith(also)):
                yield self._problem(
                    key,
                    f"{prefix}{name or 'a key that is not text'} is not a Prefect key; {keys.nearest(name, known)}",
                )
        return found


def pool_name(deployment: Any) -> str:
    """Return the name of a deployment's work pool; empty if the name is missing or a template."""
    node = entries(entries(deployment).get("work_pool")).get("name")
    return "" if node is None or is_template(node) else str(node.value)


def pool_findings(deployment: Any, held: Mapping[str, HeldWorkPool], values: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield those work pool settings of a deployment that the server would refuse or the worker would ignore."""
    name = pool_name(deployment)
    if not name:
        return
    node = entries(deployment)["work_pool"]
    pool = held.get(name)
    if pool is None:
        near = difflib.get_close_matches(name, held, 1, 0.7)
        hint = f"did you mean {near[0]!r}?" if near else "create the work pool before you deploy"
        yield Finding(node, f"work_pool: the server has no work pool named {name!r}; {hint}")
        return
    if not (pool.template.get("variables") or {}).get("properties"):
        # A work pool without variables does not have its template yet. The pool gets a template when its first worker
        # starts.
        return
    for variable, place in entries(entries(node).get("job_variables")).items():
        # A key with a dot sets only a part of a job variable's value. The value of a template is known only when the
        # flow is deployed.
        is_whole = "." not in variable and not any(is_template(text) for text in texts(place))
        given = {variable.partition(".")[0]: values.get(variable) if is_whole else None}
        yield from (
            Finding(place, f"work_pool.job_variables: {problem} (pool {name!r}, {pool.type})")
            for problem in problems_with(pool.template, given, check_values=is_whole)
        )
