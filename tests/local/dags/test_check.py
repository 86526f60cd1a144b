"""`airflow-compat dags list|check|show`: DAG files that can't run, or harm their process, and their problems."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from dag_folders import write

from airflow_compat import dags
from airflow_compat.cli._app import run
from airflow_compat.dags import _surveys
from airflow_compat.errors import AirflowCompatError, DagFileError, UnsupportedFeatureError
from airflow_compat.hosting import AirflowHost

Capture = pytest.CaptureFixture[str]

GOOD = "from airflow.sdk import DAG\nprint('noise')\nwith DAG('{dag_id}', schedule='@daily'): ...\n"
HOSTILE: dict[str, str | bytes] = {
    "dags/a_exits.py": "from airflow.sdk import DAG\nimport os\nos._exit(3)\n",
    "dags/b_crashes.py": "from airflow.sdk import DAG\nimport os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n",
    "dags/c_stops.py": "from airflow.sdk import DAG\nraise SystemExit\n",
    "dags/d_never_ends.py": "from airflow.sdk import DAG\nwhile True: pass\n",
    "dags/e_clears.py": "from airflow.sdk import DAG\nimport sys\nsys.modules.clear()\n1 / 0\n",
    "dags/f_thread.py": "import threading\nthreading.Thread(target=threading.Event().wait).start()\n"
    + GOOD.format(dag_id="f"),
    "dags/g_latin.py": b"from airflow.sdk import DAG\ntext = '\xff'\n",
    "dags/h_asks.py": "from airflow.sdk import DAG\ninput()\n",
    "dags/i_good.py": GOOD.format(dag_id="i"),
    "dags/j_same.py": GOOD.format(dag_id="i"),
    "dags/k_forks.py": "import os\npid = os.fork()\nif pid: os.waitpid(pid, 0)\n" + GOOD.format(dag_id="k"),
    "dags/l_last.py": GOOD.format(dag_id="l"),
    "dags/m_raises.py": "from airflow.sdk import DAG\nclass Odd(DAG):\n    dag_id = property(lambda _: 1 / 0, print)\n"
    "dag = Odd('m')\n",
}


def problems(tmp_path: Path, source: str, **options: Any) -> list[dags.Problem]:
    folder = write(tmp_path, {"dags/etl.py": source})
    return list(dags.check(folder / "etl.py", server=False, **options))


def test_hostile_files_are_reported_and_the_others_are_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: Capture
) -> None:
    folder = write(tmp_path, HOSTILE)
    monkeypatch.setenv("AIRFLOW__CORE__DAGBAG_IMPORT_TIMEOUT", "1")
    before = sys.modules.copy()
    assert run(["dags", "list", str(folder), "--json"]) == 1
    assert [name for name in sys.modules if name not in before and name.startswith("airflow.")] == []
    output = capfd.readouterr()
    assert output.err == ""
    found = json.loads(output.out)
    assert [(dag["dag_id"], dag["tasks"], dag["schedule"]) for dag in found["dags"]] == [
        ("f", 0, "@daily"),
        ("i", 0, "@daily"),
        ("k", 0, "@daily"),
        ("l", 0, "@daily"),
    ]
    messages = {Path(each["file"]).name[0]: each["message"] for each in found["import_errors"]}
    assert set(messages) == set("abcdeghjm")
    assert messages["a"] == "the code ends the process with exit code 3"
    assert messages["b"] == "the code ends the process with SIGKILL"
    assert "the code ends the program with SystemExit" in messages["c"]
    assert messages["d"] == "the file ran for more than 1 seconds"
    assert "EOFError" in messages["h"]
    assert "ZeroDivisionError" in messages["m"]
    assert messages["j"] == f"the DAG 'i' is also in {folder}/i_good.py"


def test_a_file_that_can_not_be_interrupted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__CORE__DAGBAG_IMPORT_TIMEOUT", "0.1")
    monkeypatch.setattr(_surveys, "GRACE", 5.0)
    source = (
        "from airflow.sdk import DAG\nimport signal\nsignal.pthread_sigmask(signal.SIG_BLOCK, [14])\nsignal.pause()\n"
    )
    (problem,) = problems(tmp_path, source)
    assert problem.message == "it runs for more than 0.1 seconds and can't be stopped"


def test_the_start_of_a_host_does_not_count_as_time_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW__CORE__DAGBAG_IMPORT_TIMEOUT", "0.1")
    monkeypatch.setattr(_surveys, "GRACE", 0.1)
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\nsleep 3\necho it has no Airflow\nexit 1\n")
    python.chmod(0o755)
    (problem,) = problems(
        tmp_path, "from airflow.sdk import DAG\nraise ValueError", host=AirflowHost(python=str(python))
    )
    assert "it has no Airflow" in problem.message


def test_a_killed_caller_leaves_no_process(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    source = f"""\
        from airflow.sdk import DAG
        import signal

        file = open({str(pipe)!r}, "w")
        file.write("x")
        file.flush()
        signal.pause()
        """
    folder = write(tmp_path, {"dags/etl.py": source})
    command = [sys.executable, "-m", "airflow_compat.cli", "dags", "list", str(folder)]
    with subprocess.Popen(command) as process, pipe.open() as reading:
        assert reading.read(1) == "x"
        process.kill()
        # The end of the pipe, which the killed command's child held open.
        assert reading.read() == ""


def test_problems_without_a_server(tmp_path: Path) -> None:
    found = problems(
        tmp_path,
        """\
        import os
        from airflow import DAG
        from airflow.operators.python import PythonOperator
        from airflow.operators.bash import BashOperator
        from airflow.providers.nowhere.operators.thing import ThingOperator

        def call():
            os.chdir("/tmp")

        with DAG("etl", schedule=None):
            PythonOperator(task_id="call", python_callable=call, run_as_user="etl")
            ThingOperator(task_id="thing")
            BashOperator(task_id="broken", bash_command="echo {{ ds")
        with DAG("looped", schedule=None):
            one, two = BashOperator(task_id="one", bash_command="1"), BashOperator(task_id="two", bash_command="2")
            one >> two >> one
        """,
        airflow_version="2",
    )
    assert [(each.line, each.kind, each.level) for each in found] == [
        (0, "import", "error"),
        (5, "missing operator", "error"),
        (8, "threads", "warning"),
        (11, "unsupported argument", "warning"),
        (13, "template", "error"),
    ]
    assert "so task thing fails" in found[1].message
    assert all(each.next for each in found)
    assert str(found[2]).startswith(f"{tmp_path}/dags/etl.py:8: threads: os.chdir in a task")


def test_a_file_without_problems(tmp_path: Path, capsys: Capture) -> None:
    folder = write(tmp_path, {"dags/etl.py": GOOD.format(dag_id="etl")})
    assert dags.check(folder, server=False) == ()
    assert run(["dags", "check", str(folder), "--offline"]) == 0
    assert capsys.readouterr().out == f"0 errors, 0 warnings, 0 notes in {folder}.\n"


def test_keywords_of_load_flow(tmp_path: Path) -> None:
    source = "from airflow.sdk import DAG\nimport beside\nwith DAG('etl', schedule=None): ...\n"
    folder = write(tmp_path, {"dags/etl.py": source, "shared/beside.py": ""})
    assert [each.kind for each in dags.check(folder, server=False)] == ["import"]
    assert dags.check(folder, server=False, search_path=[tmp_path / "shared"]) == ()
    assert "airflow_version='3'" in dags.check(folder, server=False, airflow_version="2")[0].message
    with pytest.raises(UnsupportedFeatureError, match="isolation"):
        dags.check(folder, isolation="container")  # type: ignore[arg-type]
    with pytest.raises(DagFileError, match="no such file or folder"):
        dags.check(folder / "none.py")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"airflow_version": 3}, "airflow_version=3 is not supported. Use '2' or '3'"),
        ({"search_path": "shared"}, "search_path='shared' is not a list of folders. Use .'shared'."),
        ({"search_path": None}, "search_path=None is not a list of folders"),
        ({"host": "python"}, "host='python' is not an AirflowHost"),
    ],
)
@pytest.mark.parametrize("function", [dags.load_flow, dags.load_flows, dags.test, dags.check])
def test_options_with_wrong_values(function: Any, given: dict[str, Any], message: str, tmp_path: Path) -> None:
    folder = write(tmp_path, {"dags/etl.py": GOOD.format(dag_id="etl")})
    with pytest.raises(AirflowCompatError, match=message):
        function(str(folder / "etl.py"), **given)


@pytest.mark.parametrize("entrypoint", ["", ":etl"])
def test_an_entrypoint_without_a_path(entrypoint: str) -> None:
    with pytest.raises(DagFileError, match="has no path"):
        dags.load_flow(entrypoint)


TWO = "from airflow.sdk import DAG\nfor name in 'ab':\n    with DAG(name, schedule=None): ...\n"


@pytest.mark.parametrize(
    ("source", "entrypoint", "message"),
    [
        (None, "etl.py", "etl.py: no such file. Pass the path of a DAG file"),
        (TWO, "etl.py", "has 2 DAGs: a, b. Name one after a colon:"),
        (TWO, "etl.py:c", "has no DAG 'c'. Name one of its DAGs after the colon: a, b."),
        (TWO, "", "is a folder. Pass a DAG file and a dag_id"),
        ("x = 1", "etl.py", "has no DAG. Pass another file"),
        (
            "import sys\nsys.exit(1)",
            "etl.py:a",
            "etl.py, line 2: the code ends the program with SystemExit(1). Remove the call",
        ),
    ],
)
@pytest.mark.parametrize("command", ["show", "test"])
def test_expected_failures_are_one_line(
    tmp_path: Path, capfd: Capture, *, command: str, source: str | None, entrypoint: str, message: str
) -> None:
    folder = write(tmp_path, {} if source is None else {"dags/etl.py": source})
    assert run(["dags", command, f"{folder}/{entrypoint}"]) == 2
    output = capfd.readouterr()
    assert message in output.err
    assert (output.err.count("\n"), output.out) == (1, "")


GRAPH = """
from airflow.sdk import DAG, task
print("noise")
with DAG("etl", schedule=None):
    @task
    def extract(): return [1]
    @task(trigger_rule="all_done")
    def load(row): ...
    load.expand(row=extract())
