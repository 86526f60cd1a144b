"""How verdicts, groups and efforts follow from problems."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from airflow_compat.dags._links import Link
from airflow_compat.dags._problem import Kind, Level, Problem
from airflow_compat.dags._survey import DagFacts, FileSurvey
from airflow_compat.dags._uses import Use
from airflow_compat.errors import RewriteError
from airflow_compat.porting._assessment import Assessment
from airflow_compat.porting._baseline import change_since
from airflow_compat.porting._causes import CAUSES, cause_of
from airflow_compat.porting._from_surveys import assessment_of
from airflow_compat.porting._groups import groups_of, neighbours_of
from airflow_compat.porting._report import answer_text, change_text, effort_text, tables
from airflow_compat.porting._report_html import html_of
from airflow_compat.porting._report_markdown import markdown_of


def problem(file: str, kind: Kind, *, reason: str = "", level: Level = "error", message: str = "m") -> Problem:
    return Problem(file, 1, kind, message, "Do it", level, reason)


def survey(file: str, *problems: Problem, links: tuple[Link, ...] = (), pools: tuple[str, ...] = ()) -> FileSurvey:
    dags = () if any(each.kind == "import" for each in problems) else (DagFacts(file[:-3], file, 2, ""),)
    return FileSurvey(file, dags, problems, tuple(Use("pool", name, file, 1) for name in pools), links)


def assessed(
    *surveys: FileSurvey, server: tuple[Problem, ...] = (), effort: dict[str, tuple[int, int]] | None = None
) -> Assessment:
    problems = dict.fromkeys([*(each for survey in surveys for each in survey.problems), *server])
    return assessment_of(surveys, problems, findings={}, left=0, modules=(), effort=effort or {})


@pytest.mark.parametrize(
    ("kind", "reason", "level", "code", "verdict"),
    [
        ("import", "", "error", "AC401", "person"),
        ("schedule", "", "error", "AC402", "person"),
        ("missing operator", "provider", "error", "AC403", "hosted"),
        ("missing operator", "subdag", "error", "AC404", "person"),
        ("missing name", "provider", "warning", "AC403", "hosted"),
        ("missing name", "server", "warning", "AC405", "person"),
        ("missing name", "database", "warning", "AC406", "person"),
        ("host", "", "note", "AC416", "hosted"),
        ("host", "", "error", "AC417", "hosted"),
        ("unsupported argument", "", "warning", "AC407", "unedited"),
        ("template", "", "error", "AC408", "person"),
        ("threads", "", "warning", "AC409", "unedited"),
        ("threads", "", "error", "AC409", "person"),
    ],
)
def test_a_problem_decides_how_its_file_moves(kind: Kind, reason: str, level: Level, code: str, verdict: str) -> None:
    found = problem("a.py", kind, reason=reason, level=level)
    assert cause_of(found).code == code
    [file] = assessed(survey("a.py", found)).files
    assert file.verdict == verdict
    assert file.minutes == CAUSES[code].minutes


def test_hooks_of_providers_need_a_host_and_missing_modules_an_installation() -> None:
    hook = problem("a.py", "missing name", reason="provider", message="no stand-in for airflow.providers.x.hooks.X")
    assert cause_of(hook).code == "AC403"
    module = problem("a.py", "import", message="ModuleNotFoundError: No module named 'pandas'")
    assert cause_of(module).code == "AC415"


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("the code raises ImportError: cannot import name 'bigquery' from 'google.cloud' (unknown location)", "AC415"),
        ("the code raises ImportError: cannot import name 'f' from 'common' (/dags/common.py)", "AC401"),
        ("No module named 'airflow.sdk': it is a part of Airflow 3, but the file was loaded for Airflow 2", "AC420"),
        ("no Prefect server is configured", "AC419"),
    ],
)
def test_errors_of_a_load_that_are_not_of_the_file(message: str, code: str) -> None:
    assert cause_of(problem("a.py", "import", message=message)).code == code


def test_the_worst_problem_decides() -> None:
    made = assessed(
        survey("a.py", problem("a.py", "missing operator", reason="provider"), problem("a.py", "template")),
        survey("b.py"),
    )
    assert [(file.path, file.verdict, file.wave) for file in made.files] == [
        ("b.py", "unedited", 1),
        ("a.py", "person", 5),
    ]


def test_a_problem_of_a_module_concerns_each_file_and_costs_once() -> None:
    shared = problem("helper.py", "import", message="No module named 'x'")
    made = assessed(survey("a.py", shared), survey("b.py", shared))
    assert [file.verdict for file in made.files] == ["unknown", "unknown"]
    assert made.minutes == CAUSES["AC415"].minutes
    assert made.dags == {"unknown": 2}


def test_problems_of_the_server_concern_no_file() -> None:
    made = assessed(survey("a.py"), server=(problem("a.py", "pool"), problem("", "server")))
    assert [file.verdict for file in made.files] == ["unedited"]
    assert [issue.code for issue in made.shared] == ["AC410", "AC414"]


@pytest.mark.parametrize(
    ("unedited", "hosted", "unknown", "person", "answer"),
    [
        (7, 0, 0, 3, "move"),
        (3, 4, 0, 3, "move"),
        (6, 1, 3, 0, "move"),
        (6, 0, 0, 4, "try"),
        (3, 0, 0, 7, "try"),
        (2, 0, 0, 8, "stay"),
        (5, 0, 5, 0, "unknown"),
        (0, 0, 0, 0, "unknown"),
    ],
)
def test_the_answer_follows_the_shares(unedited: int, hosted: int, unknown: int, person: int, answer: str) -> None:
    kinds = {
        "h": (hosted, lambda file: [problem(file, "missing operator", reason="provider")]),
        "u": (unknown, lambda file: [problem(file, "import", message="No module named 'x'")]),
        "p": (person, lambda file: [problem(file, "template")]),
        "o": (unedited, lambda file: []),
    }
    surveys = [
        survey(f"{name}{number}.py", *make(f"{name}{number}.py"))
        for name, (count, make) in kinds.items()
        for number in range(count)
    ]
    assert assessed(*surveys).answer == answer


def test_files_whose_dags_depend_on_each_other_move_together() -> None:
    files = {"a.py": ["a"], "b.py": ["b", "b2"], "c.py": ["c"], "d.py": ["d"], "e.py": []}
    links = [Link("a", "waits for", "b2"), Link("c", "updates", "s3://x"), Link("d", "is started by", "s3://x")]
    assert groups_of(files, [*links, Link("a", "starts", "elsewhere"), Link("none", "starts", "c")]) == (
        ("a.py", "b.py"),
        ("c.py", "d.py"),
        ("e.py",),
    )


def test_a_group_moves_with_its_hardest_file() -> None:
    made = assessed(
        survey("a.py", links=(Link("a", "waits for", "b"),)),
        survey("b.py", problem("b.py", "template")),
        survey("c.py"),
    )
    assert {file.path: (file.wave, file.together) for file in made.files} == {
        "a.py": (5, ("b.py",)),
        "b.py": (5, ("a.py",)),
        "c.py": (1, ()),
    }


def test_files_that_share_objects_follow_each_other() -> None:
    files = [f"{name}.py" for name in "abcdefghijklm"]
    near = neighbours_of(files, {"pool p": ["c.py", "a.py"], "module m": ["c.py", "x.py", "d.py"], "variable v": files})
    assert near["a.py"] == ("a.py", ("pool p",))
    assert near["c.py"] == ("a.py", ("pool p", "module m"))
    assert near["d.py"] == ("a.py", ("module m",))
    assert near["b.py"] == ("b.py", ())


def test_pools_of_several_files_are_listed() -> None:
    made = assessed(survey("a.py", pools=("p", "default_pool")), survey("b.py", pools=("p", "q", "default_pool")))
    assert made.pools == {"p": ("a.py", "b.py")}


def test_efforts_can_be_replaced() -> None:
    made = assessed(survey("a.py", problem("a.py", "template")), effort={"AC408": (100, 200)})
    assert made.minutes == (100, 200)


@pytest.mark.parametrize(
    ("minutes", "text"),
    [((0, 0), "none"), ((5, 60), "5-60 minutes"), ((30, 240), "0.5-4.0 hours"), ((480, 960), "1.0-2.0 days")],
)
def test_efforts_are_shown_in_fitting_units(minutes: tuple[int, int], text: str) -> None:
    assert effort_text(minutes) == text


def test_a_baseline_shows_what_changed(tmp_path: Path) -> None:
    old = assessed(survey("a.py", problem("a.py", "template")), survey("b.py", problem("b.py", "schedule")))
    (tmp_path / "old.json").write_text(json.dumps(old.as_dict()))
    now = assessed(survey("a.py", problem("a.py", "template")), survey("b.py", problem("b.py", "threads")))
    change = change_since(tmp_path / "old.json", now)
    assert (change.gone, change.new, change.minutes, change.dags) == (1, 1, old.minutes, {"person": 2})
    assert change_text(change, now).startswith("Since the baseline: 1 problem gone, 1 new; effort 15-90 minutes")
    (tmp_path / "old.json").write_text("[]")
    with pytest.raises(RewriteError, match="is not an assessment"):
        change_since(tmp_path / "old.json", now)


def test_reports_show_the_same_and_escape_what_they_show() -> None:
    made = assessed(
        survey("a|<b>.py", problem("a|<b>.py", "template", message="<script>")),
        survey("b.py", links=(Link("b", "starts", "b"),)),
        server=(problem("", "pool", message="pool <p>"),),
    )
    markdown, page = markdown_of(made, None), html_of(made, None)
    for text in (answer_text(made), "AC408", "invalid template", "1 need manual edits"):
        assert text in page
    assert answer_text(made) in markdown
    assert "| AC408 | invalid template | 1 | 1 | 5-30 minutes |" in markdown
    assert "<script>" not in page
    assert "pool &lt;p&gt;" in page
    assert "<h3>Files that need manual edits: 1</h3>" in page
    # It needs no other files.
    assert not any(word in page for word in ("http", "src=", "url(", "@import"))


def test_long_tables_are_cut() -> None:
    made = assessed(*(survey(f"{number:02}.py", pools=(f"p{number // 2}",)) for number in range(60)))
    [table] = [table for table in tables(made) if table.title.startswith("Pools")]
    assert (len(table.rows), table.more) == (20, 10)
