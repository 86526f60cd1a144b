"""A `prefect.yaml` against the work pools that the server holds."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from typing import Any

from .._prefect.work_pools import problems_with
from .._specs.work_pool_plan import HeldWorkPool
from .yaml_nodes import Finding, entries, is_template, texts


def pool_name(deployment: Any) -> str:
    """The work pool that a deployment names; empty for none, or a name that only deploying tells."""
    node = entries(entries(deployment).get("work_pool")).get("name")
    return "" if node is None or is_template(node) else str(node.value)


def pool_findings(deployment: Any, held: Mapping[str, HeldWorkPool], values: Mapping[str, Any]) -> Iterator[Finding]:
    """What the server would refuse of a deployment's work pool, or its worker would leave out.

    Args:
        deployment: The deployment's node.
        held: The work pools that the server holds, by their names.
        values: The job variables as data.
    """
    name = pool_name(deployment)
    if not name:
        return
    node = entries(deployment)["work_pool"]
    pool = held.get(name)
    if pool is None:
        near = difflib.get_close_matches(name, held, 1, 0.7)
        hint = f"did you mean {near[0]!r}?" if near else "create it before you deploy"
        yield Finding(node, f"work_pool: the server has no work pool {name!r}; {hint}")
        return
    if not (pool.template.get("variables") or {}).get("properties"):
        # It gets its template when its first worker starts.
        return
    for variable, place in entries(entries(node).get("job_variables")).items():
        # Below a dot is a part of a variable's value, and a template's value is known when it is deployed.
        is_whole = "." not in variable and not any(is_template(text) for text in texts(place))
        given = {variable.partition(".")[0]: values.get(variable) if is_whole else None}
        yield from (
            Finding(place, f"work_pool.job_variables: {problem} (pool {name!r}, {pool.type})")
            for problem in problems_with(pool.template, given, check_values=is_whole)
        )
