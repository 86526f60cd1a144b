"""Checks the installation, the server, and whether the server has the objects that a flow's code needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._checks import Check

if TYPE_CHECKING:
    from prefect import Flow

__all__ = ["Check", "check_flow"]


def check_flow(flow: Flow[..., Any] | str) -> tuple[Check, ...]:
    """Check whether the server has every object to which a flow's code refers by name.

    The objects are the pools, tag limits, connections, variables, blocks and callbacks that are used by the flow, its
    tasks, and the functions that these call. The alerts in global variables of the flow's module are checked, too. The
    names are read from tasks, flows, callbacks and notifiers, and from calls of functions of `airflow_compat` in the
    code. The module is imported, but the flow is not run. For a name that is computed during the run, the result is
    `unknown`.

    Args:
        flow: A flow, or its entrypoint, such as `flows.py:etl`.

    Returns:
        One check for the server, one for each object, and one for the flow's result storage. If the server lacks an
        object, the result of its check is `problem`.

    Raises:
        DagFileError: The argument is not a flow, the entrypoint refers to no flow, or its module raises an exception or
            runs a flow.

    Example:
        ```python
        from prefect import flow

        from airflow_compat.doctor import check_flow


        @flow
        def etl(): ...


        print([check.subject for check in check_flow(etl) if check.result == "problem"])
        ```
    """
    from ._flow_checks import flow_checks

    return flow_checks(flow)
