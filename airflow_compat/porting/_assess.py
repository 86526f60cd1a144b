"""Assess DAG files: load them in a child process, check them, and read the other Python files."""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from .._airflow.version import AirflowVersion
from .._dag_source.module_files import FolderModules, read_source
from ..dags._check import problems_of
from ..dags._problem import Problem
from ..dags._survey import FileSurvey
from ..dags._surveys import Surveys, survey
from ..errors import DagFileError, RewriteError
from ..hosting import AirflowHost
from ._after_rewrite import BESIDE, surveys_after_rewrite
from ._assessment import RANKS, Assessment, SharedModule
from ._causes import CAUSES, Verdict
from ._file import PythonFile
from ._from_surveys import assessment_of, verdict_of
from ._idle_names import marked
from ._module_graph import imports_of, users_of
from ._python_files import python_files
from ._rewrite_file import findings_of, rewrite_file
from ._rule import Finding
from ._rules import RULES
from ._static_problems import static_problems


def assess_path(
    path: str | os.PathLike[str],
    *,
    airflow_version: AirflowVersion,
    search_path: Iterable[str | os.PathLike[str]],
    server: bool,
    effort: str | os.PathLike[str] | None,
    host: AirflowHost | None,
) -> Assessment:
    """See `airflow_compat.porting.assess`."""
    minutes = _read_effort(effort)
    folders = [*search_path]
    surveys = survey(path, airflow_version=airflow_version, search_path=folders, host=host)
    top = Path(path) if Path(path).is_dir() else Path(path).parent
    texts = _Texts(top)
    for file in python_files([path]):
        texts.read(file)
    for folder in (top.absolute().parent / name for name in BESIDE):
        if folder.is_dir():
            for file in python_files([folder]):
                texts.read(file, is_beside=True)
    surveys = replace(surveys, files=tuple(map(texts.marked, surveys.files)))
    verdicts = {each.file: _verdict(each) for each in surveys.files}
    good: dict[str, FileSurvey] = {}
    failing = [file for file, verdict in verdicts.items() if verdict in ("person", "unknown")]
    if failing and Path(path).is_dir() and any(texts.findings.values()):
        after = surveys_after_rewrite(
            top, texts.rewritten(), failing, airflow_version=airflow_version, search_path=folders, host=host
        )
        loaded = {file: texts.marked(each) for file, each in after.items()}
        good = {file: each for file, each in loaded.items() if each.dags and _verdict(each) in ("unedited", "hosted")}
    files = tuple(
        _repaired(each, good[each.file]) if each.file in good else _with_static(each, texts) for each in surveys.files
    )
    surveys = Surveys(files, surveys.problems)
    return assessment_of(
        surveys.files,
        problems_of(surveys, isolation="thread", server=server),
        findings=texts.findings,
        left=texts.left,
        modules=texts.shared_modules(surveys.files),
        effort=minutes,
        rewritten=good,
        users={**_users_of_objects(surveys.files), **texts.users_of_modules(surveys.files)},
    )


