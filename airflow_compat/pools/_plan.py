"""Compares pools with the limits on the server."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from .._airflow.names import limit_name
from .._airflow.pool import Pool
from .._prefect.plan import Item, clashes, differs
from .._prefect.specs import LimitSpec
from ._specs import limit_from_pool


def plan_limits(pools: Sequence[Pool], limits: Iterable[LimitSpec]) -> Iterator[Item]:
    clashing = clashes((pool.name for pool in pools), limit_name)
    held = {spec.name: spec for spec in limits}
    for pool in pools:
        if pool.name in clashing:
            yield Item("pool", pool.name, "refused", notes=(clashing[pool.name],))
            continue
        spec, notes = limit_from_pool(pool)
        existing = held.get(spec.name)
        if existing is None:
            yield Item("pool", pool.name, "create", str(spec), tuple(notes), spec)
        elif existing == spec:
            yield Item("pool", pool.name, "unchanged", str(existing), spec=spec)
        else:
            is_ = f"limit {existing.limit}" + ("" if existing.active else ", inactive")
            yield differs("pool", pool.name, existing, spec, f"the server has {is_}, the export {spec.limit}")
