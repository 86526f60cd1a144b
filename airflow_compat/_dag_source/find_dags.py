"""Find the calls that create DAGs (`with DAG(...)`, `DAG(...)`, `@dag`, `@asset`), and the tasks' images."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TypeAlias

from .dag_call import DagCall, FoundCalls, bound_in, names_given, outermost, place_of, read_call, refused
from .dag_makers import FOREIGN, Makers, looks_like_maker, makers_and_callers
from .names import Dotted, Names, ScopedExpression
from .scopes import Module, Statement, docstring, own_parts

_DECORATORS = ("dag", "asset", "asset.multi")
_OPERATORS = (
    *("KubernetesPodOperator", "DockerOperator", "GKEStartPodOperator", "EksPodOperator", "DockerSwarmOperator"),
    *("KubernetesJobOperator", "GKEStartJobOperator", "AzureContainerInstancesOperator"),
)
_TASKS = ("task.kubernetes", "task.kubernetes_cmd", "task.docker")
_LONG_NAMES = ("asset.multi", *_TASKS)
_LEAVES = frozenset((ast.Name, ast.Constant, ast.Load, ast.Store, ast.Del))

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef


def find_dag_calls(module: Module, names: Names) -> FoundCalls:
    return _Finder(module, names).run()


class _Finder:
    def __init__(self, module: Module, names: Names) -> None:
        self.module = module
        self.file_names = names
        self.images: list[tuple[str, ScopedExpression | None, int]] = []
        self.guesses: list[tuple[str, int]] = []
        # A call is examined only if the last part of its name is in this set, or contains "dag".
        self.names = {"DAG", "partial", *_OPERATORS}
        self.makers = Makers(module, names.neighbours, lambda each: _makers_of(each, names))
        self.subclasses: set[str] = set()
        self.decorated: dict[str, list[DagCall]] = {}
        self.called: dict[str, DagCall] = {}
        self.made: list[tuple[DagCall, Statement]] = []

    def run(self) -> FoundCalls:
        for star in self.module.stars:
            self.names.update(self.makers.names(star, "*"))
        for statement in self.module.statements:
            self._names_of(statement)
        for statement in self.module.statements:
            self._expressions_of(statement)
        calls = [self._with_attributes(call, statement) for call, statement in self.made]
        for name, each in self.decorated.items():
            calls += [self._as_called(name, call) for call in each]
        makers = (*self.subclasses, *self.decorated, *(outermost(statement.scope) for _, statement in self.made))
        return FoundCalls(sorted(calls, key=lambda call: call.line), self.images, frozenset(makers), self.guesses)

    def _as_called(self, name: str, made: DagCall) -> DagCall:
        if made.is_asset or made.refusal:
            return made
        if name not in self.called:
            return DagCall(
                made.line,
                refusal=f"{name}() is never called here, so the DAG isn't created; call {name}() in this file",
            )
        call = self.called[name]
        parameters = dict(made.parameters or {})
        if call.refusal or call.unpacked or len(call.positional) > len(parameters):
            return refused(made.line, f"{name}() is called with unpacked arguments, which are the DAG's params")
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
                if any(self._airflows_name(place_of(statement, base)) == "DAG" for base in bases):
                    self.subclasses.add(name)
                    self.names.add(name)
            case (ast.FunctionDef() | ast.AsyncFunctionDef()) as function if function.decorator_list:
                for decorator in function.decorator_list:
                    self._decorator(statement, function, decorator)

    def _airflows_name(self, place: ScopedExpression) -> str:
        """Return the last part of an Airflow name; empty for other names."""
        dotted = self.file_names.dotted(place)
        if dotted is None or dotted.path.partition(".")[0] != "airflow":
            return ""
        return next((name for name in _LONG_NAMES if dotted.path.endswith(f".{name}")), dotted.name)

    def _decorator(self, statement: Statement, function: Function, decorator: ast.expr) -> None:
        call = decorator if isinstance(decorator, ast.Call) else None
        place = place_of(statement, call.func if call else decorator)
        kind = self._airflows_name(place)
        if kind in _DECORATORS:
            is_asset = kind != "dag"
            made = replace(
                read_call(statement, call, decorator.lineno),
                default_id=function.name,
                doc="" if is_asset else docstring(function.body) or "",
                parameters=None if is_asset else _parameters(statement, function.args),
                is_asset=is_asset,
            )
            self.decorated.setdefault(function.name, []).append(made)
            self.names.add(function.name)
        elif kind in _TASKS:
            self._image(statement, f"@{kind}", call, decorator.lineno)
        else:
            self._foreign(statement, place, decorator.lineno)

    def _expressions_of(self, statement: Statement) -> None:
        for each in own_parts(statement.node):
            part = each.context_expr if isinstance(each, ast.withitem) else each
            if isinstance(part, ast.expr):
                self._calls_in(statement, part)

    def _calls_in(self, statement: Statement, expression: ast.expr) -> None:
        """Examine the calls in an expression without recursion, since expressions may be deeply nested."""
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
                # A subdag is a task of another DAG, so Airflow's scheduler does not run it as a DAG.
                continue
            todo += [each for each in ast.iter_child_nodes(node) if type(each) not in _LEAVES]

    def _call(self, statement: Statement, node: ast.Call, name: str, hidden: frozenset[str]) -> None:
        if isinstance(node.func, ast.Name) and name in self.decorated:
            self.called.setdefault(name, read_call(statement, node, node.lineno, hidden))
            return
        if isinstance(node.func, ast.Name) and name in self.subclasses:
            why = f"{name} is a subclass of DAG, which may change the DAG's arguments"
            self.made.append((refused(node.lineno, why), statement))
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
            why = f"{dotted.path} isn't Airflow's own DAG class, so the effect of the class's arguments is unknown"
            self.made.append((refused(node.lineno, why), statement))

    def _foreign(self, statement: Statement, place: ScopedExpression, line: int) -> bool:
        """Record a DAG if a function or class of another file creates it. Return True if a DAG was recorded."""
        dotted = self.file_names.dotted(place)
        why = self.makers.maker(dotted) if dotted else ""
        if why:
            self.made.append((refused(line, FOREIGN, why), statement))
        elif dotted and looks_like_maker(dotted) and not self.file_names.neighbours.find(dotted.path, dotted.importer):
            self.guesses.append((dotted.path, line))
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
        self.images.append((operator, place_of(statement, given[0], hidden) if given else None, line))

    def _with_attributes(self, call: DagCall, statement: Statement) -> DagCall:
        """Return the call together with the DAG's attributes that later statements set: `dag.doc_md = __doc__`."""
        names = names_given(statement.node)
        later = {
            attribute: ScopedExpression(value, statement.scope, order)
            for name, attribute, value, order in statement.scope.attributes
            if name in names and order > statement.order and self._is_the_same(statement, name, order)
        }
        return replace(call, keywords={**call.keywords, **later}) if later else call

    @staticmethod
    def _is_the_same(statement: Statement, name: str, order: int) -> bool:
        return not any(statement.order < each.order < order for each in statement.scope.bindings.get(name, []))


def _parameters(statement: Statement, given: ast.arguments) -> dict[str, ScopedExpression | None]:
    positional = [*given.posonlyargs, *given.args]
    missing = [None] * (len(positional) - len(given.defaults))
    defaults = [*missing, *given.defaults, *given.kw_defaults]
    return {
        argument.arg: place_of(statement, default) if default else None
        for argument, default in zip([*positional, *given.kwonlyargs], defaults, strict=True)
    }


def _makers_of(module: Module, names: Names) -> frozenset[str]:
    return makers_and_callers(module, find_dag_calls(module, Names(module, names.neighbours)).makers)
