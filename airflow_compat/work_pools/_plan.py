"""A work pools' plan: what a set of specs asks for, against what the server holds. Pure; both sides are data."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from .._airflow.sendable import refusal
from ..errors import InvalidWorkPoolError
from .work_pool_merge import conflicts, merged
from .work_pool_templates import with_additions
from .work_pools import WorkPoolSpec

Action: TypeAlias = Literal["create", "update", "unchanged", "differs", "refused"]
"""What applying does: create it; make what the server has like it; nothing, since that is like it; nothing, since it is
not and nobody said to replace; nothing, since it can't be."""

Check: TypeAlias = Callable[[Mapping[str, Any], Mapping[str, Any]], list[str]]
"""Given a template and job variables, what of those the template's schema doesn't take."""


@dataclass(frozen=True)
class HeldWorkPool:
    """A work pool that the server holds.

    Attributes:
        name: Its name.
        type: What its workers start.
        template: Its base job template.
        concurrency_limit: How many flow runs go on in it at once.
    """

    name: str
    type: str
    template: Mapping[str, Any] = field(default_factory=dict, repr=False)
    concurrency_limit: int | None = None


@dataclass(frozen=True)
class WorkPoolItem:
    """One work pool, and what is to become of it.

    Attributes:
        name: The pool's name.
        action: What applying does.
        type: What its workers start.
        notes: What differs, what is left as it is, or why it is refused.
        data: What the server is to have, as Prefect's API takes it; nothing for what is refused.
    """

    name: str
    action: Action
    type: str
    notes: tuple[str, ...] = ()
    data: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def as_dict(self) -> dict[str, Any]:
        """The item without what is to be written, for JSON."""
        return {"name": self.name, "action": self.action, "type": self.type, "notes": list(self.notes)}


@dataclass(frozen=True)
class WorkPoolOutcome:
    """What became of an item of the plan.

    Attributes:
        item: The item.
        error: Why it could not be written; empty when it was, or when there was nothing to do.
    """

    item: WorkPoolItem
    error: str = ""

    @property
    def done(self) -> bool:
        """Whether the server now holds what the plan says."""
        return not self.error and self.item.action in ("create", "update", "unchanged")


def plan_pools(
    specs: Iterable[WorkPoolSpec],
    held: Mapping[str, HeldWorkPool],
    templates: Mapping[str, Mapping[str, Any]],
    check: Check,
    *,
    replace: bool,
) -> tuple[WorkPoolItem, ...]:
    """An item for each pool, in the order of its first spec.

    Args:
        specs: What should be. Several of one name are one pool for several deployments.
        held: What the server has of these names.
        templates: Prefect's own template of each type.
        check: What tells job variables that don't fit.
        replace: Whether what differs is to be changed.
    """
    by_name: dict[str, list[WorkPoolSpec]] = {}
    for spec in specs:
        by_name.setdefault(spec.name, []).append(spec)
    return tuple(_item(same, held.get(name), templates, check, replace=replace) for name, same in by_name.items())


def _item(
    specs: list[WorkPoolSpec],
    held: HeldWorkPool | None,
    templates: Mapping[str, Mapping[str, Any]],
    check: Check,
    *,
    replace: bool,
) -> WorkPoolItem:
    first = specs[0]
    problems = _contradictions(specs)
    if held is not None and held.type != first.type:
        problems.append(
            f"the server has a {held.type} pool of this name, and a pool's type can't be changed; give another name, "
            f"or delete that one: prefect work-pool delete {first.name!r}"
        )
    if problems:
        return WorkPoolItem(first.name, "refused", first.type, tuple(problems))
    spec = _together(specs)
    own = templates[first.type]
    # A pool that was made with neither a worker nor Prefect's command has none, and its workers can't start anything.
    base = held.template if held is not None and held.template.get("job_configuration") else own
    try:
        template = with_additions(base, spec)
    except InvalidWorkPoolError as exc:
        return WorkPoolItem(first.name, "refused", first.type, (str(exc),))
    limit = {"concurrency_limit": spec.concurrency_limit} if spec.concurrency_limit is not None else {}
    data: dict[str, Any] = {"base_job_template": template, **limit}
    wrong = [problem for each in specs for problem in check(template, each.job_variables)]
    wrong += [problem] if (problem := refusal({"name": first.name, **data}, "in the pool's arguments")) else []
    if wrong:
        return WorkPoolItem(first.name, "refused", first.type, tuple(dict.fromkeys(wrong)))
    if held is None:
        return WorkPoolItem(first.name, "create", first.type, (), {"name": first.name, "type": first.type, **data})
    differences = _differences(held, template, spec)
    notes = _left(held, spec)
    if not differences:
        return WorkPoolItem(first.name, "unchanged", first.type, notes, data)
    action: Action = "update" if replace else "differs"
    return WorkPoolItem(first.name, action, first.type, (f"differs in {', '.join(differences)}", *notes), data)


def _contradictions(specs: list[WorkPoolSpec]) -> list[str]:
    problems = []
    first, *others = specs
    manifest: Any = first.job_manifest
    for other in others:
        if other.type != first.type:
            problems.append(f"it is asked for as {first.type} and as {other.type}; give each a name of its own")
        places = conflicts(manifest, other.job_manifest)
        if places:
            problems.append(f"two ask for another {', '.join(places)} in its job manifest; give each a name of its own")
        blocks = [name for name, block in other.secret_env.items() if first.secret_env.get(name, block) != block]
        if blocks:
            problems.append(f"two take {', '.join(blocks)} from different blocks; give each a name of its own")
        manifest = merged(manifest, other.job_manifest)
    limits = {spec.concurrency_limit for spec in specs} - {None}
    if len(limits) > 1:
        numbers = " and ".join(str(limit) for limit in sorted(limit for limit in limits if limit is not None))
        problems.append(f"its concurrency_limit is asked to be {numbers}; decide on one")
    return list(dict.fromkeys(problems))


def _together(specs: list[WorkPoolSpec]) -> WorkPoolSpec:
    manifest: Any = {}
    blocks: dict[str, str] = {}
    for spec in specs:
        manifest = merged(manifest, spec.job_manifest)
        blocks |= spec.secret_env
    return WorkPoolSpec(
        specs[0].name,
        specs[0].type,
        concurrency_limit=next((each.concurrency_limit for each in specs if each.concurrency_limit is not None), None),
        added_variables=tuple(dict.fromkeys(name for spec in specs for name in spec.added_variables)),
        job_manifest=manifest,
        secret_env=blocks,
    )


def _differences(held: HeldWorkPool, template: Mapping[str, Any], spec: WorkPoolSpec) -> list[str]:
    found = []
    if not held.template.get("job_configuration"):
        found.append("its job template, which is empty")
    else:
        before, after = (_properties(each) for each in (held.template, template))
        found += [f"the job variable {name}" for name in after if after[name] != before.get(name)]
        if held.template.get("job_configuration") != template.get("job_configuration"):
            found.append("its job manifest")
    if spec.concurrency_limit is not None and held.concurrency_limit != spec.concurrency_limit:
        found.append(f"its concurrency limit, which is {held.concurrency_limit or 'none'}")
    return found


def _properties(template: Mapping[str, Any]) -> dict[str, Any]:
    return dict(template.get("variables", {}).get("properties", {}))


def _left(held: HeldWorkPool, spec: WorkPoolSpec) -> tuple[str, ...]:
    if spec.concurrency_limit is None and held.concurrency_limit is not None:
        return (f"its concurrency limit of {held.concurrency_limit} is left as it is",)
    return ()
