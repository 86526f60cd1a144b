"""Operators as tasks of ordinary flows."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import cloudpickle
import pytest
from prefect import flow, task
from prefect.client.orchestration import get_client

from airflow_compat import get_current_context
from airflow_compat._prefect.limits import create_limit
from airflow_compat._prefect.specs import LimitSpec
from airflow_compat.authoring import DAG, BaseOperator, BaseSensorOperator, BaseTrigger, PokeReturnValue, TriggerEvent
from airflow_compat.errors import DagDefinitionError, InvalidArgumentError, UnsupportedFeatureError
from airflow_compat.exceptions import AirflowException, AirflowFailException, AirflowSensorTimeout, AirflowSkipException
from airflow_compat.hosting import AirflowHost
from airflow_compat.operators import (
    BashOperator,
    BranchPythonOperator,
    PythonOperator,
    PythonSensor,
    ShortCircuitOperator,
    as_task,
    run_operator,
)

HOST = AirflowHost("/no/airflow")
BASH = "airflow.providers.standard.operators.bash.BashOperator"


class Echo(BaseOperator):
    """Returns its fields."""

    template_fields = ("value", "text")
    template_ext = (".sql",)

    def __init__(self, *, value: Any, text: Any = None, plain: Any = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.value, self.text, self.plain = value, str(text), plain

    def execute(self, context: Any) -> Any:
        return [self.value, self.text, self.plain]


class Raises(BaseOperator):
    def __init__(self, *, errors: list[BaseException], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.errors = errors

    def execute(self, context: Any) -> Any:
        if self.errors:
            raise self.errors.pop(0)
        return context["ti"].try_number


def state_of(each: Any, **arguments: Any) -> Any:
    """The final state of the task's call in a flow."""

    @flow(name="etl")
    def around() -> list[Any]:
        return [each(**arguments, return_state=True)]

    return around(return_state=True).result(raise_on_failure=False)[0]


def error_of(each: Any, **arguments: Any) -> Any:
    return state_of(each, **arguments).result(raise_on_failure=False)


def result_of(each: Any, **arguments: Any) -> Any:
    return state_of(each, **arguments).result()


def test_an_operator_by_its_path_is_a_task_of_a_flow() -> None:
    hello = as_task(BASH, task_id="hello", bash_command="echo {{ dag.dag_id }} {{ task.task_id }} {{ ti.task_id }}")

    @flow(name="plain flow")
    def plain() -> tuple[str, Any]:
        return hello(), hello.name

    assert plain() == ("plain flow hello hello", "hello")


@pytest.mark.parametrize(
    "path", ["airflow.operators.bash_operator.BashOperator", "airflow.operators.bash.BashOperator"]
)
def test_paths_of_earlier_releases(path: str) -> None:
    assert result_of(as_task(path, task_id="old", bash_command="echo 1")) == "1"


def test_results_of_tasks_are_arguments_and_edges() -> None:
    echo = as_task(Echo, task_id="echo", value="{{ ti.task_id }}")

    @task
    def text() -> str:
        return "{{ not rendered }}"

    @flow
    def etl() -> list[Any]:
        found = text.submit()
        ended = echo.submit(text=found, plain=[found])
        return [ended.result(), ended.state]

    result, state = etl()
    assert result == ["echo", "{{ not rendered }}", ["{{ not rendered }}"]]
    with get_client(sync_client=True) as client:
        inputs = client.read_task_run(state.state_details.task_run_id).task_inputs
    assert "task_run" in {each.input_type for given in inputs.values() for each in given}


def test_a_required_argument_may_come_with_the_call() -> None:
    echo = as_task(Echo, task_id="echo", retries=1)
    assert result_of(echo, value=1) == [1, "None", None]
    assert isinstance(error_of(echo), DagDefinitionError)


def test_a_task_is_mapped() -> None:
    echo = as_task(Echo, task_id="echo", value="{{ ti.map_index }}")

    @flow
    def etl() -> list[Any]:
        return [future.result() for future in echo.map(text=["a", "b"])]

    assert etl() == [["0", "a", None], ["1", "b", None]]


