"""Where a file makes its DAGs: `with DAG(...)`, `DAG(...)`, `@dag` and its call, `@asset`; and images of tasks."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from typing import TypeAlias

from .dag_call import DagCall, Found, bound_in, names_given, outermost, place_of, read_call
from .dag_makers import FOREIGN, Makers, looks_like_maker, makers_and_callers
from .source_names import Dotted, Names, Place
from .source_order import BLOCKS
from .source_scopes import Module, Statement, docstring

_DECORATORS = ("dag", "asset", "asset.multi")
_OPERATORS = (
    *("KubernetesPodOperator", "DockerOperator", "GKEStartPodOperator", "EksPodOperator", "DockerSwarmOperator"),
    *("KubernetesJobOperator", "GKEStartJobOperator", "AzureContainerInstancesOperator"),
)
_TASKS = ("task.kubernetes", "task.kubernetes_cmd", "task.docker")
_LONG_NAMES = ("asset.multi", *_TASKS)
_LEAVES = frozenset((ast.Name, ast.Constant, ast.Load, ast.Store, ast.Del))

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef


def find_dag_calls(module: Module, names: Names) -> Found:
    """Find where DAGs are made, and operators that run containers."""
    return _Finder(module, names).run()


class _Finder:
    def __init__(self, module: Module, names: Names) -> None:
        self.module = module
        self.file_names = names
        self.found = Found()
        # What a call has to be of, by the last part of its name, to be looked at.
        self.names = {"DAG", "partial", *_OPERATORS}
        self.makers = Makers(module, names.neighbours, lambda each: _makers_of(each, names))
        self.subclasses: set[str] = set()
        self.decorated: dict[str, list[DagCall]] = {}
        self.called: dict[str, DagCall] = {}
        self.made: list[tuple[DagCall, Statement]] = []

    def run(self) -> Found:
        for star in self.module.stars:
            self.names.update(self.makers.names(star, "*"))
        for statement in self.module.statements:
            self._names_of(statement)
        for statement in self.module.statements:
            self._expressions_of(statement)
        calls = [self._with_attributes(call, statement) for call, statement in self.made]
        for name, each in self.decorated.items():
            calls += [self._as_called(name, call) for call in each]
        self.found.calls = sorted(calls, key=lambda call: call.line)
        makers = (*self.subclasses, *self.decorated, *(outermost(statement.scope) for _, statement in self.made))
        self.found.makers = frozenset(makers)
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
        return replace(made, parameters=parameters, remark=made.remark if made.remark[0] else call.remark)

    def _names_of(self, statement: Statement) -> None:
        match statement.node:
            case ast.ImportFrom(names=names, module=source, level=level):
                self.names |= {each.asname for each in names if each.asname and each.name in self.names}
                start = "." * level + (f"{source}." if source else "")
                for each in names:
                    self.names.update(self.makers.names(start + each.name, each.asname or each.name))
            case ast.Import(names=names):
                for each in names:
                    self.names.update(self.makers.names(each.name, each.asname or each.name))
            case ast.ClassDef(name=name, bases=bases) if bases:
                if any(self._is_dag(place_of(statement, base)) for base in bases):
                    self.subclasses.add(name)
                    self.names.add(name)
            case (ast.FunctionDef() | ast.AsyncFunctionDef()) as function if function.decorator_list:
                for decorator in function.decorator_list:
                    self._decorator(statement, function, decorator)

    def _airflows_name(self, place: Place) -> str:
        """The last part of a name of Airflow's; empty for what isn't Airflow's."""
        dotted = self.file_names.dotted(place)
        if dotted is None or dotted.path.partition(".")[0] != "airflow":
            return ""
        return next((name for name in _LONG_NAMES if dotted.path.endswith(f".{name}")), dotted.name)

    def _is_dag(self, place: Place) -> bool:
        return self._airflows_name(place) == "DAG"

    def _decorator(self, statement: Statement, function: Function, decorator: ast.expr) -> None:
        call = decorator if isinstance(decorator, ast.Call) else None
        place = place_of(statement, call.func if call else decorator)
        kind = self._airflows_name(place)
        if kind in _TASKS:
            self._image(statement, f"@{kind}", call, decorator.lineno)
        elif kind not in _DECORATORS:
            self._foreign(statement, place, decorator.lineno)
        if kind not in _DECORATORS:
            return
        is_asset = kind != "dag"
        made = replace(
            read_call(statement, call, decorator.lineno),
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
            yield argument.arg, place_of(statement, default) if default is not None else None

    def _expressions_of(self, statement: Statement) -> None:
        node = statement.node
        for name in node._fields:
            if name in BLOCKS:
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
                if name in self.names or "dag" in name.lower():
                    if bound is None:
                        bound = bound_in(expression)
                    self._call(statement, node, name, frozenset(bound))
            if isinstance(node, ast.keyword) and node.arg == "subdag":
                # Airflow's scheduler runs no DAG that is a task of another one.
                continue
            for field_name in node._fields:
                value = getattr(node, field_name, None)
                if isinstance(value, list):
                    todo += [each for each in value if isinstance(each, ast.AST)]
                elif isinstance(value, ast.AST) and type(value) not in _LEAVES:
                    todo.append(value)

    def _call(self, statement: Statement, node: ast.Call, name: str, hidden: frozenset[str]) -> None:
        if isinstance(node.func, ast.Name) and name in self.decorated:
            self.called.setdefault(name, read_call(statement, node, node.lineno, hidden))
            return
        if isinstance(node.func, ast.Name) and name in self.subclasses:
            self.made.append((self._of_subclass(node, name), statement))
            return
        place = place_of(statement, node.func, hidden)
        if isinstance(node.func, ast.Attribute) and name == "partial":
            place = place.at(node.func.value)
        kind = self._airflows_name(place)
        if kind == "DAG":
            self.made.append((read_call(statement, node, node.lineno, hidden), statement))
        elif kind in _OPERATORS:
            self._image(statement, kind, node, node.lineno, hidden)
        elif not kind and not self._foreign(statement, place, node.lineno) and name == "DAG":
            dotted = self.file_names.dotted(place) or Dotted("DAG")
            why = f"{dotted.path} isn't Airflow's own DAG, so what it makes of its arguments isn't known"
            self.made.append((DagCall(node.lineno, refusal=f"{why}; write its deployment yourself"), statement))

    def _foreign(self, statement: Statement, place: Place, line: int) -> bool:
        """Note a DAG that a function or a class of another file makes, and return True if it does."""
        dotted = self.file_names.dotted(place)
        why = self.makers.maker(dotted) if dotted else ""
        if why:
            self.made.append((DagCall(line, refusal=FOREIGN, detail=why), statement))
        elif dotted and looks_like_maker(dotted) and not self.file_names.neighbours.find(dotted.path, dotted.importer):
            self.found.guesses.append((dotted.path, line))
        return bool(why)

    def _image(
        self,
        statement: Statement,
        operator: str,
        call: ast.Call | None,
        line: int,
        hidden: frozenset[str] = frozenset(),
    ) -> None:
        given = [each.value for each in call.keywords if each.arg == "image"] if call else []
        place = place_of(statement, given[0], hidden) if given else None
        self.found.images.append((operator, place, line))

    @staticmethod
    def _of_subclass(node: ast.Call, name: str) -> DagCall:
        why = f"{name} is a class of its own, which may change its arguments"
        return DagCall(node.lineno, refusal=f"{why}; write its deployment yourself")

    def _with_attributes(self, call: DagCall, statement: Statement) -> DagCall:
        """The call, and what is set on its DAG afterwards: `dag.doc_md = __doc__`."""
        names = names_given(statement.node)
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


def _makers_of(module: Module, names: Names) -> frozenset[str]:
    return makers_and_callers(module, find_dag_calls(module, Names(module, names.neighbours)).makers)
