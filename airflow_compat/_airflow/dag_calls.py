"""Where a file makes its DAGs: `with DAG(...)`, `DAG(...)`, `@dag` and its call, `@asset`; and images of tasks."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from .source_names import Names, Place
from .source_scopes import Module, Statement, docstring

_DECORATORS = ("dag", "asset", "asset.multi")
_OPERATORS = ("KubernetesPodOperator", "DockerOperator", "GKEStartPodOperator", "EksPodOperator", "DockerSwarmOperator")
# What stands in a statement's blocks has its own turn.
_BLOCKS = frozenset(("body", "orelse", "finalbody", "handlers", "cases", "ctx"))
_LEAVES = frozenset((ast.Name, ast.Constant, ast.Load, ast.Store, ast.Del))

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class DagCall:
    """One place where a DAG is made.

    Attributes:
        line: Where.
        positional: The arguments by position.
        keywords: Those by name; also what is set on the DAG afterwards.
        unpacked: What is unpacked into it by `**`.
        default_id: Its id where none is given: the decorated function's name.
        doc: The decorated function's docstring.
        parameters: The decorated function's parameters with their defaults; None for no such function.
        is_asset: Whether it comes of `@asset`.
        refusal: Why it is no DAG that can be read.
        remark: What isn't known of whether it is made.
    """

    line: int
    positional: tuple[Place, ...] = ()
    keywords: Mapping[str, Place] = field(default_factory=dict)
    unpacked: tuple[Place, ...] = ()
    default_id: str = ""
    doc: str = ""
    parameters: Mapping[str, Place | None] | None = None
    is_asset: bool = False
    refusal: str = ""
    remark: str = ""


@dataclass
class Found:
    """What a file has.

    Attributes:
        calls: Where DAGs are made, in the file's order.
        images: The operators that run containers: their names, the places of their images, and their lines.
    """

    calls: list[DagCall] = field(default_factory=list)
    images: list[tuple[str, Place | None, int]] = field(default_factory=list)


def find_dag_calls(module: Module, names: Names) -> Found:
    """Find where DAGs are made, and operators that run containers."""
    return _Finder(module, names).run()


class _Finder:
    def __init__(self, module: Module, names: Names) -> None:
        self.module = module
        self.file_names = names
        self.found = Found()
        # What a call has to be of, by the last part of its name, to be looked at.
        self.names = {"DAG", *_OPERATORS}
        self.subclasses: set[str] = set()
        self.decorated: dict[str, list[DagCall]] = {}
        self.called: dict[str, DagCall] = {}
        self.made: list[tuple[DagCall, Statement]] = []

    def run(self) -> Found:
        for statement in self.module.statements:
            self._names_of(statement)
        for statement in self.module.statements:
            self._expressions_of(statement)
        calls = [self._with_attributes(call, statement) for call, statement in self.made]
        for name, each in self.decorated.items():
            calls += [self._as_called(name, call) for call in each]
        self.found.calls = sorted(calls, key=lambda call: call.line)
        return self.found

    def _as_called(self, name: str, made: DagCall) -> DagCall:
        """A decorated function's DAG, with the arguments that its function is called with."""
        if made.is_asset or made.refusal:
            return made
        if name not in self.called:
            return DagCall(made.line, refusal=f"{name}() is never called here, so the DAG isn't made; call it")
        call = self.called[name]
        parameters = dict(made.parameters or {})
        if call.refusal or call.unpacked or len(call.positional) > len(parameters):
            why = f"{name}() is called with arguments that are unpacked, and those are its params"
            return DagCall(made.line, refusal=f"{why}; write its deployment yourself")
        parameters |= {**dict(zip(parameters, call.positional, strict=False)), **call.keywords}
        return replace(made, parameters=parameters, remark=made.remark or call.remark)

    def _names_of(self, statement: Statement) -> None:
        match statement.node:
            case ast.ImportFrom(names=names):
                self.names |= {each.asname for each in names if each.asname and each.name in self.names}
            case ast.ClassDef(name=name, bases=bases) if bases:
                if any(self._is_dag(self._place(statement, base)) for base in bases):
                    self.subclasses.add(name)
                    self.names.add(name)
            case (ast.FunctionDef() | ast.AsyncFunctionDef()) as function if function.decorator_list:
                for decorator in function.decorator_list:
                    self._decorator(statement, function, decorator)

    @staticmethod
    def _place(statement: Statement, node: ast.AST, hidden: frozenset[str] = frozenset()) -> Place:
        return Place(node, statement.scope, statement.order, hidden)

    def _airflows_name(self, place: Place) -> str:
        """The last part of a name of Airflow's; empty for what isn't Airflow's."""
        path = self.file_names.dotted(place)
        if path.partition(".")[0] != "airflow":
            return ""
        return "asset.multi" if path.endswith(".asset.multi") else path.rpartition(".")[2]

    def _is_dag(self, place: Place) -> bool:
        return self._airflows_name(place) == "DAG"

    def _decorator(self, statement: Statement, function: Function, decorator: ast.expr) -> None:
        call = decorator if isinstance(decorator, ast.Call) else None
        place = self._place(statement, call.func if call else decorator)
        kind = self._airflows_name(place)
        if kind not in _DECORATORS:
            return
        is_asset = kind != "dag"
        made = self._dag_call(
            statement,
            call,
            line=decorator.lineno,
            default_id=function.name,
            doc=(docstring(function.body) or "") if kind == "dag" else "",
            parameters=None if is_asset else dict(self._parameters(statement, function)),
            is_asset=is_asset,
        )
        self.decorated.setdefault(function.name, []).append(made)
        self.names.add(function.name)

    def _parameters(self, statement: Statement, function: Function) -> Iterator[tuple[str, Place | None]]:
        given = function.args
        positional = [*given.posonlyargs, *given.args]
        missing: list[ast.expr | None] = [None] * (len(positional) - len(given.defaults))
        pairs = [*zip(positional, [*missing, *given.defaults], strict=True)]
        pairs += zip(given.kwonlyargs, given.kw_defaults, strict=True)
        for argument, default in pairs:
            yield argument.arg, self._place(statement, default) if default is not None else None

    def _dag_call(
        self,
        statement: Statement,
        call: ast.Call | None,
        *,
        line: int,
        hidden: frozenset[str] = frozenset(),
        default_id: str = "",
        doc: str = "",
        parameters: Mapping[str, Place | None] | None = None,
        is_asset: bool = False,
    ) -> DagCall:
        positional: list[Place] = []
        keywords: dict[str, Place] = {}
        unpacked: list[Place] = []
        for each in call.args if call else ():
            if isinstance(each, ast.Starred):
                return DagCall(line, refusal="its arguments by position are unpacked; write its deployment yourself")
            positional.append(self._place(statement, each, hidden))
        for keyword in call.keywords if call else ():
            place = self._place(statement, keyword.value, hidden)
            if keyword.arg is None:
                unpacked.append(place)
            else:
                keywords[keyword.arg] = place
        return DagCall(
            line,
            tuple(positional),
            keywords,
            tuple(unpacked),
            default_id,
            doc,
            parameters,
            is_asset,
            remark=_remark(statement),
        )

    def _expressions_of(self, statement: Statement) -> None:
        node = statement.node
        for name in node._fields:
            if name in _BLOCKS:
                continue
            value = getattr(node, name)
            for each in value if isinstance(value, list) else (value,):
                if isinstance(each, ast.withitem):
                    self._calls_in(statement, each.context_expr)
                elif isinstance(each, ast.expr):
                    self._calls_in(statement, each)

    def _calls_in(self, statement: Statement, expression: ast.expr) -> None:
        """Look at the calls in an expression, on a stack of our own: it may be nested as deeply as Python allows."""
        todo: list[ast.AST] = [expression]
        bound: set[str] | None = None
        while todo:
            node = todo.pop()
            if isinstance(node, ast.Call):
                function = node.func
                name = function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")
                if name in self.names:
                    if bound is None:
                        bound = _bound_in(expression)
                    self._call(statement, node, name, frozenset(bound))
            for field_name in node._fields:
                value = getattr(node, field_name, None)
                if isinstance(value, list):
                    todo += [each for each in value if isinstance(each, ast.AST)]
                elif isinstance(value, ast.AST) and type(value) not in _LEAVES:
                    todo.append(value)

    def _call(self, statement: Statement, node: ast.Call, name: str, hidden: frozenset[str]) -> None:
        if isinstance(node.func, ast.Name) and name in self.decorated:
            self.called.setdefault(name, self._dag_call(statement, node, line=node.lineno, hidden=hidden))
            return
        if isinstance(node.func, ast.Name) and name in self.subclasses:
            self.made.append((self._of_subclass(node, name), statement))
            return
        kind = self._airflows_name(self._place(statement, node.func, hidden))
        if kind == "DAG":
            self.made.append((self._dag_call(statement, node, line=node.lineno, hidden=hidden), statement))
        elif kind in _OPERATORS:
            given = [each.value for each in node.keywords if each.arg == "image"]
            place = self._place(statement, given[0], hidden) if given else None
            self.found.images.append((kind, place, node.lineno))
        elif name == "DAG":
            path = self.file_names.dotted(self._place(statement, node.func, hidden)) or "DAG"
            why = f"{path} isn't Airflow's own DAG, so what it makes of its arguments isn't known"
            self.made.append((DagCall(node.lineno, refusal=f"{why}; write its deployment yourself"), statement))

    @staticmethod
    def _of_subclass(node: ast.Call, name: str) -> DagCall:
        why = f"{name} is a class of its own, which may change its arguments"
        return DagCall(node.lineno, refusal=f"{why}; write its deployment yourself")

    def _with_attributes(self, call: DagCall, statement: Statement) -> DagCall:
        """The call, and what is set on its DAG afterwards: `dag.doc_md = __doc__`."""
        names = _names_given(statement.node)
        later = {
            attribute: Place(value, statement.scope, order)
            for name, attribute, value, order in statement.scope.attributes
            if name in names and order > statement.order and self._is_the_same(statement, name, order)
        }
        return replace(call, keywords={**call.keywords, **later}) if later else call

    @staticmethod
    def _is_the_same(statement: Statement, name: str, order: int) -> bool:
        """Whether a name still stands for what this statement bound it to."""
        bindings = statement.scope.bindings.get(name, [])
        return not any(statement.order < each.order < order for each in bindings)


def _remark(statement: Statement) -> str:
    if statement.conditional:
        return "it is made under a condition or in a loop; it is taken to be made, and once"
    function = statement.scope.name
    return f"it is made by {function}(), which is taken to be called, and once" if function else ""


def _names_given(node: ast.stmt) -> set[str]:
    """The names that a statement gives to a DAG that it makes."""
    match node:
        case ast.Assign(targets=targets):
            return {each.id for each in targets if isinstance(each, ast.Name)}
        case ast.AnnAssign(target=ast.Name(id=name)):
            return {name}
        case ast.With(items=items):
            return {each.optional_vars.id for each in items if isinstance(each.optional_vars, ast.Name)}
    return set()


def _bound_in(expression: ast.expr) -> set[str]:
    """The names that comprehensions and lambdas in an expression bind."""
    names: set[str] = set()
    for node in ast.walk(expression):
        match node:
            case ast.comprehension(target=target):
                names |= {each.id for each in ast.walk(target) if isinstance(each, ast.Name)}
            case ast.arg(arg=name):
                names.add(name)
            case ast.NamedExpr(target=ast.Name(id=name)):
                names.add(name)
    return names
