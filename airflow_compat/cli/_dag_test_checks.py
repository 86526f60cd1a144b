"""Checks for `airflow-compat dags test` before the run begins, so that errors are not hidden between logs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..errors import DagFileError, ServerUnreachableError
from ..exceptions import ParamValidationError

if TYPE_CHECKING:
    from ..authoring import DAG


def conf_of(text: str) -> dict[str, Any]:
    """Return the value of `--conf`.

    Raises:
        DagFileError: The text is not a JSON object.
    """
    if not text:
        return {}
    try:
        found = json.loads(text)
    except ValueError as exc:
        raise DagFileError(f"--conf is not JSON ({exc}). Pass a JSON object, such as '{{\"key\": 1}}'") from None
    if not isinstance(found, dict):
        raise DagFileError("--conf is JSON, but not an object. Pass one, such as '{\"key\": 1}'")
    return found


def check_conf(dag: DAG, conf: Mapping[str, Any]) -> None:
    """Check `conf` against the DAG's Params.

    Raises:
        DagFileError: A value does not match its Param.
    """
    from ..dags._parameters import checked_conf

    try:
        checked_conf(dag, conf)
    except ParamValidationError as exc:
        raise DagFileError(str(exc)) from None


def check_server() -> None:
    """Check that the server answers, or start a temporary one.

    Raises:
        ServerUnreachableError: No server answers.
    """
    from .._prefect.temporary_server import start_if_needed
    from ..doctor._server import answering_server

    start_if_needed()
    if error := answering_server().error:
        raise ServerUnreachableError(error)
