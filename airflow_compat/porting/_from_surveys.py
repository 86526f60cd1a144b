"""Computes an assessment from the results of the check and the rules."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from ..dags._problem import Problem
from ._assessment import RANKS, AssessedFile, Assessment, Issue, SharedModule
from ._causes import CAUSES, Cause, Verdict, cause_of
from ._groups import Neighbours, groups_of, neighbours_of
from ._rule import Finding

if TYPE_CHECKING:
    # At run time, this import would import Prefect.
    from ..dags._survey import FileSurvey


def assessment_of(
    surveys: Iterable[FileSurvey],
    problems: Iterable[Problem],
    *,
    findings: Mapping[str, tuple[Finding, ...]],
    left: int,
    modules: Iterable[SharedModule],
    effort: Mapping[str, tuple[int, int]],
    rewritten: Collection[str] = (),
    users: Mapping[str, Collection[str]] = MappingProxyType({}),
) -> Assessment:
    """Return the assessment of DAG files.

    Args:
        surveys: The DAG files that were loaded.
        problems: The problems of all files and of the server, as `dags.check` finds them.
        findings: The changes of `rewrite` in each file, also in helper modules.
        left: The number of places that `rewrite` can't change.
        modules: The modules that DAG files import.
        effort: The minimum and maximum minutes for problem codes, which replace the default minutes.
        rewritten: The files that can run once they have been rewritten.
        users: The DAG files that use each object, such as a pool. The keys are descriptions of the objects.
    """
    by_file: dict[str, list[Issue]] = {}
    verdicts: dict[str, Verdict] = {}
    surveyed = {each.file: each for each in surveys}
    shared: list[Issue] = []
    # A problem in a module is also a problem of every DAG file that imports the module.
    of_files = {(file, problem): None for file, each in surveyed.items() for problem in each.problems}
    known = {problem for _, problem in of_files}
    for file, problem in (*of_files, *((each.file, each) for each in problems if each not in known)):
        cause = cause_of(problem)
        if problem.kind == "import" and file in rewritten:
            cause = CAUSES["AC418"]
        issue = _issue(problem, cause, effort)
        if cause.code in ("AC410", "AC411", "AC412", "AC413", "AC414"):
            shared.append(issue)
            continue
        by_file.setdefault(file, []).append(issue)
        verdicts[file] = max(verdicts.get(file, "unedited"), verdict_of(problem), key=RANKS.index)
    verdicts |= dict.fromkeys(rewritten, "rewrite")
    paths = sorted({*surveyed, *by_file})
    groups = groups_of(
        {path: [dag.dag_id for dag in surveyed[path].dags] if path in surveyed else [] for path in paths},
        [link for each in surveyed.values() for link in each.links],
    )
    near = neighbours_of(paths, users)
    files = []
    for group in groups:
        worst = max((verdicts.get(path, "unedited") for path in group), key=RANKS.index)
        for path in group:
            dags = surveyed[path].dags if path in surveyed else ()
            if not dags and path not in by_file:
                # The file is a helper module that mentions DAGs.
                continue
            files.append(
                AssessedFile(
                    path=path,
                    verdict=verdicts.get(path, "unedited"),
                    wave=RANKS.index(worst) + 1,
                    dag_ids=tuple(dag.dag_id for dag in dags),
                    tasks=sum(dag.tasks for dag in dags),
                    edits=len(findings.get(path, ())),
                    issues=tuple(by_file.get(path, ())),
                    together=tuple(other for other in group if other != path),
                    shares=near[path].shares,
                )
            )
    return Assessment(
        files=_ordered(files, near),
        shared=tuple(shared),
        modules=tuple(sorted(modules, key=lambda module: (-module.dag_files, module.path))),
        pools=_pools(surveyed.values()),
        rewritten=sum(map(len, findings.values())),
        left=left,
    )


def verdict_of(problem: Problem) -> Verdict:
    """Return the best verdict that a file with the problem can have."""
    cause = cause_of(problem)
    decides = problem.level == "error" or cause.code in ("AC403", "AC405", "AC406", "AC416")
    return cause.verdict if decides else "unedited"


def _ordered(files: Iterable[AssessedFile], near: Mapping[str, Neighbours]) -> tuple[AssessedFile, ...]:
    """Order files by waves.

    In each wave, files with little effort come first, and each file is followed by the files that use the same objects.
    """
    least: dict[tuple[int, str], int] = {}
    for file in files:
        key = file.wave, near[file.path].leader
        least[key] = min(least.get(key, file.minutes[1]), file.minutes[1])
    return tuple(
        sorted(
            files,
            key=lambda file: (
                file.wave,
                least[file.wave, near[file.path].leader],
                near[file.path].leader,
                file.minutes[1],
                file.path,
            ),
        )
    )


def _issue(problem: Problem, cause: Cause, effort: Mapping[str, tuple[int, int]]) -> Issue:
    minutes = effort.get(cause.code, cause.minutes)
    return Issue(cause.code, problem.file, problem.line, problem.level, problem.message, problem.next, minutes)


def _pools(surveys: Iterable[FileSurvey]) -> dict[str, tuple[str, ...]]:
    users: dict[str, dict[str, None]] = {}
    for survey in surveys:
        for use in survey.uses:
            if use.kind == "pool" and use.name != "default_pool":
                users.setdefault(use.name, {})[survey.file] = None
    return {name: tuple(files) for name, files in sorted(users.items()) if len(files) > 1}
