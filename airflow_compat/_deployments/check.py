"""What is wrong with a `prefect.yaml`: above all what Prefect passes over in silence, or finds only on deploying."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from .._airflow.dag_problems import Problem
from .._prefect.deployment_checks import schedule_problem, trigger_fields, trigger_problem
from .._specs import prefect_yaml_keys as keys
from ..errors import PrefectFileError

# PyYAML's parser in C, where it was built with it; Prefect's own reading is the same in Python.
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def check_text(text: str, path: Path) -> tuple[Problem, ...]:
    """Everything that is wrong with the text of a file.

    Raises:
        PrefectFileError: It is no YAML.
    """
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        return tuple(_Check(loader, path).file(node)) if node is not None else ()
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
    def __init__(self, loader: Any, path: Path) -> None:
        self.loader = loader
        self.path = str(path)
        self.name = ""

    def _problem(self, node: Any, message: str) -> Problem:
        return Problem(self.path, message, node.start_mark.line + 1, self.name)

    def file(self, node: Any) -> Iterator[Problem]:
        if not isinstance(node, yaml.MappingNode):
            yield self._problem(node, "it is no mapping, and Prefect reads nothing of it; write `deployments:`")
            return
        # Keys like these are where people keep what anchors stand for.
        found = yield from self._mapping(node, keys.TOP, "", also=(".", "x-", "_"))
        deployments = found.get("deployments")
        if not isinstance(deployments, yaml.SequenceNode):
            return
        names: dict[tuple[str, str], int] = {}
        for each in deployments.value:
            self.name = ""
            if not isinstance(each, yaml.MappingNode):
                yield self._problem(each, "it is no deployment; begin each with `- name:`")
                continue
            yield from self._deployment(each, names)

    def _deployment(self, node: Any, names: dict[tuple[str, str], int]) -> Iterator[Problem]:
        named = [value.value for key, value in node.value if key.value == "name" and isinstance(value, yaml.ScalarNode)]
        self.name = named[0] if named else ""
        found = yield from self._mapping(node, keys.DEPLOYMENT, "")
        if "name" not in found:
            yield self._problem(node, "it has no name, and `prefect deploy --all` passes over it; give it one")
        identity = (str(self.name), getattr(found.get("entrypoint"), "value", ""))
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
        if "work_pool" in found:
            yield from self._mapping(found["work_pool"], keys.WORK_POOL, "work_pool")
        limit = found.get("concurrency_limit")
        if limit is not None:
            yield from self._limit(limit)
        yield from self._schedules(found.get("schedules"))
        yield from self._triggers(found.get("triggers"))

    def _limit(self, node: Any) -> Iterator[Problem]:
        if isinstance(node, yaml.MappingNode):
            found = yield from self._mapping(node, keys.LIMIT, "concurrency_limit")
            strategy = found.get("collision_strategy")
            if strategy is not None and strategy.value not in keys.STRATEGIES and not _is_template(strategy):
                known = " or ".join(keys.STRATEGIES)
                yield self._problem(strategy, f"concurrency_limit.collision_strategy is none; write {known}")
        elif not _is(node, keys.WHOLE) and not _is_null(node):
            yield self._problem(node, "concurrency_limit is neither a whole number nor a mapping with `limit:`")

    def _schedules(self, node: Any) -> Iterator[Problem]:
        for number, each in enumerate(node.value if isinstance(node, yaml.SequenceNode) else ()):
            where = f"schedules[{number}]"
            if not isinstance(each, yaml.MappingNode):
                yield self._problem(each, f"{where} is no mapping; write `- cron:`, `- interval:` or `- rrule:`")
                continue
            problems = list(self._mapping(each, keys.SCHEDULE, where))
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

    def _mapping(
        self, node: Any, known: Mapping[str, str], where: str, also: tuple[str, ...] = ()
    ) -> Generator[Problem, None, dict[str, Any]]:
        """The values of a mapping, by key; on the way, everything that is wrong with its keys."""
        found: dict[str, Any] = {}
        prefix = f"{where}." if where else ""
        if not isinstance(node, yaml.MappingNode):
            if not _is_null(node):
                yield self._problem(node, f"{where} is {_kind(node)}, and has to be a mapping")
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
                if not (_is(value, known[name]) or _is_null(value) or _is_template(value)):
                    yield self._problem(value, f"{prefix}{name} is {_kind(value)}, and has to be {known[name]}")
            elif not (name and also and name.startswith(also)):
                shown = name or "a key that is no text"
                yield self._problem(key, f"{prefix}{shown} is no key of Prefect's; {keys.nearest(name, known)}")
        return found


def _tag(node: Any) -> str:
    return str(node.tag).rpartition(":")[2]


def _is_null(node: Any) -> bool:
    return _tag(node) == "null"


def _is_template(node: Any) -> bool:
    return isinstance(node, yaml.ScalarNode) and "{{" in node.value


def _is(node: Any, kind: str) -> bool:
    shapes: dict[str, Any] = {
        keys.LIST: yaml.SequenceNode,
        keys.MAPPING: yaml.MappingNode,
        keys.STEPS: (yaml.SequenceNode, yaml.MappingNode),
    }
    tags = {keys.TEXT: "str", keys.WHOLE: "int", keys.BOOL: "bool"}
    if kind in tags:
        return isinstance(node, yaml.ScalarNode) and _tag(node) == tags[kind]
    return isinstance(node, shapes.get(kind, object))


def _kind(node: Any) -> str:
    words = {"map": "a mapping", "seq": "a list", "str": "a text", "int": "a whole number", "bool": "true or false"}
    return words.get(_tag(node), f"a {_tag(node)}")
