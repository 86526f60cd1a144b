"""BashOperator, BashSensor and `@task.bash`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from executions import dag_of, run

from airflow_compat.exceptions import AirflowException
from airflow_compat.operators import BashOperator, BashSensor, task


def bash(command: str, release: str = "3", **arguments: Any) -> BashOperator:
    with dag_of(release):
        return BashOperator(task_id="t", bash_command=command, **arguments)


def test_the_last_line_is_the_result() -> None:
    assert run(bash("echo first; echo '{{ ds }}' >&2")).xcoms == {"return_value": "2024-03-05"}


def test_the_output_processor_converts_the_result() -> None:
    assert run(bash("echo 42", output_processor=int)).xcoms == {"return_value": 42}


@pytest.mark.parametrize(
    ("code", "arguments", "state"),
    [
        (99, {}, "skipped"),
        (99, {"skip_on_exit_code": None}, "failed"),
        (7, {"skip_on_exit_code": 7}, "skipped"),
        (7, {"skip_on_exit_code": [7, 8]}, "skipped"),
        (1, {}, "failed"),
    ],
)
def test_exit_codes(code: int, arguments: dict[str, Any], state: str) -> None:
    assert run(bash(f"exit {code}", **arguments)).state == state


def test_the_exit_code_has_an_old_name() -> None:
    assert run(bash("exit 5", "2", skip_exit_code=5)).state == "skipped"


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [({}, "outer "), ({"env": {"B": "{{ ds }}"}}, " 2024-03-05"), ({"env": {"B": "b"}, "append_env": True}, "outer b")],
)
def test_the_environment(arguments: dict[str, Any], shown: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A", "outer")
    assert run(bash('echo "x$A $B"', **arguments)).xcoms["return_value"] == f"x{shown}".rstrip()


@pytest.mark.parametrize(("release", "name"), [("2", "EXECUTION_DATE"), ("3", "LOGICAL_DATE")])
def test_the_environment_describes_the_task_instance(release: str, name: str) -> None:
    done = run(bash(f'echo "$AIRFLOW_CTX_DAG_ID $AIRFLOW_CTX_TASK_ID $AIRFLOW_CTX_{name}"', release))
    assert done.xcoms["return_value"] == "etl t 2024-03-05T06:00:00+00:00"


def test_the_working_directory(tmp_path: Path) -> None:
    assert run(bash("pwd", cwd=str(tmp_path))).xcoms["return_value"] == str(tmp_path)
    done = run(bash("pwd", cwd=str(tmp_path / "missing")))
    assert isinstance(done.outcome.error, AirflowException)
    assert str(done.outcome.error) == f"Can not find the cwd: {tmp_path / 'missing'}"
    assert "airflowtmp" in run(bash("pwd")).xcoms["return_value"]


@pytest.mark.parametrize("release", ["2", "3"])
def test_a_script_file_is_rendered(release: str, tmp_path: Path) -> None:
    (tmp_path / "job.sh").write_text("echo {{ ds }}\necho done")
    with dag_of(release, template_searchpath=str(tmp_path)):
        task = BashOperator(task_id="t", bash_command="job.sh")
    assert run(task).xcoms == {"return_value": "done"}


def test_a_missing_script_file() -> None:
    done = run(bash("missing.sh"))
    assert (done.state, done.outcome.may_retry) == ("failed", True)
    assert "missing.sh" in str(done.outcome.error)


def test_a_decorated_function_returns_the_command() -> None:
    with dag_of():

        @task.bash(env={"A": "{{ ds }}"}, append_env=True)
        def command(word: str, run_id: str) -> str:
            return f"echo {word} $A {{{{ ds }}}} {run_id}"

        made = command("x")
    done = run(made)
    assert done.xcoms["return_value"] == f"x 2024-03-05 2024-03-05 {done.ti.run_id}"


@pytest.mark.parametrize("value", ["", " ", 3])
def test_a_decorated_function_must_return_text(value: Any) -> None:
    with dag_of():
        made = task.bash(task_id="t")(lambda: value)()
    assert isinstance(run(made).outcome.error, TypeError)


@pytest.mark.parametrize(
    ("code", "retry", "state"),
    [(0, None, "success"), (3, 4, "failed"), (4, 4, "up_for_reschedule"), (3, None, "up_for_reschedule")],
)
def test_a_sensor(code: int, retry: int | None, state: str) -> None:
    with dag_of():
        sensor = BashSensor(task_id="t", bash_command=f"exit {code}", retry_exit_code=retry, mode="reschedule")
    done = run(sensor)
    assert (done.state, done.outcome.may_retry) == (state, False)
