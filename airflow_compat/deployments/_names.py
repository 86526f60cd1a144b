"""What a DAG's deployment is called, and where its flow is expected."""

from __future__ import annotations

import keyword
import re
from pathlib import PurePosixPath
from string import Formatter

from .._airflow.names import limit_name
from ..errors import DagFileError

DEFAULT_ENTRYPOINTS = "flows/{path}.py:{function}"
"""Where a ported flow is expected: a file that is named as the DAG's, and a function that is named as the DAG."""


def deployment_name(dag_id: str) -> str:
    """The deployment's name: the dag_id, but for the characters that Prefect refuses, which no dag_id has either."""
    return limit_name(dag_id)


def function_name(dag_id: str) -> str:
    """A name that a Python function can have: `sales.daily-load` is `sales_daily_load`."""
    name = re.sub(r"\W", "_", dag_id)
    if not name.isidentifier():
        name = f"dag_{name}"
    return f"{name}_" if keyword.iskeyword(name) else name


def entrypoint(dag_id: str, path: str, pattern: str = DEFAULT_ENTRYPOINTS) -> str:
    """Where the flow of a DAG is expected.

    Args:
        dag_id: The DAG.
        path: Its file, from the folder on that the DAG files are in, such as `team/sales.py`.
        pattern: In which `{path}` stands for that path without its suffix, `{folder}` for its folder, `{file}` for
            its file's name without the suffix, `{dag_id}` for the dag_id, and `{function}` for a function's name that
            is made of it.

    Raises:
        DagFileError: The pattern has another placeholder, or gives no file and function.
    """
    file = PurePosixPath(path)
    values = {
        "path": file.with_suffix("").as_posix(),
        "folder": file.parent.as_posix(),
        "file": file.stem,
        "dag_id": dag_id,
        "function": function_name(dag_id),
    }
    try:
        names = [name for _, name, _, _ in Formatter().parse(pattern) if name is not None]
    except ValueError:
        raise DagFileError(
            f"entrypoints {pattern!r}: its braces don't match; write one as {DEFAULT_ENTRYPOINTS!r}"
        ) from None
    if unknown := [name for name in names if name not in values]:
        shown = ", ".join(f"{{{name}}}" for name in values)
        raise DagFileError(f"entrypoints {pattern!r}: {{{unknown[0]}}} isn't known; what is known: {shown}")
    try:
        found = pattern.format(**values)
    except (ValueError, LookupError):
        found = ""
    module, colon, function = found.rpartition(":")
    if not (colon and module and function.isidentifier()):
        raise DagFileError(f"entrypoints {pattern!r}: it gives {found!r}; write one such as {DEFAULT_ENTRYPOINTS!r}")
    return found.replace("/./", "/").removeprefix("./")
