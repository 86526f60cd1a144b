"""What the entries of a `prefect.yaml` become: those of DAGs follow their DAGs, and everything else is left alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

from ruamel.yaml.comments import CommentedMap, CommentedSeq

from .._specs.deployments import OWN_KEYS, DeploymentSpec, GenerateOptions
from ..errors import PrefectFileError
from .yaml_text import dump_document, load_document, plain, to_yaml_value

KEEP = "keep"
"""The comment behind a key that makes its value the author's own."""

Action: TypeAlias = Literal["create", "update", "unchanged"]

_MISSING = object()


@dataclass(frozen=True)
class EntryChange:
    """What happens to one entry.

    Attributes:
        name: The deployment's name.
        action: `create`, `update` or `unchanged`.
        keys: The keys that change.
        kept: Keys that would change, and that a comment keeps.
        entrypoint: Where its flow is expected.
        path: The DAG's file.
    """

    name: str
    action: Action
    keys: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    entrypoint: str = ""
    path: str = ""


def merge(
    text: str, specs: Iterable[DeploymentSpec], options: GenerateOptions, steps: Mapping[str, Any], path: Path
) -> tuple[str, tuple[EntryChange, ...]]:
    """The file's new text, which is the old one where nothing changes; and what happens to each entry.

    Raises:
        PrefectFileError: The file is no YAML, or two of its entries have the name of one DAG.
    """
    document = load_document(text, path)
    entries = _entries(document, path)
    named: dict[str, list[CommentedMap]] = {}
    for entry in entries:
        if isinstance(entry, CommentedMap):
            named.setdefault(str(entry.get("name")), []).append(entry)
    changes = [_merge_entry(entries, named.get(spec.name, []), spec, options, path) for spec in specs]
    added = _add_steps(document, steps)
    if not added and all(change.action == "unchanged" for change in changes):
        return text, tuple(changes)
    return dump_document(document, text), tuple(changes)


def _entries(document: CommentedMap, path: Path) -> Any:
    found = document.get("deployments")
    if found is None:
        found = document["deployments"] = CommentedSeq()
    if not isinstance(found, CommentedSeq):
        raise PrefectFileError(f"{path}: `deployments` is no list; begin each of them with `- name:`")
    return found


def _merge_entry(
    entries: Any, named: list[CommentedMap], spec: DeploymentSpec, options: GenerateOptions, path: Path
) -> EntryChange:
    entry = _entry_of(named, spec, path)
    target = str(spec.values["entrypoint"])
    if entry is None:
        made = {"name": spec.name, **_ordered(spec.values)}
        if options.work_pool:
            made["work_pool"] = {"name": options.work_pool, **_job_variables(options)}
        entries.append(to_yaml_value(made))
        return EntryChange(spec.name, "create", tuple(made), (), target, spec.dag.path)
    changed: list[str] = []
    kept: list[str] = []
    for key in OWN_KEYS:
        if key in spec.unknown:
            continue
        value = spec.values.get(key, _MISSING)
        held = plain(entry[key]) if key in entry else _MISSING
        if held == value or (value is _MISSING and held in (_MISSING, None, [], {})):
            continue
        if _is_kept(entry, key):
            kept.append(key)
            continue
        changed.append(key)
        if value is _MISSING:
            del entry[key]
        else:
            _set(entry, key, to_yaml_value(value))
    if options.work_pool and not entry.get("work_pool"):
        entry["work_pool"] = to_yaml_value({"name": options.work_pool, **_job_variables(options)})
        changed.append("work_pool")
    action: Action = "update" if changed else "unchanged"
    return EntryChange(spec.name, action, tuple(changed), tuple(kept), target, spec.dag.path)


def _job_variables(options: GenerateOptions) -> dict[str, Any]:
    return {"job_variables": dict(options.job_variables)} if options.job_variables else {}


def _ordered(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: values[key] for key in OWN_KEYS if key in values}


def _entry_of(named: list[CommentedMap], spec: DeploymentSpec, path: Path) -> CommentedMap | None:
    """The DAG's entry: the one of its name; of several, the one that has its entrypoint, too."""
    if len(named) > 1:
        named = [each for each in named if each.get("entrypoint") == spec.values["entrypoint"]]
        if len(named) != 1:
            raise PrefectFileError(
                f"{path}: several deployments are called {spec.name!r}, so none is known to be the DAG's; rename one"
            )
    return named[0] if named else None


def _is_kept(entry: CommentedMap, key: str) -> bool:
    """Whether the key, or the first line of its value, has the comment `# keep` behind it."""
    comments: list[Any] = list(entry.ca.items.get(key) or [])
    value = entry.get(key)
    if hasattr(value, "ca"):
        comments.append(value.ca.comment)
        comments += [entry.ca.items.get(key)]
    todo, texts = comments, []
    while todo:
        each = todo.pop()
        if isinstance(each, list):
            todo += each
        elif each is not None:
            texts.append(str(each.value).split("\n", 1)[0])
    return any(text.lstrip("# ").split(":")[0].strip().lower() == KEEP for text in texts)


def _set(entry: CommentedMap, key: str, value: Any) -> None:
    """Set a key in its place: where it is, or after the own key that goes before it."""
    if key in entry:
        entry[key] = value
        return
    before = {"name", *OWN_KEYS[: OWN_KEYS.index(key)]}
    position = max((index + 1 for index, name in enumerate(entry) if name in before), default=len(entry))
    entry.insert(position, key, value)


def _add_steps(document: CommentedMap, steps: Mapping[str, Any]) -> bool:
    added = False
    for index, (key, value) in enumerate(steps.items()):
        if not document.get(key):
            document.pop(key, None)
            document.insert(index, key, to_yaml_value(value))
            added = True
    return added
