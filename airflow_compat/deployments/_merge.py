"""What the entries of a `prefect.yaml` become: those of DAGs follow their DAGs, and everything else is left alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.scalarstring import DoubleQuotedScalarString, LiteralScalarString

from .._specs.deployments import OWN_KEYS, DeploymentSpec, GenerateOptions
from ..errors import PrefectFileError
from .yaml_comments import give_below, is_shared, move_behind, take_above, take_below
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
    changes = [_merge_entry(document, named.get(spec.name, []), spec, options, path) for spec in specs]
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
    document: CommentedMap, named: list[CommentedMap], spec: DeploymentSpec, options: GenerateOptions, path: Path
) -> EntryChange:
    entry = _entry_of(named, spec, path)
    target = str(spec.values["entrypoint"])
    if entry is None:
        made = {"name": spec.name, **_ordered(spec.values)}
        if options.work_pool:
            made["work_pool"] = {"name": options.work_pool, **_job_variables(options)}
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
            # To leave it out would leave what `<<` brings.
            _set(entry, key, None)
        else:
            _delete(entry, key)
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
            # Behind the sign of a block of text it is plain text.
            texts.append(str(getattr(each, "value", each)).split("\n", 1)[0])
    return any(text.strip().lstrip("# ").split(":")[0].strip().lower() == KEEP for text in texts)


def _set(entry: CommentedMap, key: str, value: Any) -> None:
    """Set a key in its place: where it is, or after the own key that goes before it."""
    if key in entry:
        _replace(entry, key, value)
        return
    before = {"name", *OWN_KEYS[: OWN_KEYS.index(key)]}
    names = _own_names(entry)
    position = max((index + 1 for index, name in enumerate(names) if name in before), default=len(names))
    _insert(entry, position, key, to_yaml_value(value))


def _replace(mapping: CommentedMap, key: str, value: Any) -> None:
    """Put a value in the place of another; of a mapping only what differs, so that comments in the rest stay."""
    held = mapping[key]
    if not (isinstance(value, dict) and _can_be_edited(mapping, key) and any(name in value for name in held)):
        below = take_below(mapping, key)
        move_behind(mapping, key)
        made = to_yaml_value(value)
        if isinstance(made, LiteralScalarString) and any(mapping.ca.items.get(key) or ()):
            # The comment behind the old value would become a line of the new one.
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
    """Whether a mapping in lines of its own stands at the key, and nowhere else."""
    held = mapping[key]
    return (
        isinstance(held, CommentedMap)
        and key in _own_names(mapping)
        and not (is_shared(held) or held.merge or held.fa.flow_style())
    )


def _insert(mapping: CommentedMap, position: int, key: str, value: Any) -> None:
    """Put a key into a mapping; the comments that were above the key in its place stay above that one."""
    names = _own_names(mapping)
    below = take_below(mapping, names[position - 1], mapping.lc.col) if position else ""
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
    """Put an entry after the others; comments that were above what follows them stay above that."""
    entries = document["deployments"]
    below = take_below(document, "deployments", entries.lc.col if entries else None)
    if not entries:
        entries.fa.set_block_style()
    entries.append(entry)
    give_below(document, "deployments", below)


def _own_names(mapping: CommentedMap) -> list[Any]:
    """The keys that stand in it, without those that `<<` brings."""
    return [name for name, _ in mapping.non_merged_items()]


def _is_inherited(entry: CommentedMap, key: str) -> bool:
    """Whether `<<` brings the key, also where the entry has one of its own."""
    # ruamel.yaml 0.18 has positions with them.
    return any(key in (each[1] if isinstance(each, tuple) else each) for each in entry.merge)


def _add_steps(document: CommentedMap, steps: Mapping[str, Any]) -> bool:
    added = False
    for key, value in steps.items():
        if document.get(key):
            continue
        if key in document:
            _replace(document, key, value)
        else:
            _insert(document, _own_names(document).index("deployments"), key, to_yaml_value(value))
        added = True
    return added
