"""Undocumented behaviour of the hooks of flows and tasks."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    from prefect import Flow, Task

Event: TypeAlias = Literal["completion", "failure", "running", "crashed", "cancellation"]


def hooks_of(runnable: Flow[..., Any] | Task[..., Any], event: Event) -> list[Callable[..., Any]]:
    """Return the hooks of a flow or task in Prefect's order.

    Prefect: flows and tasks have the hooks of each event in the list `on_<event>_hooks`; `crashed` and `cancellation`
        exist only for flows. The run's process calls hooks with positional arguments, `(flow or task, run, state)`.
        After a crash, the runner or worker calls a flow's hooks with keyword arguments: `flow`, `flow_run`, `state`.
    Since: before 3.7.0.
    If this behaviour changes: store added hooks on the function, and pass them to `with_options`.
    """
    return list(getattr(runnable, f"on_{event}_hooks"))


def set_hooks(runnable: Flow[..., Any] | Task[..., Any], event: Event, hooks: Iterable[Callable[..., Any]]) -> None:
    """Replace the list of hooks. Decorators such as `flow.on_failure` can't add a hook at the front.

    Prefect: the engine reads the list at each new state. Before 3.9, copies by `with_options` share the list, so a
        hook that is appended for one copy is called for all. A list that this function sets is not shared: it belongs
        to one copy of the flow or task.
    Since: before 3.7.0; the list is shared in 3.7.0 and 3.8.8, and copied in 3.9.1.
    If this behaviour changes: see `hooks_of`.
    """
    setattr(runnable, f"on_{event}_hooks", list(hooks))


def name_hook(hook: Callable[..., Any], name: str) -> None:
    """Set the name that the run's log shows for a hook.

    Prefect: the engine logs "Running hook '<name>' in response to entering state ..." with the hook's `__name__`.
    Since: before 3.7.0.
    If this behaviour changes: set the name that Prefect's `get_hook_name` reads; otherwise the log shows our wrapper's
        name.
    """
    hook.__name__ = name
