"""Compute the expected entrypoint of a DAG's flow."""

from __future__ import annotations

import keyword
import re
from collections.abc import Callable
from pathlib import PurePosixPath
from string import Formatter

from ..errors import DagFileError

DEFAULT_ENTRYPOINTS = "flows/{path}.py:{function}"
"""Where a ported flow is expected: in a file named after the DAG's file, in a function named after the DAG."""


def function_name(dag_id: str) -> str:
    """Convert a dag_id to a valid name of a Python function: `sales.daily-load` becomes `sales_daily_load`."""
    name = re.sub(r"\W", "_", dag_id)
    if not name.isidentifier():
        name = f"dag_{name}"
    return f"{name}_" if keyword.iskeyword(name) else name


def attribute_name(dag_id: str) -> str:
    """Return the variable name under which a module defines the flow of a DAG file: `team__dot__etl` for `team.etl`.

    A name must not contain dots, because Prefect splits entrypoints at dots. Unlike `function_name`, this function
    returns different names for different dag_ids.
    """
    name = dag_id.replace(".", "__dot__").replace("-", "__dash__")
    return f"dag__{name}" if name[:1].isdigit() else name


def entrypoint(
    dag_id: str, path: str, pattern: str = DEFAULT_ENTRYPOINTS, *, name_of: Callable[[str], str] = function_name
) -> str:
    """Return the expected entrypoint of a DAG's flow. `to_prefect_yaml` describes the pattern.

    Args:
        dag_id: The DAG.
        path: The DAG's file, relative to the folder that the user gave.
        pattern: The pattern.
        name_of: A function that returns the value of the placeholder `{function}` for a dag_id.

    Raises:
        DagFileError: The pattern has an unknown placeholder, or the result doesn't name a file and a function.
    """
    file = PurePosixPath(path)
    values = {
        "path": file.with_suffix("").as_posix(),
        "folder": file.parent.as_posix(),
        "file": file.stem,
        "dag_id": dag_id,
        "function": name_of(dag_id),
    }
    try:
        names = [name for _, name, _, _ in Formatter().parse(pattern) if name is not None]
    except ValueError:
        raise DagFileError(
            f"entrypoints {pattern!r}: the braces don't match. Use a pattern such as {DEFAULT_ENTRYPOINTS!r}"
        ) from None
    if unknown := [name for name in names if name not in values]:
        shown = ", ".join(f"{{{name}}}" for name in values)
        raise DagFileError(f"entrypoints {pattern!r}: unknown placeholder {{{unknown[0]}}}. Use one of {shown}")
    try:
        found = pattern.format(**values)
    except (ValueError, LookupError):
        found = ""
    module, colon, function = found.rpartition(":")
    if not (colon and module and function.isidentifier()):
        raise DagFileError(
            f"entrypoints {pattern!r}: {found!r} is not file:function. Use a pattern such as {DEFAULT_ENTRYPOINTS!r}"
        )
    return found.replace("/./", "/").removeprefix("./")
