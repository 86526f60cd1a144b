"""Checks DAG files without running a DAG: finds problems in the files, and objects that the server lacks."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from shlex import quote

from prefect import Flow

from .._airflow.version import AirflowVersion
from ..doctor._checks import Check, address_check
from ..doctor._flow_server import answers_for, storage_check
from ..doctor._needs import Answer, Need
from ..doctor._server import answering_server
from ..errors import ServerError
from ..hosting import AirflowHost
from ._problem import Level, Problem
from ._run import Isolation
from ._surveys import Surveys, survey
from ._uses import Use, UseKind

_LEVELS: tuple[Level, ...] = ("error", "warning", "note")


def check_files(
    path: str | os.PathLike[str],
    *,
    airflow_version: AirflowVersion,
    search_path: Iterable[str | os.PathLike[str]],
    isolation: Isolation,
    server: bool,
    host: AirflowHost | None = None,
) -> tuple[Problem, ...]:
    """See `airflow_compat.dags.check`."""
    surveys = survey(path, airflow_version=airflow_version, search_path=search_path, host=host)
    return problems_of(surveys, isolation=isolation, server=server)


def problems_of(surveys: Surveys, *, isolation: Isolation, server: bool) -> tuple[Problem, ...]:
    """Return the problems of surveyed files and, if requested, of objects that the configured server lacks."""
    found = [*surveys.problems, *(problem for each in surveys.files for problem in each.problems)]
    if isolation == "process":
        found = [problem for problem in found if problem.kind != "threads"]
    if server and surveys.dags:
        found += _server_problems(surveys)
    # Several files can import the same module.
    return tuple(
        sorted(
            dict.fromkeys(found), key=lambda each: (each.file == "", each.file, each.line, _LEVELS.index(each.level))
        )
    )


def _server_problems(surveys: Surveys) -> Iterator[Problem]:
    """If a server is configured, ask it for the objects that the files use. No temporary server is started."""
    health = answering_server()
    if health.kind not in ("own", "cloud") or health.error:
        found = address_check(health)
        message = f"{found.found}, so pools, connections and variables are not checked"
        yield Problem("", 0, "server", message, found.next, "error" if health.error else "note")
        return
    merged = _merged(use for each in surveys.files for use in each.uses)
    try:
        answers = answers_for(merged)
        for need, uses in merged.items():
            yield from _problems_of(need, answers[need], uses)
        yield from _storage(
            storage_check(Flow(_no_flow, persist_result=True), flow_names=[dag.dag_id for dag in surveys.dags])
        )
    except ServerError as exc:
        yield Problem("", 0, "server", str(exc))


def _no_flow() -> None:
    """Stand in for the code of a DAG's flow when only the flow's settings are needed."""


def _merged(uses: Iterable[Use]) -> Mapping[Need, list[Use]]:
    """Merge all uses of an object: keep the largest `slots`, and a default only if each use has a default."""
    groups: dict[tuple[UseKind, str], list[Use]] = {}
    for use in uses:
        groups.setdefault((use.kind, use.name), []).append(use)
    merged = {}
    for (kind, name), same in groups.items():
        slots, has_default = max(use.slots for use in same), all(use.has_default for use in same)
        merged[Need(kind, name, same[0].file, slots, has_default)] = same
    return merged


def _problems_of(need: Need, answer: Answer, uses: list[Use]) -> Iterator[Problem]:
    if answer.result not in ("problem", "note"):
        return
    first = next((use for use in uses if use.line), uses[0])
    others = f" (used at {len(uses)} places)" if len(uses) > 1 else ""
    level: Level = "error" if answer.result == "problem" and not need.has_default else "warning"
    default = ", but the code has a default" if answer.result == "problem" and need.has_default else ""
    message = f"{need.kind} {need.name!r}: {answer.found}{default}{others}"
    kind: UseKind = first.kind
    step = answer.next
    if kind == "tag limit":
        message = f"max_active_tis_per_dag counts only the task instances of one run, because {answer.found}"
        create = f"prefect concurrency-limit create {quote(need.name)} {need.slots}"
        level, step = "warning", f"{create}, or airflow-compat dags deploy-config --create-limits"
    yield Problem(first.file, first.line, kind, message, step, level)


def _storage(check: Check) -> Iterator[Problem]:
    if check.result in ("problem", "note"):
        level: Level = "error" if check.result == "problem" else "warning"
        yield Problem("", 0, "result storage", check.found, check.next, level)
