"""Whether a deployment's entrypoint leads to a flow, told from the files: nothing is imported or run."""

from __future__ import annotations

from pathlib import Path

from .python_names import ModuleMissingError, module_file, name_problem


def entrypoint_problem(entrypoint: str, folder: Path) -> str:
    """Why `prefect deploy`, run in this folder, finds no flow there; empty for nothing.

    Args:
        entrypoint: A file and a name in it, `flows/sales.py:sales`, or a module's, `flows.sales.sales`.
        folder: The folder of `prefect.yaml`.
    """
    path, colon, name = entrypoint.rpartition(":" if ":" in entrypoint else ".")
    if not (path and name):
        return "it names no flow; write a file and a function, such as flows.py:etl"
    if colon == ".":
        return _in_module(path, name, folder)
    file = folder / path
    if not file.is_file():
        return f"there is no file {path} in the folder of prefect.yaml; port its flow, or correct the path"
    return name_problem(file, name)


def _in_module(module: str, name: str, folder: Path) -> str:
    try:
        file = module_file(module, folder)
    except ModuleMissingError as missing:
        return f"there is no module {missing.name}; install it, or correct the name"
    return name_problem(file, name) if file is not None else ""