@dataclass
class _Texts:
    """The Python files below a folder, read without being run."""

    top: Path
    findings: dict[str, tuple[Finding, ...]] = field(default_factory=dict)
    left: int = 0
    files: dict[str, PythonFile] = field(default_factory=dict)
    _imports: dict[str, frozenset[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._modules = FolderModules(self.top)

    def read(self, file: Path, *, is_beside: bool = False) -> None:
        """Read a file. Changes that `rewrite` makes in files outside the folder are not counted."""
        try:
            data = read_source(str(file))
            parsed = PythonFile(data, str(file))
        except (DagFileError, OSError):
            # If a DAG file can't be read, the check reports the reason.
            return
        if b"airflow" in data and not is_beside:
            found = findings_of(parsed, RULES.values())
            self.findings[str(file)] = tuple(each for each in found if each.edits and each.tier == "safe")
            self.left += len(found) - len(self.findings[str(file)])
        full = str(file.absolute())
        self._imports[full] = imports_of(parsed, full, self._modules)
        if parsed.airflow_imports:
            self.files[full] = parsed

    def marked(self, found: FileSurvey) -> FileSurvey:
        """Return a survey that marks the problems with names that no task can use."""
        return replace(found, problems=tuple(map(self._marked, found.problems)))

    def _marked(self, found: Problem) -> Problem:
        file = self.files.get(_absolute(found.file))
        if file is None or found.kind != "missing name" or found.reason == "provider":
            return found
        return marked(found, file)

    def rewritten(self) -> dict[str, bytes]:
        """Return the new text of each file that safe edits change."""
        changed = (name for name, found in self.findings.items() if found)
        made = (rewrite_file(name, read_source(name), tuple(RULES.values()), unsafe=False) for name in changed)
        return {each.path: each.after for each in made if each.is_changed}

    def shared_modules(self, surveys: Iterable[FileSurvey]) -> Iterator[SharedModule]:
        """Yield the modules that several DAG files import."""
        dags = {_absolute(each.file): len(each.dags) for each in surveys}
        for module, users in users_of(self._imports).items():
            if len(files := users & dags.keys()) > 1:
                number = sum(dags[file] for file in files)
                yield SharedModule(os.path.relpath(module, self.top), len(files), number, module in self.files)

    def users_of_modules(self, surveys: Iterable[FileSurvey]) -> dict[str, list[str]]:
        """For each module that imports Airflow, return the DAG files that import the module."""
        names = {_absolute(each.file): each.file for each in surveys}
        return {
            f"module {os.path.relpath(module, self.top)}": [names[user] for user in users if user in names]
            for module, users in users_of(self._imports).items()
            if module in self.files
        }


def _absolute(path: str) -> str:
    return os.path.abspath(path)  # noqa: PTH100 - follows no links


def _verdict(found: FileSurvey) -> Verdict:
    verdicts: list[Verdict] = ["unedited", *(verdict_of(each) for each in found.problems)]
    return max(verdicts, key=RANKS.index)


def _repaired(found: FileSurvey, after: FileSurvey) -> FileSurvey:
    """Return the survey of a file with the DAGs that it has after a rewrite."""
    return replace(after, file=found.file, problems=(*found.problems, *after.problems))


def _with_static(found: FileSurvey, texts: _Texts) -> FileSurvey:
    """For a file that can't be loaded, add to the survey the problems that the file's text shows."""
    parsed = texts.files.get(_absolute(found.file))
    if parsed is None or not any(each.kind == "import" for each in found.problems):
        return found
    known = {(each.file, each.line) for each in found.problems}
    new = (replace(each, file=found.file) for each in static_problems(parsed))
    more = [each for each in new if (each.file, each.line) not in known]
    return texts.marked(replace(found, problems=(*found.problems, *more)))


def _users_of_objects(surveys: Iterable[FileSurvey]) -> dict[str, Collection[str]]:
    """Return, for each pool and variable, the DAG files that use it."""
    users: dict[str, dict[str, None]] = {}
    for each in surveys:
        for use in each.uses:
            if use.kind in ("pool", "variable") and use.name != "default_pool":
                users.setdefault(f"{use.kind} {use.name}", {})[each.file] = None
    return {name: list(files) for name, files in users.items()}


def _read_effort(path: str | os.PathLike[str] | None) -> Mapping[str, tuple[int, int]]:
    """Read the minimum and maximum minutes for each code: `{"AC403": [10, 30]}`."""
    if path is None:
        return {}
    try:
        data = json.loads(Path(path).read_text(encoding="utf-8"))
        found = {code: (int(low), int(high)) for code, (low, high) in data.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        raise RewriteError(
            f'{path} has no minimum and maximum minutes for codes. Write the minutes as {{"AC403": [10, 30]}}'
        ) from None
    if unknown := [code for code in found if code not in CAUSES]:
        raise RewriteError(f"{path}: no kind of problem has the code {unknown[0]!r}. The codes are {', '.join(CAUSES)}")
    return found
