"""The assessment of DAG files as data. `_from_surveys` computes it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, TypeAlias

from ..dags._problem import Level
from ._causes import CAUSES, Cause, Verdict

Answer: TypeAlias = Literal["move", "try", "stay", "unknown"]
"""The advice: move, try the first wave and then decide, or stay with Airflow for now.

`unknown`: too few files can be loaded here.
"""

RANKS: tuple[Verdict, ...] = ("unedited", "hosted", "rewrite", "unknown", "person")
"""The verdicts, the best one first."""

# The minimum shares of DAGs that run unedited, hosted or rewritten: for the advice to move, and for the advice to try.
_MOVE, _TRY = 0.7, 0.3
# If at least this share of the files can't be loaded, the advice is `unknown`.
_UNKNOWN = 0.5


@dataclass(frozen=True)
class Issue:
    """A problem at a place in a file.

    Attributes:
        code: The code of the problem's kind.
        level: As in `dags.check`.
        minutes: The minimum and maximum effort for the problem.
    """

    code: str
    path: str
    line: int
    level: Level
    message: str
    next: str
    minutes: tuple[int, int]

    @property
    def place(self) -> str:
        return f"{self.path}:{self.line}" if self.line else self.path


@dataclass(frozen=True)
class AssessedFile:
    """A DAG file.

    Attributes:
        verdict: How the file can move to Prefect.
        wave: The wave in which the file moves; 1 is the first. Files that depend on each other move together.
        edits: The number of places in the file that `rewrite` changes.
        together: The other files that have to move in the same wave.
        shares: What the file shares with a few other files: pools, variables and modules. Files that share a pool,
            variable or module are next to each other in the order.
    """

    path: str
    verdict: Verdict
    wave: int
    dag_ids: tuple[str, ...]
    tasks: int
    edits: int
    issues: tuple[Issue, ...]
    together: tuple[str, ...] = ()
    shares: tuple[str, ...] = ()

    @property
    def minutes(self) -> tuple[int, int]:
        return _total(self.issues)


@dataclass(frozen=True)
class CauseTotal:
    """All problems of one kind."""

    cause: Cause
    issues: tuple[Issue, ...]

    @property
    def files(self) -> int:
        return len({issue.path for issue in self.issues if issue.path})

    @property
    def minutes(self) -> tuple[int, int]:
        return _total(self.issues)


@dataclass(frozen=True)
class SharedModule:
    """A module that DAG files import.

    Attributes:
        dag_files: The number of DAG files that import the module, directly or through other modules.
        dags: The number of DAGs in these files.
        uses_airflow: Whether the module imports Airflow.
    """

    path: str
    dag_files: int
    dags: int
    uses_airflow: bool


@dataclass(frozen=True)
class Assessment:
    """The assessment of a folder of DAG files.

    Attributes:
        files: The DAG files, in the order of the waves.
        shared: Problems that concern no file: the server, its pools, connections and variables.
        modules: The modules that most DAG files import.
        pools: The files that use each pool; pools that only one file uses are left out.
        rewritten: The number of places that `rewrite` changes in all files, including helper modules.
        left: The number of places with Airflow's names that `rewrite` can't change.
    """

    files: tuple[AssessedFile, ...]
    shared: tuple[Issue, ...]
    modules: tuple[SharedModule, ...]
    pools: Mapping[str, tuple[str, ...]]
    rewritten: int
    left: int

    @property
    def issues(self) -> tuple[Issue, ...]:
        """All problems; a problem that several files share is listed once."""
        return tuple(dict.fromkeys((*(issue for file in self.files for issue in file.issues), *self.shared)))

    @property
    def dags(self) -> Counter[Verdict]:
        """The number of DAGs by verdict. A file that can't be loaded counts as one DAG."""
        found: Counter[Verdict] = Counter()
        for file in self.files:
            found[file.verdict] += len(file.dag_ids) or 1
        return found

    @property
    def minutes(self) -> tuple[int, int]:
        return _total(self.issues)

    @property
    def causes(self) -> tuple[CauseTotal, ...]:
        """The kinds of problems, those with the most effort first."""
        groups: dict[str, list[Issue]] = {}
        for issue in self.issues:
            groups.setdefault(issue.code, []).append(issue)
        found = [CauseTotal(CAUSES[code], tuple(issues)) for code, issues in groups.items()]
        return tuple(sorted(found, key=lambda each: (-each.minutes[1], each.cause.code)))

    @property
    def answer(self) -> Answer:
        total = sum(self.dags.values())
        if not total or self.dags["unknown"] >= total * _UNKNOWN:
            return "unknown"
        share = (self.dags["unedited"] + self.dags["hosted"] + self.dags["rewrite"]) / total
        return "move" if share >= _MOVE else "try" if share >= _TRY else "stay"

    def as_dict(self) -> dict[str, Any]:
        """Return the assessment as JSON data, which `--baseline` reads."""
        return {
            "answer": self.answer,
            "dags": dict(self.dags),
            "minutes": list(self.minutes),
            "rewritten": self.rewritten,
            "left": self.left,
            "files": [{**asdict(file), "minutes": list(file.minutes)} for file in self.files],
            "shared": [asdict(issue) for issue in self.shared],
            "modules": [asdict(module) for module in self.modules],
            "pools": {name: list(paths) for name, paths in self.pools.items()},
        }


def _total(issues: Iterable[Issue]) -> tuple[int, int]:
    low = high = 0
    for issue in issues:
        low, high = low + issue.minutes[0], high + issue.minutes[1]
    return low, high
