"""Merge deployments into a `prefect.yaml`: update the entries of DAGs, and keep everything else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.scalarstring import DoubleQuotedScalarString, LiteralScalarString

from ..errors import PrefectFileError
from ._specs import OWN_KEYS, DeploymentSpec, GenerateOptions
from ._yaml_comments import give_below, is_shared, move_behind, take_above, take_below
from ._yaml_text import dump_document, load_document, plain, to_yaml_value

Action: TypeAlias = Literal["create", "update", "unchanged"]

_MISSING = object()


@dataclass(frozen=True)
class EntryChange:
    """How one entry changes.

    Attributes:
        name: The deployment's name.
        action: `create`, `update` or `unchanged`.
        keys: The changed keys.
        kept: Keys whose value would change, but which have the comment `# keep`.
        entrypoint: The expected entrypoint of the flow.
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
    """Return the new text of the file (the old text if nothing changes), and how each entry changes.

    Raises:
        PrefectFileError: The text isn't YAML, or has several entries that could belong to one DAG.
    """
    document = load_document(text, path)
    named: dict[str, list[CommentedMap]] = {}
    for entry in _entries(document, path):
        if isinstance(entry, CommentedMap):
            named.setdefault(str(entry.get("name")), []).append(entry)
    changes = [
        _left(named.get(spec.name, []), spec, options)
        or _merge_entry(document, named.get(spec.name, []), spec, options, path)
        for spec in specs
    ]
    if not _add_steps(document, steps) and all(change.action == "unchanged" for change in changes):
        return text, tuple(changes)
    return dump_document(document, text), tuple(changes)


def _entries(document: CommentedMap, path: Path) -> Any:
    found = document.get("deployments")
    if found is None:
        found = document["deployments"] = CommentedSeq()
    if not isinstance(found, CommentedSeq):
        raise PrefectFileError(f"{path}: `deployments` is not a list. Start each deployment with `- name:`")
    return found


def _left(named: list[CommentedMap], spec: DeploymentSpec, options: GenerateOptions) -> EntryChange | None:
    """Return the DAG's entry, unchanged, if its entrypoint is another flow loaded from a DAG file; else None."""
    for entry in named if options.leaves_dag_flows else ():
        target = str(entry.get("entrypoint", ""))
        if target != spec.values["entrypoint"] and options.holds_dag_flows(target.rpartition(":")[0]):
            return EntryChange(spec.name, "unchanged", (), (), target, spec.dag.path)
    return None


def _merge_entry(
    document: CommentedMap, named: list[CommentedMap], spec: DeploymentSpec, options: GenerateOptions, path: Path
) -> EntryChange:
    entry = _entry_of(named, spec, path)
    target = str(spec.values["entrypoint"])
    if entry is None:
        made = {"name": spec.name, **{key: spec.values[key] for key in OWN_KEYS if key in spec.values}}
        if options.work_pool:
            made["work_pool"] = _work_pool(spec, options)
        _append(document, to_yaml_value(made))
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
        if value is not _MISSING:
            _set(entry, key, value)
        elif _is_inherited(entry, key):
            # If the key were deleted, the value that `<<` merges would apply.
            _set(entry, key, None)
        else:
            _delete(entry, key)
    if options.work_pool and not entry.get("work_pool"):
        entry["work_pool"] = to_yaml_value(_work_pool(spec, options))
        changed.append("work_pool")
    action: Action = "update" if changed else "unchanged"
    return EntryChange(spec.name, action, tuple(changed), tuple(kept), target, spec.dag.path)


def _work_pool(spec: DeploymentSpec, options: GenerateOptions) -> dict[str, Any]:
    queue = {"work_queue_name": spec.work_queue} if spec.work_queue else {}
    variables = {**spec.job_variables, **options.job_variables}
    return {"name": options.work_pool, **queue, **({"job_variables": variables} if variables else {})}


def _entry_of(named: list[CommentedMap], spec: DeploymentSpec, path: Path) -> CommentedMap | None:
    """Return the entry whose name is the deployment's name.

    If several entries have this name, return the one with the DAG's entrypoint.
    """
    if len(named) > 1:
        named = [each for each in named if each.get("entrypoint") == spec.values["entrypoint"]]
        if len(named) != 1:
            raise PrefectFileError(
                f"{path}: several deployments are called {spec.name!r}, so the DAG's entry is unknown. Rename one of "
                "the deployments"
            )
    return named[0] if named else None