"""


def test_show(tmp_path: Path, capfd: Capture) -> None:
    path = write(tmp_path, {"dags/etl.py": GRAPH}) / "etl.py"
    assert run(["dags", "show", str(path), "--mermaid", str(tmp_path / "etl.mmd")]) == 0
    lines = capfd.readouterr().out.splitlines()
    assert lines == [
        "etl (2 tasks)",
        "├── extract PythonDecoratedOperator → load",
        "└── load PythonDecoratedOperator [mapped over extract] [all_done]",
    ]
    assert run(["dags", "show", str(path), "--mermaid", "-"]) == 0
    assert capfd.readouterr().out == (tmp_path / "etl.mmd").read_text()
    assert run(["dags", "show", f"{path}:etl", "--json"]) == 0
    shown = json.loads(capfd.readouterr().out)
    assert [(each["task_id"], each["is_mapped"]) for each in shown["tasks"]] == [("extract", False), ("load", True)]
    assert run(["dags", "show", str(path), "--mermaid", str(tmp_path / "none" / "etl.mmd")]) == 2
    assert "can't be written (No such file or directory)" in capfd.readouterr().err


@pytest.mark.parametrize("conf", ["{", "[1]"])
def test_conf_that_is_not_an_object(conf: str, capfd: Capture) -> None:
    assert run(["dags", "test", "etl.py", "--conf", conf]) == 2
    assert "Pass " in capfd.readouterr().err
