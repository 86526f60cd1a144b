"""Operators that choose a branch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ._operator import BaseOperator
from ._skip import SkipMixin


class BranchMixIn(SkipMixin):
    """Lets the chosen tasks and task groups run, and skips the other tasks directly downstream."""

    def do_branch(self, context: Any, branches_to_execute: str | Iterable[str] | None) -> Any:
        """Skip the tasks that are not chosen, and return the chosen ones."""
        self.log.info("Branch into %s", branches_to_execute)
        ti = context["ti"]
        if branches_to_execute is None:
            self.skip_all_except(ti, None)
        else:
            self.skip_all_except(ti, list(_with_group_roots(ti.task.dag, branches_to_execute)))
        return branches_to_execute


class BaseBranchOperator(BaseOperator, BranchMixIn):
    """An operator that chooses which tasks run next. Subclasses override `choose_branch`."""

    def choose_branch(self, context: Any) -> str | Iterable[str] | None:
        """Return the id of a task or task group, a list of ids, or None to skip all tasks directly downstream."""
        raise NotImplementedError

    def execute(self, context: Any) -> Any:
        return self.do_branch(context, self.choose_branch(context))


def _with_group_roots(dag: Any, branches: Any) -> Iterator[Any]:
    groups = dag.task_group_dict
    for branch in [branches] if isinstance(branches, str) or not isinstance(branches, Iterable) else branches:
        if isinstance(branch, str) and branch in groups:
            yield from (root.task_id for root in groups[branch].get_roots())
        else:
            yield branch