def test_two_operators_do_not_share_results() -> None:
    one, two = (as_task(Echo, task_id=name, value=name).with_options(persist_result=True) for name in ("one", "two"))

    @flow
    def etl() -> list[Any]:
        return [one()[0], two()[0]]

    assert etl() == ["one", "two"]


def test_xcoms() -> None:
    def push(ti: Any) -> dict[str, int]:
        ti.xcom_push(key="more", value=7)
        return {"a": 1}

    push_task = as_task(PythonOperator, task_id="push", python_callable=push, multiple_outputs=True)
    silent = as_task(PythonOperator, task_id="silent", python_callable=lambda: 5, do_xcom_push=False)

    @task
    def pull() -> list[Any]:
        ti = get_current_context()["ti"]
        keys = ("return_value", "a", "more")
        return [*(ti.xcom_pull(task_ids="push", key=key) for key in keys), ti.xcom_pull(task_ids="silent")]

    @flow
    def etl() -> Any:
        return push_task(), silent(), pull()

    assert etl() == ({"a": 1}, None, [{"a": 1}, 1, 7, None])


def test_callbacks_see_the_operator_with_rendered_fields() -> None:
    seen: list[Any] = []

    def note(context: Any) -> None:
        seen.append((context["task"].value, context["ti"].state, repr(context.get("exception"))))

    class Fails(Echo):
        def execute(self, context: Any) -> None:
            raise ValueError("wrong")

    arguments: dict[str, Any] = {
        "value": "{{ dag.dag_id }}",
        "on_failure_callback": [note],
        "on_success_callback": note,
    }
    assert state_of(as_task(Echo, task_id="good", **arguments)).is_completed()
    assert state_of(as_task(Fails, task_id="bad", **arguments)).is_failed()
    assert seen == [("etl", "success", "None"), ("etl", "failed", "ValueError('wrong')")]


def test_retries_and_what_is_not_retried() -> None:
    quick: dict[str, Any] = {"retries": 3, "retry_delay": timedelta(0)}
    assert result_of(as_task(Raises, task_id="r", errors=[ValueError(), SystemExit(3)], **quick)) == 3
    for error in (AirflowFailException("no"), AirflowSensorTimeout("late"), UnsupportedFeatureError("none")):
        left = [error, error]
        assert state_of(as_task(Raises, task_id="r", errors=left, **quick)).is_failed()
        assert len(left) == 1


def test_defaults_of_the_class_are_options_of_the_task() -> None:
    class Patient(Echo):
        def __init__(self, **kwargs: Any) -> None:
            super().__init__(value=1, retries=4, owner="team", **kwargs)

    made = as_task(Patient, task_id="p", default_args={"retry_delay": timedelta(seconds=7)})
    assert (made.retries, made.retry_delay_seconds, made.description) == (4, 7.0, "Owner: team")


def test_skip() -> None:
    assert state_of(as_task(Raises, task_id="r", errors=[AirflowSkipException("not today")])).name == "Skipped"


def test_an_exit_fails_the_task() -> None:
    error = error_of(as_task(Raises, task_id="r", errors=[SystemExit(3)]))
    assert str(error) == "The operator exited with code 3"


def test_a_timeout_of_the_operator() -> None:
    arguments: dict[str, Any] = {"bash_command": "sleep 60", "execution_timeout": timedelta(seconds=0.3)}
    assert state_of(as_task(BashOperator, task_id="slow", **arguments)).name == "TimedOut"


def test_a_branch_and_a_short_circuit_return_their_decision() -> None:
    branch = as_task(BranchPythonOperator, task_id="b", python_callable=lambda: ["load", "report"])
    stop = as_task(ShortCircuitOperator, task_id="s", python_callable=lambda: 0)
    assert (result_of(branch), result_of(stop)) == (["load", "report"], 0)


class Waits(BaseTrigger):
    def serialize(self) -> tuple[str, dict[str, Any]]:
        return "waits", {}

    async def run(self) -> Any:
        yield TriggerEvent("fired")


