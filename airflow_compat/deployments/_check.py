"""What is wrong with a `prefect.yaml`: above all what Prefect passes over in silence, or finds only on deploying."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from .._airflow.dag_problems import Level, Problem
from .._prefect.deployment_checks import schedule_problem, trigger_fields, trigger_problem
from .._prefect.work_pools import read_work_pools
from .._specs import prefect_yaml_keys as keys
from ..errors import PrefectFileError
from .entrypoints import entrypoint_problem
from .held_pools import pool_findings, pool_name
from .steps import SECTIONS, placeholder_findings, step_findings
from .yaml_nodes import Finding, entries, fits, is_null, is_template, kind_of

# PyYAML's parser in C, where it was built with it; Prefect's own reading is the same in Python.
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def check_text(text: str, path: Path, *, entrypoints: bool = False, server: bool = False) -> tuple[Problem, ...]:
    """Everything that is wrong with the text of a file.

    Args:
        text: The text.
        path: The file. Modules and entrypoints are looked for in its folder.
        entrypoints: Whether the flows of the deployments have to be there.
        server: Whether the work pools that the server holds are compared.

    Raises:
        PrefectFileError: It is no YAML.
        ServerError: The server can't be asked.
    """
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        if node is None:
            return ()
        check = _Check(loader, path, entrypoints=entrypoints)
        found = tuple(check.file(node))
        return (*found, *check.held_pools(node)) if server else found
    except yaml.MarkedYAMLError as exc:
        line = f", line {exc.problem_mark.line + 1}" if exc.problem_mark else ""
        raise PrefectFileError(f"{path}{line}: no YAML that Prefect can read; repair it first") from None
    except yaml.YAMLError:
        raise PrefectFileError(f"{path}: no YAML that Prefect can read; repair it first") from None
    except (RecursionError, ValueError):
        raise PrefectFileError(f"{path}: nested too deeply, or with a value that is none; repair it first") from None
    finally:
        loader.dispose()


class _Check:
    def __init__(self, loader: Any, path: Path, *, entrypoints: bool) -> None:
        self.loader = loader
        self.path = str(path)
        self.folder = path.parent
        self.entrypoints = entrypoints
        self.name = ""

    def _problem(self, node: Any, message: str, level: Level = "error") -> Problem:
        return Problem(self.path, message, node.start_mark.line + 1, self.name, level)

    def _found(self, findings: Iterable[Finding]) -> Iterator[Problem]:
        yield from (self._problem(found.node, found.message, found.level) for found in findings)

    def file(self, node: Any) -> Iterator[Problem]:
        if not isinstance(node, yaml.MappingNode):
            yield self._problem(node, "it is no mapping, and Prefect reads nothing of it; write `deployments:`")
            return
        # Keys like these are where people keep what anchors stand for.
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
                yield self._problem(each, "it is no deployment; begin each with `- name:`")
                continue
            yield from self._deployment(each, names)
        yield from self._placeholders(found, deployments)

    def _steps(self, found: Mapping[str, Any]) -> Iterator[Problem]:
        for section in SECTIONS:
            if section in found:
                yield from self._found(step_findings(section, found[section], self.folder))

    def _placeholders(self, found: Mapping[str, Any], deployments: Any) -> Iterator[Problem]:
        """Those of each deployment, with the steps that are in force there. One in a shared step is reported once."""
        told: set[tuple[Any, str]] = set()
        for node in deployments.value:
            own = entries(node)
            self.name = getattr(own.get("name"), "value", "")
            for finding in placeholder_findings(node, {**found, **own}):
                if (finding.node, finding.message) not in told:
                    told.add((finding.node, finding.message))
                    yield self._problem(finding.node, finding.message)

    def held_pools(self, node: Any) -> Iterator[Problem]:
        """What of the deployments doesn't fit the work pools that the server holds."""
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
            yield self._problem(node, "it has no name, and `prefect deploy --all` passes over it; give it one")
        identity = (str(self.name), str(getattr(found.get("entrypoint"), "value", "")))
        if identity in names:
            first = names[identity]
            yield self._problem(node, f"the one of line {first} has its name and its entrypoint, too; rename one")
        names.setdefault(identity, node.start_mark.line + 1)
        if any(character in str(self.name) for character in "/%&><"):
            yield self._problem(node, "its name has one of / % & > < in it, which Prefect refuses; rename it")
        if "sla" in found:
            yield self._problem(found["sla"], "sla: Prefect's own server ends the deploy at it; use alerts instead")
        if "entrypoint" not in found:
            yield self._problem(node, "it has no entrypoint, so it can't be deployed unattended; name its flow")
        elif self.entrypoints:
            yield from self._entrypoint(found["entrypoint"])
        yield from self._steps(found)
        if isinstance(found.get("work_pool"), yaml.MappingNode):
            yield from self._mapping(found["work_pool"], keys.WORK_POOL, "work_pool")
        limit = found.get("concurrency_limit")
        if limit is not None:
            yield from self._limit(limit)
        yield from self._schedules(found.get("schedules"))
        yield from self._triggers(found.get("triggers"))

    def _entrypoint(self, node: Any) -> Iterator[Problem]:
        if fits(node, keys.TEXT) and not is_template(node) and (why := entrypoint_problem(node.value, self.folder)):
            yield self._problem(node, f"entrypoint: {why}")

    def _limit(self, node: Any) -> Iterator[Problem]:
        if isinstance(node, yaml.MappingNode):
            found = yield from self._mapping(node, keys.LIMIT, "concurrency_limit")
            strategy = found.get("collision_strategy")
            if strategy is not None and strategy.value not in keys.STRATEGIES and not is_template(strategy):
                known = " or ".join(keys.STRATEGIES)
                yield self._problem(strategy, f"concurrency_limit.collision_strategy is none; write {known}")
        elif not fits(node, keys.WHOLE) and not is_null(node):
            yield self._problem(node, "concurrency_limit is neither a whole number nor a mapping with `limit:`")

    def _schedules(self, node: Any) -> Iterator[Problem]:
        for number, each in enumerate(node.value if isinstance(node, yaml.SequenceNode) else ()):
            where = f"schedules[{number}]"
            if not isinstance(each, yaml.MappingNode):
                yield self._problem(each, f"{where} is no mapping; write `- cron:`, `- interval:` or `- rrule:`")
                continue
            old = [key for key, _ in each.value if key.value in keys.SCHEDULE_OF_OLD]
            if old:
                names = " and ".join(str(key.value) for key in old)
                yield self._problem(
                    old[0],
                    f"{where}: Prefect 3.0 wrote {names}, and later releases skip the whole file for it; remove it",
                )
            problems = list(
                self._mapping(each, {**keys.SCHEDULE, **dict.fromkeys(keys.SCHEDULE_OF_OLD, keys.ANY)}, where)
            )
            yield from problems
            if not problems and (why := schedule_problem(self._plain(each))):
                yield self._problem(each, f"{where}: {why}")

    def _triggers(self, node: Any) -> Iterator[Problem]:
        for number, each in enumerate(node.value if isinstance(node, yaml.SequenceNode) else ()):
            where = f"triggers[{number}]"
            if not isinstance(each, yaml.MappingNode):
                yield self._problem(each, f"{where} is no mapping; write a trigger as Prefect has it")
                continue
            problems = list(self._mapping(each, dict.fromkeys(trigger_fields(), keys.ANY), where))
            yield from problems
            if not problems and (why := trigger_problem(self._plain(each))):
                yield self._problem(each, f"{where}: {why}")

    def _plain(self, node: Any) -> dict[str, Any]:
        found: dict[str, Any] = self.loader.construct_mapping(node, deep=True)
        return found

    def _kind(self, node: Any, kind: str, where: str) -> Iterator[Problem]:
        may_be_null = where.rpartition(".")[2] not in keys.NEVER_NULL
        if not (fits(node, kind) or (is_null(node) and may_be_null)):
            later = "; Prefect looks at it before it fills in placeholders" if is_template(node) else ""
            yield self._problem(node, f"{where} is {kind_of(node)}, and has to be {kind}{later}")

    def _mapping(
        self, node: Any, known: Mapping[str, str], where: str, also: tuple[str, ...] = ()
    ) -> Generator[Problem, None, dict[str, Any]]:
        """The values of a mapping, by key; on the way, everything that is wrong with its keys."""
        found: dict[str, Any] = {}
        prefix = f"{where}." if where else ""
        if not isinstance(node, yaml.MappingNode):
            if not is_null(node):
                yield self._problem(node, f"{where} is {kind_of(node)}, and has to be a mapping")
            return found
        written: set[str] = set()
        for key, _ in node.value:
            if key.value in written and isinstance(key, yaml.ScalarNode):
                yield self._problem(key, f"{prefix}{key.value} is there twice; leave one of them out")
            if isinstance(key, yaml.ScalarNode):
                written.add(key.value)
        # What `<<` brings comes first, so that the mapping's own keys win over it.
        self.loader.flatten_mapping(node)
        for key, value in node.value:
            name = key.value if isinstance(key, yaml.ScalarNode) else ""
            if name in known:
                found[name] = value
                yield from self._kind(value, known[name], f"{prefix}{name}")
            elif not (name and also and name.startswith(also)):
                shown = name or "a key that is no text"
                yield self._problem(key, f"{prefix}{shown} is no key of Prefect's; {keys.nearest(name, known)}")
        return found
