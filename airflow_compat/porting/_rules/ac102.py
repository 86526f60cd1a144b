"""AC102: a module that is imported from Airflow, and whose names the code reads as attributes."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from ..._airflow.import_names import Submodule
from ..._airflow.public_names import Address
from .._addresses import follow, look_up, main_module
from .._file import Import, PythonFile, is_airflow
from .._import_edits import import_instead, moved_names
from .._module_uses import ModuleUse, module_uses
from .._rule import Finding, Rule
from .._source import Edit


@dataclass(frozen=True)
class _Bound:
    """A name that an import binds to a module of Airflow.

    Attributes:
        name: The name in the code.
        path: The module.
        node: The statement.
        index: The index of the alias in the statement.
        has_full_path: True for `import airflow.models`: the code reads `airflow.models.DAG`.
    """

    name: str
    path: str
    node: Import
    index: int
    has_full_path: bool = False


# A use and its replacement; None if the use is not replaced.
_Targets: TypeAlias = list[tuple[ModuleUse, tuple[Address, int] | None]]


def find(file: PythonFile) -> Iterator[Finding]:
    """Yield a finding for each name of a module."""
    bound: dict[str, list[_Bound]] = {}
    for each in _bound_names(file):
        bound.setdefault(each.name, []).append(each)
    uses: dict[str, list[ModuleUse]] = {name: [] for name in bound}
    if bound:
        for use in module_uses(file, bound):
            uses[use.name].append(use)
    for name, imports in bound.items():
        yield from _findings(file, imports, uses[name])


def _bound_names(file: PythonFile) -> Iterator[_Bound]:
    for _, node in file.airflow_imports:
        for index, alias in enumerate(node.names):
            if isinstance(node, ast.Import):
                if is_airflow(alias.name):
                    path = alias.name if alias.asname else "airflow"
                    yield _Bound(alias.asname or "airflow", path, node, index, has_full_path=not alias.asname)
            elif isinstance(found := look_up(node.module or "", alias.name), Submodule):
                yield _Bound(alias.asname or alias.name, found.name, node, index)


def _findings(file: PythonFile, imports: list[_Bound], uses: list[ModuleUse]) -> Iterator[Finding]:
    paths = {each.path for each in imports}
    targets: _Targets = [(use, _target(use, paths)) for use in uses]
    left = sorted({".".join((use.name, *use.names)) for use, target in targets if target is None})
    module = _one_module(paths, targets) if not left and not imports[0].has_full_path else None
    edits = _new_imports(file, imports, module) if module else _full_names(file, imports, targets)
    shown = " and ".join(sorted(paths))
    line = imports[0].node.lineno
    if edits:
        yield Finding(RULE.code, file.path, line, f"{shown}: import from {_modules_text(targets)}", edits=edits)
    if left or not edits:
        kept = f"; the import stays for {', '.join(left)}" if left else ""
        step = "Replace the names without a counterpart, and import the others with `from ... import`"
        yield Finding(RULE.code, file.path, line, f"{shown} is imported{kept}", step, "display-only")


def _target(use: ModuleUse, paths: set[str]) -> tuple[Address, int] | None:
    """Return the address of the name that a use reads, and how many attributes after the name the address replaces."""
    if not use.is_known:
        return None
    found = {follow(path, use.names) for path in paths}
    match list(found):
        case [(Address() as address, number)]:
            return address, number
    return None


def _one_module(paths: set[str], targets: _Targets) -> str | None:
    """Return the public module that has all names that the code reads; None if no module has all of them."""
    found = {target[0].module if target and target[1] == 1 else "" for _, target in targets}
    found = found or {main_module(path) for path in paths}
    is_same = all(target is not None and target[0].name == use.names[0] for use, target in targets)
    return next(iter(found)) or None if len(found) == 1 and is_same else None


def _new_imports(file: PythonFile, imports: list[_Bound], module: str) -> tuple[Edit, ...]:
    """Import another module under the same name. The code that uses the name does not change."""
    package, _, name = module.rpartition(".")
    edits: list[Edit] = []
    for each in imports:
        if isinstance(each.node, ast.ImportFrom):
            if not package:
                return ()
            found = moved_names(file.text, each.node, {each.index: Address(package, name)})
            if not found:
                return ()
            edits += found
        else:
            edits.append(Edit(*file.text.span(each.node.names[each.index]), f"{module} as {each.name}".encode()))
    return tuple(edits)


def _full_names(file: PythonFile, imports: list[_Bound], targets: _Targets) -> tuple[Edit, ...]:
    """Replace each name by its full path, and import the modules."""
    changed = [(use, target) for use, target in targets if target]
    modules = [module for module, _ in Counter(target[0].module for _, target in changed).most_common()]
    is_kept = len(changed) < len(targets)
    if is_kept and not changed:
        return ()
    edits = []
    for use, (address, number) in changed:
        assert use.root is not None
        start, end = file.text.span(use.root)[0], file.text.span(use.attributes[number - 1])[1]
        edits.append(Edit(start, end, str(address).encode()))
    for node in dict.fromkeys(each.node for each in imports):
        indexes = {each.index for each in imports if each.node is node}
        found = import_instead(file.text, node, indexes, modules or ["airflow_compat"], is_kept=is_kept)
        if not found:
            return ()
        edits += found
    return tuple(edits)


def _modules_text(targets: _Targets) -> str:
    modules = Counter(target[0].module for _, target in targets if target)
    return " and ".join(module for module, _ in modules.most_common()) or "airflow_compat"


RULE = Rule(
    code="AC102",
    name="airflow-module",
    tier="safe",
    about="""\
The file imports a module of Airflow, and reads its names as attributes: `models.DAG`, `airflow.DAG`, also under another
name (`import airflow.models as m`).

If one module of airflow_compat has all these names, only the import changes. Otherwise the full name replaces each
use. A name without a counterpart keeps the old import.""",
    before="""\
from airflow import models
import airflow.utils.dates

with models.DAG("etl", start_date=airflow.utils.dates.days_ago(1)):
    pass
""",
    after="""\
from airflow_compat import sdk as models
import airflow_compat.utils

with models.DAG("etl", start_date=airflow_compat.utils.days_ago(1)):
    pass
""",
    unchanged="""\
from shop import models

models.DAG()
""",
    find=find,
)
