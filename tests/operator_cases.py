"""DAGs that try out operators, as an author writes them. `names` gives the names of Airflow, or of this package.

`airflow/operator_cases_airflow_side.py` runs them under real Airflow. `data/airflow_operators.json` has its results.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time, timedelta, timezone
from typing import Any

CASES: dict[str, Callable[[Any], Any]] = {}


def case(fn: Callable[[Any], Any]) -> Callable[[Any], Any]:
    CASES[fn.__name__] = fn
    return fn


@case
def arguments(names: Any) -> None:
    def show(*args: Any, **kwargs: Any) -> Any:
        return [list(args), {key: kwargs[key] for key in ("a", "ds", "templates_dict") if key in kwargs}]

    operator = names.PythonOperator
    operator(task_id="all", python_callable=show, op_kwargs={"a": "{{ task.task_id }}"})
    operator(task_id="positional", python_callable=lambda a, b: [a, b], op_args=["{{ 1 + 1 }}", ["{{ dag.dag_id }}"]])
    operator(task_id="by_name", python_callable=lambda ti, params: [ti.task_id, params["p"]])
    operator(task_id="unknown_are_dropped", python_callable=lambda a: a, op_kwargs={"a": 1, "b": 2})
    operator(task_id="key_is_taken", python_callable=lambda ti: 1, op_args=[1])
    operator(task_id="missing", python_callable=lambda a: a)
    operator(task_id="key_replaced", python_callable=lambda ti: ti, op_kwargs={"ti": "mine"})
    given = {"x": "{{ 1 }}"}
    operator(task_id="templates", python_callable=lambda templates_dict: templates_dict, templates_dict=given)
    operator(task_id="defaults", python_callable=lambda a=1, *, ds=None, b=2: [a, ds is None, b], op_kwargs={"b": 3})


@case
def results(names: Any) -> None:
    operator = names.PythonOperator

    def generator() -> Any:
        yield 1
        return 2

    def exits(code: Any) -> None:
        raise SystemExit(code)

    operator(task_id="nothing", python_callable=lambda: None)
    operator(task_id="falsy", python_callable=list)
    operator(task_id="tuples", python_callable=lambda: [(1, 2), {"a": (3,)}])
    operator(task_id="unpushed", python_callable=lambda: 1, do_xcom_push=False)
    operator(task_id="outputs", python_callable=lambda: {"a": 1, "b": None}, multiple_outputs=True)
    operator(task_id="no_outputs", python_callable=lambda: None, multiple_outputs=True)
    operator(task_id="wrong_outputs", python_callable=lambda: [1], multiple_outputs=True)
    operator(task_id="wrong_keys", python_callable=lambda: {1: 1}, multiple_outputs=True)
    operator(task_id="generator", python_callable=generator)
    operator(task_id="object", python_callable=object)
    operator(task_id="exit_0", python_callable=exits, op_args=[0])
    operator(task_id="exit_1", python_callable=exits, op_args=[1])
    operator(task_id="pushed", python_callable=lambda ti: ti.xcom_push("k", {"a": 1}))


@case
def assets(names: Any) -> None:
    asset, operator = names.Asset, names.PythonOperator
    operator(task_id="outlets", python_callable=lambda: 1, outlets=[asset("s3://bucket/a")], inlets=[asset("s3://b/c")])


@case
def decorated(names: Any) -> None:
    task = names.task

    @task
    def add(a: int, b: int = 5, *, ti: Any = None) -> dict[str, int]:
        return {"sum": a + b, "length": len(ti.task_id)}

    @task(multiple_outputs=False)
    def one() -> dict[str, int]:
        return {"a": 1}

    @task
    def show(value: Any, more: Any) -> Any:
        return [value, more]

    first = add(1)
    add(first["sum"], b=one()["a"])
    show.override(task_id="shown")(first, {"inner": [one()], "text": "{{ ti.task_id }}"})
    add.override(task_id="retried", retries=2)(a="{{ 3 }}")


@case
def branches(names: Any) -> None:
    def fan(branch: Any) -> None:
        a, b = names.EmptyOperator(task_id=f"{branch.task_id}_a"), names.EmptyOperator(task_id=f"{branch.task_id}_b")
        join = names.EmptyOperator(task_id=f"{branch.task_id}_join")
        branch >> [a, b, join]
        a >> join
        b >> names.EmptyOperator(task_id=f"{branch.task_id}_after")

    operator = names.BranchPythonOperator
    for task_id, chosen in {
        "one": "one_a",
        "many": ["many_a", "many_b"],
        "none": None,
        "empty": [],
        "unknown": "other",
        "wrong": 3,
        "mixed": ["mixed_a", 4],
    }.items():
        fan(operator(task_id=task_id, python_callable=lambda chosen=chosen: chosen))


@case
def short_circuits(names: Any) -> None:
    operator, empty = names.ShortCircuitOperator, names.EmptyOperator
    for task_id, value, ignore in (
        ("true", 1, True),
        ("false", False, True),
        ("zero", 0, False),
        ("nothing", None, True),
    ):
        arguments = {"python_callable": lambda value=value: value, "ignore_downstream_trigger_rules": ignore}
        stop = operator(task_id=task_id, **arguments)
        stop >> empty(task_id=f"{task_id}_a") >> empty(task_id=f"{task_id}_b", trigger_rule="all_done")
    operator(task_id="alone", python_callable=lambda: False)


@case
def bash(names: Any) -> None:
    operator = names.BashOperator
    operator(task_id="last_line", bash_command="echo first; echo '{{ task.task_id }}'; printf '  last  '")
    operator(task_id="no_output", bash_command="true")
    operator(task_id="skips", bash_command="echo x; exit 99")
    operator(task_id="fails", bash_command="exit 1")
    operator(task_id="killed", bash_command="kill -9 $$")
    operator(task_id="never_skips", bash_command="exit 99", skip_on_exit_code=None)
    operator(task_id="env", bash_command='echo "$A-$HOME"', env={"A": "{{ 1 + 1 }}"})
    operator(task_id="appended", bash_command='echo "$A-${PATH:+set}"', env={"A": "a"}, append_env=True)
    operator(task_id="processed", bash_command="echo '[1, 2]'", output_processor=lambda text: text.split(","))
    operator(task_id="of_airflow", bash_command="echo $AIRFLOW_CTX_DAG_ID.$AIRFLOW_CTX_TASK_ID.$AIRFLOW_CTX_TRY_NUMBER")
    operator(task_id="encoded", bash_command=r"printf '\xff\xfe'")
    operator(task_id="missing_cwd", bash_command="pwd", cwd="/missing/{{ task.task_id }}")

    @names.task.bash
    def command(word: str) -> str:
        return f"echo {word} {{{{ task.task_id }}}}"

    @names.task.bash
    def no_command() -> str:
        return ""

    command("x")
    no_command()


@case
def conditions(names: Any) -> None:
    task = names.task

    @task.run_if(lambda context: context["task"].task_id == "other")
    @task
    def skipped() -> int:
        return 1

    @task.skip_if(lambda context: (False, "never"))
    @task
    def runs() -> int:
        return 2

    @task.run_if(lambda context: True)
    @task.skip_if(lambda context: True)
    @task
    def both() -> int:
        return 3

    skipped()
    runs()
    both()


@case
def sensors(names: Any) -> None:
    task = names.task
    long_ago = datetime(2020, 1, 1, tzinfo=timezone.utc)
    names.DateTimeSensor(task_id="date", target_time=long_ago)
    names.DateTimeSensor(task_id="text", target_time="{{ '2020-01-01' }}")
    names.TimeDeltaSensor(task_id="delta", delta=timedelta(days=-1))
    names.TimeSensor(task_id="time", target_time=time(0, 0, 0))
    names.PythonSensor(task_id="python", python_callable=lambda a, ti: a == ti.task_id, op_args=["python"])
    names.PythonSensor(task_id="late", python_callable=lambda: False, timeout=0, poke_interval=0.1, retries=2)
    names.PythonSensor(task_id="soft", python_callable=lambda: False, timeout=0, poke_interval=0.1, soft_fail=True)
    names.BashSensor(task_id="bash", bash_command="exit 0")
    names.BashSensor(task_id="bash_fails", bash_command="exit 3", retry_exit_code=4, retries=1)

    @task.sensor(poke_interval=0.1)
    def value() -> Any:
        return names.PokeReturnValue(is_done=True, xcom_value={"a": 1})

    @task.sensor(poke_interval=0.1)
    def plain() -> Any:
        return "yes"

    value()
    plain()


@case
def by_time(names: Any) -> None:
    past, days = datetime(2020, 1, 1, tzinfo=timezone.utc), "Monday Tuesday Wednesday Thursday Friday Saturday Sunday"

    def follows(name: str) -> dict[str, Any]:
        return {"task_id": name, "follow_task_ids_if_true": f"{name}_yes", "follow_task_ids_if_false": f"{name}_no"}

    between = {"target_lower": past, "target_upper": past + timedelta(days=1)}
    for operator in (
        names.BranchDateTimeOperator(**follows("past"), **between),
        names.BranchDayOfWeekOperator(**follows("any_day"), week_day=set(days.split())),
        names.LatestOnlyOperator(task_id="latest"),
    ):
        operator >> [names.EmptyOperator(task_id=f"{operator.task_id}_{word}") for word in ("yes", "no")]


@case
def other_python(names: Any) -> None:
    def add(a: int, b: Any, run_id: str) -> Any:
        return [a, b, isinstance(run_id, str)]

    def texts() -> Any:
        return virtualenv_string_args  # noqa: F821

    def leaves() -> None:
        raise SystemExit(4)

    operator = names.ExternalPythonOperator
    arguments: dict[str, Any] = {"python": names.python, "expect_airflow": False}
    operator(task_id="add", python_callable=add, op_args=[1], op_kwargs={"b": {"c": "{{ 1 + 1 }}"}}, **arguments)
    operator(task_id="texts", python_callable=texts, string_args=["{{ 1 }}", "b"], **arguments)
    operator(task_id="leaves", python_callable=leaves, **arguments)
    operator(task_id="skips", python_callable=leaves, skip_on_exit_code=4, **arguments)
    operator(task_id="missing", python_callable=add, **{**arguments, "python": "/missing/python"})

    task = names.task

    @task.external_python(**arguments)
    def decorated(n: int) -> dict[str, int]:
        return {"n": 2 * n}

    decorated(4)


@case
def mapped(names: Any) -> None:
    task = names.task

    @task
    def numbers() -> list[int]:
        return [1, 2]

    @task
    def nothing() -> None: ...

    @task
    def text() -> str:
        return "ab"

    @task
    def double(n: int, plus: int = 0) -> int:
        return 2 * n + plus

    double.partial(plus=1).expand(n=numbers())
    double.override(task_id="of_nothing").expand(n=nothing())
    double.override(task_id="of_text").expand(n=text())
    double.override(task_id="of_dict").expand_kwargs([{"n": 5}, {"n": 6, "plus": 1}])
    names.BashOperator.partial(task_id="commands").expand(bash_command=["echo n{{ ti.map_index }}", "exit 99"])


@case
def templates(names: Any) -> None:
    class Inner:
        template_fields = ("text",)

        def __init__(self, text: str) -> None:
            self.text = text

    class Own(names.BaseOperator):  # type: ignore[misc]
        template_fields = ("one", "inner", "call")

        def __init__(self, *, one: Any, inner: Any = None, call: Any = None, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.one, self.inner, self.call = one, inner, call

        def execute(self, context: Any) -> Any:
            return [self.one, self.inner and self.inner.text, self.call]

    Own(task_id="nested", one={"a": ["{{ 1 }}", ("{{ 2 }}",)], "{{ 3 }}": 4}, inner=Inner("{{ task.task_id }}"))
    Own(task_id="called", one=1, call=lambda context, jinja_env: context["task"].task_id)
    Own(task_id="macros", one="{{ macros.ds_add('2024-01-31', 1) }} {{ triple(2) }} {{ 'x' | shout }}")
    Own(task_id="undefined", one="{{ missing }}")
    Own(task_id="wrong", one="{{ 1 + }}")
