"""Plans changes by comparing specs with the work pools on the server. Makes no requests."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from .._airflow.sendable import refusal
from ..errors import InvalidWorkPoolError
from ._job_templates import conflicts, merged, with_additions
from ._specs import WorkPoolSpec

Action: TypeAlias = Literal["create", "update", "unchanged", "differs", "refused"]
"""What `apply` does for an item: it writes only `create` and `update`. `replace` turns `differs` into `update`."""

Check: TypeAlias = Callable[[Mapping[str, Any], Mapping[str, Any]], list[str]]
"""A function that checks job variables against a job template, and returns the problems."""


@dataclass(frozen=True)
class HeldWorkPool:
    """A work pool on the server, with its base job template."""

    name: str
    type: str
    template: Mapping[str, Any] = field(default_factory=dict, repr=False)
    concurrency_limit: int | None = None


@dataclass(frozen=True)
class WorkPoolItem:
    """A planned change of one work pool.

    Attributes:
        name: The pool's name.
        action: What `apply` does.
        type: The pool's type.
        notes: The differences, what stays unchanged, or the reasons for a refusal.
        data: The request for Prefect's API. Empty if the item is refused.
    """

    name: str
    action: Action
    type: str
    notes: tuple[str, ...] = ()
    data: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def as_dict(self) -> dict[str, Any]:
        """Return the item as JSON data, without the request."""
        return {"name": self.name, "action": self.action, "type": self.type, "notes": list(self.notes)}


@dataclass(frozen=True)
class WorkPoolOutcome:
    """The result of applying an item.

    Attributes:
        item: The item.
        error: The reason why the item could not be written. Empty on success, or if there was nothing to write.
    """

    item: WorkPoolItem
    error: str = ""

    @property
    def done(self) -> bool:
        """Whether the server now matches the plan."""
        return not self.error and self.item.action in ("create", "update", "unchanged")


def plan_pools(
    specs: Sequence[WorkPoolSpec],
    held: Mapping[str, HeldWorkPool],
    templates: Mapping[str, Mapping[str, Any]],
    check: Check,
    *,
    replace: bool,
) -> tuple[WorkPoolItem, ...]:
    """Return an item for each pool, in the order of its first spec."""
    return tuple(
        _item([spec for spec in specs if spec.name == name], held.get(name), templates, check, replace=replace)
        for name in dict.fromkeys(spec.name for spec in specs)
    )


def _item(
    specs: list[WorkPoolSpec],
    held: HeldWorkPool | None,
    templates: Mapping[str, Mapping[str, Any]],
    check: Check,
    *,
    replace: bool,
) -> WorkPoolItem:
    first = specs[0]
    problems = list(dict.fromkeys(_contradictions(specs)))
    if held is not None and held.type != first.type:
        problems.append(
            f"the server has a {held.type} pool of this name, and a pool's type can't be changed; choose another name, "
            f"or delete that pool: prefect work-pool delete {first.name!r}"
        )
    if problems:
        return WorkPoolItem(first.name, "refused", first.type, tuple(problems))
    spec = _together(specs)
    # A pool that was created without a job template can't start runs.
    base = held.template if held is not None and held.template.get("job_configuration") else templates[first.type]
    try:
        template = with_additions(base, spec)
    except InvalidWorkPoolError as exc:
        return WorkPoolItem(first.name, "refused", first.type, (str(exc),))
    data: dict[str, Any] = {"base_job_template": template}
    data |= {"concurrency_limit": spec.concurrency_limit} if spec.concurrency_limit is not None else {}
    wrong = [problem for each in specs for problem in check(template, each.job_variables)]
    wrong += [problem] if (problem := refusal({"name": first.name, **data}, "in the pool's arguments")) else []
    if wrong:
        return WorkPoolItem(first.name, "refused", first.type, tuple(dict.fromkeys(wrong)))
    if held is None:
        return WorkPoolItem(first.name, "create", first.type, (), {"name": first.name, "type": first.type, **data})
    differences = list(_differences(held, template, spec))
    left = spec.concurrency_limit is None and held.concurrency_limit is not None
    notes = (f"keeps its concurrency limit of {held.concurrency_limit}",) if left else ()
    if not differences:
        return WorkPoolItem(first.name, "unchanged", first.type, notes, data)
    notes = (f"differs in {', '.join(differences)}", *notes)
    return WorkPoolItem(first.name, "update" if replace else "differs", first.type, notes, data)


def _contradictions(specs: list[WorkPoolSpec]) -> Iterator[str]:
    first, *others = specs
    manifest: Any = first.job_manifest
    marks = dict(first.secret_marks)
    for other in others:
        if other.type != first.type:
            yield f"two specs have the types {first.type} and {other.type}; use different names"
        if places := conflicts(manifest, other.job_manifest):
            yield f"two specs differ in {', '.join(places)} of the job manifest; use different names"
        blocks = [name for name, block in other.secret_env.items() if first.secret_env.get(name, block) != block]
        if blocks:
            yield f"two specs read {', '.join(blocks)} from different blocks; use different names"
        if same := [block for block, mark in other.secret_marks.items() if marks.setdefault(block, mark) != mark]:
            yield f"two specs have different secrets in the block secret/{', secret/'.join(same)}; use different names"
        manifest = merged(manifest, other.job_manifest)
    limits = sorted({spec.concurrency_limit for spec in specs if spec.concurrency_limit is not None})
    if len(limits) > 1:
        yield f"two specs have the concurrency limits {' and '.join(map(str, limits))}; use one of them"


def _together(specs: list[WorkPoolSpec]) -> WorkPoolSpec:
    return WorkPoolSpec(
        specs[0].name,
        specs[0].type,
        concurrency_limit=next((spec.concurrency_limit for spec in specs if spec.concurrency_limit is not None), None),
        added_variables=tuple(dict.fromkeys(name for spec in specs for name in spec.added_variables)),
        job_manifest=functools.reduce(merged, (spec.job_manifest for spec in specs), {}),
        secret_env={name: block for spec in specs for name, block in spec.secret_env.items()},
    )


def _differences(held: HeldWorkPool, template: Mapping[str, Any], spec: WorkPoolSpec) -> Iterator[str]:
    if not held.template.get("job_configuration"):
        yield "its job template, which is empty"
    else:
        before, after = (each.get("variables", {}).get("properties", {}) for each in (held.template, template))
        yield from (f"the job variable {name}" for name in after if after[name] != before.get(name))
        if held.template.get("job_configuration") != template.get("job_configuration"):
            yield "its job manifest"
    if spec.concurrency_limit is not None and held.concurrency_limit != spec.concurrency_limit:
        yield f"its concurrency limit, which is {held.concurrency_limit or 'none'}"
