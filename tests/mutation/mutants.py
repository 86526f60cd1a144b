"""The mutants of the pure modules, by cosmic-ray's operators, and a sample of them."""

from __future__ import annotations

import ast
import random
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from cosmic_ray import plugins
from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code

# The first two need arguments. `==` and `is` differ for no value that the modules compare by either.
_LEFT_OUT = re.compile(r"Variable(Replacer|Inserter)|Operator_(\w+_Is(Not)?|Is(Not)?_\w+)$")
_IDENTITY = re.compile(r"Operator_(Is_IsNot|IsNot_Is)$")

Position = tuple[int, int]


@dataclass(frozen=True)
class Mutant:
    """One change of one module."""

    module: str
    path: Path
    line: int
    before: str
    after: str
    source: str

    @property
    def key(self) -> tuple[str, str, str]:
        """What names it, wherever its lines move."""
        return self.module, self.before, self.after


def sample(number: int, seed: str, modules: dict[str, Path]) -> list[Mutant]:
    """As many mutants, each of another place in the code; the same ones for the same seed and code."""
    chance = random.Random(seed)
    operators = {name: plugins.get_operator(name)() for name in sorted(plugins.operator_names()) if _is_used(name)}
    places = []
    for module, path in modules.items():
        for _, ways in sorted(_places(path.read_text(), operators).items()):
            places.append((module, path, ways))
    chance.shuffle(places)
    found: list[Mutant] = []
    for module, path, ways in places:
        source = path.read_text()
        name, occurrence = chance.choice(ways)
        mutated = mutate_code(source, operators[name], occurrence)
        if len(found) < number and mutated and _compiles(mutated):
            found.append(_mutant(module, path, source, mutated))
        elif len(found) == number:
            break
    return found


def _is_used(name: str) -> bool:
    return bool(_IDENTITY.search(name)) or not _LEFT_OUT.search(name)


def _places(source: str, operators: dict[str, plugins.Operator]) -> dict[Position, list[tuple[str, int]]]:
    """By place in the code, the operators that change it, each with the number of the occurrence."""
    silent = list(_never_run(ast.parse(source)))
    counted: Counter[str] = Counter()
    found: dict[Position, list[tuple[str, int]]] = {}
    for node in ast_nodes(get_ast(source)):
        for name, operator in operators.items():
            for start, _ in operator.mutation_positions(node):
                if not any(first <= start < last for first, last in silent):
                    found.setdefault(start, []).append((name, counted[name]))
                counted[name] += 1
    return found


def _never_run(tree: ast.AST) -> Iterator[tuple[Position, Position]]:
    """Where annotations are, and imports for type checkers."""
    for node in ast.walk(tree):
        parts: Iterable[ast.AST | None] = ()
        if isinstance(node, ast.AnnAssign | ast.arg):
            parts = [node.annotation]
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            parts = [node.returns]
        elif isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            parts = [node]
        for part in parts:
            if part:
                yield (part.lineno, part.col_offset), (part.end_lineno, part.end_col_offset)


def _compiles(source: str) -> bool:
    try:
        compile(source, "mutant", "exec")
    except (SyntaxError, ValueError):
        return False
    return True


def _mutant(module: str, path: Path, source: str, mutated: str) -> Mutant:
    old, new = source.splitlines(), mutated.splitlines()
    first = _equal(old, new)
    last = _equal(old[first:][::-1], new[first:][::-1])
    # A decorator is told of by what it decorates.
    last -= len(new) == first + last
    before, after = (" ".join(text[first : len(text) - last]).strip() for text in (old, new))
    return Mutant(module, path, first + 1, before, after, mutated)


def _equal(one: list[str], other: list[str]) -> int:
    """How many lines they have in common from the first on."""
    return next(
        (index for index, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(map(len, (one, other)))
    )