def _is_kept(entry: CommentedMap, key: str) -> bool:
    """Return True if the comment `# keep` follows the key or the first line of its value.

    The comment protects the value from updates.
    """
    value = entry.get(key)
    todo: list[Any] = [entry.ca.items.get(key), value.ca.comment if hasattr(value, "ca") else None]
    texts: list[str] = []
    while todo:
        each = todo.pop()
        if isinstance(each, list):
            todo += each
        elif each is not None:
            # ruamel stores the comment behind the `|` or `>` of a block scalar as a plain string.
            texts.append(str(getattr(each, "value", each)).split("\n", 1)[0])
    return any(text.strip().lstrip("# ").split(":")[0].strip().lower() == "keep" for text in texts)


def _set(entry: CommentedMap, key: str, value: Any) -> None:
    """Set the value of an existing key, or insert the key in the order of `OWN_KEYS`."""
    if key in entry:
        _replace(entry, key, value)
        return
    before = {"name", *OWN_KEYS[: OWN_KEYS.index(key)]}
    names = _own_names(entry)
    position = max((index + 1 for index, name in enumerate(names) if name in before), default=len(names))
    _insert(entry, position, key, to_yaml_value(value))


def _replace(mapping: CommentedMap, key: str, value: Any) -> None:
    """Replace a value.

    In a mapping, replace only the values that differ, so that comments on the other keys are kept.
    """
    held = mapping[key]
    if not (isinstance(value, dict) and _can_be_edited(mapping, key) and any(name in value for name in held)):
        below = take_below(mapping, key)
        move_behind(mapping, key)
        made = to_yaml_value(value)
        if isinstance(made, LiteralScalarString) and any(mapping.ca.items.get(key) or ()):
            # If the new value is a block scalar, the comment behind the old value would become a line of its text.
            made = DoubleQuotedScalarString(made)
        mapping[key] = made
        give_below(mapping, key, below)
        return
    for name in list(held):
        if name not in value:
            _delete(held, name)
    for name, each in value.items():
        if name not in held:
            _insert(held, len(held), name, to_yaml_value(each))
        elif plain(held[name]) != each:
            _replace(held, name, each)


def _can_be_edited(mapping: CommentedMap, key: str) -> bool:
    """Return True if the key's value is a block mapping that is used only here."""
    held = mapping[key]
    return (
        isinstance(held, CommentedMap)
        and key in _own_names(mapping)
        and not (is_shared(held) or held.merge or held.fa.flow_style())
    )


def _insert(mapping: CommentedMap, position: int, key: str, value: Any) -> None:
    """Insert a key into a mapping. Comments above the following key stay above that key."""
    below = take_below(mapping, _own_names(mapping)[position - 1], mapping.lc.col) if position else ""
    mapping.insert(position, key, value)
    give_below(mapping, key, below)


def _delete(entry: CommentedMap, key: str) -> None:
    names = _own_names(entry)
    index = names.index(key)
    lines = take_above(entry, key) + take_below(entry, key)
    del entry[key]
    names.remove(key)
    give_below(entry, names[max(index - 1, 0)], lines)


def _append(document: CommentedMap, entry: Any) -> None:
    entries = document["deployments"]
    below = take_below(document, "deployments", entries.lc.col if entries else None)
    if not entries:
        entries.fa.set_block_style()
    entries.append(entry)
    give_below(document, "deployments", below)


def _own_names(mapping: CommentedMap) -> list[Any]:
    return [name for name, _ in mapping.non_merged_items()]


def _is_inherited(entry: CommentedMap, key: str) -> bool:
    """Return True if `<<` merges the key into the entry, even if the entry overrides the value."""
    # ruamel.yaml 0.18 stores each merged mapping in a tuple: first its position, then the mapping.
    return any(key in (each[1] if isinstance(each, tuple) else each) for each in entry.merge)


def _add_steps(document: CommentedMap, steps: Mapping[str, Any]) -> bool:
    missing = {key: value for key, value in steps.items() if not document.get(key)}
    for key, value in missing.items():
        if key in document:
            _replace(document, key, value)
        else:
            _insert(document, _own_names(document).index("deployments"), key, to_yaml_value(value))
    return bool(missing)