class Defers(BaseOperator):
    def execute(self, context: Any) -> None:
        self.defer(trigger=Waits(), method_name="go_on", kwargs={"more": 1})

    def go_on(self, context: Any, event: Any, more: int) -> Any:
        return [held(self.pool), event, more]


def held(name: str) -> int:
    with get_client(sync_client=True) as client:
        return client.read_global_concurrency_limit_by_name(name).active_slots


def test_slots_are_held_while_the_operator_runs(unique: str) -> None:
    create_limit(LimitSpec(unique, 2))
    arguments: dict[str, Any] = {"pool": unique, "pool_slots": 2}
    count = as_task(PythonOperator, task_id="count", python_callable=lambda: held(unique), **arguments)
    assert result_of(count) == 2
    assert result_of(as_task(Defers, task_id="d", **arguments)) == [2, "fired", 1]


def test_an_async_flow_waits_for_a_deferred_operator() -> None:
    class Answers(Defers):
        def go_on(self, context: Any, event: Any, more: int) -> Any:
            return [event, more]

    answers = as_task(Answers, task_id="a")

    @flow
    async def etl() -> list[Any]:
        return [answers(), answers.submit().result()]

    assert asyncio.run(etl()) == [["fired", 1], ["fired", 1]]


def test_another_process_has_the_operator() -> None:
    made = as_task(BashOperator, task_id="hello", bash_command="echo {{ ti.task_id }}", retries=1, pool="unused")
    sent = cloudpickle.loads(cloudpickle.dumps(made))
    assert (sent.name, sent.retries, sent.cache_policy) == ("hello", 1, made.cache_policy)


class Looks(BaseSensorOperator):
    """Is done at the second look."""

    def __init__(self, *, looks: list[int], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.looks = looks

    def poke(self, context: Any) -> Any:
        self.looks.append(1)
        return PokeReturnValue(len(self.looks) > 1, xcom_value=len(self.looks))


@pytest.mark.parametrize("mode", ["poke", "reschedule"])
def test_sensors_wait(mode: str) -> None:
    assert result_of(as_task(Looks, task_id="looks", looks=[], mode=mode, poke_interval=0.01)) == 2
    late = as_task(
        PythonSensor, task_id="late", python_callable=lambda: False, mode=mode, poke_interval=0.01, timeout=0.05
    )
    assert isinstance(error_of(late), AirflowSensorTimeout)


def test_template_files_are_beside_the_file_of_the_flow() -> None:
    file = Path(__file__).with_name("statement.sql")
    assert result_of(as_task(Echo, task_id="e", value="statement.sql"))[0] == file.read_text().replace(
        "{{ ti.task_id }}", "e"
    ).rstrip("\n")


def test_params_and_the_flow_s_parameters() -> None:
    echo = as_task(Echo, task_id="e", value="{{ params.day }} {{ params.table }}", params={"day": "1", "table": "t"})

    @flow
    def etl(day: str) -> Any:
        return echo()[0]

    assert etl("2") == "2 t"


def test_a_parameter_of_one_flow_does_not_reach_the_next() -> None:
    operator = Echo(task_id="e", value="{{ params.day }}", params={"day": "1"})

    @flow
    def given(day: str) -> Any:
        return run_operator(operator)[0]

    @flow
    def plain() -> Any:
        return run_operator(operator)[0]

    assert (given("2"), plain()) == ("2", "1")


def test_run_operator() -> None:
    operator = BashOperator(task_id="hello", bash_command="echo {{ dag.dag_id }}")
    with DAG("own", schedule=None):
        of_a_dag = BashOperator(task_id="hello", bash_command="echo {{ dag.dag_id }} {{ ti.task_id }}")

    @flow(name="etl")
    def etl() -> list[str]:
        return [run_operator(operator), run_operator(operator), run_operator(of_a_dag)]

    assert etl() == ["etl", "etl", "etl hello"]
    assert operator.get_dag() is None


def test_operators_of_airflow_2() -> None:
    arguments: dict[str, Any] = {"python_callable": lambda execution_date: str(execution_date)[:2]}
    assert result_of(as_task(PythonOperator, airflow_version="2", task_id="p", **arguments)) == "20"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            "airflow.providers.ssh.operators.ssh.SSHOperator",
            "no stand-in in airflow_compat, and no host is set. Use paramiko",
        ),
        ("airflow.providers.exasol.operators.exasol.ExasolOperator", "It belongs to a provider"),
        ("airflow.operators.bash.Bash", "Airflow 3 has no such name"),
        ("airflow.decorators.dag", "which is not an operator"),
        ("BashOperator", "Pass a class, or a path"),
        ("missing_module.Operator", "Pass an importable class"),
        (dict, "which is not an operator"),
    ],
)
def test_other_paths_and_classes_are_refused(given: Any, message: str) -> None:
    with pytest.raises((UnsupportedFeatureError, InvalidArgumentError), match=message):
        as_task(given, task_id="x")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"trigger_rule": "all_done"}, "trigger_rule"),
        ({"depends_on_past": True}, "depends_on_past"),
        ({"dag": None}, "got a dag"),
        ({"bash_comand": "x"}, "bash_comand"),
    ],
)
def test_arguments_without_counterpart_are_refused(arguments: dict[str, Any], message: str) -> None:
    refused = (UnsupportedFeatureError, InvalidArgumentError, DagDefinitionError)
    with pytest.raises(refused, match=message):
        as_task(BASH, task_id="x", bash_command="true", **arguments)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"task_id": "ssh", "host": "ssh.example.com"}, "Pass an AirflowHost"),
        ({"host": HOST}, "got no task_id"),
        ({"task_id": "ssh", "host": HOST, "command": print}, "Argument command of task 'ssh' holds an object"),
        ({"task_id": "ssh", "host": HOST, "default_args": {"environment": object()}}, "Argument environment of task"),
        ({"task_id": "ssh", "host": HOST, "trigger_rule": "all_done"}, "trigger_rule"),
    ],
)
def test_wrong_arguments_of_operators_in_a_host_are_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises((InvalidArgumentError, UnsupportedFeatureError), match=message):
        as_task("airflow.providers.ssh.operators.ssh.SSHOperator", **arguments)


