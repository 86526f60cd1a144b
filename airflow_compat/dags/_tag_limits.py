"""Creates the tag limits for `max_active_tis_per_dag`, which count the task instances of all runs of a DAG."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from .._airflow.dag_limits import TagLimit
from .._prefect.limits import create_tag_limit, tag_limit_exists

if TYPE_CHECKING:
    from ._surveys import Surveys


def tag_limits_of(surveys: Surveys) -> tuple[TagLimit, ...]:
    """Return the tag limits that the tasks of loaded files need, sorted by tag."""
    uses = [use for file in surveys.files for use in file.uses if use.kind == "tag limit"]
    return tuple(TagLimit(use.name, use.slots) for use in sorted(uses, key=lambda use: use.name))


def create_tag_limits(limits: Iterable[TagLimit], *, dry_run: bool = False) -> tuple[TagLimit, ...]:
    """Create those tag limits that the server does not have, and return them. Existing limits are not changed.

    Raises:
        ServerError: A request to the server failed.
    """
    missing = tuple(each for each in limits if not tag_limit_exists(each.tag))
    for each in () if dry_run else missing:
        create_tag_limit(each.tag, each.limit)
    return missing