def test_an_operator_in_a_host_has_the_options_of_a_task(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_COMPAT_HOST", HOST.python)
    arguments: dict[str, Any] = {"default_args": {"retries": 2}, "retry_delay": timedelta(seconds=7), "pool": "ssh"}
    made = as_task("airflow.providers.ssh.operators.ssh.SSHOperator", task_id="s", command="true", **arguments)
    sent = cloudpickle.loads(cloudpickle.dumps(made))
    assert (sent.name, sent.retries, sent.retry_delay_seconds) == ("s", 2, 7.0)
    assert "/no/airflow can't be started" in str(error_of(as_task("team.Copy", task_id="copy")))


def test_an_operator_takes_no_more_arguments() -> None:
    with pytest.raises(InvalidArgumentError, match="Pass the class or its path"):
        run_operator(BashOperator(task_id="b", bash_command="true"), retries=2)


def test_options_in_the_call_are_refused() -> None:
    error = error_of(as_task(Echo, task_id="e", value=1), retries=3)
    assert isinstance(error, InvalidArgumentError)
    assert "does not accept retries. Pass these arguments to as_task" in str(error)


def test_a_mapped_operator_is_refused() -> None:
    with DAG("own", schedule=None):
        mapped: Any = BashOperator.partial(task_id="m").expand(bash_command=["true"])
    with pytest.raises(InvalidArgumentError, match="as_task"):
        run_operator(mapped)


def test_a_trigger_that_fails_fails_the_task() -> None:
    class Broken(Waits):
        async def run(self) -> Any:
            raise ValueError("no event")
            yield

    class Waiting(Defers):
        def execute(self, context: Any) -> None:
            self.defer(trigger=Broken(), method_name="go_on")

    assert isinstance(error_of(as_task(Waiting, task_id="w")), AirflowException)
